"""Fitting and scoring candidates: in which order, where, and until when."""
