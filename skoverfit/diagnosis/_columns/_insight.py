"""What one column says about the target, by a small tree on rows it has not seen."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._columns._probes import splits_within
from skoverfit.diagnosis._problem import Splits

MAX_ROWS = 2000
"""Rows on which columns are tried alone at most."""

MAX_SPLITS = 5
"""Splits on which columns are tried alone at most."""

MAX_COLUMNS = 20
"""Columns that are tried alone at most: those that go with the target the most."""

N_BINS = 16
"""Bins of equal size into which a column is cut for a first look."""

N_LEAVES = 16
"""Leaves of the tree at least."""


def insight(y: NDArray, predicted: NDArray, *, is_classification: bool) -> float:
    """Say how far predictions are on the way from chance (0) to the truth (1).

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Target.
    predicted : ndarray of shape (n_samples,) or (n_samples, n_classes)
        Numbers, or the probability of each class in sorted order.
    is_classification : bool
        Whether `y` holds class labels.

    Returns
    -------
    insight : float
        R2, or twice the ROC AUC minus 1 (weighted mean over classes); NaN where it is
        not defined.
    """
    if not is_classification:
        return float(r2_score(y, predicted))
    codes, counts = np.unique(y, return_inverse=True, return_counts=True)[1:]
    if predicted.ndim == 1:
        predicted = np.column_stack([-predicted, predicted])
    if len(counts) < 2 or predicted.shape[1] != len(counts):
        return float("nan")
    own = np.arange(len(counts))[np.newaxis, :] == codes[:, np.newaxis]
    ranks = np.where(own, rankdata(predicted, axis=0), 0.0).sum(axis=0)
    areas = (ranks / counts - (counts + 1) / 2) / (len(y) - counts)
    return float(2 * np.dot(counts / len(y), areas) - 1)


def association(column: NDArray, y: NDArray, *, is_classification: bool) -> float:
    """Share of the variance of the target between bins of a column, in-sample.

    Missing values are a bin of their own. A first look, which finds any shape.
    """
    bins = _bins(column)
    targets = _indicators(y) if is_classification else y[:, np.newaxis]
    counts = np.maximum(np.bincount(bins, minlength=N_BINS + 1), 1)
    total = targets.var(axis=0).sum()
    if total == 0:
        return 0.0
    between = 0.0
    for target in targets.T:
        means = np.bincount(bins, weights=target, minlength=N_BINS + 1) / counts
        between += float((counts * (means - target.mean()) ** 2).sum() / len(y))
    return float(min(between / total, 1.0))


def _bins(column: NDArray) -> NDArray[np.int64]:
    missing = np.isnan(column)
    bins = np.full(len(column), N_BINS)
    known = column[~missing]
    if known.size:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, N_BINS + 1)[1:-1]))
        # Both sides of an edge, so that a value that is frequent stands alone.
        bins[~missing] = (
            np.searchsorted(edges, known, "left")
            + np.searchsorted(edges, known, "right")
        ) // 2
    return bins


def _indicators(y: NDArray) -> NDArray[np.float64]:
    return (np.unique(y)[np.newaxis, :] == y[:, np.newaxis]).astype(float)


def scores_alone(
    matrix: NDArray,
    y: NDArray,
    splits: Splits,
    *,
    is_classification: bool,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Score a small tree on each column alone, out of fold on the given splits.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        Columns as numbers: codes of categories, NaN where missing.
    y : ndarray of shape (n_samples,)
        Target.
    splits : list of (ndarray, ndarray)
        Train and test rows.
    is_classification : bool
        Whether `y` holds class labels.
    seed : int, default=0
        Draws the rows where there are more than `MAX_ROWS`.

    Returns
    -------
    scores : ndarray of shape (n_features,)
        As :func:`insight`. Where there are more than `MAX_COLUMNS`, those that go
        least with the target have the smallest score measured.
    """
    matrix, y, splits = some_rows(matrix, y, splits, seed)
    known = is_classification
    first = np.array(
        [association(column, y, is_classification=known) for column in matrix.T]
    )
    tried = np.sort(np.argsort(-first, kind="stable")[:MAX_COLUMNS])
    scores = np.full(matrix.shape[1], np.nan)
    for j in tried:
        scores[j] = insight_of_tree(matrix[:, [j]], y, splits, known)
    least = np.nanmin(scores) if np.isfinite(scores).any() else 0.0
    return np.where(np.isfinite(scores), scores, least)


def some_rows(
    matrix: NDArray, y: NDArray, splits: Splits, seed: int
) -> tuple[NDArray, NDArray, Splits]:
    """Draw `MAX_ROWS` rows where there are more, with what is left of the splits."""
    if len(y) <= MAX_ROWS:
        return matrix, y, splits
    kept = np.sort(np.random.default_rng(seed).permutation(len(y))[:MAX_ROWS])
    return matrix[kept], y[kept], splits_within(list(splits), kept, len(y))


def insight_of_tree(
    X: NDArray,
    y: NDArray,
    splits: Splits,
    is_classification: bool,
    n_leaves: int = N_LEAVES,
) -> float:
    """Say what a small tree knows: mean over the splits, each by its own test rows."""
    scores = [
        _on_split(X, y, train, test, is_classification, n_leaves)
        for train, test in splits[:MAX_SPLITS]
        if len(train) and len(test)
    ]
    known = [score for score in scores if np.isfinite(score)]
    return float(np.mean(known)) if known else float("nan")


def _on_split(
    X: NDArray,
    y: NDArray,
    train: NDArray,
    test: NDArray,
    is_classification: bool,
    n_leaves: int,
) -> float:
    classes = np.unique(y) if is_classification else np.empty(0)
    kind = DecisionTreeClassifier if is_classification else DecisionTreeRegressor
    leaves = min(max(n_leaves, 2 * len(classes)), 64)
    tree = kind(max_leaf_nodes=leaves, min_samples_leaf=3, random_state=0)
    if is_classification and not np.array_equal(np.unique(y[test]), classes):
        return float("nan")
    if is_classification and not np.array_equal(np.unique(y[train]), classes):
        return float("nan")
    tree.fit(X[train], y[train])
    predicted = (
        tree.predict_proba(X[test]) if is_classification else tree.predict(X[test])
    )
    return insight(y[test], predicted, is_classification=is_classification)
