"""Pictures of gaps, curves, remedies and searches."""
