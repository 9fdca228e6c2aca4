"""Parameter space to candidates: a grid where everything is listed, else a sample."""

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.model_selection import ParameterGrid, ParameterSampler

__all__ = ["make_candidates"]

#: Sample size where the space holds distributions and no `n_iter` is given; the
#: default of RandomizedSearchCV.
DEFAULT_N_ITER = 10

ParamSpace = Mapping[str, Any] | Iterable[Mapping[str, Any]]


def make_candidates(
    param_space: ParamSpace, n_iter: int | None, random_state: Any
) -> ParameterGrid | ParameterSampler:
    """List or sample the candidates of a parameter space.

    Parameters
    ----------
    param_space : dict or list of dict
        Parameter names to lists of values or distributions (with ``rvs``).
    n_iter : int or None
        Number of candidates to sample. None lists the whole grid, or samples 10
        where the space holds a distribution.
    random_state : int, RandomState instance or None
        Seed of the sampling.

    Returns
    -------
    candidates : ParameterGrid or ParameterSampler
        Sized iterable of parameter settings.
    """
    if n_iter is None and not _has_distribution(param_space):
        return ParameterGrid(param_space)
    if n_iter is None:
        n_iter = DEFAULT_N_ITER
    return ParameterSampler(param_space, n_iter, random_state=random_state)


def _has_distribution(param_space: ParamSpace) -> bool:
    spaces = [param_space] if isinstance(param_space, Mapping) else param_space
    return any(
        hasattr(values, "rvs")
        for space in spaces
        if isinstance(space, Mapping)  # others: ParameterGrid's own error
        for values in space.values()
    )
