"""The score of a choice without what the choice made of noise."""
