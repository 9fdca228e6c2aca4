"""
Wrong labels
============

Labels that out-of-fold models contradict with confidence limit every model, and a model
that memorizes learns them. The report names the rows to look at.
"""

# %%
# Handwritten digits, of which one label in fifteen was typed wrong.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.diagnosis import diagnose

X, y_true = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
some = rng.permutation(len(X))[:600]
X, y_true = X[some], y_true[some]
wrong = rng.choice(600, 40, replace=False)
y = y_true.copy()
y[wrong] = (y[wrong] + rng.integers(1, 10, 40)) % 10

model = KNeighborsClassifier(1)
report = diagnose(model, X, y, causes=["SKO401"], random_state=0)
labels = report.finding("SKO401")
print(labels.explanation)

# %%
# The rows to look at, and how many of them are indeed wrong:
rows = list(labels.rows)
print(f"{np.isin(rows, wrong).mean():.0%} of {len(rows)} listed rows are wrong")

import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 6, figsize=(8, 1.8))
for ax, row in zip(axes, rows, strict=False):
    ax.imshow(X[row].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"row {row}: {y[row]}", fontsize=9)
    ax.set_axis_off()
