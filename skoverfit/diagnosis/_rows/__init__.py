"""How rows hang together: copies, near copies, interpolated rows, order."""
