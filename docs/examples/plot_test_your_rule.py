"""
A rule of your own, and the table that breaks it
================================================

A selection rule is a function from the scores of a search to one candidate. Before it
chooses a model, let the checks of the library choose for it: they try it on tables with
ties and failed splits, in other orders, and show the smallest table that it fails on.
"""

# %%
# A rule that seems fine: the first candidate within a point of the best, since grids
# often list simple candidates first.
import numpy as np

from skoverfit.testing import checks_of


def first_good(results):
    """Take the first candidate within a point of the best."""
    test = np.nan_to_num(results["mean_test_score"])
    return int(np.argmax(test >= test.max() - 0.01))


for check in checks_of(first_good, kind="selection rule"):
    try:
        check()
    except AssertionError as error:
        print(f"BROKEN  {check.func.says}\n\n{error}\n")
    else:
        print(f"kept    {check.func.says}")

# %%
# With the rows in another order, another candidate is chosen, though the scores are the
# same. How often is that so? Tables of random searches, each in twenty orders:
from skoverfit.model_selection import SmallestGapWithinNoise
from skoverfit.testing import random_cv_results

rng = np.random.default_rng(0)


def n_choices(rule, results):
    """Count the candidates that a rule chooses in twenty orders of the rows."""
    orders = [rng.permutation(len(results["params"])) for _ in range(20)]
    return len({order[rule(shuffled(results, order))] for order in orders})


def shuffled(results, order):
    """Put the candidates into another order."""
    return {name: np.asarray(column)[order] for name, column in results.items()}


tables = [random_cv_results(rng, n_candidates=12) for _ in range(200)]
rules = {"first_good": first_good, "library": SmallestGapWithinNoise()}
counts = {
    name: [n_choices(rule, table) for table in tables] for name, rule in rules.items()
}

# %%
# The rules of the library choose one and the same candidate, unless two have equal
# scores.
import matplotlib.pyplot as plt

figure, axis = plt.subplots(layout="constrained")
bins = np.arange(1, 7) - 0.5
axis.hist(list(counts.values()), bins, label=list(counts))
axis.set(
    xlabel="candidates chosen in twenty orders", ylabel="tables", xticks=range(1, 6)
)
axis.legend()
