"""Augmenters of images."""
