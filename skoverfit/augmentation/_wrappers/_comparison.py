"""Scores with augmentation, with plain copies and without, on the same splits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GroupKFold, check_cv

from skoverfit._compat import _check_method_params, _safe_indexing
from skoverfit._folds import Split, as_strata, dealing_order, dealt_out
from skoverfit._gap import Estimate, corrected_estimate
from skoverfit._paired import paired_estimate
from skoverfit.augmentation._wrappers._training import (
    TrainingRows,
    fitted,
    parents_of,
    seeded_clone,
)

__all__ = ["AUGMENTED_SHARE", "Comparison", "Rows", "Task", "compare", "make_passes"]

#: Variance that the training rows may add where rows are compared. The arms learn from
#: the same rows, so it is little: 0 to 0.06 of the variance of one pass, measured with
#: digits and shifts and with noise for trees, nearest neighbors, SVC and logistic
#: regression.
AUGMENTED_SHARE = 0.1

#: Folds where ``cv`` is None.
N_FOLDS = 5

#: Scores of all arms on the test rows of a split, and the first errors.
_Outcome = tuple[np.ndarray, list[Exception | None]]


@dataclass(frozen=True)
class Task:
    """What is trained and how it is scored.

    Attributes
    ----------
    estimator : estimator
        It is cloned.
    rows : TrainingRows
        All rows.
    scorer : callable
        Takes an estimator, rows and targets; returns a score, or one for each row.
    by_rows : bool
        Whether it returns one for each row.
    score_params : dict
        Metadata for the scorer.
    with_copies : bool
        Whether to train on plain copies as well.
    groups : array-like or None
        Which rows belong together.
    """

    estimator: Any
    rows: TrainingRows
    scorer: Any
    by_rows: bool = False
    score_params: dict[str, Any] = field(default_factory=dict)
    with_copies: bool = True
    groups: Any = None

    def score(self, rows: TrainingRows, test: np.ndarray, seed: int) -> np.ndarray:
        """Train on some rows, score others; the score is the mean of what comes."""
        model = fitted(clone(self.estimator), rows, seed)
        params = _check_method_params(self.rows.X, self.score_params, indices=test)
        X, y = (_safe_indexing(part, test) for part in (self.rows.X, self.rows.y))
        return np.atleast_1d(np.asarray(self.scorer(model, X, y, **params), float))

    def no_score(self, test: np.ndarray) -> np.ndarray:
        """Return what stands for a score where a fit or score failed."""
        return np.full(len(test) if self.by_rows else 1, np.nan)


@dataclass(frozen=True)
class Rows:
    """Scores of the test rows of each split, where rows make up the score.

    Attributes
    ----------
    tests : list of ndarray of int
        The rows that each split tests.
    groups : array-like or None
        Which rows belong together.
    plain, augmented, copied : list of ndarray of shape (n_arms, n_test)
        Their scores on each split, as the scores of `Comparison`; `plain` has one arm.
    """

    tests: list[np.ndarray]
    groups: Any
    plain: list[np.ndarray]
    augmented: list[np.ndarray]
    copied: list[np.ndarray]

    def estimate(self, chosen: np.ndarray, other: str, level: float) -> Estimate:
        """Estimate the difference as `Comparison.estimate` does, from rows."""
        others = getattr(self, other)
        split = range(len(chosen))
        return paired_estimate(
            [self.augmented[k][chosen[k]] for k in split],
            [others[k][chosen[k] if len(others[k]) > 1 else 0] for k in split],
            self.tests,
            groups=self.groups,
            confidence_level=level,
            training_share=AUGMENTED_SHARE,
        )


@dataclass(frozen=True)
class Comparison:
    """Test scores of all arms on all splits; NaN where a fit or score failed.

    Attributes
    ----------
    plain : ndarray of shape (n_splits,)
        Without augmentation.
    augmented : ndarray of shape (n_splits, n_candidates)
        With each augmenter.
    copied : ndarray of shape (n_splits, n_candidates) or None
        With plain copies of the rows that each augmenter perturbs; None without them.
    ratio : ndarray of shape (n_splits,)
        Test rows over training rows.
    peers : ndarray of bool of shape (n_splits, n_splits)
        Which splits have no test row in common.
    rows : Rows or None
        Scores of rows, where they make up the score.
    """

    plain: np.ndarray
    augmented: np.ndarray
    copied: np.ndarray | None
    ratio: np.ndarray
    peers: np.ndarray
    rows: Rows | None = None

    def estimate(
        self, chosen: np.ndarray, other: str, confidence_level: float = 0.95
    ) -> Estimate:
        """Estimate how much better augmentation is than another arm.

        Rows are compared where they make up the score, split scores elsewhere.

        Parameters
        ----------
        chosen : ndarray of int of shape (n_splits,)
            The candidate that stands for augmentation on each split.
        other : {"plain", "copied"}
            The other arm.
        confidence_level : float, default=0.95
            Level of the interval.
        """
        if self.rows is not None:
            return self.rows.estimate(chosen, other, confidence_level)
        split = np.arange(len(chosen))
        others = getattr(self, other)
        others = others if others.ndim == 1 else others[split, chosen]
        return corrected_estimate(
            self.augmented[split, chosen] - others,
            test_train_ratio=self.ratio,
            confidence_level=confidence_level,
        )


def compare(
    task: Task,
    augmenters: Sequence[Any],
    passes: list[list[Split]],
    rng: np.random.RandomState,
    n_jobs: int | None = None,
    until: Callable[[Comparison], bool] = lambda comparison: False,
) -> Comparison:
    """Score all arms; all augmenters share the splits, seeds and other arms.

    Parameters
    ----------
    task : Task
        What is trained and how it is scored.
    augmenters : sequence of samplers
        The candidates.
    passes : list of list of splits
        Splits that are scored one pass after the other.
    rng : RandomState
        For the seeds of all passes, whether they are needed or not.
    n_jobs : int, default=None
        Splits of a pass that are scored at a time.
    until : callable, default=never
        Asked after each pass but the last; True leaves the others out.
    """
    n_splits = sum(map(len, passes))
    seeds = iter(rng.randint(np.iinfo(np.int32).max, size=n_splits).tolist())
    splits: list[Split] = []
    outcomes: list[_Outcome] = []
    for splits_of_pass in passes:
        if outcomes and until(_compared(task, splits, outcomes)):
            break
        outcomes += Parallel(n_jobs=n_jobs)(
            delayed(_arms)(task, augmenters, train, test, next(seeds))
            for train, test in splits_of_pass
        )
        splits += splits_of_pass
    return _compared(task, splits, outcomes)


def _compared(task: Task, splits: list[Split], outcomes: list[_Outcome]) -> Comparison:
    """Put together what the arms scored on each split."""
    values = [values for values, _ in outcomes]
    n_candidates = (len(values[0]) - 1) // 2
    arms = [1, 1 + n_candidates]
    scores = np.array([part.mean(axis=1) for part in values])
    plain, augmented, copied = np.split(scores, arms, axis=1)
    _raise_total_failure([plain, augmented], [errors for _, errors in outcomes])
    tests = [test for _, test in splits]
    ratio = np.array([len(test) / len(train) for train, test in splits])
    rows = None
    if task.by_rows:
        parts = zip(*(np.split(part, arms) for part in values), strict=True)
        rows = Rows(tests, task.groups, *map(list, parts))
    peers = _peers(tests, len(task.rows))
    return Comparison(
        plain[:, 0],
        augmented,
        copied if task.with_copies else None,
        ratio,
        peers,
        rows,
    )


def _arms(
    task: Task,
    augmenters: Sequence[Any],
    train: np.ndarray,
    test: np.ndarray,
    seed: int,
) -> _Outcome:
    """Scores without, with each augmenter, with its copies; and the first errors."""
    rows, missing = task.rows.taken(train).with_unit(), task.no_score(test)
    plain, plain_error = _attempt(missing, task.score, rows, test, seed)
    of_copies: dict[Any, np.ndarray] = {_key(rows, np.arange(len(rows))): plain}
    augmented, copied, error = [], [], None
    for augmenter in augmenters:
        score = missing
        made, failure = _attempt(None, _augmented, rows, augmenter, seed)
        if failure is None:
            score, failure = _attempt(missing, task.score, made[0], test, seed)
        augmented.append(score)
        copied.append(_score_of_copies(task, rows, made, test, seed, of_copies))
        error = error or failure
    return np.stack([plain, *augmented, *copied]), [plain_error, error]


def _attempt(missing: Any, function: Any, *args: Any) -> tuple[Any, Exception | None]:
    """Return the result, or what stands for a missing one, and what went wrong."""
    try:
        return function(*args), None
    except Exception as error:  # a fold may lack a class, or fail in any other way
        return missing, error


def _augmented(
    rows: TrainingRows, augmenter: Any, seed: int
) -> tuple[TrainingRows, np.ndarray]:
    """Augmented rows, and the rows that plain copies are made of."""
    augmenter = seeded_clone(augmenter, seed)
    made = rows.augmented(augmenter)
    parents = parents_of(augmenter, made.X)
    if parents is None:
        parents = _stand_ins(rows.y, made.y, np.random.default_rng(seed))
    return made, parents


def _score_of_copies(
    task: Task,
    rows: TrainingRows,
    made: Any,
    test: np.ndarray,
    seed: int,
    known: dict[Any, np.ndarray],
) -> np.ndarray:
    """Score with as many rows as an augmenter makes, all of them plain copies."""
    missing = task.no_score(test)
    if not task.with_copies or made is None:
        return missing
    augmented, parents = made
    key = _key(augmented, parents)
    if key not in known:
        copies = replace(rows.taken(parents), weight=augmented.weight)
        known[key], _ = _attempt(missing, task.score, copies, test, seed)
    return known[key]


def _key(rows: TrainingRows, parents: np.ndarray) -> Any:
    """Tell one set of weighted copies from another."""
    weight = None if rows.weight is None else rows.weight.tobytes()
    return np.asarray(parents, dtype=np.intp).tobytes(), weight


def _stand_ins(y: Any, y_out: Any, rng: np.random.Generator) -> np.ndarray:
    """Draw rows to copy for a sampler that names no parents: as many of each class.

    Where targets are not labels of the input, any row may stand for any other.
    """
    own, made = np.asarray(y), np.asarray(y_out)
    if own.ndim > 1 or not np.isin(made, own).all():
        return _dealt(np.arange(len(own)), len(made), rng)
    labels, counts = np.unique(made, return_counts=True)
    return np.concatenate(
        [
            _dealt(np.flatnonzero(own == label), count, rng)
            for label, count in zip(labels, counts, strict=True)
        ]
    )


def _dealt(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many of the members: all of them in turn, in random order."""
    passes = -(-count // len(members))
    return np.concatenate([rng.permutation(members) for _ in range(passes)])[:count]


def _raise_total_failure(
    arms: list[np.ndarray], errors: list[list[Exception | None]]
) -> None:
    """Raise what went wrong if an arm has no score at all."""
    for position, scores in enumerate(arms):
        first = next((each[position] for each in errors if each[position]), None)
        if not np.isfinite(scores).any() and first is not None:
            raise first


def _peers(tests: list[np.ndarray], n_rows: int) -> np.ndarray:
    """Which pairs of splits have no test row in common."""
    member = np.zeros((len(tests), n_rows), dtype=np.float32)
    for split, test in enumerate(tests):
        member[split, test] = 1
    return member @ member.T == 0


# ---------------------------------------------------------------------------- splits


def make_passes(
    cv: Any,
    rows: TrainingRows,
    estimator: Any,
    params: dict[str, Any],
    rng: Any,
    n_passes: int,
) -> list[list[Split]]:
    """Positions of the training and test rows of each split, pass by pass.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        A number of folds stands for folds that are shuffled, stratified by class,
        kept whole by group, and dealt out anew for each pass. All else is one pass.
    rows : TrainingRows
        All rows.
    estimator : estimator
        Classifiers get stratified folds.
    params : dict
        Metadata for the splitter, such as groups.
    rng : RandomState
        For the folds.
    n_passes : int
        How often folds are dealt out.
    """
    classes = is_classifier(estimator)
    if cv is None or isinstance(cv, Integral):
        n_folds = N_FOLDS if cv is None else int(cv)
        groups = params.get("groups")
        return [_folds(rows, groups, n_folds, classes, rng) for _ in range(n_passes)]
    splitter = check_cv(cv, rows.y, classifier=classes)
    splits = [
        (_positions(train, len(rows)), _positions(test, len(rows)))
        for train, test in splitter.split(rows.X, rows.y, **params)
    ]
    _check_splits(cv, splits, rows.y if classes else None)
    return [splits]


def _positions(index: Any, n_rows: int) -> np.ndarray:
    """Rows of one side of a split, whether it is a mask or positions."""
    return np.arange(n_rows)[np.asarray(index)]


def _check_splits(cv: Any, splits: list[Split], y: Any) -> None:
    """Refuse splits that cannot compare anything."""
    if not splits or any(min(map(len, split)) == 0 for split in splits):
        raise ValueError(
            f"cv={cv!r} must give splits with at least one training row and one test "
            "row each."
        )
    labels = None if y is None else np.asarray(y)
    if labels is None or labels.ndim != 1 or len(np.unique(labels)) < 2:
        return
    for number, (train, _) in enumerate(splits):
        if len(np.unique(labels[train])) < 2:
            raise ValueError(
                f"cv={cv!r} gives split {number} training rows of the single class "
                f"{labels[train][0]!r}. Use shuffled or stratified folds."
            )


def _folds(
    rows: TrainingRows, groups: Any, n_folds: int, classes: bool, rng: Any
) -> list[Split]:
    """Deal all rows out to folds once; fewer folds where there are too few rows."""
    n_rows = len(rows)
    seed = int(rng.randint(np.iinfo(np.int32).max))
    n_units = n_rows if groups is None else len(np.unique(np.asarray(groups)))
    n_folds = min(n_folds, n_units)
    if n_folds < 2:
        raise ValueError(
            "Augmentation cannot be compared by cross-validation with n_samples = "
            f"{n_rows} in {n_units} unit{'s'[: n_units != 1]} to divide; at least two "
            "rows, or two groups, are needed."
        )
    if groups is not None:
        folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
        return list(folds.split(np.empty((n_rows, 0)), groups=groups))
    strata = as_strata(rows.y) if classes else None
    order = dealing_order(n_rows, np.random.RandomState(seed), strata)
    return dealt_out(order, n_folds)
