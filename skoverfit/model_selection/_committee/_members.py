"""Members of a committee: how they are fitted, and what they say together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.parallel import Parallel, delayed

from skoverfit._compat import (
    _check_method_params,
    _num_samples,
    _safe_indexing,
    _safe_split,
    get_tags,
)
from skoverfit.model_selection._committee._average import (
    Ballot,
    ballot_for,
    classes_of,
)
from skoverfit.model_selection._committee._greedy import OutOfFold
from skoverfit.model_selection._families import candidate_of, fit_params_of

__all__ = [
    "Members",
    "Task",
    "averages_of_seen",
    "averages_of_unseen",
    "fitted_members",
    "gathered",
    "mean_of_tested",
    "out_of_fold",
    "row_numbers",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class Task:
    """What members are fitted on.

    Attributes
    ----------
    estimator : estimator
        Unfitted.
    X, y : array-like
        All rows.
    fit_params : dict
        Metadata for ``fit``, with one value for each row or for all.
    splits : sequence of (ndarray, ndarray)
        Numbers of the training rows and test rows of each split.
    """

    estimator: Any
    X: Any
    y: Any
    fit_params: Mapping[str, Any]
    splits: Sequence[tuple[IntArray, IntArray]]

    def fit(self, params: Mapping[str, Any], split: int, method: str) -> Any:
        """Fit a candidate on a split and ask it about the rows left out.

        Returns
        -------
        model : estimator
            Fitted.
        answer : object
            What its method says of the test rows.
        """
        model = candidate_of(self.estimator, params)
        train = self.splits[split][0]
        X, y = _safe_split(model, self.X, self.y, train)
        fit_params = fit_params_of(self.estimator, params, self.fit_params)
        fit_params = _check_method_params(self.X, fit_params, train)
        model.fit(X, y, **fit_params)
        return model, self.ask(model, split, method)

    def ask(self, model: Any, split: int, method: str) -> Any:
        """Ask a fitted model about the test rows of a split."""
        return getattr(model, method)(self.test_rows(split)[0])

    def test_rows(self, split: int) -> tuple[Any, Any]:
        """Return the rows that a split tests, and their targets."""
        return self.rows(self.splits[split][1], split)

    def rows(self, numbers: IntArray, split: int) -> tuple[Any, Any]:
        """Return rows as the models of a split are asked about them, and targets."""
        train = self.splits[split][0]
        return _safe_split(self.estimator, self.X, self.y, numbers, train)


@dataclass(frozen=True)
class Members:
    """Fitted models of several candidates and splits.

    Attributes
    ----------
    ballot : Ballot
        How their answers are averaged.
    models : list of estimator
        Fitted.
    classes : list
        Classes that each of them knows; None in regression.
    candidate, split : ndarray of shape (n_members,)
        Numbers of the candidate and of the split of each.
    columns : list of ndarray or None
        Training rows of each, where the columns of ``X`` are rows (as those of kernels
        are).
    """

    ballot: Ballot
    models: list[Any]
    classes: list[Any]
    candidate: IntArray
    split: IntArray
    columns: list[IntArray] | None

    def matrix(self, X: Any, weight: FloatArray) -> FloatArray:
        """Average what the members say of rows, with weights that sum to 1."""
        answers = (share * self._read(k, X) for k, share in enumerate(weight))
        total = next(answers)
        for answer in answers:
            total += answer
        return total

    def _read(self, member: int, X: Any) -> FloatArray:
        if self.columns is not None:
            X = _safe_indexing(X, self.columns[member], axis=1)
        answer = getattr(self.models[member], self.ballot.method)(X)
        return self.ballot.read(answer, self.classes[member])

    def shares(self, weights: FloatArray) -> FloatArray:
        """Share of each member: its candidate's, dealt out to the members of that."""
        counts = np.bincount(self.candidate, minlength=len(weights))
        share = (weights / np.maximum(counts, 1))[self.candidate]
        return np.asarray(share / share.sum(), dtype=np.float64)

    def of(self, candidates: IntArray) -> "Members":
        """Keep the members of some candidates, which are numbered anew."""
        kept = np.flatnonzero(np.isin(self.candidate, candidates))
        numbers = np.searchsorted(candidates, self.candidate[kept])
        columns = self.columns
        return Members(
            self.ballot,
            [self.models[k] for k in kept],
            [self.classes[k] for k in kept],
            numbers,
            self.split[kept],
            None if columns is None else [columns[k] for k in kept],
        )


def row_numbers(rows: Any) -> IntArray:
    """Return the rows of one side of a split as numbers."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)


def fitted_members(
    task: Task,
    candidates: Sequence[Mapping[str, Any]],
    method: str,
    *,
    classifier: bool,
    n_jobs: int | None,
) -> tuple[Members, list[FloatArray]]:
    """Fit each candidate on each split.

    Returns
    -------
    members : Members
        By candidate, then by split.
    answers : list of ndarray
        What each said of its test rows.
    """
    pairs = [(c, s) for c in range(len(candidates)) for s in range(len(task.splits))]
    fitted = Parallel(n_jobs=n_jobs)(
        delayed(task.fit)(candidates[c], split, method) for c, split in pairs
    )
    models, answers = map(list, zip(*fitted, strict=True))
    return gathered(task, pairs, models, answers, method, classifier=classifier)


def gathered(
    task: Task,
    pairs: Sequence[tuple[int, int]],
    models: Sequence[Any],
    answers: Sequence[Any],
    method: str,
    *,
    classifier: bool,
) -> tuple[Members, list[FloatArray]]:
    """Make members of fitted models, and matrices of their answers."""
    ballot = ballot_for(method, task.y, answers[0], classifier=classifier)
    trains = [task.splits[split][0] for _, split in pairs]
    known: list[Any] = [None] * len(models)
    if classifier:
        # Many models of one split: its targets are cut out once for all of them.
        targets = {
            split: _safe_indexing(task.y, task.splits[split][0])
            for split in {split for _, split in pairs}
        }
        known = [
            classes_of(model, targets[split])
            for model, (_, split) in zip(models, pairs, strict=True)
        ]
    members = Members(
        ballot,
        list(models),
        known,
        np.array([candidate for candidate, _ in pairs], dtype=np.intp),
        np.array([split for _, split in pairs], dtype=np.intp),
        trains if get_tags(task.estimator).input_tags.pairwise else None,
    )
    matrices = [ballot.read(*each) for each in zip(answers, known, strict=True)]
    return members, matrices


def averages_of_unseen(
    task: Task, members: Members, answers: Sequence[FloatArray], share: FloatArray
) -> FloatArray:
    """Average, for each row, what members say that were tested on it.

    Returns
    -------
    matrix : ndarray of shape (n_rows, n_columns)
        NaN for rows that no split tests.
    """
    parts = (
        (task.splits[members.split[k]][1], answers[k], share[k])
        for k in np.flatnonzero(share).tolist()
    )
    return mean_of_tested(parts, (_num_samples(task.X), answers[0].shape[1]))


def mean_of_tested(
    parts: Iterable[tuple[IntArray, Any, float]], shape: tuple[int, ...]
) -> FloatArray:
    """Average, for each row, what is said of it as a test row.

    Parameters
    ----------
    parts : iterable of (ndarray, ndarray, float)
        Test rows, what a model says of them, and its weight.
    shape : tuple of (n_rows, n_columns)
        Shape of the result.

    Returns
    -------
    matrix : ndarray of shape (n_rows, n_columns)
        NaN for rows that no part tests.
    """
    total, mass = np.zeros(shape), np.zeros((shape[0], 1))
    for test, answer, weight in parts:
        total[test] += weight * answer
        mass[test] += weight
    with np.errstate(invalid="ignore"):
        return np.asarray(total / mass, dtype=np.float64)


def averages_of_seen(
    task: Task, members: Members, share: FloatArray, rows: IntArray, n_columns: int
) -> FloatArray:
    """Average, for each row, what one model of each candidate says that has seen it.

    Which models these are differs from candidate to candidate: all splits take part.

    Parameters
    ----------
    task : Task
        Rows and splits.
    members : Members
        The models.
    share : ndarray of shape (n_members,)
        Their shares.
    rows : ndarray of int
        Rows to ask about.
    n_columns : int
        Columns of an answer's matrix.

    Returns
    -------
    matrix : ndarray of shape (n_rows, n_columns)
        NaN for other rows, and for those that no model has seen.
    """
    total = np.zeros((_num_samples(task.X), n_columns))
    for place, candidate in enumerate(np.unique(members.candidate[share > 0])):
        own = np.flatnonzero(members.candidate == candidate)
        answers = np.full_like(total, np.nan)
        _ask_the_first(task, members, np.roll(own, -place), rows, answers)
        total += share[own].sum() * answers
    return total / share.sum()


def _ask_the_first(
    task: Task,
    members: Members,
    models: IntArray,
    rows: IntArray,
    answers: FloatArray,
) -> None:
    """Let the first of some models that has seen a row answer for it."""
    for k in models:
        split = members.split[k]
        seen = rows[np.isin(rows, task.splits[split][0])]
        if seen.size:
            X, _ = task.rows(seen, split)
            answer = getattr(members.models[k], members.ballot.method)(X)
            answers[seen] = members.ballot.read(answer, members.classes[k])
            rows = np.setdiff1d(rows, seen)


def out_of_fold(
    task: Task, members: Members, answers: Sequence[FloatArray]
) -> OutOfFold:
    """Gather what each candidate says of rows that it has not seen."""
    candidates = np.unique(members.candidate)
    ballot = members.ballot
    shares = ((members.candidate == own).astype(float) for own in candidates)
    values = [
        ballot.comparable(averages_of_unseen(task, members, answers, share))
        for share in shares
    ]
    return OutOfFold(candidates, np.stack(values), ballot.truth(task.y))
