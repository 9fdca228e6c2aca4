"""Families of shared fits for known estimators; importing registers them."""
