import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import treat
from skoverfit.exceptions import InputError

QUICK = {"budget": None, "random_state": 0}


def test_whole_numbers_are_classes_only_where_they_are_few():
    X = np.random.default_rng(0).normal(size=(60, 2))
    kinds = {
        n: type(treat(None, X, np.arange(60) % n, remedies=[], **QUICK)).__name__
        for n in (2, 30)
    }
    assert kinds == {2: "TreatedClassifier", 30: "TreatedRegressor"}


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, DecisionTreeRegressor])
def test_a_model_says_what_the_task_is(kind):
    X = np.random.default_rng(0).normal(size=(60, 2))
    treated = treat(kind(), X, np.arange(60) % 3, remedies=[], **QUICK)
    assert type(treated).__name__[7:] == kind.__name__[12:]


@pytest.mark.parametrize("estimator", [StandardScaler(), DecisionTreeClassifier, "svc"])
def test_what_is_no_model_is_refused(estimator):
    with pytest.raises(InputError, match="must be None, or an instance of"):
        treat(estimator, [[1.0], [2.0]], [0, 1])
