"""Where a file changes: stretches of consecutive rows that are alike."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags_array
from sklearn.cluster import AgglomerativeClustering

from skoverfit.diagnosis._rows._near_copies import standardized

N_SEGMENTS, LEAST_ROWS = 40, 10
"""Stretches that a file is cut into at most, and rows in each of them on average."""

MAX_ROWS = 5_000
"""Rows up to which changes are looked for."""


def segments(
    matrix: NDArray[np.float64], y: NDArray, *, is_classification: bool
) -> NDArray[np.int64]:
    """Cut a file where its rows, or their targets, change the most.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_columns)
        Numbers in the order of the file, NaN where missing.
    y : ndarray of shape (n_samples,)
        Target.
    is_classification : bool
        Whether `y` holds class labels.

    Returns
    -------
    segments : ndarray of shape (n_samples,)
        Number of the stretch of each row, in ascending order; of equal length in a
        file of many rows.
    """
    n_rows = len(matrix)
    n_segments = min(N_SEGMENTS, max(n_rows // LEAST_ROWS, 2))
    if n_rows > MAX_ROWS:
        return np.arange(n_rows) * n_segments // n_rows
    targets = y[:, np.newaxis]
    if is_classification:
        targets = (np.unique(y) == targets).astype(float)
    spread = targets.std(axis=0)
    targets = (targets - targets.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    values = np.column_stack([standardized(matrix, 0.0), targets])
    chain = diags_array([1.0, 1.0], offsets=[-1, 1], shape=(n_rows, n_rows))
    model = AgglomerativeClustering(n_segments, connectivity=chain.tocsr())
    found = model.fit_predict(values)
    return np.r_[0, np.cumsum([a != b for a, b in pairwise(found)])]
