"""One of several named estimators, as an estimator."""

import copy
from collections.abc import Mapping
from dataclasses import fields
from functools import reduce
from typing import Any, Self

from sklearn.base import (
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
)
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import (
    _BaseComposition,
    _routing_enabled,
    available_if,
    get_tags,
    visual_block_of,
)

__all__ = ["FAMILY", "Families", "FamiliesClassifier", "FamiliesRegressor", "Params"]

#: The parameter that says which family counts.
FAMILY = "family"

Params = Mapping[str, Any]

#: Facts about estimators that hold of a choice if they hold of any part; all others, if
#: they hold of all.
OF_ANY = {"non_deterministic", "required", "positive_only", "poor_score"}


def _asked(method: str) -> Any:
    """Return a method that all families have, answered by the fitted one."""

    def offered(self: Any) -> bool:
        fitted = getattr(self, "estimator_", None)
        for part in self._parts if fitted is None else [fitted]:
            getattr(part, method)
        return True

    def ask(self: Any, *args: Any, **params: Any) -> Any:
        check_is_fitted(self, "estimator_")
        return getattr(self.estimator_, method)(*args, **params)

    ask.__name__ = method
    return available_if(offered)(ask)


class Families(MetaEstimatorMixin, _BaseComposition):
    """One of several named estimators.

    Parameters
    ----------
    estimators : list of (str, estimator)
        The families.
    family : str, default=None
        Name of the one that is fitted; None is the first.
    """

    def __init__(
        self, estimators: list[tuple[str, Any]], family: str | None = None
    ) -> None:
        self.estimators = estimators
        self.family = family

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, those of the families behind their names."""
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters; a family by its name, one of its own behind that."""
        self._set_params("estimators", **params)
        return self

    @property
    def _parts(self) -> list[Any]:
        return [part for _, part in self.estimators]

    def narrowed(self, params: Params) -> tuple[Any, dict[str, Any], str]:
        """Return the estimator that parameters are for, and these by its own names.

        Returns
        -------
        estimator : estimator
        params : dict
        name : str
            Name of the family.
        """
        name = params.get(FAMILY) or self.family or self.estimators[0][0]
        part = dict(self.estimators)[name]
        prefix = f"{name}__"
        other = [k for k in params if k != FAMILY and not k.startswith(prefix)]
        if other:
            raise ValueError(f"{other} are no parameters of the family {name!r}.")
        own = {k.removeprefix(prefix): v for k, v in params.items() if k != FAMILY}
        return part, own, name

    def fit_params(self, name: str, params: Params) -> Params:
        """Return the metadata that a family has asked for; all without routing."""
        if not _routing_enabled() or not params:
            return params
        return process_routing(self, "fit", **params)[name].fit

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Fit the estimator of the family that counts."""
        part, _, name = self.narrowed({})
        self.estimator_ = clone(part).fit(X, y, **self.fit_params(name, params))
        return self

    predict = _asked("predict")
    predict_proba = _asked("predict_proba")
    predict_log_proba = _asked("predict_log_proba")
    decision_function = _asked("decision_function")
    score_samples = _asked("score_samples")
    transform = _asked("transform")
    inverse_transform = _asked("inverse_transform")
    score = _asked("score")

    @property
    def classes_(self) -> Any:
        """Class labels of the fitted family."""
        return self.estimator_.classes_

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes to which family."""
        by_fit = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self)
        return router.add(method_mapping=by_fit, **dict(self.estimators))

    def __sklearn_tags__(self):
        parts = [get_tags(part) for part in self._parts]
        return reduce(_common_tags, parts[1:], copy.deepcopy(parts[0]))

    def _sk_visual_block_(self):
        return visual_block_of(self.estimators)


class FamiliesClassifier(Families):
    """One of several classifiers, scored by accuracy."""

    score = ClassifierMixin.score


class FamiliesRegressor(Families):
    """One of several regressors, scored by R2."""

    score = RegressorMixin.score


def _common_tags(tags: Any, other: Any) -> Any:
    """Keep of facts about estimators what holds of both."""
    for field in fields(tags):
        ours, theirs = getattr(tags, field.name), getattr(other, field.name)
        if isinstance(ours, bool) and isinstance(theirs, bool):
            both = ours or theirs if field.name in OF_ANY else ours and theirs
            setattr(tags, field.name, both)
        elif hasattr(ours, "__dataclass_fields__") and theirs is not None:
            _common_tags(ours, theirs)
    return tags
