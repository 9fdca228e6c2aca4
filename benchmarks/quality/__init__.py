"""Quality benchmark: what gap-aware selection buys, and at which price."""
