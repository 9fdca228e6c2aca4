"""Which candidates one fit can serve, and serving them."""
