"""Steps of an estimator: put one in, see what the last one sees, walk all parts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline

from skoverfit.diagnosis._problem import Problem, rows_of

SCALE_FREE_LINEAR = frozenset(
    {
        "LinearRegression",
        "PoissonRegressor",
        "QuantileRegressor",
        "RANSACRegressor",
        "TheilSenRegressor",
    }
)
"""Linear models that a change of units leaves alone, or nearly so."""

SENSITIVE_MODULES = (
    "sklearn.linear_model",
    "sklearn.svm",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.gaussian_process",
    "sklearn.kernel_ridge",
    "sklearn.kernel_approximation",
    "sklearn.decomposition",
    "sklearn.cluster",
    "sklearn.manifold",
    "sklearn.semi_supervised",
)
"""Where the classes live whose results depend on the units of the columns."""


def needs_scaling(part: Any) -> bool:
    """Whether the result of an estimator depends on the units of its columns."""
    kind = type(part)
    return (
        kind.__module__.startswith(SENSITIVE_MODULES)
        and kind.__name__ not in SCALE_FREE_LINEAR
    )


def parts_of(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Give an estimator and all estimators in it, with the names of parameters.

    Yields
    ------
    name, part : str, estimator object
        The name is empty for the estimator itself.
    """
    yield "", estimator
    for name, value in estimator.get_params(deep=True).items():
        if hasattr(value, "fit") and hasattr(value, "get_params"):
            yield name, value


def first_that_needs_scaling(estimator: Any) -> int | None:
    """Find the step of a Pipeline, or 0, that needs columns of like scale."""
    steps = _steps(estimator)
    for position, step in enumerate(steps):
        if hasattr(step, "get_params") and any(
            needs_scaling(part) for _, part in parts_of(step)
        ):
            return position
    return None


def _steps(estimator: Any) -> list[Any]:
    if isinstance(estimator, Pipeline):
        return [step for _, step in estimator.steps]
    return [estimator]


def n_steps(estimator: Any) -> int:
    """Count the steps of a Pipeline; 1 for anything else."""
    return len(_steps(estimator))


def with_step(estimator: Any, step: Any, position: int) -> Any:
    """Clone an estimator with a further step before the one at a position."""
    estimator = clone(estimator)
    if not isinstance(estimator, Pipeline):
        return make_pipeline(step, estimator)
    return make_pipeline(
        *[part for _, part in estimator.steps[:position]],
        step,
        *[part for _, part in estimator.steps[position:]],
        memory=estimator.memory,
    )


def head(estimator: Any) -> Any:
    """Find the predictor: the last step of a Pipeline, or the estimator itself."""
    return (
        head(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator
    )


def with_head(estimator: Any, new: Any) -> Any:
    """Clone an estimator with another predictor.

    Steps of a Pipeline whose names `make_pipeline` gave have such names again.
    """
    if not isinstance(estimator, Pipeline):
        return new
    changed = clone(estimator).set_params(**{_head_name(estimator): new})
    if type(changed) is not Pipeline or not has_usual_names(estimator):
        return changed
    return make_pipeline(*_steps(changed), memory=changed.memory)


def _head_name(estimator: Any) -> str:
    name, last = estimator.steps[-1]
    return f"{name}__{_head_name(last)}" if isinstance(last, Pipeline) else name


def has_usual_names(pipeline: Pipeline) -> bool:
    """Whether `make_pipeline` would give the steps the names that they have."""
    usual = make_pipeline(*_steps(pipeline))
    return [name for name, _ in usual.steps] == [name for name, _ in pipeline.steps]


def is_linear(estimator: Any) -> bool:
    """Whether the predictor is a linear model of scikit-learn."""
    return type(head(estimator)).__module__.startswith("sklearn.linear_model")


def seen_by(
    model: Any, problem: Problem, rows: NDArray[np.int64], position: int
) -> tuple[Any, tuple[str, ...]] | None:
    """Give the table that a step of a fitted estimator sees, with column names.

    The step is a position in a Pipeline, and 0 for other estimators.

    Returns
    -------
    table, names : ndarray or sparse matrix, and tuple of str
        None where that step does not see a table of numbers.
    """
    X = rows_of(problem.X, rows)
    before = model[:position] if isinstance(model, Pipeline) and position else None
    names = _names(before, X)
    if before is not None:
        X = before.transform(X)
    if not issparse(X):
        X = np.asarray(X)
        if X.ndim != 2 or X.dtype.kind not in "biuf":
            X = _as_numbers(X)
    if X is None or len(X.shape) != 2:
        return None
    if len(names) != X.shape[1]:
        names = tuple(f"column {j}" for j in range(X.shape[1]))
    return X, names


def _as_numbers(X: NDArray) -> NDArray | None:
    try:
        return X.astype(float)
    except (TypeError, ValueError):
        return None


def _names(before: Any, X: Any) -> tuple[str, ...]:
    given = [str(name) for name in getattr(X, "columns", ())]
    if before is None:
        return tuple(given)
    try:
        return tuple(str(name) for name in before.get_feature_names_out(given or None))
    except Exception:  # steps need not know names
        return ()


def seen_by_fold(
    problem: Problem, fitted: list[Any], position: int
) -> tuple[Any, tuple[str, ...], NDArray[np.int64]] | None:
    """Give what a step of the first model sees of its training rows.

    Returns
    -------
    table, names, rows : ndarray or sparse matrix, tuple of str, and ndarray of int
        None where that step does not see a table of numbers.
    """
    for model, (train, _) in zip(fitted, problem.splits, strict=True):
        if model is not None:
            seen = seen_by(model, problem, train, position)
            return None if seen is None else (*seen, train)
    return None
