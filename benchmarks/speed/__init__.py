"""Speed of the library as ratios to named peers, measured in the same run."""
