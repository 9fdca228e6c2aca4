"""
The validation score is too good: rows of one person on both sides
==================================================================

With several rows of each person, a model that recognizes the person scores well on
shuffled splits. On new people it does not.
"""

# %%
# Thirty people, ten rows each; the label belongs to the person.
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

from skoverfit.diagnosis import GapWaterfallDisplay, diagnose, near_copy_groups

rng = np.random.default_rng(0)
person = np.repeat(np.arange(30), 10)
X = rng.normal(0, 3, (30, 8))[person] + rng.normal(0, 0.5, (300, 8))
y = rng.permutation(np.arange(30) % 2)[person]
order = rng.permutation(300)
X, y, person = X[order], y[order], person[order]

# %%
# Nobody said that rows belong together; the distances between the rows do.
forest = RandomForestClassifier(30, random_state=0)
splits = StratifiedKFold(5, shuffle=True, random_state=0)
report = diagnose(forest, X, y, cv=splits, causes=["SKO205"], random_state=0)
print(report.verdict.headline)
print(report.finding("SKO205").explanation)
GapWaterfallDisplay.from_report(report)

# %%
# Say what belongs together, and the splits keep it together. Where it is not known, the
# groups that were found serve instead: the two agree here.
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GroupKFold, cross_val_score

found = near_copy_groups(X)
print("agreement of the two groupings:", adjusted_rand_score(person, found))
scores = cross_val_score(forest, X, y, cv=GroupKFold(5), groups=person)
print(f"accuracy on new people: {scores.mean():.2f}")
