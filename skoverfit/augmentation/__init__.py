"""Augmenters: samplers that add perturbed copies of the training rows."""

from skoverfit.augmentation._base import BaseAugmenter
from skoverfit.augmentation._meta import AugmentedClassifier, AugmentedRegressor
from skoverfit.augmentation._tabular import GaussianNoise, SwapNoise

__all__ = [
    "AugmentedClassifier",
    "AugmentedRegressor",
    "BaseAugmenter",
    "GaussianNoise",
    "SwapNoise",
]
