"""Single trees: limits that never bind, numbers of leaves, cost-complexity pruning."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skoverfit._compat import _num_samples
from skoverfit._compat._ensembles import pruned_tree, tree_rows
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
    SharedFit,
    TrainingSet,
    register_shared_fit,
    remember,
    view_of,
)
from skoverfit.model_selection._shared_fits.families._growth import (
    LIMITS,
    Grown,
    Limits,
    has_usable_limits,
    is_whole,
    loosest_first,
    sums_are_exact,
)
from skoverfit.model_selection._shared_fits.families._prefixes import is_seed

__all__ = ["TreeFamily"]

TREES = (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)


class TreeFamily(SharedFit):
    """Trees that differ in what stops their growth and in how they are pruned."""

    name = "decision tree"
    free = (*LIMITS, "ccp_alpha")

    def serves(self, estimator: Any) -> bool:
        """Whether a tree's random numbers and limits are known."""
        return (
            type(estimator) in TREES
            and is_seed(estimator.random_state)
            and isinstance(estimator.criterion, str)
            and isinstance(estimator.splitter, str)
            and has_usable_limits(estimator)
        )

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Grow each distinct tree once; prune it once for each `ccp_alpha`."""
        X, y, fit_params, rows = data
        garden = _Garden(X, y, fit_params)
        for limits, positions in _by_limits(estimators, _num_samples(X)):
            fitted = garden.fitted(estimators[positions[0]], limits)
            validated = OncePerRows(partial(tree_rows, fitted), rows)
            for position in positions:
                estimator = estimators[position]
                tree = pruned_tree(fitted.tree_, estimator.ccp_alpha)
                view = view_of(fitted, estimator, tree_=tree)
                for name in ("predict", "predict_proba"):
                    if hasattr(view, name):
                        remember(view, name, _Unchecked(view, name, validated), rows)
                yield position, view


class _Unchecked:
    """A tree's own method, for rows that have been validated for another tree."""

    def __init__(self, view: Any, name: str, validated: OncePerRows) -> None:
        self._view, self._name, self._validated = view, name, validated

    def __call__(self, X: Any) -> Any:
        method = getattr(type(self._view), self._name)
        return method(self._view, self._validated(X), check_input=False)


def _by_limits(
    estimators: Sequence[Any], n_samples: int
) -> list[tuple[Limits, list[int]]]:
    """Positions of candidates with the same limits, the loosest limits first."""
    groups: dict[Limits, list[int]] = {}
    for position, estimator in enumerate(estimators):
        groups.setdefault(Limits.of(estimator, n_samples), []).append(position)
    return sorted(groups.items(), key=lambda item: loosest_first(item[0]))


class _Garden:
    """The distinct unpruned trees of one training set."""

    def __init__(self, X: Any, y: Any, fit_params: Mapping[str, Any]) -> None:
        self._data = X, y, fit_params
        self._grown: list[tuple[Grown, Any]] = []

    def fitted(self, estimator: Any, limits: Limits) -> Any:
        """Return a fitted tree that equals, unpruned, the candidate's."""
        # Loose limits come first: what grew under them holds every tree that stricter
        # limits only cut short, as long as these would not have changed a split.
        for grown, fitted in self._grown:
            same = grown.under(limits) if grown.limits.allow(limits) else None
            if same is not None:
                return view_of(fitted, fitted, tree_=same.tree)
        X, y, fit_params = self._data
        # Pruning looks at nothing but the tree: all alphas share the unpruned one.
        fitted = clone(estimator).set_params(ccp_alpha=0.0)
        fitted.fit(X, y, **fit_params)
        self._grown.append((self._certified(fitted, limits), fitted))
        return fitted

    def _certified(self, fitted: Any, limits: Limits) -> Grown:
        _, y, fit_params = self._data
        weights = fit_params.get("sample_weight")
        weights = np.ones(len(y)) if weights is None else np.asarray(weights)
        plain = getattr(fitted, "class_weight", None) is None and weights.ndim == 1
        # Impurity of classes is computed from counts, exact where weights are whole;
        # that of numbers from sums of the target, which may have rounding errors.
        codes = np.zeros(1) if hasattr(fitted, "classes_") else np.asarray(y)
        return Grown(
            fitted.tree_,
            limits,
            total_weight=float(weights.sum()) if plain and is_whole(weights) else None,
            exact_sums=plain and sums_are_exact(fitted.criterion, codes, weights),
        )


register_shared_fit(TreeFamily())
