"""What a search costs besides its fits: data sent to workers, overhead per task."""
