"""
One dial for many models
========================

``strength`` moves the parameters that control a model's capacity, whatever they are
called. Train and test score against the dial show where a model overfits, and whether
its own settings (0.5) are a good place.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit import gap_scores
from skoverfit.regularization import RegularizedClassifier

X, y = load_breast_cancer(return_X_y=True)
strengths = np.linspace(0, 1, 9)
models = {
    "decision tree": DecisionTreeClassifier(random_state=0),
    "forest of 20": RandomForestClassifier(n_estimators=20, random_state=0),
    "nearest neighbors": make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "logistic regression": make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=5000)
    ),
}
fig, axes = plt.subplots(
    2, 2, sharex=True, sharey=True, figsize=(8, 6), layout="constrained"
)
for ax, (name, model) in zip(axes.flat, models.items(), strict=True):
    gaps = [
        gap_scores(
            RegularizedClassifier(model, strength=strength),
            X,
            y,
            cv=5,
            scoring="roc_auc",
        ).gap
        for strength in strengths
    ]
    ax.plot(strengths, [gap.mean_train for gap in gaps], label="train")
    ax.plot(strengths, [gap.mean_test for gap in gaps], label="test")
    ax.axvline(0.5, color="0.8", zorder=0)
    # At strength 1 some curves fall to 0.5, the AUC of a coin.
    ax.set(title=name, ylim=(0.88, 1.01))
axes[0, 0].legend()
fig.supxlabel("strength")
fig.supylabel("AUC")
plt.show()

# %%
# What the dial sets
# ------------------
# The fitted estimator is an ordinary one; its settings can be pasted.
for strength in (0.25, 0.5, 0.75):
    tree = RegularizedClassifier(models["decision tree"], strength=strength).fit(X, y)
    print(strength, tree.estimator_)

# %%
# Searching it
# ------------
# ``strength`` is a parameter like any other, with the same grid for every model.
from skoverfit import GapAwareSearchCV

search = GapAwareSearchCV(
    RegularizedClassifier(models["decision tree"]),
    {"strength": strengths},
    scoring="roc_auc",
).fit(X, y)
print(
    search.best_params_,
    f"test AUC {search.best_score_:.3f}, gap {search.best_gap_:.3f}",
)
