"""
From a tree that memorizes to the model that is kept
====================================================

:func:`~skoverfit.treat` tries what may close the gap of a model, and keeps it if rows
that took no part in the choice show a gain. Here it treats an unpruned tree, and the
result is scored on rows that the treatment never saw.
"""

# %%
# Half of the rows are treated; the others only score what comes of it. Without a budget
# all remedies of the named kinds are tried, so that the result is the same everywhere.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from skoverfit import treat

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X, X_new, y, y_new = train_test_split(X, y, train_size=0.5, stratify=y, random_state=0)
tree = DecisionTreeClassifier(random_state=0)
kinds = ["pruned_trees", "linear", "splines", "neighbors", "extra_trees"]
treated = treat(tree, X, y, remedies=kinds, budget=None, random_state=0)
print(treated.report_)

# %%
# What was tried on the shared splits: the change of the accuracy from the given tree,
# with its 95 % interval. Filled points have a share in the result.
steps = [step for step in treated.report_.steps[1:] if step.gain is not None]
figure, axis = plt.subplots(figsize=(8, 5), layout="constrained")
for height, step in enumerate(reversed(steps)):
    axis.plot(step.gain.interval, [height, height], color="0.7")
    used = step.state == "used"
    axis.plot(
        step.gain.mean, height, "o", color="C0", fillstyle="full" if used else "none"
    )
axis.axvline(0, color="0.4", linewidth=1)
axis.set_yticks(range(len(steps)), [step.name for step in reversed(steps)])
axis.set_xlabel("change of the accuracy")

# %%
# The promise, on rows that the treatment never saw.
print(f"the tree:    {tree.fit(X, y).score(X_new, y_new):.3f}")
print(f"the result:  {treated.score(X_new, y_new):.3f}")
print(f"expected:    {treated.score_to_expect_.mean:.3f}")

# %%
# The code of the result needs no treatment: it builds the same model.
print(treated.code_)
