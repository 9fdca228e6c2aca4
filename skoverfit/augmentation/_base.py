"""The base of all augmenters: validation, seeding, counting and containers."""

from abc import ABCMeta, abstractmethod
from collections import Counter
from dataclasses import fields
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import validate_data

from skoverfit._compat import (
    Interval,
    SamplerInputTags,
    SamplerTags,
    TagsWithSampler,
    _fit_context,
)
from skoverfit.augmentation._containers import (
    column_adapter,
    homogeneous,
    is_frame,
    rebuild_target,
    rewrap,
    same_layout,
    stack,
    take,
)

__all__ = ["BaseAugmenter"]


class BaseAugmenter(OneToOneFeatureMixin, BaseEstimator, metaclass=ABCMeta):
    """Base class for samplers that add perturbed copies of the rows.

    A subclass implements one method, ``_augment(X, y, rng)``; this class takes
    care of validation, seeding, counting and containers. The contract, which
    :func:`skoverfit.testing.check_augmenter` checks:

    - the original rows come first and are untouched; synthetic rows follow, one
      whole pass over the data after the other;
    - ``sample_indices_`` names the parent of each row of the output;
    - the container of ``X`` and of ``y``, column names, dtypes, category sets and
      the set of labels are kept;
    - ``n_copies=0`` is the identity, and the copies of a smaller ``n_copies`` are
      the first copies of a larger one;
    - classification, regression and multi-output targets are accepted, also with
      a single class;
    - the caller's data and the global random state are not changed.

    Parameters
    ----------
    n_copies : int, default=1
        Number of perturbed copies of each row, 0 or more.
    random_state : int, RandomState instance or None, default=None
        Seed of the perturbation. As everywhere in scikit-learn, an int gives the
        same result in each call. The draws come from a
        :class:`numpy.random.Generator` that is seeded from it.

    Attributes
    ----------
    sample_indices_ : ndarray of shape (n_rows * (1 + n_copies),), dtype int64
        Position in the input of the parent of each row of the output. Set by
        ``fit_resample``.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, if ``X`` and ``y`` have different lengths,
        if ``X`` holds an infinite value or if ``y`` has a missing one.

    Notes
    -----
    Accepted are 2-D arrays, lists, SciPy sparse matrices, and pandas and polars
    frames, with missing values. A row of a pandas output carries the index label of
    its parent, so labels repeat and ``other.loc[X_out.index]`` aligns data that
    were indexed like ``X``.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import BaseAugmenter
    >>> class Shift(BaseAugmenter):
    ...     '''Move each copy by one draw.'''
    ...
    ...     def _augment(self, X, y, rng):
    ...         return X + rng.uniform(size=(len(X), 1)), y
    >>> X, y = np.zeros((2, 2)), np.array([0, 1])
    >>> X_out, y_out = Shift(random_state=0).fit_resample(X, y)
    >>> X_out.shape, y_out
    ((4, 2), array([0, 1, 0, 1]))
    """

    _parameter_constraints: dict = {
        "n_copies": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, n_copies=1, random_state=None):
        self.n_copies = n_copies
        self.random_state = random_state

    @abstractmethod
    def _augment(self, X, y, rng):
        """Return one perturbed row for each given row.

        It is called once for each copy, so that temporary arrays have the size of
        one copy, and must be vectorised over rows.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features), or data frame
            The parents. A frame arrives as it is, unless all its columns share
            one plain NumPy dtype; then it arrives as an array. Not to be changed.
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Their targets. Not to be changed.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        X_new : same container, shape and dtypes as ``X``
        y_new : ``y`` itself if the targets are kept, else an array like ``y``
        """

    def _learn(self, X, y):
        """Learn statistics of the whole data before the copies; none by default.

        What ``_augment`` needs to know beyond the rows it is given is set here,
        as attributes that end in an underscore.
        """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Check the data and learn what the perturbation needs.

        Use ``fit_resample`` to get the augmented data.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            The rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.

        Returns
        -------
        self : object
            The fitted augmenter.
        """
        self._learn(*self._check_rows(X, y))
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X, y):
        """Return the data followed by perturbed copies.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            The rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.

        Returns
        -------
        X_out : same container as ``X``, of shape (n_out, n_features)
            The rows of ``X``, then ``n_copies`` perturbed copies of all of them.
        y_out : same container as ``y``, of shape (n_out,) or (n_out, n_outputs)
            Their targets.
        """
        rows, targets = self._check_rows(X, y)
        self._learn(rows, targets)
        rng = _generator(self.random_state)
        copies = [self._checked_copy(rows, targets, rng) for _ in range(self.n_copies)]
        self.sample_indices_ = np.tile(np.arange(rows.shape[0]), 1 + self.n_copies)
        X_out = rewrap(stack([rows, *(c[0] for c in copies)]), X, self.sample_indices_)
        y_new = [c[1] for c in copies]
        return X_out, _stacked_targets(y, targets, y_new, self.sample_indices_)

    def _check_rows(self, X, y):
        """Validate X and y; return the rows as ``_augment`` gets them, and y."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        if is_frame(X):
            _check_distinct_names(X)
        if is_frame(X) and not homogeneous(X):
            rows = validate_data(self, X, skip_check_array=True)
            self._remember_names(X)
            _check_frame(rows)
        else:
            rows = self._check_array(X)
        targets = _check_targets(y)
        check_consistent_length(rows, targets)
        return rows, targets

    def _remember_names(self, X):
        """Set the names of columns where scikit-learn 1.8 does not know the frame."""
        if all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)

    def _check_array(self, X):
        """Validate rows that are one block of one dtype, dense or sparse."""
        rows = validate_data(
            self,
            X,
            dtype=None,
            accept_sparse="csr",
            ensure_all_finite="allow-nan",
        )
        if sparse.issparse(rows) and not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return rows

    def _checked_copy(self, X, y, rng):
        """One copy, checked against the contract so that errors have an author."""
        X_new, y_new = self._augment(X, y, rng)
        if not same_layout(X, X_new):
            raise TypeError(
                f"{type(self).__name__}._augment must return rows with the container, "
                "shape, columns and dtypes that it was given."
            )
        if y_new is not y and not same_layout(y, np.asarray(y_new)):
            raise TypeError(
                f"{type(self).__name__}._augment must return targets with the shape "
                "and dtype that it was given."
            )
        return X_new, y_new

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        known = {f.name: getattr(tags, f.name) for f in fields(tags)}
        known["estimator_type"] = "sampler"
        known["input_tags"] = SamplerInputTags(
            sparse=True, allow_nan=True, string=True, categorical=True, dataframe=True
        )
        return TagsWithSampler(**known, sampler_tags=SamplerTags(sample_indices=True))


def _generator(random_state):
    """Make a Generator whose seed comes from scikit-learn's random_state."""
    seed = check_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seed)


def _check_targets(y):
    """Return the target as an array of one or two dimensions without missing values."""
    return check_array(
        y, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y"
    )


def _check_distinct_names(X):
    """Refuse a frame in which a name does not say which column is meant."""
    counts = Counter(X.columns)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise ValueError(
            f"X must have distinct column names. Got {repeated} more than once."
        )


def _check_frame(X: Any) -> None:
    """Refuse what scikit-learn's check_array would refuse in an array."""
    if min(X.shape) == 0:
        raise ValueError(
            f"X must have at least 1 row and 1 column. Got shape {X.shape} instead."
        )
    columns = column_adapter(X)
    for position in range(X.shape[1]):
        kind = columns.kind(position)
        if kind == "c":
            raise ValueError(
                "Complex data not supported: column " + columns.describe(position)
            )
        if kind == "f" and np.isinf(columns.present(position)).any():
            raise ValueError(
                "X must be finite or missing. Column "
                f"{columns.describe(position)} contains infinity."
            )


def _stacked_targets(y, targets, new, parents):
    """Targets of the output; read from the caller's y where nothing changed them."""
    if all(y_new is targets for y_new in new):
        original = y if hasattr(y, "shape") or isinstance(y, list) else targets
        return take(original, parents)
    return rebuild_target(np.concatenate([targets, *new]), y, parents)
