"""Estimators: their steps, others for the last step, and fitted searches."""
