"""
Why is the gap there, and what closes it?
=========================================

An unpruned tree scores 1 on its training rows and less on new ones.
:func:`~skoverfit.diagnosis.diagnose` measures the gap, looks for its causes, and tries
remedies on the same splits.
"""

# %%
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import diagnose

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
report = diagnose(DecisionTreeClassifier(random_state=0), X, y, random_state=0)
print(report.summary())

# %%
# Findings
# --------
# Each finding has a code, an effect and an interval. *Not applicable* means that it
# could not be judged, not that all is well.
report.to_frame("findings")[["code", "status", "points", "effect"]].round(3)

# %%
# Remedies
# --------
# Each was tried; the changes are paired, split by split.
for remedy in report.remedies:
    change, low, high = remedy.change.mean, *remedy.change.interval
    print(f"{remedy.name:32.32} test {change:+.3f} ({low:+.3f} to {high:+.3f})")

# %%
# The same as a picture. A higher test score and a smaller gap are improvements.
from skoverfit.diagnosis import RemediesDisplay

RemediesDisplay.from_remedies(report.remedies, score_name="accuracy")

# %%
# The best one, as code to paste, and fitted on all rows:
print(report.recommended_remedy.code if report.recommended_remedy else "none")
print(report.best_estimator_)

# %%
# A cause that is often overlooked: sorted rows
# ---------------------------------------------
# With rows sorted by class and folds in row order, the model is tested on classes that
# it has hardly seen. The scores are very low and say nothing about the model.
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

X, y = load_iris(return_X_y=True)
report = diagnose(LogisticRegression(max_iter=1000), X, y, cv=KFold(3), random_state=0)
print(report.verdict.headline)
print(report.verdict.explanation)
