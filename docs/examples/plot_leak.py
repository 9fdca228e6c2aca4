"""
The validation score is too good: a column gives the answer away
================================================================

A column that was filled in after the outcome makes every split look excellent, and is
not there when the model is used.
"""

# %%
# The table of breast tumors, with one column too many: a follow-up score that is
# written down once the diagnosis is known.
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from skoverfit.diagnosis import diagnose

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X[[name for name in X if "texture" in name or "smoothness" in name]]
X["follow_up"] = 3 * y + np.random.default_rng(0).normal(0, 0.6, len(y))

# %%
# The report doubts the score first, and measures what is left without the column.
forest = RandomForestClassifier(30, random_state=0)
report = diagnose(forest, X, y, causes=["SKO201", "SKO202"], random_state=0)
print(report.verdict.headline)

# %%
leak = report.finding("SKO201")
print(leak.explanation)
print(f"{leak.counterfactual_label}: {leak.counterfactual:.3f}")

# %%
# The last bar is the score to expect. Leave the column out, then look again.
from skoverfit.diagnosis import GapWaterfallDisplay

GapWaterfallDisplay.from_report(report)
