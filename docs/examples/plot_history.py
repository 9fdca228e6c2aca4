"""
A training history
==================

A network was trained for too long, or not for long enough? The two curves that it left
behind answer it; the model is not needed. Keras, skorch, xgboost, LightGBM and CatBoost
write the same kind of history.
"""

# %%
# A history as Keras' ``fit(...).history`` has it, of a network trained on few rows.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skoverfit.diagnosis import diagnose_history

X, y = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
y = np.where(rng.random(len(y)) < 0.1, rng.integers(0, 10, len(y)), y)
X, X_val, y, y_val = train_test_split(
    X / 16, y, train_size=300, test_size=600, random_state=0
)
network = MLPClassifier(128, learning_rate_init=0.005, random_state=0)
history = {"loss": [], "val_loss": []}
for _ in range(60):
    network.partial_fit(X, y, classes=range(10))
    history["loss"].append(log_loss(y, network.predict_proba(X)))
    history["val_loss"].append(log_loss(y_val, network.predict_proba(X_val)))

# %%
report = diagnose_history(history)
print(report)

# %%
report.plot()
