"""
Looking at a search: the front, the choice and the price
========================================================

A search measures more than its best score. One picture shows which trades of test
score against gap there were, another how both depend on a parameter.
"""

# %%
# A space from the capacity table
# -------------------------------
# ``param_space="auto"`` searches the parameters that control the capacity of the
# estimator over ranges that suit the data. 200 noisy rows serve for the search; 1800
# others are kept aside.
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

from skoverfit import GapAwareSearchCV
from skoverfit.diagnosis import GapSearchDisplay
from skoverfit.model_selection import PenalizedGap, pareto_front

X, y = make_classification(
    n_samples=2000, n_features=10, n_informative=5, flip_y=0.2, random_state=1
)
X_train, X_new, y_train, y_new = train_test_split(
    X, y, train_size=200, stratify=y, random_state=0
)
model = GradientBoostingClassifier(n_estimators=30, random_state=0)
search = GapAwareSearchCV(model, "auto", selection=PenalizedGap(0.25))
search.fit(X_train, y_train)
for params in search.cv_results_["params"][:3]:
    print(params)

# %%
# Test score against gap
# ----------------------
# The line is the Pareto front: no candidate beats one on it in both test score and gap.
# Candidates within the band are less than a standard error below the best one, so that
# the cross-validation can hardly tell them apart.
import matplotlib.pyplot as plt

GapSearchDisplay.from_search(search)
plt.show()

# %%
# The same in numbers: what was chosen, what plain argmax would take, and the knee of
# the front. ``test_score_paid`` is what a row gives up against the best score.
print(search.summary().T.to_string())

# %%
# All candidates of the front, from the smallest gap to the best test score:
results = search.cv_results_
for row in pareto_front(results):
    test, gap = results["mean_test_score"][row], results["mean_gap_score"][row]
    print(f"test {test:.3f}  gap {gap:.3f}  {results['params'][row]}")

# %%
# Along one parameter
# -------------------
# Each value is shown by its best candidate over the other parameters, with 95 %
# intervals over the splits.
GapSearchDisplay.from_search(search, param="min_samples_leaf")
plt.show()

# %%
# Rows that no part of the search has seen. One data set and one split say little about
# what a rule gains or costs: :doc:`/results` averages over many.
for name, row in search.summary()["candidate"].items():
    fitted = model.set_params(**results["params"][row]).fit(X_train, y_train)
    print(f"{name:16} {fitted.score(X_new, y_new):.3f}")
