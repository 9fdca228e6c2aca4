"""The data of a treatment: checked, sampled, and without what misleads."""
