"""
The test file scores lower than cross-validation
================================================

Train score minus the score of your own test file is the sum of two parts: what the
model memorizes, and what differs between the files.
"""

# %%
# Two files of the same table. In the second one, two lengths are in another unit, and
# cross-validation on the first file cannot know it.
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from skoverfit.diagnosis import GapWaterfallDisplay, diagnose

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X[[name for name in X if name.startswith("mean")]]
X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
X_test[["mean radius", "mean perimeter"]] /= 10  # millimeters, centimeters

forest = RandomForestClassifier(30, random_state=0)
report = diagnose(
    forest,
    X,
    y,
    X_test=X_test,
    y_test=y_test,
    causes=["SKO311", "SKO313", "SKO316"],
    random_state=0,
)
print(report.verdict.headline)

# %%
GapWaterfallDisplay.from_report(report)

# %%
# What differs, and the score of the test file in the units of the training file:
units = report.finding("SKO316")
print(units.explanation)
print(f"{units.counterfactual_label}: {units.counterfactual:.3f}")
print(units.advice)
