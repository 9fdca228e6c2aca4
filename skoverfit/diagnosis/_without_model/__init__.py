"""Reports without a model to fit: from predictions, or from a training history."""
