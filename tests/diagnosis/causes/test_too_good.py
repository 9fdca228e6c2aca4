"""SKO213: scores that are too good to be true."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import make_scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error"])
def test_a_perfect_score_is_suspicious(find, scoring):
    y = X[:, 0] + 1.0
    found = find("SKO213", X, y, LinearRegression(), scoring=scoring)
    assert (found.status, found.severity) == ("present", "warning")
    honest = y + RNG.normal(0, 0.5, 200)
    honest = find("SKO213", X, honest, LinearRegression(), scoring=scoring)
    assert honest.status == "absent"


def test_a_bad_model_of_a_drifting_target_is_not_too_good(find):
    t = np.arange(200.0)
    found = find("SKO213", X, t, LinearRegression(), cv=5)
    assert found.status == "absent"


def test_scorers_of_users_have_no_perfect_score(find):
    def profit(y, predicted):
        return 100.0 * float(np.mean(y == predicted))

    y = (X[:, 0] > 0).astype(int)
    found = find("SKO213", X, y, scoring=make_scorer(profit))
    assert found.status == "not_measured"
