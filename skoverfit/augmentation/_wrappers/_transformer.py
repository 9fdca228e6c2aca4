"""A step of a pipeline that perturbs the training rows."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skoverfit._columns import is_frame
from skoverfit._compat import HasMethods, _fit_context, _num_samples, get_tags
from skoverfit._types import Seed
from skoverfit.augmentation._tables._gaussian_noise import GaussianNoise
from skoverfit.augmentation._wrappers._training import seeded_clone

__all__ = ["AugmentingTransformer"]


class AugmentingTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Perturb the training rows in a plain scikit-learn ``Pipeline``.

    ``fit_transform`` returns one perturbed row instead of each row, as augmenters
    do with ``mode="replace"``; ``transform`` is the identity. A pipeline calls the
    first in ``fit`` and the second in ``predict``, so a model is trained on perturbed
    rows and asked about rows as they are. Each row keeps its target, so this is no
    place for augmenters that mix classes.

    Parameters
    ----------
    augmenter : augmenter or None, default=None
        Any augmenter of this library. Its ``mode`` is set to "replace". None is
        :class:`GaussianNoise` with its defaults.
    random_state : int, RandomState instance or None, default=None
        If given, it replaces the ``random_state`` of the augmenter, nested ones
        included.

    Attributes
    ----------
    augmenter_ : augmenter
        The augmenter that was used. Only after ``fit_transform``.
    n_features_in_ : int
        Number of columns of ``X``; not for texts and images.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If the augmenter has no ``mode="replace"``, changes targets, or does not
        return one row for each row.

    See Also
    --------
    AugmentedClassifier : Trains on original rows and copies of them.

    Notes
    -----
    What calls ``fit`` and ``transform`` one after the other instead of
    ``fit_transform`` gets rows that are not perturbed.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.augmentation import AugmentingTransformer, GaussianNoise
    >>> X, y = load_iris(return_X_y=True)
    >>> perturb = AugmentingTransformer(GaussianNoise(0.2), random_state=0)
    >>> model = make_pipeline(perturb, DecisionTreeClassifier(random_state=0))
    >>> bool(model.fit(X, y).score(X, y) < 1)  # trained on other rows than these
    True
    >>> bool((perturb.fit(X).transform(X) == X).all())
    True
    """

    _parameter_constraints: dict = {
        "augmenter": [HasMethods(["fit_resample"]), None],
        "random_state": ["random_state"],
    }

    def __init__(self, augmenter: Any = None, *, random_state: Seed = None) -> None:
        self.augmenter = augmenter
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Remember the columns; nothing is perturbed.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features), \
                list of str, or ndarray of shape (n_rows, ...)
            Rows.
        y : object, default=None
            Not used.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        self._check_augmenter()
        self._checked(X, reset=True)
        self.fitted_ = True
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Return one perturbed row instead of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features), \
                list of str, or ndarray of shape (n_rows, ...)
            Rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
            Targets, for augmenters that look at them.

        Returns
        -------
        X_new : same container and shape as ``X``
            Perturbed rows.
        """
        self._check_augmenter()
        rows = self._checked(X, reset=True)
        self.fitted_ = True
        targets = np.zeros(_num_samples(rows), dtype=np.intp) if y is None else y
        self.augmenter_ = seeded_clone(self._given(), self.random_state)
        self.augmenter_.set_params(mode="replace")
        X_new, y_new = self.augmenter_.fit_resample(rows, targets)
        self._check_row_by_row(_num_samples(rows), targets, y_new)
        return X_new

    def transform(self, X: Any) -> Any:
        """Return the rows as they are.

        Parameters
        ----------
        X : same container as in ``fit``
            Rows.

        Returns
        -------
        X : same container
            The same rows.
        """
        check_is_fitted(self, "fitted_")
        return self._checked(X, reset=False)

    def _given(self):
        return GaussianNoise() if self.augmenter is None else self.augmenter

    def _check_augmenter(self):
        """Refuse samplers that cannot return one row for each row."""
        if "mode" not in self._given().get_params(deep=False):
            raise ValueError(
                f"augmenter={self.augmenter!r} must have a parameter mode that can be "
                "'replace', as the augmenters of this library have: a transformer "
                "returns as many rows as it is given."
            )

    def _checked(self, X, *, reset):
        """Check tables as transformers do; pass on texts and images."""
        if is_frame(X):
            return validate_data(self, X, reset=reset, skip_check_array=True)
        if _is_text(X) or getattr(X, "ndim", 2) > 2:
            return X
        tags = get_tags(self).input_tags
        return validate_data(
            self,
            X,
            reset=reset,
            dtype=None,
            accept_sparse=["csr", "csc"] if tags.sparse else False,
            ensure_all_finite="allow-nan" if tags.allow_nan else True,
        )

    def _check_row_by_row(self, n_rows, targets, y_new):
        """Refuse what would leave rows without their targets."""
        parents = self.augmenter_.sample_indices_
        in_order = np.array_equal(parents, np.arange(n_rows))
        if not in_order or not np.array_equal(np.asarray(targets), np.asarray(y_new)):
            raise ValueError(
                f"augmenter={self.augmenter!r} changes targets or the number of rows, "
                "and a transformer can do neither. Use AugmentedClassifier or "
                "AugmentedRegressor."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        accepted = get_tags(self._given()).input_tags
        for name in (
            "one_d_array",
            "two_d_array",
            "three_d_array",
            "sparse",
            "allow_nan",
            "string",
            "categorical",
        ):
            setattr(tags.input_tags, name, getattr(accepted, name))
        # What a fit_transform returns is not what transform returns: that is the point.
        tags.non_deterministic = True
        return tags


def _is_text(X):
    """Whether the rows are strings, one each."""
    if getattr(X, "ndim", 1) != 1 or not hasattr(X, "__len__"):
        return False
    first = next(iter(X), None)
    return isinstance(first, str)
