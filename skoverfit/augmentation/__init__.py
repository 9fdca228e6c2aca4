"""Augmenters: samplers that add perturbed copies of the training rows."""

from skoverfit.augmentation._base import BaseAugmenter
from skoverfit.augmentation._gate import GateResult
from skoverfit.augmentation._meta import AugmentedClassifier, AugmentedRegressor
from skoverfit.augmentation._tabular import GaussianNoise, SwapNoise
from skoverfit.augmentation._transformer import AugmentingTransformer

__all__ = [
    "AugmentedClassifier",
    "AugmentedRegressor",
    "AugmentingTransformer",
    "BaseAugmenter",
    "GateResult",
    "GaussianNoise",
    "SwapNoise",
]
