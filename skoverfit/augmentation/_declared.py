"""What all augmenters of this library have in common as parameters."""

from skoverfit._declared import declared_base
from skoverfit._types import Constraint, Mode, SamplingStrategy, Seed
from skoverfit.augmentation._base import BaseAugmenter

__all__ = ["DeclaredAugmenter"]


@declared_base
class DeclaredAugmenter(BaseAugmenter):
    """Base of augmenters with fields; one that can be used adds ``n_copies``."""

    mode: Mode = "append"
    sampling_strategy: SamplingStrategy = None
    constraint: Constraint = None
    random_state: Seed = None
