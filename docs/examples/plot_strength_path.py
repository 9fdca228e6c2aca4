"""
Let splits choose the strength
==============================

The wrapper measures the whole dial on the splits of a cross-validation. The picture
shows why the choice fell where it did, and how much gap is left there.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import StrengthPathDisplay
from skoverfit.regularization import RegularizedClassifier

X, y = load_breast_cancer(return_X_y=True)
models = {
    "decision tree": DecisionTreeClassifier(random_state=0),
    "logistic regression": LogisticRegression(max_iter=1000),
}
fig, axes = plt.subplots(1, 2, sharey=True, figsize=(9, 4), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    dial = RegularizedClassifier(model, strength="cv", scoring="roc_auc").fit(X, y)
    StrengthPathDisplay.from_estimator(dial, score_name="AUC", ax=ax)
    ax.set_title(name)
    print(f"{name}: strength {dial.strength_:g}, {dial.settings_}")
axes[1].set_ylabel("")
plt.show()

# %%
# Below 0.5 the tree's curve is flat: leaves of one row cannot be loosened.
#
# One standard error
# ------------------
# Scores that differ by less than their standard error are as good as equal. This rule
# takes the strongest regularization among them.
cautious = RegularizedClassifier(
    models["logistic regression"],
    strength="cv",
    scoring="roc_auc",
    n_se=1,
).fit(X, y)
print(f"strength {cautious.strength_:g}, AUC {cautious.cv_score_:.3f}")

# %%
# Coefficients are those of the features in their own units, although the penalty saw
# standardized ones.
print(cautious.coef_[0, :3], cautious.intercept_)
