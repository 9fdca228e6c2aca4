"""
Noise as augmentation: when it helps and when it does not
=========================================================

Perturbed copies of the rows are easy to add. Whether they help is a question for
measurement; this page measures one case in each direction.
"""

# %%
# Linear regression: noise is ridge
# ---------------------------------
# Sixty rows, thirty features: least squares overfits. Copies with noise act like a
# ridge penalty, and the gap shrinks as the noise grows.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_regression
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import RepeatedKFold

from skoverfit import gap_scores
from skoverfit.augmentation import AugmentedRegressor, GaussianNoise

X, y = make_regression(
    n_samples=60, n_features=30, n_informative=5, noise=60.0, random_state=0
)
cv = RepeatedKFold(n_splits=5, n_repeats=4, random_state=0)
scales = [0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0]
measured = []
for scale in scales:
    noise = GaussianNoise(scale=scale, n_copies=20)
    model = AugmentedRegressor(LinearRegression(), noise, random_state=0)
    measured.append(gap_scores(model, X, y, cv=cv).gap)

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.plot(scales, [gap.mean_train for gap in measured], "o-", label="train")
ax.plot(scales, [gap.mean_test for gap in measured], "o-", label="test")
ax.set(
    xlabel="scale of the noise", ylabel="R2", title="Least squares, 48 training rows"
)
ax.legend()
plt.show()

# %%
# The rows that are scored are never augmented: with noise of scale 0 the result is that
# of plain least squares.
plain = gap_scores(LinearRegression(), X, y, cv=cv).gap
print(
    f"test R2 without copies {plain.mean_test:.3f}, with exact copies "
    f"{measured[0].mean_test:.3f}, with noise {max(g.mean_test for g in measured):.3f}"
)
assert np.isclose(plain.mean_test, measured[0].mean_test)

# %%
# A flexible model: copies can widen the gap
# ------------------------------------------
# A boosted ensemble can fit the copies as well as the rows. The scores vary by a few
# hundredths from split to split, so differences smaller than that mean nothing.
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier

from skoverfit.augmentation import AugmentedClassifier

X, y = make_classification(
    n_samples=300, n_features=15, n_informative=4, flip_y=0.2, random_state=0
)
boosting = HistGradientBoostingClassifier(max_iter=30, random_state=0)
for name, model in [
    ("alone", boosting),
    ("one noisy copy", AugmentedClassifier(boosting, random_state=0)),
    (
        "four noisy copies",
        AugmentedClassifier(boosting, GaussianNoise(n_copies=4), random_state=0),
    ),
]:
    gap = gap_scores(model, X, y, cv=5, scoring="roc_auc").gap
    print(f"{name:18} test AUC {gap.mean_test:.3f}  gap {gap.mean:.3f}")
