"""The user's own test part, beside the training part."""
