"""The slow step of the study of committees: every candidate on every split, once."""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import softmax
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import dataset_rows
from benchmarks.quality._models import GRIDS, SLOW_FAMILIES, Family
from skoverfit.model_selection import (
    GreedyMembers,
    LowGapMembers,
    MembersWithinNoise,
    PenalizedGap,
    PenalizedMembers,
)
from skoverfit.model_selection._committee._greedy import OutOfFold

TRAIN_SIZES = (80, 200, 1000)
N_SPLITS, N_REPEATS, N_SEEDS = 5, 3, 20
TASKS = ("classification", "regression")
CONTROLS = {
    "default forest": (RandomForestClassifier, RandomForestRegressor),
    "default boosting": (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    ),
}
RULES = {
    "within .5": MembersWithinNoise(0.5),
    "within 1": MembersWithinNoise(1.0),
    "low gap": LowGapMembers(1.0),
    "low gap .5": LowGapMembers(0.5),
    "penalized 5": PenalizedMembers(),
    "greedy": GreedyMembers(),
}


def planned_searches():
    """All searches, every combination once before any is repeated."""
    families = ["controls", *sorted(GRIDS, key=SLOW_FAMILIES.__contains__)]
    return [
        Search(dataset, family, n_train, seed, task)
        for seed in range(N_SEEDS)
        for family in families
        if family not in SLOW_FAMILIES or seed % 2 == 0
        for task in TASKS
        for n_train in TRAIN_SIZES
        for dataset, rows in dataset_rows(task).items()
        if rows >= 2 * n_train
    ]


def smoke_searches():
    """Cut the study to seconds on sets that come with scikit-learn."""
    return [
        Search(dataset, family, 60, 0)
        for dataset in ("bundled_iris", "bundled_wine")
        for family in ("controls", "tree", "svm")
    ]


@dataclass
class Rows:
    """Training and held-out rows of a search.

    Attributes
    ----------
    X : ndarray
        Training rows, then those held out.
    y : ndarray
        Their targets.
    n_train : int
        Number of training rows.
    is_class : bool
        Whether targets are classes.
    """

    X: np.ndarray
    y: np.ndarray
    n_train: int
    is_class: bool

    @classmethod
    def of(cls, sample, task):
        """Put the parts of a sample together."""
        X = np.concatenate([sample.X_train, sample.X_test])
        y = np.concatenate([sample.y_train, sample.y_test])
        return cls(X, y, len(sample.y_train), task == "classification")

    @property
    def train(self):
        """Training rows and their targets."""
        return self.X[: self.n_train], self.y[: self.n_train]

    @cached_property
    def classes(self):
        """Class codes of the training rows."""
        return np.unique(self.y[: self.n_train])

    @cached_property
    def truth(self):
        """What a model without errors would answer, on all rows."""
        if not self.is_class:
            return self.y[:, np.newaxis]
        return (self.y[:, np.newaxis] == self.classes).astype(float)

    def answer(self, model):
        """Probabilities or decision values of all classes, or numbers."""
        if not self.is_class:
            return model.predict(self.X)[:, np.newaxis]
        if hasattr(model, "predict_proba"):
            own = model.predict_proba(self.X)
            filled = np.zeros((len(own), len(self.classes)))
        else:
            own = model.decision_function(self.X)
            own = np.column_stack([-own, own]) if own.ndim == 1 else own
            filled = np.tile(own.min(axis=1, keepdims=True), len(self.classes))
        filled[:, np.searchsorted(self.classes, model.classes_)] = own
        return filled

    def score(self, answer, rows):
        """Accuracy or R2."""
        if not self.is_class:
            return r2_score(self.y[rows], answer[rows, 0])
        return accuracy_score(self.y[rows], self.classes[answer[rows].argmax(axis=1)])

    def measures(self, answer, is_proba):
        """All that is kept of an arm's answer to all rows."""
        train, held = np.split(np.arange(len(self.y)), [self.n_train])
        found = {"train": self.score(answer, train), "held": self.score(answer, held)}
        if self.is_class:
            found |= self._of_probabilities(answer[held], held, is_proba)
        return {name: round(float(value), 5) for name, value in found.items()}

    def _of_probabilities(self, answer, held, is_proba):
        y = self.y[held]
        if not np.isin(self.classes, y).all() or not np.isin(y, self.classes).all():
            return {}  # a class is on one side only
        two = len(self.classes) == 2
        if not two and not is_proba:
            return {}  # areas of several classes need probabilities
        area = roc_auc_score(y, answer[:, 1] if two else answer, multi_class="ovr")
        if not is_proba:
            return {"auc": area}
        clipped = np.clip(answer, 1e-6, None)
        clipped /= clipped.sum(axis=1, keepdims=True)
        return {"auc": area, "log_loss": log_loss(y, clipped, labels=self.classes)}


class Fits:
    """Every candidate on every split, and on all training rows when asked for.

    Attributes
    ----------
    answers : ndarray of shape (n_candidates, n_splits, n_rows, n_columns)
        What each says of all rows.
    splits : list of (ndarray, ndarray)
        Training and test rows.
    """

    def __init__(self, family, rows, seed, repeat=0):
        self.family, self.rows, self.seed = family, rows, seed
        kind = StratifiedKFold if rows.is_class else KFold
        folds = kind(N_SPLITS, shuffle=True, random_state=1000 * repeat + seed)
        self.splits = list(folds.split(*rows.train))
        self.answers = np.stack(
            [
                [self._fitted(params, train) for train, _ in self.splits]
                for params in family.params
            ]
        )

    def _fitted(self, params, train):
        X, y = self.rows.train
        return self.rows.answer(self.model(params).fit(X[train], y[train]))

    def model(self, params):
        """Return an unfitted candidate."""
        return self.family.make(params, self.rows.X.shape[1], self.seed)

    def refitted(self, params):
        """Return what a candidate says that is fitted on all training rows."""
        return self.rows.answer(self.model(params).fit(*self.rows.train))

    @cached_property
    def results(self):
        """Return the ``cv_results_`` that a search would have."""
        test, train = (
            np.array(
                [
                    [
                        self.rows.score(each, rows[side])
                        for each, rows in zip(own, self.splits, strict=True)
                    ]
                    for own in self.answers
                ]
            )
            for side in (1, 0)
        )
        found = {f"split{k}_test_score": test[:, k] for k in range(N_SPLITS)}
        found |= {f"split{k}_train_score": train[:, k] for k in range(N_SPLITS)}
        gap = train - test
        return found | {
            "mean_test_score": test.mean(axis=1),
            "mean_train_score": train.mean(axis=1),
            "mean_gap_score": gap.mean(axis=1),
            "params": self.family.params,
        }

    @cached_property
    def unseen(self):
        """Return what each candidate says of training rows it has not seen."""
        shape = (len(self.answers), self.rows.n_train, self.answers.shape[-1])
        values = np.empty(shape)
        for split, (_, test) in enumerate(self.splits):
            values[:, test] = self.answers[:, split, test]
        return values

    @property
    def out_of_fold(self):
        """Return the same beside the truth."""
        truth = self.rows.truth[: self.rows.n_train]
        if self.is_decision and truth.shape[1] == 2:
            truth = 2 * truth - 1
        values = self.comparable(self.unseen)
        return OutOfFold(np.arange(len(values)), values, truth)

    def comparable(self, values):
        """Return what losses are of: decisions between several classes as shares."""
        several = self.is_decision and values.shape[-1] > 2
        return softmax(values, axis=-1) if several else values

    @property
    def is_decision(self):
        """Whether answers are decision values."""
        return self.rows.is_class and self.family.name == "svm"

    def committee(self, weights):
        """Average the fold models of candidates: on all rows, and on unseen ones."""
        share = weights / weights.sum()
        everywhere = np.einsum("c,csrk->rk", share / N_SPLITS, self.answers)
        return everywhere, np.einsum("c,crk->rk", share, self.unseen)

    def better(self, unseen, base):
        """How much better than a base the training rows find it, with standard errors.

        Returns
        -------
        gains : list of float
            Mean and standard error of hits (in regression, zeros), then of the
            quadratic loss.
        """
        own, truth = self.out_of_fold, self.out_of_fold.truth
        losses = [
            ((self.comparable(each) - own.truth) ** 2).sum(axis=1)
            for each in (base, unseen)
        ]
        hits = np.zeros(len(truth))
        if self.rows.is_class:
            right = truth.argmax(axis=1)
            hits = (unseen.argmax(1) == right) * 1.0 - (base.argmax(1) == right)
        differences = (hits, losses[0] - losses[1])
        scale = np.sqrt(len(truth))
        return [
            round(float(value), 6)
            for each in differences
            for value in (each.mean(), each.std(ddof=1) / scale)
        ]


def run_search(search, X, y):
    """Measure all arms of a search; return the record."""
    start = time.process_time()
    rows = Rows.of(search.sample(X, y), search.task)
    if (
        rows.is_class
        and np.unique(rows.y[: rows.n_train], return_counts=True)[1].min() < 2
    ):
        return None
    arms = (
        controls(rows, search) if search.family == "controls" else _arms(rows, search)
    )
    return {"arms": arms, "seconds": round(time.process_time() - start, 2)}


def controls(rows, search):
    """Models that no search chose."""
    return {
        name: rows.measures(
            rows.answer(
                kinds[not rows.is_class](random_state=search.seed).fit(*rows.train)
            ),
            is_proba=True,
        )
        for name, kinds in CONTROLS.items()
    }


def _arms(rows, search):
    family = Family(search.family, search.task)
    fits = Fits(family, rows, search.seed)
    is_proba = rows.is_class and not fits.is_decision
    best = int(np.argmax(fits.results["mean_test_score"]))
    base = fits.unseen[best]
    found = {}

    def keep(name, answer, unseen=None, members=1):
        found[name] = rows.measures(answer, is_proba) | {"members": members}
        if unseen is not None:
            found[name]["better"] = fits.better(unseen, base)

    def refit(name, params, unseen=None):
        keep(name, fits.refitted(params), unseen)

    refit("argmax", family.params[best])
    ruled = PenalizedGap(0.05)(fits.results)
    refit("default rule", family.params[ruled], fits.unseen[ruled])
    own = _own_settings(fits)
    keep("own settings", fits.refitted({}), own)
    alone = np.arange(len(fits.answers)) == best
    keep("winner's folds", *fits.committee(alone * 1.0), N_SPLITS)
    for name, rule in RULES.items():
        weights = rule(fits.results, out_of_fold=fits.out_of_fold)
        members = N_SPLITS * int((weights > 0).sum())
        keep(name, *fits.committee(weights), members)
    if search.family == "tree":
        kind = CONTROLS["default forest"][not rows.is_class]
        n_trees = found["low gap"]["members"]
        forest = kind(n_trees, random_state=search.seed).fit(*rows.train)
        keep("equal forest", rows.answer(forest), members=n_trees)
    if search.family not in SLOW_FAMILIES:
        refit("three repeats", family.params[_best_of_repeats(fits, search)])
    return found


def _own_settings(fits):
    """Return what the estimator as it is says of rows it has not seen."""
    values = np.empty_like(fits.unseen[0])
    for train, test in fits.splits:
        values[test] = fits._fitted({}, train)[test]
    return values


def _best_of_repeats(fits, search):
    again = [
        Fits(fits.family, fits.rows, search.seed, repeat)
        for repeat in range(1, N_REPEATS)
    ]
    means = [each.results["mean_test_score"] for each in (fits, *again)]
    return int(np.argmax(np.mean(means, axis=0)))
