"""Standardizes the features of models whose penalty or distance depends on units.

A scaler is fitted with the weights of the rows, so that weights are repetitions, and
stays in front of the model. Where the model has coefficients, they are reported for the
features as the user gave them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit._capacity._lookup import public_name
from skoverfit._compat import get_tags

__all__ = ["coefficients", "fit_scaled", "scaler_for", "sets_scale"]

#: Modules whose models add up features or measure distances.
DEPENDENT = {
    "sklearn.discriminant_analysis",
    "sklearn.gaussian_process",
    "sklearn.kernel_ridge",
    "sklearn.linear_model",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.semi_supervised",
    "sklearn.svm",
    "skglm",
    "skoverfit.regularization.SparseClassifier",
    "skoverfit.regularization.SparseRegressor",
}
#: Metrics and kernels that mean lengths; others define their own idea of closeness.
LENGTHS = {
    None,
    "chebyshev",
    "cityblock",
    "deprecated",
    "euclidean",
    "l1",
    "l2",
    "laplacian",
    "linear",
    "manhattan",
    "minkowski",
    "poly",
    "polynomial",
    "rbf",
    "sigmoid",
    "sqeuclidean",
}
#: Steps of a pipeline that decide on the scale: scalers by name, others by module.
SCALERS = {
    "MaxAbsScaler",
    "MinMaxScaler",
    "Normalizer",
    "PowerTransformer",
    "QuantileTransformer",
    "RobustScaler",
    "SquashingScaler",
    "StandardScaler",
}
REPRESENTATIONS = {
    "sklearn.cluster",
    "sklearn.cross_decomposition",
    "sklearn.decomposition",
    "sklearn.feature_extraction",
    "sklearn.kernel_approximation",
    "sklearn.manifold",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.random_projection",
}


def depends_on_units(estimator: Any) -> bool:
    """Whether multiplying a feature by a number may change the predictions."""
    names = [public_name(base) for base in type(estimator).__mro__]
    places = {*names, *(name.rpartition(".")[0] for name in names)}
    if not places & DEPENDENT or get_tags(estimator).input_tags.pairwise:
        return False
    params = estimator.get_params(deep=False)
    if "sklearn.gaussian_process" in places:
        return True
    settings = (params.get(name) for name in ("metric", "kernel"))
    return all(_is_length(setting) for setting in settings)


def _is_length(setting: Any) -> bool:
    return isinstance(setting, str | None) and (
        setting in LENGTHS or setting == "knn"  # label propagation
    )


def scaler_for(estimator: Any, X: Any) -> StandardScaler | None:
    """Return an unfitted scaler for a model, None for one that needs none.

    Columns of sparse data and of models through the origin keep their zero.
    """
    if not depends_on_units(estimator):
        return None
    through_origin = estimator.get_params(deep=False).get("fit_intercept") is False
    # A frame has the accessor `sparse` only where all its columns are.
    is_sparse = issparse(X) or hasattr(X, "sparse")
    scaler = StandardScaler(with_mean=not (is_sparse or through_origin))
    # What is learned must not depend on how others like to see their tables.
    return scaler.set_output(transform="default")


def fit_scaled(
    scaler: StandardScaler | None, X: Any, sample_weight: Any = None
) -> tuple[StandardScaler | None, Any]:
    """Fit a scaler; return it with the rows that the model is to see."""
    if scaler is None:
        return None, X
    return scaler, scaler.fit(X, sample_weight=sample_weight).transform(X)


def behind(scaler: StandardScaler | None, model: Any) -> Any:
    """Put a fitted model behind the scaler that it was fitted with."""
    return model if scaler is None else make_pipeline(scaler, model)


# ----------------------------------------------------------------------- coefficients
def coefficients(fitted: Any) -> tuple[Any, Any]:
    """Coefficients and intercept for the features as they were given.

    Raises AttributeError where there are none.
    """
    if not isinstance(fitted, Pipeline):
        return fitted.coef_, getattr(fitted, "intercept_", 0.0)
    scaler, model = fitted[0], fitted[-1]
    if len(fitted) != 2 or not isinstance(scaler, StandardScaler):
        raise AttributeError(
            f"{type(model).__name__} has no coefficients for the features as given: "
            "steps before it change them. Use those of the last step of estimator_."
        )
    coef = model.coef_
    coef = coef.toarray() if issparse(coef) else np.asarray(coef)
    coef = coef / scaler.scale_
    intercept = getattr(model, "intercept_", 0.0)
    if scaler.with_mean:
        intercept = intercept - coef @ scaler.mean_
    return coef, intercept


# -------------------------------------------------------------------------- pipelines
def sets_scale(estimator: Any, path: tuple[str, ...]) -> bool:
    """Whether steps before the learner decide on the scale of what it sees."""
    for name in path:
        steps = getattr(estimator, "steps", None) or []
        if any(_decides(step) for _, step in steps[:-1]):
            return True
        estimator = estimator.get_params()[name]
    return False


def _decides(step: Any) -> bool:
    name = public_name(type(step))
    if name.rpartition(".")[2] in SCALERS or name.rpartition(".")[0] in REPRESENTATIONS:
        return True
    return any(_decides(part) for part in _parts(step))


def _parts(step: Any) -> Iterator[Any]:
    """Yield the transformers inside a pipeline, a union or a column transformer."""
    for name in ("steps", "transformers", "transformer_list"):
        parts = getattr(step, name, None)
        if isinstance(parts, list):
            yield from (part[1] for part in parts)
