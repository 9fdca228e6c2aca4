"""Nearest other rows of a table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from skoverfit.diagnosis._table import Table

N_NEIGHBORS = 10
"""Nearest other rows that are looked up."""

MAX_QUERIES = 5_000
"""Rows of which they are looked up at most."""


@dataclass(frozen=True)
class Neighbors:
    """Nearest other rows on standardized columns.

    Attributes
    ----------
    rows : ndarray of shape (n_queries,)
        Rows of the data that were looked up.
    distances : ndarray of shape (n_queries, n_neighbors)
        Euclidean distances, ascending.
    indices : ndarray of shape (n_queries, n_neighbors)
        Which rows of the data the neighbors are.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float64]
    indices: NDArray[np.int64]


def find_neighbors(table: Table, seed: int) -> Neighbors | None:
    """Look up the nearest other rows.

    Returns
    -------
    neighbors : Neighbors or None
        None with fewer than three rows, or columns that never vary.
    """
    matrix = standardized(table.matrix)
    if len(matrix) < 3 or not matrix.shape[1]:
        return None
    queries = np.arange(len(matrix))
    if len(queries) > MAX_QUERIES:
        rng = np.random.default_rng(seed)
        queries = np.sort(rng.choice(queries, MAX_QUERIES, replace=False))
    k = min(N_NEIGHBORS, len(matrix) - 1)
    search = NearestNeighbors(n_neighbors=k + 1).fit(matrix)
    distances, indices = search.kneighbors(matrix[queries])
    distances, indices = _without_self(distances, indices, queries)
    return Neighbors(table.rows[queries], distances, table.rows[indices])


def standardized(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns of mean 0 and variance 1, missing cells as 0; constant ones left out."""
    matrix = np.where(np.isfinite(matrix), matrix, np.nan)
    matrix = matrix[:, np.isfinite(matrix).any(axis=0)]
    matrix = matrix - np.nanmean(matrix, axis=0)
    scale = np.nanstd(matrix, axis=0)
    varies = scale > 1e-12 * (1 + np.nanmax(np.abs(matrix), axis=0, initial=0))
    return np.nan_to_num(matrix[:, varies] / scale[varies], nan=0.0)


def _without_self(
    distances: NDArray, indices: NDArray, queries: NDArray
) -> tuple[NDArray, NDArray]:
    """Leave the row itself out; among many copies it may not be listed at all."""
    own = indices == queries[:, None]
    own[~own.any(axis=1), -1] = True
    shape = len(queries), indices.shape[1] - 1
    return distances[~own].reshape(shape), indices[~own].reshape(shape)
