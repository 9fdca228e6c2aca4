"""Size and spread of training data, as far as ranges of parameters depend on them."""

import math
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import check_array
from sklearn.utils.validation import has_fit_parameter

from skoverfit._compat import _check_sample_weight

# Operations up to which a decomposition takes about as long as a fit does.
_LARGEST_SVD = 2e8

# Values beyond what squares can hold end in a fallback, so they need no warning.
_quiet = np.errstate(over="ignore", invalid="ignore")


class Facts:
    """Size and spread of the training data, for ends of dials that depend on them.

    Without data the values are nominal: features are standardized, weights are one.

    Parameters
    ----------
    n_samples : int
        Number of training rows.
    n_features : int, default=1
        Number of features.

    Examples
    --------
    >>> from skoverfit.regularization import Facts
    >>> facts = Facts(n_samples=100, n_features=5)
    >>> facts.total_weight, facts.feature_power(), facts.y_spread
    (100.0, 5.0, 1.0)
    """

    def __init__(self, n_samples: int, n_features: int = 1):
        self.n_samples = n_samples
        self.n_features = n_features

    @property
    def total_weight(self) -> float:
        """Sum of the sample weights."""
        return float(self.n_samples)

    @property
    def y_spread(self) -> float:
        """Standard deviation of the target; 1 for class labels."""
        return 1.0

    @property
    def y_size(self) -> float:
        """Size of the mean of the target; 1 for class labels."""
        return 1.0

    @property
    def n_outputs(self) -> int:
        """Number of columns of the target."""
        return 1

    @property
    def class_balance(self) -> float:
        """Twice the share of the smallest class beside the largest; 1 is balanced."""
        return 1.0

    @property
    def count_mass(self) -> float:
        """Weighted sum of all entries, for features that are counts."""
        return float(self.n_samples * self.n_features)

    @property
    def largest_spread(self) -> float:
        """Largest standard deviation of a feature."""
        return 1.0

    def diameter(self, p: float = 2) -> float:
        """Return a distance that no two rows exceed.

        Parameters
        ----------
        p : float, default=2
            Order of the Minkowski metric.

        Returns
        -------
        distance : float
            Distance between opposite corners of the box that holds the rows.
        """
        return 6.0 * self.n_features ** (1 / p)

    def feature_power(self, centered: bool = True) -> float:
        """Return the sum over the features of their variance, or mean square.

        Parameters
        ----------
        centered : bool, default=True
            Whether to subtract the means first.

        Returns
        -------
        power : float
            The sum.
        """
        return float(self.n_features)

    def mean_power(self, centered: bool = True) -> float:
        """Return the mean of the variance, or mean square, over features that vary.

        Parameters
        ----------
        centered : bool, default=True
            Whether to subtract the means first.

        Returns
        -------
        power : float
            The mean; features without any variance, or of zeros, do not count.
        """
        return 1.0

    def covariance(self, centered: bool = True) -> float:
        """Return the largest covariance, or mean product, with the target.

        Parameters
        ----------
        centered : bool, default=True
            Whether to subtract the means first.

        Returns
        -------
        covariance : float
            The largest over the features.
        """
        return 0.5

    def ridge_shares(
        self, alphas: np.ndarray, centered: bool = True
    ) -> np.ndarray | None:
        """Return how much a ridge regression explains, if that is quickly said.

        Parameters
        ----------
        alphas : ndarray of shape (n_alphas,)
            Penalties, added to a sum of squares.
        centered : bool, default=True
            Whether the regression has an intercept.

        Returns
        -------
        shares : ndarray of shape (n_alphas,) or None
            Share of what the unpenalized regression explains; None without data, or
            for data so large that it would cost more than a fit.
        """
        return None

    def fitted(self, estimator: Any) -> Any:
        """Fit a copy of an estimator to the data, if there are any.

        Parameters
        ----------
        estimator : estimator instance
            Estimator to fit; it is not changed.

        Returns
        -------
        fitted : estimator instance or None
            The fitted copy; None without data.
        """
        return None


class MeasuredFacts(Facts):
    """Size and spread measured on training data, each only when a rule asks for it.

    A row of weight two counts like two rows and a row of weight zero like none, so
    rules built on these facts treat weights and repeated rows alike.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Training data. Numbers are needed only by rules that look at the values.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights; None means one each.
    is_classification : bool, default=False
        Whether `y` holds class labels.
    """

    def __init__(self, X, y, sample_weight=None, *, is_classification=False):
        self._raw = X, y, sample_weight
        self._is_classification = is_classification

    @cached_property
    def _X(self):
        return check_array(
            self._raw[0], accept_sparse=("csr", "csc"), dtype=np.float64, copy=False
        )

    @cached_property
    def _weights(self) -> np.ndarray:
        return _check_sample_weight(self._raw[2], self._raw[0], dtype=np.float64)

    @cached_property
    def _Y(self) -> np.ndarray:
        """Target as columns of numbers; class labels become one indicator each."""
        y = self._raw[1]
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None.")
        if not self._is_classification or np.ndim(y) > 1:
            y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
            return y.reshape(len(y), -1)
        classes, codes = np.unique(np.asarray(y), return_inverse=True)
        return np.eye(len(classes))[codes]

    @cached_property
    def n_samples(self) -> int:  # type: ignore[override]
        """Number of rows with a positive weight."""
        return int(np.count_nonzero(self._weights > 0))

    @cached_property
    def n_features(self) -> int:  # type: ignore[override]
        """Number of columns."""
        return int(self._X.shape[1])

    @cached_property
    def total_weight(self) -> float:
        """Sum of the sample weights."""
        return _usable(self._weights.sum())

    @cached_property
    @_quiet
    def y_spread(self) -> float:
        """Largest standard deviation over the outputs; 1 for class labels."""
        if self._is_classification:
            return 1.0
        return _usable(
            math.sqrt(self._mean((self._Y - self._mean(self._Y)) ** 2).max())
        )

    @cached_property
    @_quiet
    def y_size(self) -> float:
        """Largest size of the mean over the outputs; 1 for class labels."""
        if self._is_classification:
            return 1.0
        return _usable(np.abs(self._mean(self._Y)).max())

    @cached_property
    def n_outputs(self) -> int:
        """Number of columns of the target."""
        y = self._raw[1]
        return int(np.shape(y)[1]) if np.ndim(y) > 1 else 1

    @cached_property
    def class_balance(self) -> float:
        """Twice the weight of the smallest class over its sum with the largest."""
        if not self._is_classification:
            return 1.0
        sizes = self._Y.T @ self._weights
        return float(2 * sizes.min() / (sizes.min() + sizes.max()))

    @cached_property
    @_quiet
    def count_mass(self) -> float:
        """Weighted sum of all entries."""
        return _usable((self._X.T @ self._weights).sum())

    @cached_property
    @_quiet
    def largest_spread(self) -> float:
        """Largest standard deviation of a feature."""
        return _usable(math.sqrt(max(0.0, self._variances(True).max())))

    @_quiet
    def diameter(self, p: float = 2) -> float:
        """Distance between opposite corners of the box that holds the rows."""
        low, high = (getattr(self._X, end)(axis=0) for end in ("min", "max"))
        width = (high.toarray() - low.toarray()) if issparse(self._X) else high - low
        return _usable(float(np.linalg.norm(np.ravel(width), ord=p)))

    @_quiet
    def feature_power(self, centered: bool = True) -> float:
        """Sum over the features of their variance, or mean square."""
        return _usable(self._variances(centered).sum())

    @_quiet
    def mean_power(self, centered: bool = True) -> float:
        """Mean of the variance, or mean square, over the features that vary."""
        powers = self._variances(centered)
        # What is left of a constant column by rounding does not count as variance.
        varying = powers[powers > 1e-12 * powers.max(initial=0)]
        return _usable(varying.mean() if varying.size else 0.0)

    def _variances(self, centered: bool) -> np.ndarray:
        X = self._X
        power = self._mean(X.multiply(X) if issparse(X) else X**2)
        return power - self._mean(X) ** 2 if centered else power

    @_quiet
    def covariance(self, centered: bool = True) -> float:
        """Largest norm over the features of their covariance with the targets."""
        Y = self._Y - self._mean(self._Y) if centered else self._Y
        products = self._X.T @ (self._weights[:, None] * Y) / self.total_weight
        return _usable(np.linalg.norm(products, axis=1).max())

    @_quiet
    def ridge_shares(
        self, alphas: np.ndarray, centered: bool = True
    ) -> np.ndarray | None:
        """Share of what the unpenalized regression explains, from singular values."""
        if math.prod(self._X.shape) * min(self._X.shape) > _LARGEST_SVD:
            return None
        found = self._singular_centered if centered else self._singular
        if found is None:
            return None
        squares, explained = found
        left = alphas[:, None] / (squares + alphas[:, None])
        return (1 - left**2) @ explained

    @cached_property
    def _singular_centered(self) -> tuple[np.ndarray, np.ndarray] | None:
        return self._decomposed(self._mean(self._X), self._mean(self._Y))

    @cached_property
    def _singular(self) -> tuple[np.ndarray, np.ndarray] | None:
        return self._decomposed(0.0, 0.0)

    @_quiet
    def _decomposed(self, X_mean, Y_mean) -> tuple[np.ndarray, np.ndarray] | None:
        """Squared singular values, and the share explained along each direction."""
        dense = self._X.toarray() if issparse(self._X) else self._X
        root = np.sqrt(self._weights)[:, None]
        X, Y = root * (dense - X_mean), root * (self._Y - Y_mean)
        if not (np.isfinite(X).all() and np.isfinite(Y).all()):
            return None
        U, values, _ = np.linalg.svd(X, full_matrices=False)
        explained = ((U.T @ Y) ** 2).sum(axis=1)
        explained[values <= values.max(initial=0) * 1e-10] = 0
        total = explained.sum()
        return (values**2, explained / total) if total > 1e-200 else None

    def fitted(self, estimator: Any) -> Any:
        """Return a copy of an estimator fitted to the data, weighted if it can be."""
        X, y, weights = self._raw
        takes_weights = has_fit_parameter(estimator, "sample_weight")
        options = {"sample_weight": weights} if takes_weights else {}
        return clone(estimator).fit(X, y, **options)

    def _mean(self, values) -> np.ndarray:
        return np.asarray(values.T @ self._weights).ravel() / self.total_weight


def _usable(value: float) -> float:
    """Replace what no range can be built on (constant columns, overflow) by one."""
    value = float(value)
    return value if math.isfinite(value) and value > 1e-200 else 1.0
