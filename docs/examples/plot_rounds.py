"""
Early stopping inside a Pipeline
================================

Early stopping of a booster needs rows of its own, and inside a Pipeline these would
have to be transformed first: an ``eval_set`` is not. The splits of a search have such
rows already. ``"best"`` stops every setting where its scores on them are best, without
a further fit.
"""

# %%
# The search
# ----------
# Noisy labels, 400 rows; 3000 others are kept aside. Features are selected before the
# booster sees them, within each split.
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from skoverfit import GapAwareSearchCV

X, y = make_classification(
    n_samples=3400, n_features=40, n_informative=6, flip_y=0.15, random_state=1
)
X_train, X_new, y_train, y_new = train_test_split(
    X, y, train_size=400, stratify=y, random_state=0
)
model = Pipeline(
    [("select", SelectKBest()), ("boost", HistGradientBoostingClassifier(max_iter=200))]
)
rest = {"select__k": [10, 40], "boost__learning_rate": [0.03, 0.1, 0.3]}
search = GapAwareSearchCV(
    model, {"boost__max_iter": "best", **rest}, scoring="neg_log_loss", cv=5
).fit(X_train, y_train)

for params, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(params, f"log loss {-score:.3f}")

# %%
# The larger the learning rate, the sooner it is time to stop. Each row of
# ``cv_results_`` is shown at its own number; on each split it was fitted once.
print(search.shared_fits_)

# %%
# The curves
# ----------
# ``staged_results_`` has the scores at every number of rounds that was tried. Train
# scores go on rising where test scores fall: the gap is what further rounds learn.
import matplotlib.pyplot as plt

staged = search.staged_results_
rounds = np.array([params["boost__max_iter"] for params in staged["params"]])
fig, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for setting, params in enumerate(search.cv_results_["params"]):
    if params["select__k"] == 40:
        own = staged["candidate"] == setting
        rate = f"rate {params['boost__learning_rate']}"
        (line,) = ax.plot(rounds[own], -staged["mean_test_score"][own], label=rate)
        ax.plot(rounds[own], -staged["mean_train_score"][own], ":", c=line.get_color())
        chosen = (
            params["boost__max_iter"],
            -search.cv_results_["mean_test_score"][setting],
        )
        ax.plot(*chosen, "o", c=line.get_color())
ax.set(xscale="log", xlabel="rounds", ylabel="log loss", ylim=(0, 1))
ax.set_title("Left-out rows (solid), training rows (dotted), choice (dot)")
ax.legend()
plt.show()

# %%
# What it is worth
# ----------------
# The same search with all 200 rounds for each setting, on rows that neither has seen.
# The debiased score is honest about having chosen the rounds, too.
whole = GapAwareSearchCV(
    model, {"boost__max_iter": [200], **rest}, scoring="neg_log_loss", cv=5
).fit(X_train, y_train)
for name, one in (("best rounds", search), ("200 rounds", whole)):
    print(
        f"{name}: log loss {-one.score(X_new, y_new):.3f} on new rows, "
        f"{-one.debiased_score_:.3f} expected"
    )
