"""The smoothed bootstrap: copies drawn from a density estimate of each class."""

from dataclasses import KW_ONLY
from numbers import Real

import numpy as np

from skoverfit._columns import take
from skoverfit._compat import Interval
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit._types import (
    TaskName,
)
from skoverfit.augmentation._docs import NUMBERS
from skoverfit.augmentation._tables._cells._noise import Spread, column_std
from skoverfit.augmentation._tables._gaussian_noise import (
    NoiseAugmenter,
)
from skoverfit.augmentation._targets import TASKS, class_codes, is_numeric_target

__all__ = ["SmoothedBootstrap"]


@documented(NUMBERS)
@declared
class SmoothedBootstrap(NoiseAugmenter):
    """Add rows drawn from a kernel density estimate of each class.

    Each copy is a row of the data plus normal noise, whose standard deviation in a
    column is `shrink` times Silverman's bandwidth for the rows of the class. So the
    copies of one pass are a sample of the class's kernel density estimate with a
    diagonal bandwidth, in which each row is the center of one draw. This is ROSE [1]_
    for any number of classes, and with ``sampling_strategy="auto"`` it balances them.
    What happens to a cell depends on its column as in :class:`GaussianNoise`: integers
    are rounded at random, without bias, and stay in the range of the data; bools,
    categories, text and dates are those of the parent; missing values stay missing,
    and zeros of sparse matrices zeros.

    Parameters
    ----------
    shrink : float, default=1.0
        Factor of the bandwidth, 0 or more. Below 1 copies stay closer to the data;
        ROSE's authors use values between 0.25 and 1.
    {n_copies, task, bounds, columns, blocks, mode, sampling_strategy, constraint}
    {random_state}

    Attributes
    ----------
    bandwidth_ : ndarray of shape (n_classes, n_features_in_), dtype float64
        Standard deviation of the noise of each column in each class, in the order of
        the sorted labels; 0 where a column is not changed. One line for a continuous
        target.
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, ``columns`` or ``bounds`` names a column that
        does not exist or holds no numbers, or the data are not inside the bounds.

    See Also
    --------
    GaussianNoise : Noise of a chosen size, the same for all classes.

    Notes
    -----
    For a class of n rows and d perturbed columns the bandwidth of a column with
    standard deviation s within the class is
    ``shrink * s * (4 / ((d + 2) * n)) ** (1 / (d + 4))`` [2]_. It grows with d: among
    many columns copies are far from their parents, and a smaller `shrink` is
    reasonable. A class of one row has no spread, and its copies equal the row.

    Rows of a continuous target are one class, and the target of a copy is its
    parent's. Rows of a multilabel or multi-output target are a class if all their
    labels agree.

    References
    ----------
    .. [1] G. Menardi, N. Torelli, "Training and assessing classification rules with
       imbalanced data", Data Mining and Knowledge Discovery 28, 92-122, 2014.
    .. [2] B. W. Silverman, "Density Estimation for Statistics and Data Analysis",
       Chapman and Hall, 1986.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import SmoothedBootstrap
    >>> X = np.array([[1.0], [2.0], [3.0], [10.0], [30.0]])
    >>> y = np.array([0, 0, 0, 1, 1])
    >>> rose = SmoothedBootstrap(sampling_strategy="auto", random_state=0)
    >>> X_out, y_out = rose.fit_resample(X, y)
    >>> y_out
    array([0, 0, 0, 1, 1, 1])
    >>> rose.bandwidth_.round(2)
    array([[0.69],
           [9.22]])
    """

    shrink: float = 1.0
    n_copies: int = 1
    _: KW_ONLY
    task: TaskName = "auto"

    _parameter_constraints = {
        "shrink": [Interval(Real, 0, None, closed="left")],
        "task": TASKS,
    }

    def _learn(self, X, y):
        chosen = self._numeric_selection(X)
        numeric = is_numeric_target(y, self.task, self.sampling_strategy)
        self._kind = np.zeros(len(y), np.intp) if numeric else class_codes(y)
        members = np.argsort(self._kind, kind="stable")
        by_class = np.split(members, np.cumsum(np.bincount(self._kind))[:-1])
        std = np.stack([column_std(take(X, rows), chosen) for rows in by_class])
        n_varying = np.count_nonzero((std * chosen).any(axis=0))
        factor = _silverman(np.bincount(self._kind), n_varying)
        with np.errstate(over="ignore"):
            scaled = np.nan_to_num(self.shrink * factor[:, np.newaxis] * std)
        self.bandwidth_ = np.where(chosen, scaled, 0.0)
        self._learn_limits(X, chosen, self.bandwidth_.any(axis=0))

    def _spread_of(self, parents):
        """Return standard deviations of the noise of these rows."""
        return Spread(self.bandwidth_[:, self._active], self._kind[parents])


def _silverman(n_rows, n_columns):
    """Bandwidth in units of the standard deviation, for a normal reference."""
    return (4 / ((n_columns + 2) * n_rows)) ** (1 / (n_columns + 4))
