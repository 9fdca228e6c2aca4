"""Shrinking and pruning fitted trees."""
