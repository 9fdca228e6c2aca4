"""A record of every score, and how it knows what it may serve again."""
