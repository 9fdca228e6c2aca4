"""
The winner of a search disappoints
==================================

``best_score_`` is the best of many noisy numbers, so it is too high; the more
candidates and the fewer rows, the more.
"""

# %%
# 60 candidates on 80 rows of noise with a little signal.
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.diagnosis import diagnose

X, y = make_classification(
    2080, 20, n_informative=3, n_redundant=0, flip_y=0.3, class_sep=0.6, random_state=3
)
X, X_new, y, y_new = X[:80], X[80:], y[:80], y[80:]
grid = {
    "max_depth": [1, 2, 3, 4, None],
    "min_samples_leaf": [1, 2, 4, 8],
    "max_features": [None, "sqrt", 0.5],
}
tree = DecisionTreeClassifier(random_state=0)
search = GridSearchCV(tree, grid, cv=5).fit(X, y)
new_score = search.score(X_new, y_new)
print(f"best_score_ {search.best_score_:.3f}, on 2000 new rows {new_score:.3f}")

# %%
# The report takes the fitted search, and measures the choice on splits that did not
# choose.
report = diagnose(search, X, y, causes=["SKO211", "SKO212"], random_state=0)
optimism = report.finding("SKO211")
print(f"{optimism.title}. {optimism.explanation}")

# %%
# :class:`~skoverfit.GapAwareSearchCV` reports such a score by itself.
gap_aware = GapAwareSearchCV(tree, grid, cv=5).fit(X, y)
print(f"debiased score {gap_aware.debiased_score_:.3f}")
