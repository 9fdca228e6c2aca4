"""What controls the capacity of each estimator class, and looking it up."""
