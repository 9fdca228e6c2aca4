"""Checks for parts that other people write: the library's contracts, executable."""

from skoverfit.testing._augmenters import augmenter_checks, check_augmenter

__all__ = ["augmenter_checks", "check_augmenter"]
