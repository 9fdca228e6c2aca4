"""What a regularized wrapper does with one learner: settings, scale and fit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MethodType
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.utils.validation import has_fit_parameter

from skoverfit._capacity._aliases import spelling
from skoverfit._capacity._dials import NEUTRAL, Capacity
from skoverfit._capacity._facts import Facts, MeasuredFacts
from skoverfit._capacity._lookup import (
    Leaf,
    capacity_of,
    parameters_of,
    require_capacity,
)
from skoverfit._capacity._strength import copy_at
from skoverfit._delegation import fit
from skoverfit.regularization._dial._standardized import behind, fit_scaled, scaler_for

#: Marks a parameter in `params` that the dial is to turn.
TURNED = "dial"


@dataclass(frozen=True)
class DialOptions:
    """How a strength becomes settings; the same for every strength."""

    penalty: str | None = None
    params: Any = None
    scale_free: bool = True
    feature_groups: Any = None

    @cached_property
    def turned(self) -> frozenset[str] | None:
        """Parameters to turn, None for all that the table names."""
        if isinstance(self.params, Mapping):
            names = [
                name
                for name, value in self.params.items()
                if isinstance(value, str) and value == TURNED
            ]
            return frozenset(names) or None
        return None if self.params is None else frozenset(self.params)

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """Settings that hold at every strength."""
        if not isinstance(self.params, Mapping):
            return {}
        turned = self.turned or ()
        return {name: v for name, v in self.params.items() if name not in turned}

    def candidate(
        self, leaf: Any, strength: float, facts: Facts, capacity: Capacity
    ) -> tuple[Any, dict]:
        """Return an unfitted copy of a learner at a strength, and its settings."""
        at = partial(
            copy_at, leaf, facts=facts, penalty=self.penalty, capacity=capacity
        )
        candidate, settings = at(strength)
        if self.turned is not None:
            own = at(NEUTRAL)[1]
            turned = {spelling(leaf, name) for name in self.turned}
            dials = _dials_of(candidate, leaf, capacity) - turned
            kept = {name: own[name] for name in dials & own.keys()}
            candidate.set_params(**kept)
            settings = {n: v for n, v in settings.items() if n not in dials}
        if self.penalty == "group" and hasattr(candidate, "feature_groups"):
            candidate.set_params(feature_groups=self.feature_groups)
        if hasattr(candidate, "_warns_if_empty"):
            candidate._warns_if_empty = False
        return candidate, self._fixed_of(leaf) | settings

    def with_fixed(self, leaf: Any) -> Any:
        """Return an unfitted copy of a learner with the settings that always hold."""
        return clone(leaf).set_params(**self._fixed_of(leaf))

    def _fixed_of(self, leaf: Any) -> dict[str, Any]:
        return {spelling(leaf, name): value for name, value in self.fixed.items()}

    def check(self, leaf: Leaf) -> None:
        """Refuse `params` that the learner does not have or that contradict."""
        if (self.penalty == "group") != (self.feature_groups is not None):
            raise ValueError(
                f"feature_groups={self.feature_groups!r} and penalty={self.penalty!r} "
                "do not go together: penalty='group' needs feature_groups, and no "
                "other penalty takes them."
            )
        if self.params is not None:
            self._check_params(leaf.estimator, leaf.capacity)

    def _check_params(self, leaf: Any, capacity: Capacity | None) -> None:
        name, known = type(leaf).__name__, parameters_of(leaf)
        if not self.params or not all(isinstance(each, str) for each in self.params):
            raise ValueError(
                f"params={self.params!r} must name one parameter or more; None turns "
                "all that the capacity table names."
            )
        fixed = self._fixed_of(leaf)
        if unknown := sorted(fixed.keys() - known):
            raise ValueError(
                f"params fixes {unknown[0]!r}, which {name} does not have; it has "
                f"{_listed(known)}."
            )
        facts = Facts(100, 10)
        end = copy_at(leaf, 1.0, facts, self.penalty, capacity=capacity)[0]
        dials = _dials_of(end, leaf, capacity)
        turned = {spelling(leaf, name) for name in self.turned or ()}
        if unknown := sorted(turned - dials):
            raise ValueError(
                f"params={self.params!r} names {unknown[0]!r}, which is not among the "
                f"parameters that the dial turns for {name}: {_listed(dials)}."
            )
        if self.turned is None and (both := sorted(fixed.keys() & dials)):
            raise ValueError(
                f"params fixes {both[0]!r}, which the dial turns for {name}. Say what "
                f"it is to turn instead, as in params={{'name': {TURNED!r}, "
                f"{both[0]!r}: {fixed[both[0]]!r}}} with a name out of "
                f"{_listed(dials)}."
            )


def _dials_of(candidate: Any, leaf: Any, capacity: Capacity | None) -> frozenset[str]:
    """Names of what was turned in a copy of a learner with this entry."""
    if type(candidate) is not type(leaf):
        capacity = capacity_of(candidate)
    names = () if capacity is None else capacity.parameters
    return frozenset(spelling(candidate, name) for name in names)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


class Learner:
    """One learner on the rows that it is to be fitted to.

    The scaler and what the ranges must know of the rows are computed once, for all
    strengths.
    """

    def __init__(self, leaf: Leaf, options: DialOptions, X: Any, y: Any, params: dict):
        self.options, self.y, self.params = options, y, params
        self.model = options.with_fixed(leaf.estimator)
        # A class that says its capacity itself may go by what is fixed.
        known = None if options.fixed else leaf.capacity
        self.capacity = known or require_capacity(self.model)
        weights = params.get("sample_weight")
        scaler = scaler_for(self.model, X) if options.scale_free else None
        self.scaler, self.X = fit_scaled(scaler, X, weights)
        self.facts = MeasuredFacts(
            self.X, y, weights, is_classification=is_classifier(self.model)
        )

    def candidate(self, strength: float) -> tuple[Any, dict]:
        """Return the unfitted model at a strength, and its settings."""
        return self.options.candidate(self.model, strength, self.facts, self.capacity)

    def fitted(self, strength: float) -> tuple[Any, dict]:
        """Return the fitted model at a strength, behind its scaler, and settings."""
        candidate, settings = self.candidate(strength)
        model = fit(candidate, self.X, self.y, **self.params)
        return behind(self.scaler, model), settings

    def seen(self, X: Any) -> Any:
        """Return other rows as the model sees them."""
        return X if self.scaler is None else self.scaler.transform(X)

    def whole(self, model: Any) -> Any:
        """Return a fitted model as one that takes rows as they are given."""
        return behind(self.scaler, model)


class FitLikeInner:
    """Makes `fit` name `sample_weight` only when the inner estimator takes weights.

    Bagging, calibration and scikit-learn's checks read the signature of `fit` to
    decide whether they may pass weights.
    """

    def __init__(self, with_weights: Callable, without_weights: Callable):
        self.with_weights = with_weights
        self.without_weights = without_weights
        self.__doc__ = with_weights.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Callable:
        if instance is None:
            return self.with_weights
        inner = instance._inner()
        weighted = hasattr(inner, "fit") and has_fit_parameter(inner, "sample_weight")
        chosen = self.with_weights if weighted else self.without_weights
        return MethodType(chosen, instance)


def collect_settings(fitted) -> dict[str, Any]:
    """Find the settings of the dials inside a fitted pipeline or meta-estimator.

    Members of a bagging ensemble each have a dial; the first one speaks for all, as
    they differ only by the rows that they were given.
    """
    if hasattr(fitted, "settings_"):
        return fitted.settings_
    return {
        f"{name}__{key}": value
        for name, inner in _fitted_parts(fitted)
        for key, value in collect_settings(inner).items()
    }


def _fitted_parts(fitted) -> list[tuple[str, Any]]:
    if steps := getattr(fitted, "steps", None):
        return [steps[-1]]
    if named := getattr(fitted, "named_estimators_", None):
        final = getattr(fitted, "final_estimator_", None)
        return [
            *named.items(),
            *([] if final is None else [("final_estimator", final)]),
        ]
    if calibrated := getattr(fitted, "calibrated_classifiers_", None):
        return [("estimator", calibrated[0].estimator)]
    for attribute, name in (
        ("regressor_", "regressor"),
        ("estimator_", "estimator"),
        ("estimators_", "estimator"),
    ):
        inner = getattr(fitted, attribute, None)
        inner = inner[0] if isinstance(inner, list | tuple) and inner else inner
        if hasattr(inner, "predict") and hasattr(inner, "n_features_in_"):
            return [(name, inner)]
    return []
