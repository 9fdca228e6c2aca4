"""
Shuffled splits over rows in time
=================================

Neighboring days are alike. With shuffled splits the model is asked about days between
those that it knows; in use it is asked about days after them.
"""

# %%
# A year of daily sales: a slow drift that no column explains, and a weekly pattern.
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold

from skoverfit.diagnosis import GapWaterfallDisplay, diagnose

rng = np.random.default_rng(0)
day = np.arange(365)
drift = np.cumsum(rng.normal(0.05, 0.5, 365))
X = pd.DataFrame({"day": day, "weekday": day % 7, "price": rng.normal(10, 1, 365)})
y = 50 + drift + 2 * (day % 7 > 4) - 0.5 * X["price"]

forest = RandomForestRegressor(30, random_state=0)
shuffled = KFold(5, shuffle=True, random_state=0)
report = diagnose(forest, X, y, cv=shuffled, causes=["SKO302"], random_state=0)
print(report.verdict.headline)
print(report.finding("SKO302").explanation)

# %%
GapWaterfallDisplay.from_report(report)

# %%
# Say when the rows were recorded, and the splits go forward in time.
forward = diagnose(
    forest, X, y, time="day", causes=["SKO302"], budget="10s", random_state=0
)
print(forward.evidence.cv)
print(f"R2 on later days: {forward.evidence.model.gap.mean_test:.2f}")
