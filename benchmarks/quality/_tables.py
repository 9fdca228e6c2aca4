"""Markdown tables and intervals of the studies."""

import numpy as np
from scipy import stats


def markdown(titles, rows):
    """Lines of a table; every cell is text already, or becomes it."""
    lines = [titles, ["---"] * len(titles), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def interval(values):
    """Mean with half the width of its 95 % t interval."""
    if len(values) < 2:
        return f"{np.mean(values):+.2f}"
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{np.mean(values):+.2f} ± {half:.2f}"
