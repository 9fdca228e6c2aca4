"""The score with another model, or on splits that keep rows together or in order."""
