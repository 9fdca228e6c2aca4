"""Augmenters that declare their parameters as fields instead of in a constructor."""

import inspect
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from skoverfit._types import Constraint, Mode, SamplingStrategy, Seed
from skoverfit.augmentation._base import BaseAugmenter

__all__ = ["DeclaredAugmenter", "declared", "declared_base"]

Augmenter = TypeVar("Augmenter", bound=BaseAugmenter)


@dataclass_transform(eq_default=False)
def declared(cls: type[Augmenter]) -> type[Augmenter]:
    """Write the constructor of an augmenter from its fields.

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
def declared_base(cls: type[Augmenter]) -> type[Augmenter]:
    """Take over the fields of a base, as parameters that must be named."""
    return dataclass(kw_only=True, eq=False, repr=False)(cls)


@declared_base
class DeclaredAugmenter(BaseAugmenter):
    """Base of augmenters with fields; one that can be used adds ``n_copies``."""

    mode: Mode = "append"
    sampling_strategy: SamplingStrategy = None
    constraint: Constraint = None
    random_state: Seed = None
