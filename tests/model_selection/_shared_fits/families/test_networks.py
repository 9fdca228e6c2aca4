import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families._networks import NetworkEpochs

X, Y = make_classification(80, 5, random_state=0)
FAMILY = NetworkEpochs()


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(),
        MLPClassifier(random_state=np.random.RandomState(0)),
        MLPClassifier(random_state=0, solver="lbfgs"),
        MLPRegressor(random_state=0, warm_start=True),
        MLPRegressor(random_state=0, max_iter=0),
        type("Network", (MLPClassifier,), {})(random_state=0),
    ],
)
def test_trainings_that_may_differ_are_not_served(estimator):
    assert not FAMILY.serves(estimator)


def test_one_training_serves_epochs_before_and_after_its_end():
    network = MLPClassifier(3, tol=1.0, n_iter_no_change=2, random_state=0)
    # No epoch makes so much progress: it stops after four.
    group = [clone(network).set_params(max_iter=k) for k in (40, 4, 90)]
    fits = []

    class Counted(MLPClassifier):
        def fit(self, *args, **kwargs):
            fits.append(self.max_iter)
            return super().fit(*args, **kwargs)

    for each in group:
        each.__class__ = Counted
    views = dict(FAMILY.views(group, TrainingSet(X, Y, {}, (X,))))
    assert fits == [90]
    assert views.keys() == {0, 1, 2}
    assert {view.n_iter_ for view in views.values()} == {4}
    assert [views[k].max_iter for k in range(3)] == [40, 4, 90]
    assert not any("epochs" in name for view in views.values() for name in vars(view))
