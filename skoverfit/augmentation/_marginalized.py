"""Noise and dropout on features: what many corrupted copies teach, mostly without them."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from skoverfit._compat import (
    HasMethods,
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    _raise_for_params,
    _routing_enabled,
    get_tags,
)
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit.augmentation._marginal_fits import Variances, closed_form_of, squared
from skoverfit.augmentation._noise import Limits, Spread, with_noise
from skoverfit.augmentation._training import TrainingRows, fitted

__all__ = [
    "DropoutClassifier",
    "DropoutRegressor",
    "NoiseInjectionClassifier",
    "NoiseInjectionRegressor",
]


class _BaseMarginalized(Wrapper):
    """Shared workflow: check, then fit in closed form or to copies."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "method": [StrOptions({"auto", "closed_form", "copies"})],
        "n_copies": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    # ``sample_weight`` comes in through ``params``: a named argument would promise that
    # weight 2 equals the row given twice, which random copies can keep on average only.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **params):
        """Fit the estimator to corrupted copies of the rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows, all columns numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        **params : dict
            ``sample_weight`` of shape (n_samples,); with metadata routing, all that
            the estimator requests.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        self._check_kind()
        routed = self._routed(params)
        X, y = self._checked(X, y)
        weight = routed.pop("sample_weight", None)
        if weight is not None:
            weight = _check_sample_weight(weight, X, dtype=X.dtype)
        rows = TrainingRows(X, y, weight, routed)
        in_closed_form = self._closed_form(y)
        if self._amount() == 0:
            self.estimator_ = fitted(clone(self._inner()), rows, None)
        elif in_closed_form is None:
            self.estimator_ = self._fitted_to_copies(rows)
        else:
            variances = self._variances(X, weight)
            self.estimator_ = in_closed_form(self._inner(), X, y, weight, variances)
        self.closed_form_ = self._amount() == 0 or in_closed_form is not None
        if hasattr(self, "feature_names_in_"):
            self.estimator_.feature_names_in_ = self.feature_names_in_
        return self

    def _checked(self, X, y):
        """Validate rows and target as the estimator would."""
        tags = get_tags(self._inner())
        multi_output = tags.target_tags.multi_output
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr" if tags.input_tags.sparse else False,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if tags.input_tags.allow_nan else True,
            multi_output=multi_output,
            y_numeric=not is_classifier(self._inner()),
        )
        if is_classifier(self._inner()):
            check_classification_targets(y)
        # Sums over columns of a sparse array are arrays, those of a matrix are not.
        return sparse.csr_array(X) if sparse.issparse(X) else X, y

    def _closed_form(self, y):
        """Return the function that fits without copies, None to make copies."""
        if self.method == "copies":
            return None
        found = closed_form_of(self._inner(), y)
        if found is None and self.method == "closed_form":
            raise ValueError(
                f"method='closed_form' is for LinearRegression, Ridge, RidgeClassifier "
                f"and, with two classes and penalty on squares, LogisticRegression; got "
                f"estimator={self._inner()!r}. Use method='auto' or 'copies'."
            )
        return found

    def _fitted_to_copies(self, rows):
        """Fit to `n_copies` copies of each row that share its weight."""
        rng = check_random_state(self.random_state)
        generator = np.random.default_rng(
            rng.randint(0, 2**32, size=4, dtype=np.uint32)
        )
        weight = np.ones(len(rows)) if rows.weight is None else rows.weight
        index = np.tile(np.arange(len(rows)), self.n_copies)
        many = rows.taken(index)
        corrupted = self._corrupted(rows.X, weight, many.X, generator)
        shared = weight[index] / self.n_copies
        many = TrainingRows(corrupted, many.y, shared, many.params).with_unit()
        return fitted(clone(self._inner()), many, rng)

    def _routed(self, params):
        """Metadata for the estimator's fit."""
        if _routing_enabled():
            return dict(process_routing(self, "fit", **params).estimator.fit)
        _raise_for_params(params, self, "fit", allow=("sample_weight",))
        return {name: value for name, value in params.items() if value is not None}

    def get_metadata_routing(self):
        """Say which metadata goes to the estimator.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        return MetadataRouter(owner=self).add(
            estimator=self._inner(),
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner())
        for name in ("sparse", "allow_nan", "positive_only"):
            setattr(tags.input_tags, name, getattr(inner.input_tags, name))
        tags.target_tags = inner.target_tags
        tags.target_tags.required = True
        tags.non_deterministic = inner.non_deterministic
        return tags


class _NoiseInjection(_BaseMarginalized):
    """The corruption: normal noise on each cell, relative to its column."""

    _parameter_constraints: dict = {
        **_BaseMarginalized._parameter_constraints,
        "scale": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        scale=0.1,
        *,
        method="auto",
        n_copies=10,
        random_state=None,
    ):
        self.estimator = estimator
        self.scale = scale
        self.method = method
        self.n_copies = n_copies
        self.random_state = random_state

    def _amount(self):
        return self.scale

    def _deviations(self, X, weight):
        return self.scale * weighted_std(X, weight)

    def _variances(self, X, weight):
        variance = self._deviations(X, weight) ** 2
        if not sparse.issparse(X):
            return Variances(variance[np.newaxis])
        pattern = X.copy()
        pattern.data = (X.data != 0) * variance[X.indices]
        return Variances(pattern)

    def _corrupted(self, X, weight, many, rng):
        deviations = self._deviations(X, weight)
        active = np.flatnonzero(deviations)
        if not active.size:
            return many
        free = [np.inf] * active.size
        limits = Limits([-np.inf] * active.size, free)
        spread = Spread(deviations[np.newaxis, active])
        return with_noise(many, np.empty_like, active, spread, limits, rng)


class _Dropout(_BaseMarginalized):
    """The corruption: cells that become zero, the others larger to make up for it."""

    _parameter_constraints: dict = {
        **_BaseMarginalized._parameter_constraints,
        "rate": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        rate=0.1,
        *,
        method="auto",
        n_copies=10,
        random_state=None,
    ):
        self.estimator = estimator
        self.rate = rate
        self.method = method
        self.n_copies = n_copies
        self.random_state = random_state

    def _amount(self):
        return self.rate

    def _variances(self, X, weight):
        return Variances(squared(X) * (self.rate / (1 - self.rate)))

    def _corrupted(self, X, weight, many, rng):
        kept = many.copy()
        values = kept.data if sparse.issparse(kept) else kept
        values *= (rng.random(values.shape) >= self.rate) / (1 - self.rate)
        return kept


def weighted_std(X, weight):
    """Standard deviation of each column; exactly 0 for a constant."""
    weight = np.ones(X.shape[0]) if weight is None else weight
    share = weight / weight.sum()
    seen = X[np.flatnonzero(weight)]
    if sparse.issparse(X):
        mean = X.T @ share
        variance = squared(X).T @ share - mean**2
        constant = seen.min(axis=0).toarray() == seen.max(axis=0).toarray()
    else:
        present = share[:, np.newaxis] * ~np.isnan(X)
        present /= present.sum(axis=0)
        mean = np.nansum(present * X, axis=0)
        variance = np.nansum(present * (X - mean) ** 2, axis=0)
        constant = np.nanmin(seen, axis=0) == np.nanmax(seen, axis=0)
    return np.where(constant.ravel(), 0.0, np.sqrt(np.maximum(variance, 0)))


class NoiseInjectionClassifier(ClassifierDelegation, _NoiseInjection):
    """x."""

    def _inner(self):
        return LogisticRegression() if self.estimator is None else self.estimator


class NoiseInjectionRegressor(RegressorDelegation, _NoiseInjection):
    """x."""

    def _inner(self):
        return LinearRegression() if self.estimator is None else self.estimator


class DropoutClassifier(ClassifierDelegation, _Dropout):
    """x."""

    def _inner(self):
        return LogisticRegression() if self.estimator is None else self.estimator


class DropoutRegressor(RegressorDelegation, _Dropout):
    """x."""

    def _inner(self):
        return LinearRegression() if self.estimator is None else self.estimator
