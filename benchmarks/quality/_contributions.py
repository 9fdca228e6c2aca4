"""Treatments that are run again and again on the same fits: data, models, replays."""

import time
from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks.quality import _treatment as treatment
from benchmarks.quality import _untouched as untouched
from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import BUNDLED
from benchmarks.quality._treatment import MIN_HELD_OUT, MODELS
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis.remedies._registry import choose_kinds
from skoverfit.treatment._data_in._problem import problem_of
from skoverfit.treatment._engine import Engine
from skoverfit.treatment._final import _members
from skoverfit.treatment._fits import fitted_on_all
from skoverfit.treatment._given import measured

FEW, MANY, EVERY, MOST_TEXTS = 200, 1000, 12, 500
_LINEAR = (
    "linear",
    "sparse_linear",
    "robust_linear",
    "splines",
    "interactions",
    "naive_bayes",
)
_DISTANCES = ("neighbors", "support_vectors")
_TREES = ("forest", "extra_trees", "boosting")
#: Group -> kinds of remedies.
GROUPS = {
    "the same model": (
        "scaled",
        "bounded_columns",
        "scaled_target",
        "log_target",
        "balanced_classes",
        "tuned_threshold",
        "strength",
        "stopped_early",
        "pruned_trees",
        "bagged",
        "fold_committee",
    ),
    "other columns": ("no_identifiers", "no_noise_columns", "words_and_characters"),
    "augmentation": ("augmented_rows", "changed_texts", "changed_images"),
    "other families": (*_LINEAR, *_DISTANCES, *_TREES),
    "linear families": _LINEAR,
    "distances": _DISTANCES,
    "many trees": _TREES,
}


# ----------------------------------------------------------------------------- the data
def rounds():
    """Every set with one family, then every set with another, and so on.

    One set in `EVERY` has `MANY` rows, other ones in each round.
    """
    rng = np.random.default_rng(0)
    sets = sorted(untouched.shared_sets().items())
    sets = [(name, about) for name, about in sets if name not in BUNDLED]
    families = [rng.permutation(list(MODELS)).tolist() for _ in sets]
    return [
        _search(*sets[place], families[place][turn], place + turn)
        for turn in range(len(MODELS))
        for place in rng.permutation(len(sets))
    ]


def _search(name, about, family, number):
    _, task, rows = about
    is_large = number % EVERY == 0 and rows - MANY >= MIN_HELD_OUT
    return Search(name, family, MANY if is_large else FEW, 0, task)


def smoke_cells():
    """Cut the study to seconds."""
    return [Search("bundled_wine", "tree", 90, 0)]


def load(name):
    """Features and target of a set; images keep their shape."""
    X, y = treatment.load(name)
    if untouched.kind_of(name) != "image":
        return X, y
    with np.load(untouched.data_folder() / "image" / f"{name}.npz") as stored:
        return X.reshape(stored["X"].shape), y


def draw(X, y, search):
    """Draw the rows of the study of treatment; of texts, fewer are held out."""
    data = treatment.draw(X, y, search)
    if data is None or untouched.kind_of(search.dataset) != "text":
        return data
    kept = slice(MOST_TEXTS)
    return replace(data, X_test=data.X_test[kept], y_test=data.y_test[kept])


def given_model(search):
    """Return the model of the study of treatment; images are flattened before it."""
    model = treatment.given_model(search)
    if untouched.kind_of(search.dataset) != "image":
        return model
    return make_pipeline(FunctionTransformer(_flat), model)


def _flat(X):
    return np.asarray(X).reshape(len(X), -1)


# -------------------------------------------------------------------------- the replays
class Store:
    """The given model, measured once, with all fits of candidates that were asked for.

    Parameters
    ----------
    model : estimator object
        The given model.
    data : Data
        Training rows and rows held out.
    seed : int
        Seeds the splits and the remedies, as ``random_state`` of a treatment does.
    """

    def __init__(self, model, data, seed):
        self.data, self.fits, self.said, self.scores = data, {}, {}, {}
        self.known = {}
        problem = problem_of(
            model,
            data.X,
            data.y,
            is_classification=data.task == "classification",
            scoring=None,
            cv=None,
            groups=None,
            time=None,
            sample_weight=None,
            n_jobs=None,
            seed=seed,
        )
        self.given = _measured(problem)
        self.kinds = {kind.name: Asked(kind) for kind in choose_kinds(None)}

    def fit(self, candidate, split, run):
        """Give the fit of a candidate on a split; its time is that of the processor."""
        key = candidate.code, split[1].tobytes()
        if key not in self.fits:
            start = time.process_time()
            (fit,) = run(candidate, [split])
            seconds = time.process_time() - start
            self.fits[key] = replace(fit, seconds=seconds)
        return self.fits[key]

    def once(self, key, ask):
        """Give what was found out before, or find it out."""
        if key not in self.known:
            self.known[key] = ask()
        return self.known[key]

    def score(self, engine, result):
        """Score what a treatment ends with, on the training rows and on others."""
        members = np.flatnonzero(result.weights)
        trials = [result.trials[k] for k in members]
        weights = result.weights[members]
        codes = tuple(trial.candidate.code for trial in trials)
        key = result.accepted, codes, weights.tobytes()
        if key not in self.scores:
            model = self._model(engine, trials, weights, is_new=result.accepted)
            self.scores[key] = treatment.scores(model, self.data)
        return self.scores[key]

    def _model(self, engine, trials, weights, *, is_new):
        """Give one model fitted on all rows, or what fold models say on average."""
        if not is_new or not trials[0].averages:
            return fitted_on_all(engine.problem, trials[0].candidate.estimator)
        answers = [self._answers(engine, trial) for trial in trials]
        parts = zip(*answers, strict=True)
        matrices = (np.tensordot(weights, part, 1) for part in parts)
        return Said(self.data, engine.ballot, *matrices)

    def _answers(self, engine, trial):
        """Average what the fold models of a candidate say of both parts of the rows."""
        key = trial.candidate.code
        if key not in self.said:
            members = _members([trial], engine.problem, engine.ballot)
            shares = members.shares(np.ones(1))
            parts = self.data.X, self.data.X_test
            self.said[key] = [members.matrix(X, shares) for X in parts]
        return self.said[key]


def _measured(problem):
    """Cross-validate the given model; times are those of the processor."""
    start = time.process_time()
    given = measured(problem, Clock(np.inf))
    seconds = time.process_time() - start
    walls = given.outcome.seconds
    outcome = replace(given.outcome, seconds=seconds * walls / walls.sum())
    return replace(given, outcome=outcome)


class Asked:
    """A kind of remedy that is asked once about the given model of a store.

    To propose takes time, too.

    Parameters
    ----------
    kind : RemedyKind
        The kind.
    """

    def __init__(self, kind):
        self.kind, self.found = kind, None
        self.name, self.changes_given = kind.name, kind.changes_given

    def applies(self, problem):
        """Ask at once for all; a kind that does not apply has nothing to propose."""
        if self.found is None:
            is_for = self.kind.applies(problem)
            self.found = self.kind.candidates(problem) if is_for else ()
        return True

    def candidates(self, problem):
        """Give what was proposed."""
        return self.found


class Said:
    """Stands in for a fitted committee where its rows are asked about."""

    def __init__(self, data, ballot, on_train, on_test):
        self.data, self.ballot = data, ballot
        self.classes_ = getattr(ballot, "classes", None)
        self.on_train, self.on_test = on_train, on_test

    def predict(self, X):
        """Give labels or numbers."""
        return self.ballot.labels(self.predict_proba(X))

    def predict_proba(self, X):
        """Give probabilities, or predicted numbers."""
        return self.on_train if X is self.data.X else self.on_test


class Replay(Engine):
    """A treatment that takes fits from a store, and counts the time that they took.

    Parameters
    ----------
    store : Store
        The given model, and fits.
    names : iterable of str
        Kinds of remedies to try.
    budget : float
        Seconds of processor time.
    """

    def __init__(self, store, names, budget):
        self.store, self.spent = store, 0.0
        clock = Clock(budget, now=lambda: self.spent)
        self.spent = store.given.seconds
        kinds = [store.kinds[name] for name in names]
        # No fit leaves the process, where its processor time would not be seen.
        super().__init__(store.given, kinds, clock, "best", can_leave=False)

    def _run(self, candidate, splits, timeout=None):
        run = super()._run
        fits = [self.store.fit(candidate, split, run) for split in splits]
        self.spent += sum(fit.seconds for fit in fits)
        return fits

    def _is_behind(self, trial):
        codes = trial.candidate.code, self._leader().candidate.code
        ask = partial(super()._is_behind, trial)
        return self.store.once((*codes, len(trial.fits)), ask)

    def _new_leaders(self):
        """Change nothing in turn: for that, every replay would fit other models."""
        return []

    def scores(self):
        """Run it, and score what it ends with."""
        result = self.run()
        found = self.store.score(self, result)
        self.shares = result.weights
        return found | {"accepted": result.accepted, "seconds": round(self.spent, 2)}

    def use_of(self, name):
        """Say what became of a kind: its candidates, its share, and its time."""
        own = [k for k, trial in enumerate(self.trials) if trial.kind == name]
        states = [self.trials[k].state for k in own]
        return {
            "share": round(float(self.shares[own].sum()), 4),
            "seconds": round(sum(self.trials[k].seconds for k in own), 3),
            **{state: states.count(state) for state in sorted(set(states))},
        }
