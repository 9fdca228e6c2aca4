"""One strength dial over any estimator."""
