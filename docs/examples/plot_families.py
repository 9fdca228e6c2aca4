"""
Several families in one search, and a committee over all of them
================================================================

A search takes a list of families, each with a space of its own. The best family alone,
fitted on all rows, against a committee of members of all families: what each search
promises (its honest score), and what 5000 rows say that no search has seen.
"""

# %%
# Five draws of 150 rows, and four families.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV

n_draws, n_rows = 5, 150
X, y = make_classification(
    n_draws * n_rows + 5000, 12, n_informative=6, flip_y=0.15, random_state=0
)
X, X_new, y, y_new = X[:-5000], X[-5000:], y[:-5000], y[-5000:]
knn = make_pipeline(StandardScaler(), KNeighborsClassifier())
forest = RandomForestClassifier(random_state=0)
tree = DecisionTreeClassifier(random_state=0)
families = [
    ("linear", make_pipeline(StandardScaler(), LogisticRegression()), "auto"),
    ("knn", knn, {"kneighborsclassifier__n_neighbors": [3, 7, 15, 31]}),
    ("forest", forest, {"max_depth": [3, None], "n_estimators": [20, 50]}),
    ("tree", tree, {"max_depth": [2, 3, 5], "min_samples_leaf": [1, 3, 8]}),
]

# %%
# Each way is one search over all families, on the same splits.
ways = {
    "best candidate": {},
    "committee": {"committee": True},
}
honest, new = ({way: [] for way in ways} for _ in range(2))
winners = []
for draw in range(n_draws):
    rows = slice(draw * n_rows, (draw + 1) * n_rows)
    cv = StratifiedKFold(5, shuffle=True, random_state=draw)
    for way, options in ways.items():
        search = GapAwareSearchCV(families, cv=cv, **options).fit(X[rows], y[rows])
        honest[way].append(search.debiased_score_)
        new[way].append(search.score(X_new, y_new))
    winners.append(search.best_params_["family"])
for way in ways:
    print(
        f"{way}: honest score {np.mean(honest[way]):.3f}, "
        f"on new rows {np.mean(new[way]):.3f}"
    )

# %%
# Which family is best depends on the draw; the committee need not know.
names, counts = np.unique(winners, return_counts=True)
print(dict(zip(names.tolist(), counts.tolist(), strict=True)))
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for axis, values, title in (
    (axes[0], honest, "honest score of the search"),
    (axes[1], new, "accuracy on new rows"),
):
    axis.plot([*ways], np.array([*values.values()]), color="0.85", zorder=1)
    axis.plot([*ways], [np.mean(own) for own in values.values()], "o-", color="C0")
    axis.set_title(title)

# %%
# What the last committee is made of: the weight of each family.
report = search.selection_path_.committee
print(f"used {report.is_used}, {report.n_members} models")
if report.is_used:
    committee = search.best_estimator_
    for name, _, _ in families:
        share = sum(
            weight
            for params, weight in zip(
                committee.candidates, committee.weights, strict=True
            )
            if params["family"] == name
        )
        print(f"{name}: {share:.2f}")
