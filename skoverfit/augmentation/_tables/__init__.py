"""Augmenters of tables."""
