"""
Selection rules: what a smaller gap costs
=========================================

One search, several rules. The rules read the same ``cv_results_``, so the comparison
costs one search. Rows that no part of the search has seen show what each choice is
worth.
"""

# %%
# The search
# ----------
# A tree on 200 of 569 rows; the others are kept aside.
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import (
    BestScore,
    MaxGap,
    PenalizedGap,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)

X, y = load_breast_cancer(return_X_y=True)
X_train, X_new, y_train, y_new = train_test_split(
    X, y, train_size=200, stratify=y, random_state=0
)
tree = DecisionTreeClassifier(random_state=0)
space = {"max_depth": [1, 2, 3, 4, 6, 8, None], "min_samples_leaf": [1, 2, 5, 10, 20]}
search = GapAwareSearchCV(tree, space, cv=5).fit(X_train, y_train)
print(search.selection_path_)

# %%
# The rules
# ---------
import matplotlib.pyplot as plt

rules = [
    BestScore(),
    SmallestGapWithinNoise(0.25),
    SmallestGapWithinNoise(1.0),
    SmallestGapByPairedTest(),
    PenalizedGap(0.25),
    MaxGap(0.02),
]
results = search.cv_results_
fig, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.scatter(results["mean_gap_score"], results["mean_test_score"], color="0.75", s=15)
print(f"{'rule':38} {'test':>6} {'gap':>6} {'new rows':>9}")
for rule, marker in zip(rules, "o*s^Dv", strict=True):
    index = rule(results)
    model = tree.set_params(**results["params"][index]).fit(X_train, y_train)
    test, gap = results["mean_test_score"][index], results["mean_gap_score"][index]
    print(f"{rule!s:38.38} {test:6.3f} {gap:6.3f} {model.score(X_new, y_new):9.3f}")
    label = f"{type(rule).__name__}"
    ax.scatter(gap, test, marker=marker, s=80, alpha=0.7, label=label)
ax.set(xlabel="mean gap", ylabel="mean test accuracy")
ax.legend(loc="lower left")
plt.show()

# %%
# One data set and one split prove nothing about the rules in general: the differences
# on the new rows are as large as their noise. :doc:`/results` averages over many data
# sets, models and seeds.
#
# In scikit-learn's own search
# ----------------------------
from sklearn.model_selection import GridSearchCV

own = GridSearchCV(
    DecisionTreeClassifier(random_state=0),
    space,
    refit=SmallestGapWithinNoise(0.25),
    return_train_score=True,
).fit(X_train, y_train)
assert own.best_params_ == search.best_params_
print(own.best_params_)
