"""Selection rules beside the common ones."""
