"""Measuring a model on its splits: scores, their cost, and what a budget allows."""
