"""Leaving out columns that carry nothing."""
