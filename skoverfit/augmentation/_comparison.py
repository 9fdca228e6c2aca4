"""Scores with augmentation, with plain copies and without, on the same splits."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GroupKFold, check_cv

from skoverfit._compat import _check_method_params, _num_samples, _safe_indexing
from skoverfit.augmentation._training import (
    TrainingRows,
    fitted,
    parents_of,
    seeded_clone,
)

__all__ = ["Comparison", "Task", "compare", "make_splits"]

#: Folds, and how often all rows are dealt out anew, where ``cv`` is no splitter.
N_FOLDS = 5
N_REPEATS = 3

_Split = tuple[np.ndarray, np.ndarray]


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
        Takes an estimator, rows and targets.
    score_params : dict
        Metadata for the scorer.
    with_copies : bool
        Whether to train on plain copies as well.
    """

    estimator: Any
    rows: TrainingRows
    scorer: Any
    score_params: dict[str, Any] = field(default_factory=dict)
    with_copies: bool = True

    def score(self, rows: TrainingRows, test: np.ndarray, seed: int) -> float:
        """Train on some rows, score on others."""
        model = fitted(clone(self.estimator), rows, seed)
        params = _check_method_params(self.rows.X, self.score_params, indices=test)
        X, y = (_safe_indexing(part, test) for part in (self.rows.X, self.rows.y))
        return float(self.scorer(model, X, y, **params))


@dataclass(frozen=True)
class Comparison:
    """Test scores of all arms on all splits; NaN where a fit or score failed.

    Attributes
    ----------
    plain : ndarray of shape (n_splits,)
        Without augmentation.
    augmented : ndarray of shape (n_splits, n_candidates)
        With each augmenter.
    copied : ndarray of shape (n_splits, n_candidates)
        With plain copies of the rows that each augmenter perturbs.
    ratio : ndarray of shape (n_splits,)
        Test rows over training rows.
    peers : ndarray of bool of shape (n_splits, n_splits)
        Which splits have no test row in common.
    """

    plain: np.ndarray
    augmented: np.ndarray
    copied: np.ndarray
    ratio: np.ndarray
    peers: np.ndarray


def compare(
    task: Task,
    augmenters: Sequence[Any],
    splits: list[_Split],
    rng: np.random.RandomState,
    n_jobs: int | None = None,
) -> Comparison:
    """Score all arms; all augmenters share the splits, seeds and other arms.

    Parameters
    ----------
    task : Task
        What to train.
    augmenters : sequence of samplers
        Cloned and seeded for each split.
    splits : list of (train, test)
        Positions of rows.
    rng : RandomState
        For the seeds of the splits.
    n_jobs : int or None
        Number of splits at a time.

    Returns
    -------
    comparison : Comparison
    """
    seeds = rng.randint(np.iinfo(np.int32).max, size=len(splits)).tolist()
    outcomes = Parallel(n_jobs=n_jobs)(
        delayed(_arms)(task, augmenters, train, test, seed)
        for (train, test), seed in zip(splits, seeds, strict=True)
    )
    shape = (len(splits), 1 + 2 * len(augmenters))
    scores = np.array([scores for scores, _ in outcomes]).reshape(shape)
    plain, augmented, copied = np.split(scores, [1, 1 + len(augmenters)], axis=1)
    _raise_total_failure([plain, augmented], [errors for _, errors in outcomes])
    ratio = np.array([len(test) / len(train) for train, test in splits])
    peers = _peers([test for _, test in splits], len(task.rows))
    return Comparison(plain[:, 0], augmented, copied, ratio, peers)


def _arms(
    task: Task,
    augmenters: Sequence[Any],
    train: np.ndarray,
    test: np.ndarray,
    seed: int,
) -> tuple[list[float], list[Exception | None]]:
    """Scores without, with each augmenter, with its copies; and the first errors."""
    rows = task.rows.taken(train).with_unit()
    plain, plain_error = _attempt(task.score, rows, test, seed)
    of_copies: dict[Any, float] = {_key(rows, np.arange(len(rows))): plain}
    augmented, copied, error = [], [], None
    for augmenter in augmenters:
        score = np.nan
        made, failure = _attempt(_augmented, rows, augmenter, seed)
        if failure is None:
            score, failure = _attempt(task.score, made[0], test, seed)
        augmented.append(score)
        copied.append(_score_of_copies(task, rows, made, test, seed, of_copies))
        error = error or failure
    return [plain, *augmented, *copied], [plain_error, error]


def _attempt(function: Any, *args: Any) -> tuple[Any, Exception | None]:
    """Return the result or NaN, and what went wrong."""
    try:
        return function(*args), None
    except Exception as error:  # a fold may lack a class, or fail in any other way
        return np.nan, error


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
    known: dict[Any, float],
) -> float:
    """Score with as many rows as an augmenter makes, all of them plain copies."""
    if not task.with_copies or not isinstance(made, tuple):
        return np.nan
    augmented, parents = made
    key = _key(augmented, parents)
    if key not in known:
        copies = replace(rows.taken(parents), weight=augmented.weight)
        known[key], _ = _attempt(task.score, copies, test, seed)
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


def make_splits(
    cv: Any, rows: TrainingRows, estimator: Any, params: dict[str, Any], rng: Any
) -> list[_Split]:
    """Positions of the training and test rows of each split.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        A number of folds stands for folds that are shuffled, stratified by class,
        kept whole by group, and dealt out several times.
    rows : TrainingRows
        All rows.
    estimator : estimator
        Classifiers get stratified folds.
    params : dict
        Metadata for the splitter, such as groups.
    rng : RandomState
        For the folds.

    Returns
    -------
    splits : list of (ndarray, ndarray)
    """
    classes = is_classifier(estimator)
    if cv is None or isinstance(cv, Integral):
        n_folds = N_FOLDS if cv is None else int(cv)
        groups = params.get("groups")
        dealt = [_folds(rows, groups, n_folds, classes, rng) for _ in range(N_REPEATS)]
        return [split for folds in dealt for split in folds]
    splitter = check_cv(cv, rows.y, classifier=classes)
    splits = [
        (_positions(train, len(rows)), _positions(test, len(rows)))
        for train, test in splitter.split(rows.X, rows.y, **params)
    ]
    _check_splits(cv, splits, rows.y if classes else None)
    return splits


def _positions(index: Any, n_rows: int) -> np.ndarray:
    """Rows of one side of a split, whether it is a mask or positions."""
    return np.arange(n_rows)[np.asarray(index)]


def _check_splits(cv: Any, splits: list[_Split], y: Any) -> None:
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
) -> list[_Split]:
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
    order = np.random.RandomState(seed).permutation(n_rows)
    if classes:
        order = order[np.argsort(_strata(rows.y)[order], kind="stable")]
    fold = np.empty(n_rows, dtype=np.intp)
    fold[order] = np.arange(n_rows) % n_folds
    return [
        (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in range(n_folds)
    ]


def _strata(y: Any) -> np.ndarray:
    """Return a number for each class; all one where a row has several labels."""
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        return np.zeros(_num_samples(y), dtype=np.intp)
    return np.unique(values, return_inverse=True)[1]
