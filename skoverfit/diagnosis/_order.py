"""Is the target in random row order? Tests with known null distributions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Splits = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def order_p_value(y: ArrayLike, *, is_classification: bool) -> float:
    """P-value of "neighbouring rows are no more alike in the target than any two".

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Target in row order.
    is_classification : bool
        Whether `y` holds class labels (runs test) or numbers (rank version of von
        Neumann's ratio).

    Returns
    -------
    p_value : float
        One-sided: small if neighbours are alike. 1.0 if the target is constant.

    References
    ----------
    .. [1] A. M. Mood, "The distribution theory of runs", Annals of Mathematical
       Statistics 11, 367-392, 1940.
    .. [2] R. Bartels, "The rank version of von Neumann's ratio test for
       randomness", Journal of the American Statistical Association 77, 40-46, 1982.
    """
    test = _runs_p_value if is_classification else _rank_ratio_p_value
    return float(test(np.asarray(y)))


def _runs_p_value(y: NDArray) -> float:
    """Few runs of equal labels: blocks of a class; normal approximation."""
    codes, counts = np.unique(y, return_inverse=True, return_counts=True)[1:]
    n = float(codes.size)
    squares, cubes = (counts.astype(float) ** 2).sum(), (counts**3.0).sum()
    expected = n + 1 - squares / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (
        n**2 * (n - 1)
    )
    if variance <= 0:
        return 1.0
    runs = 1 + np.count_nonzero(np.diff(codes))
    return float(stats.norm.cdf((runs + 0.5 - expected) / np.sqrt(variance)))


def _rank_ratio_p_value(y: NDArray) -> float:
    """Small squared rank steps between neighbours; beta approximation of Bartels."""
    ranks = stats.rankdata(y)
    spread = ((ranks - ranks.mean()) ** 2).sum()
    if spread == 0:
        return 1.0
    n = ranks.size
    ratio = (np.diff(ranks) ** 2).sum() / spread
    variance = 4 * (n - 2) * (5 * n**2 - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
    return float(stats.norm.cdf((ratio - 2) / np.sqrt(variance)))


def target_shift(y: ArrayLike, splits: Splits, *, is_classification: bool) -> float:
    """How far the target of the test rows is from that of the training rows.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Target.
    splits : list of (ndarray, ndarray)
        Train and test rows of each split.
    is_classification : bool
        Whether to compare class shares (total variation distance) or means (in
        standard deviations).

    Returns
    -------
    shift : float
        Mean over the splits, 0 for equal targets.
    """
    y = np.asarray(y)
    distance = _share_distance if is_classification else _mean_distance
    if is_classification:
        y = np.unique(y, return_inverse=True)[1]
    return float(np.mean([distance(y, train, test) for train, test in splits]))


def _share_distance(codes: NDArray, train: NDArray, test: NDArray) -> float:
    n_classes = int(codes.max()) + 1
    shares = [
        np.bincount(codes[rows], minlength=n_classes) / len(rows)
        for rows in (train, test)
    ]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _mean_distance(y: NDArray, train: NDArray, test: NDArray) -> float:
    spread = y.std()
    return float(abs(y[train].mean() - y[test].mean()) / spread) if spread else 0.0
