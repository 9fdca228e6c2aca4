"""Nearest neighbors: the nearest few are the first of the nearest many.

Two queries for different numbers of neighbors give the same distances, but not
always the same neighbors: which of several equally distant ones are among the k
nearest, and in which order, depends on k. Where that could matter to a prediction,
it is made by a query for that k.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.utils.extmath import weighted_mode

from skoverfit._compat import _num_samples, _safe_indexing
from skoverfit._compat._models import (
    compares_all_pairs,
    neighbor_rows,
    neighbor_targets,
)
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
    SharedFit,
    TrainingSet,
    register_shared_fit,
    view_of,
)
from skoverfit.model_selection._shared_fits.families._prefixes import (
    ascending,
    by_method,
    is_count,
    remember_all,
)

METHODS = ("predict", "predict_proba")

#: Metrics whose bounds for the nodes of a tree are as exact as the distances.
TREE_METRICS = frozenset(
    {
        "chebyshev",
        "cityblock",
        "euclidean",
        "infinity",
        "l1",
        "l2",
        "manhattan",
        "minkowski",
        "p",
    }
)

#: A tree may pass over a point that is nearer than another by less than rounding:
#: relative to the distance and, for balls, to the extent of the data.
RELATIVE, EXTENT = 1e-9, 1e-12

#: Sums of votes that differ by less may be ordered otherwise by other summation.
MARGIN = 1e-9


class NearestNeighbors(SharedFit):
    """Nearest neighbors that differ in their number and weights."""

    name = "nearest neighbors"
    free = ("n_neighbors", "weights")

    def serves(self, estimator: Any) -> bool:
        """Whether distances depend on nothing but the two rows."""
        return (
            type(estimator) in (KNeighborsClassifier, KNeighborsRegressor)
            and is_count(estimator.n_neighbors)
            and _are_weights(estimator.weights)
            and isinstance(estimator.metric, str)
            and estimator.metric != "precomputed"
            and estimator.metric_params is None
        )

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Ask for the neighbors once and yield what smaller numbers would give."""
        X, y, fit_params, rows = data
        for team in _teams(estimators, _num_samples(X)):
            fitted = clone(estimators[team[-1]]).fit(X, y, **fit_params)
            if not compares_all_pairs(fitted) and fitted.metric not in TREE_METRICS:
                continue
            answers = by_method(fitted, METHODS, _Answers(fitted, rows))
            for position in team:
                view = view_of(fitted, estimators[position])
                remember_all(view, answers, rows)
                yield position, view


def _are_weights(weights: Any) -> bool:
    return weights is None or weights in ("uniform", "distance") or callable(weights)


def _teams(estimators: Sequence[Any], n_samples: int) -> list[list[int]]:
    """Return positions that use the same algorithm, the fewest neighbors first.

    "auto" prefers brute force from half of the rows on. More neighbors than rows
    are an error of the candidate's own.
    """
    counts = [estimator.n_neighbors for estimator in estimators]
    order = [i for i in ascending(estimators, "n_neighbors") if counts[i] <= n_samples]
    if estimators[0].algorithm != "auto":
        return [order] if order else []
    many = [i for i in order if counts[i] >= n_samples // 2]
    few = [i for i in order if counts[i] < n_samples // 2]
    return [team for team in (few, many) if team]


class _Neighborhood:
    """The nearest neighbors of one set of rows, and where their order is open.

    Attributes
    ----------
    distances, indices : ndarray of shape (n_rows, k_max)
        Of the neighbors, the nearest first.
    open : ndarray of shape (n_rows, k_max), dtype=bool
        Whether a neighbor and the next may change places, or with others beyond
        the last, so that it matters. All False in the last column, for `k_max`
        neighbors were asked for.
    """

    def __init__(self, fitted: Any, X: Any) -> None:
        k_max = fitted.n_neighbors
        self.distances, self.indices = fitted.kneighbors(X, n_neighbors=k_max)
        self.is_finite = bool(np.isfinite(self.distances).all())
        self.open = np.zeros(self.indices.shape, dtype=bool)
        self._find_open(fitted)

    def _find_open(self, fitted: Any) -> None:
        tied = self._find_ties(fitted)
        for i in np.flatnonzero(tied.any(axis=0))[::-1]:
            # Neighbors at equal distance that are alike are as good as each other,
            # unless there may be more of them, or of others, beyond the last.
            beyond = i == tied.shape[1] - 1 or self.open[:, i + 1]
            self.open[:, i] = tied[:, i] & (~self._are_alike(fitted, i) | beyond)
        for i in np.flatnonzero(self.open.any(axis=0)):
            if i + 1 < tied.shape[1]:
                self.open[:, i + 1] |= tied[:, i + 1] & self.open[:, i]

    def _find_ties(self, fitted: Any) -> np.ndarray:
        """Whether a neighbor is nearer than the next by no more than rounding."""
        absolute, relative = _tolerance(fitted)
        tied = np.zeros((len(self.open), self.open.shape[1] - 1), dtype=bool)
        for i in range(tied.shape[1]):  # column by column: no large temporaries
            near, far = self.distances[:, i], self.distances[:, i + 1]
            # NaN is near everything.
            tied[:, i] = ~(far - near > absolute + relative * far)
        return tied

    def _are_alike(self, fitted: Any, i: int) -> np.ndarray:
        y = neighbor_targets(fitted)
        y = y.reshape(len(y), -1)
        same = (y[self.indices[:, i]] == y[self.indices[:, i + 1]]).all(axis=1)
        return np.logical_and(self.distances[:, i] == self.distances[:, i + 1], same)

    def open_sets(self, k: int) -> np.ndarray:
        """Whether it is open, by row, who the `k` nearest neighbors are."""
        return self.open[:, k - 1]

    def open_orders(self, k: int) -> np.ndarray:
        """Whether it is open, by row, in which order the `k` nearest come."""
        if k == self.open.shape[1]:  # as many as were asked for
            return np.zeros(len(self.open), dtype=bool)
        return np.asarray(self.open[:, :k].any(axis=1))


def _tolerance(fitted: Any) -> tuple[float, float]:
    """Return by how much distances may differ although a query confuses them."""
    if compares_all_pairs(fitted):
        return 0.0, 0.0
    extent = np.ptp(np.asarray(neighbor_rows(fitted), dtype=np.float64), axis=0).sum()
    return EXTENT * float(extent), RELATIVE


class _Answers:
    """Predictions of candidates from the neighbors that they have in common."""

    def __init__(self, fitted: Any, rows: Sequence[Any]) -> None:
        self._fitted = fitted
        self._neighborhoods = OncePerRows(partial(_Neighborhood, fitted), rows)
        self._ballots = {
            weights: OncePerRows(
                # Not a method: the answers would hold themselves.
                partial(_ballot, fitted, self._neighborhoods, weights),
                rows,
            )
            for weights in ("uniform", "distance")
        }

    def __call__(self, name: str, view: Any, X: Any) -> Any:
        """Return what a method of a view would."""
        if not self._can_vote(view, X):
            return self._by_the_class(view, name, X)
        if view.classes_.dtype.kind not in "biu":
            # Some releases refuse other classes for some metrics: then do as they do.
            getattr(view_of(view, view), name)(_safe_indexing(X, [0]))
        votes = self._ballots[view.weights](X)
        vote = votes.predict if name == "predict" else votes.predict_proba
        answer, is_open = vote(view.n_neighbors)
        return self._settled(view, name, X, answer, is_open)

    def _can_vote(self, view: Any, X: Any) -> bool:
        return (
            isinstance(view, KNeighborsClassifier)
            and not view.outputs_2d_
            and isinstance(view.weights, str)
            and self._neighborhoods(X).is_finite
        )

    def _settled(
        self, view: Any, name: str, X: Any, answer: np.ndarray, is_open: np.ndarray
    ) -> np.ndarray:
        """Ask anew for rows with open neighbors."""
        if not is_open.any():
            return answer
        if self._depends_on_all_rows():
            return getattr(view_of(view, view), name)(X)
        rows = np.flatnonzero(is_open)
        answer[rows] = getattr(view_of(view, view), name)(_safe_indexing(X, rows))
        return answer

    def _depends_on_all_rows(self) -> bool:
        # Distances by matrix products are rounded by the block they are part of.
        return compares_all_pairs(self._fitted)

    def _by_the_class(self, view: Any, name: str, X: Any) -> Any:
        """Let the class do everything but ask for neighbors."""
        plain = view_of(view, view)
        vars(plain)["kneighbors"] = partial(self._kneighbors, view)
        return getattr(plain, name)(X)

    def _kneighbors(self, view: Any, X: Any, return_distance: bool = True) -> Any:
        known, k = self._neighborhoods(X), view.n_neighbors
        is_open = known.open_orders(k)
        if is_open.any() and self._depends_on_all_rows():
            return view_of(view, view).kneighbors(X, return_distance=return_distance)
        distances = known.distances[:, :k].copy()
        indices = known.indices[:, :k].copy()
        rows = np.flatnonzero(is_open)
        if rows.size:
            asked = view_of(view, view).kneighbors(_safe_indexing(X, rows))
            distances[rows], indices[rows] = asked
        return (distances, indices) if return_distance else indices


def _ballot(fitted: Any, neighborhoods: OncePerRows, weights: str, X: Any) -> "_Ballot":
    return _Ballot(fitted, neighborhoods(X), weights)


class _Ballot:
    """Votes of the neighbors, added up from the nearest to the farthest.

    That is the order in which the class probabilities are added up for every number
    of neighbors. A smaller number than the last starts again.
    """

    def __init__(self, fitted: Any, known: _Neighborhood, weights: str) -> None:
        self._fitted, self._known, self._weights = fitted, known, weights
        self._targets = neighbor_targets(fitted)
        self._begin()

    def _begin(self) -> None:
        n_rows = len(self._known.indices)
        self._counted, self._rows = 0, np.arange(n_rows)
        self._votes = np.zeros((n_rows, len(self._fitted.classes_)))

    def _until(self, k: int) -> np.ndarray:
        if k < self._counted:
            self._begin()
        for i in range(self._counted, k):
            labels = self._targets[self._known.indices[:, i]]
            self._votes[self._rows, labels] += self._weights_of(slice(i, i + 1))[:, 0]
        self._counted = k
        return self._votes

    def _weights_of(self, columns: slice, rows: Any = slice(None)) -> np.ndarray:
        """Weights of some neighbors: where any is at no distance, only such count."""
        distances = self._known.distances[rows]
        if self._weights == "uniform":
            return np.ones(distances[:, columns].shape)
        with np.errstate(divide="ignore"):
            weights, first = 1.0 / distances[:, columns], 1.0 / distances[:, :1]
        return np.where(np.isinf(first), np.isinf(weights), weights)

    def predict_proba(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of votes, and the rows where they are open."""
        votes = self._until(k)
        shares = votes / votes.sum(axis=1)[:, np.newaxis]
        return shares, self._known.open_sets(k)

    def predict(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the classes with most votes, and the rows where they are open."""
        votes = self._until(k)
        winners, is_open = votes.argmax(axis=1), self._known.open_sets(k).copy()
        rows = np.flatnonzero(is_open)
        is_open[rows] = ~self._are_certain(rows, k)
        if self._weights == "distance":
            close = self._are_close(votes, winners)
            is_open |= close & self._known.open_orders(k)
            self._recount(np.flatnonzero(close), k, winners)
        return self._fitted.classes_[winners], is_open

    def _are_certain(self, rows: np.ndarray, k: int) -> np.ndarray:
        """Whether one class wins whichever equally distant neighbors are counted."""
        if not compares_all_pairs(self._fitted):
            return np.zeros(len(rows), dtype=bool)  # nearly equal ones count as well
        distances = self._known.distances[rows]
        last = distances[:, k - 1 : k]
        nearer, tied = distances < last, distances == last
        weights = self._weights_of(slice(None), rows)
        votes = self._per_class(rows, np.where(nearer, weights, 0.0))
        rivals = self._per_class(rows, tied)
        places = k - nearer.sum(axis=1, keepdims=True)
        most = np.minimum(rivals, places)
        others = rivals.sum(axis=1, keepdims=True) - rivals
        least = np.maximum(places - others, 0)
        beyond = tied[:, -1:]  # there may be more, of any class
        least, most = np.where(beyond, 0, least), np.where(beyond, places, most)
        weight = weights[:, k - 1 : k]
        return _wins(votes + weight * least, votes + weight * most)

    def _per_class(self, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        sums = np.zeros((len(rows), self._votes.shape[1]))
        labels = self._targets[self._known.indices[rows]]
        np.add.at(sums, (np.arange(len(rows))[:, np.newaxis], labels), weights)
        return sums

    def _are_close(self, votes: np.ndarray, winners: np.ndarray) -> np.ndarray:
        """Whether another class has as many votes, but for rounding."""
        most = votes[self._rows, winners]
        rivals = votes >= (most * (1 - MARGIN))[:, np.newaxis]
        return rivals.sum(axis=1) > 1

    def _recount(self, rows: np.ndarray, k: int, winners: np.ndarray) -> None:
        """Let scikit-learn add up the votes of some rows as it does in `predict`."""
        if rows.size:
            labels = self._targets[self._known.indices[rows, :k]]
            winner, _ = weighted_mode(labels, self._weights_of(slice(k), rows), axis=1)
            winners[rows] = winner.ravel().astype(winners.dtype)


def _wins(least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Whether a class has, at least, more votes than any other has at most."""
    rows, winners = np.arange(len(least)), least.argmax(axis=1)
    guaranteed = least[rows, winners]
    most[rows, winners] = 0.0
    return np.asarray(guaranteed * (1 - MARGIN) > most.max(axis=1))


register_shared_fit(NearestNeighbors())
