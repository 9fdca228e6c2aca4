"""Translators for back-translation."""
