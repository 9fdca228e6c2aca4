"""Estimators that declare their parameters as fields instead of in a constructor."""

import inspect
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

__all__ = ["declared", "declared_base"]

Estimator = TypeVar("Estimator")


@dataclass_transform(eq_default=False)
def declared(cls: type[Estimator]) -> type[Estimator]:
    """Write the constructor of an estimator from its fields.

    A constructor in scikit-learn's way names each parameter four times; a field names
    it once, with its type. Equality and the repr stay those of scikit-learn. Own
    parameters stand before those of the bases.
    """
    cls = dataclass(eq=False, repr=False)(cls)
    names = [name for base in cls.__mro__ for name in inspect.get_annotations(base)]
    signature = inspect.signature(cls.__init__)
    # Only parameters that must be named may be shown in another order.
    ordered = sorted(
        signature.parameters.values(),
        key=lambda each: (
            each.kind,
            names.index(each.name) if each.kind is each.KEYWORD_ONLY else 0,
        ),
    )
    cls.__init__.__signature__ = signature.replace(parameters=ordered)  # type: ignore[attr-defined]
    return cls


@dataclass_transform(eq_default=False, kw_only_default=True)
def declared_base(cls: type[Estimator]) -> type[Estimator]:
    """Take over the fields of a base, as parameters that must be named."""
    return dataclass(kw_only=True, eq=False, repr=False)(cls)
