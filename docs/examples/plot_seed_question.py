"""
Three common steps, and the gap in each
=======================================

Five-fold accuracy of a classifier, train and test score of a regression, and a grid
search over a forest: three steps that people take when they suspect overfitting. Here
each gives scikit-learn's numbers through skoverfit, with the gap and its uncertainty
beside them.
"""

# %%
# Cross-validated accuracy
# ------------------------
# One hundred rows, twenty features, logistic regression, five folds.
import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from skoverfit import gap_scores

X, y = make_classification(n_samples=100, n_features=20, random_state=42)
scores = gap_scores(LogisticRegression(), X, y, cv=5, scoring="accuracy")
expected = cross_val_score(LogisticRegression(), X, y, cv=5, scoring="accuracy")
assert np.array_equal(scores.test_scores, expected)

print("test accuracy of each fold:", scores.test_scores)
print(f"mean test accuracy: {scores.gap.mean_test:.3f}")
print(f"mean train accuracy: {scores.gap.mean_train:.3f}")
low, high = scores.gap.interval
print(f"gap: {scores.gap.mean:.3f}, 95 % interval {low:.3f} to {high:.3f}")

# %%
# The interval contains 0. On one hundred rows, a gap of this size can well be noise.
#
# Train and test score of a regression
# ------------------------------------
# A single split gives a train score, a test score, and no idea of how much they would
# differ on another split.
from sklearn.datasets import make_regression
from sklearn.linear_model import Ridge
from sklearn.model_selection import ShuffleSplit, train_test_split

X_reg, y_reg = make_regression(
    n_samples=100, n_features=20, noise=10.0, random_state=42
)
X_train, X_test, y_train, y_test = train_test_split(
    X_reg, y_reg, test_size=0.2, random_state=42
)
ridge = Ridge(alpha=1.0).fit(X_train, y_train)
print(f"train R2: {ridge.score(X_train, y_train):.4f}")
print(f"test R2:  {ridge.score(X_test, y_test):.4f}")

# %%
# The same split through :func:`~skoverfit.gap_scores` gives the same two numbers; more
# splits say how stable they are.
one_split = ShuffleSplit(n_splits=1, test_size=0.2, random_state=42)
same = gap_scores(Ridge(alpha=1.0), X_reg, y_reg, cv=one_split)
assert np.isclose(same.gap.mean_train, ridge.score(X_train, y_train))
assert np.isclose(same.gap.mean_test, ridge.score(X_test, y_test))

many_splits = ShuffleSplit(n_splits=20, test_size=0.2, random_state=42)
ridge_gap = gap_scores(Ridge(alpha=1.0), X_reg, y_reg, cv=many_splits).gap
low, high = ridge_gap.interval
print(f"gap over 20 splits: {ridge_gap.mean:.4f}, interval {low:.4f} to {high:.4f}")

# %%
# A grid search over a forest
# ---------------------------
# Twenty-seven candidates, five folds. With
# :class:`~skoverfit.model_selection.BestScore` the search takes scikit-learn's own
# choice: same candidate, same score.
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import BestScore

grid = {
    "n_estimators": [50, 100, 200],
    "max_depth": [None, 10, 20],
    "min_samples_split": [2, 5, 10],
}
forest = RandomForestClassifier(random_state=42)
reference = GridSearchCV(forest, grid, cv=5, n_jobs=2).fit(X, y)
search = GapAwareSearchCV(forest, grid, selection=BestScore(), cv=5, n_jobs=2)
search.fit(X, y)

assert search.best_score_ == reference.best_score_
assert search.best_params_ == reference.best_params_
print("best parameters:", search.best_params_)
print(
    f"best score: {search.best_score_:.4f} (GridSearchCV: {reference.best_score_:.4f})"
)
print(f"gap of that candidate: {search.best_gap_:.4f}")

# %%
# What would a rule that looks at the gap have taken? A rule only reads
# ``cv_results_``, so nothing is fitted again. Grown forests fit their training rows
# almost perfectly, so their gap is hardly more than one minus the test score, and there
# is little for such a rule to choose from.
import matplotlib.pyplot as plt

from skoverfit.model_selection import SmallestGapWithinNoise

results = search.cv_results_
chosen = SmallestGapWithinNoise(1.0)(results)
print("smallest gap within one standard error:", results["params"][chosen])

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.scatter(results["mean_gap_score"], results["mean_test_score"], color="0.6")
for index, label in [
    (search.best_index_, "best score"),
    (chosen, "smallest gap within noise"),
]:
    ax.scatter(
        results["mean_gap_score"][index], results["mean_test_score"][index], label=label
    )
ax.set(xlabel="mean gap", ylabel="mean test accuracy", title="27 forests")
ax.legend()
plt.show()
