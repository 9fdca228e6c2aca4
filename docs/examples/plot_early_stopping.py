"""
Stop while it is good
=====================

Boosting goes on to fit the training rows long after held-out rows have stopped to
profit. Early stopping watches both scores and ends there.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.diagnosis import TrainingCurveDisplay
from skoverfit.regularization import EarlyStoppingClassifier

X, y = load_breast_cancer(return_X_y=True)
boosting = GradientBoostingClassifier(n_estimators=1000, random_state=0)
whole = EarlyStoppingClassifier(
    boosting, n_iter_no_change=None, max_iter=300, refit=None, random_state=0
)
stopped = EarlyStoppingClassifier(boosting, random_state=0)
name = "mean log-likelihood"

fig, axes = plt.subplots(1, 2, sharey=True, figsize=(9, 4), layout="constrained")
for ax, model in zip(axes, (whole, stopped), strict=True):
    TrainingCurveDisplay.from_estimator(model.fit(X, y), score_name=name, ax=ax)
axes[0].set_title("300 rounds, come what may")
axes[1].set_title("patience of 10 rounds")
axes[1].set_ylabel("")
plt.show()

# %%
# The final model is trained on all rows, for as many rounds as were best.
print(stopped.best_iteration_, stopped.estimator_.n_estimators_)

# %%
# Folds and pipelines
# -------------------
# A number of folds, or any splitter, trains one model for each side by side; the mean
# of their scores decides. Transformers of a pipeline are fitted once for each fold. One
# epoch of ``partial_fit`` is one iteration.
linear = make_pipeline(
    StandardScaler(), SGDClassifier(loss="log_loss", alpha=1e-3, random_state=0)
)
model = EarlyStoppingClassifier(linear, validation=5, max_iter=100, random_state=0)
TrainingCurveDisplay.from_estimator(model.fit(X, y), score_name=name)
plt.show()
