"""
Not choosing: a committee of what a search has fitted
=====================================================

A search fits each candidate on each split, and throws these models away. A committee
lets some of them predict together instead.
"""

# %%
# The same grid of a decision tree, searched on ten draws of 150 rows: the best score,
# the default rule, and a committee, each scored on 5000 rows that no search has seen.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import BestScore

n_draws, n_rows = 10, 150
X, y = make_classification(
    n_draws * n_rows + 5000, 12, n_informative=6, flip_y=0.15, random_state=0
)
X, X_new, y, y_new = X[:-5000], X[-5000:], y[:-5000], y[-5000:]
tree = DecisionTreeClassifier(random_state=0)
grid = {"max_depth": [2, 3, 5, 8], "min_samples_leaf": [1, 3, 8]}
ways = {
    "best score": {"selection": BestScore()},
    "default rule": {},
    "committee": {"committee": True},
}
new_scores, gaps = ({way: [] for way in ways} for _ in range(2))
for draw in range(n_draws):
    rows = slice(draw * n_rows, (draw + 1) * n_rows)
    cv = StratifiedKFold(5, shuffle=True, random_state=draw)
    for way, options in ways.items():
        search = GapAwareSearchCV(tree, grid, cv=cv, **options).fit(X[rows], y[rows])
        new_scores[way].append(search.score(X_new, y_new))
        gaps[way].append(search.score(X[rows], y[rows]) - new_scores[way][-1])

# %%
# Each line is one draw: new rows against the best score of the search.
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axis, values, title in (
    (axes[0], new_scores, "accuracy on new rows"),
    (axes[1], gaps, "gap of the final model"),
):
    axis.plot([*values], np.array([*values.values()]), color="0.85", zorder=1)
    means = [np.mean(own) for own in values.values()]
    axis.plot([*values], means, "o-", color="C0", zorder=2)
    axis.set_title(title)
for way in ways:
    print(f"{way}: {np.mean(new_scores[way]):.3f}, gap {np.mean(gaps[way]):.3f}")

# %%
# What the last search says of its committee, whether or not the guard let it pass: the
# score is on rows that the members have not seen, and the honest score takes off what
# choosing the members made of noise.
report = search.selection_path_.committee
print(f"{report.n_candidates} candidates, {report.n_members} models")
print(f"used {report.is_used}, {report.gain:+.3f} over the best candidate")
print(f"honest score {report.honest_score.score:.3f}, gap {report.gap:.3f}")
