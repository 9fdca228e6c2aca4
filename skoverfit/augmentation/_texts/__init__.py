"""Augmenters of texts."""
