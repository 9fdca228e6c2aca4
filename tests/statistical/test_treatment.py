"""How often a treatment replaces a model that nothing can improve."""

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier, DummyRegressor

from skoverfit import TreatedClassifier, TreatedRegressor

pytestmark = pytest.mark.statistical

N_SEEDS = 120
FAMILIES = ["linear", "neighbors", "splines", "interactions"]


def n_accepted(treated, model, draw, **options):
    """Count seeds for which a target that X does not tell gets another model.

    The mean, or the share of each class, is the best that there is, so that every
    replacement is false. The proof looks at the rows up to four times.
    """
    count = 0
    for seed in range(N_SEEDS):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(100, 4))
        estimator = treated(
            model,
            budget=None,
            remedies=FAMILIES,
            trust=True,
            random_state=seed,
            **options,
        )
        count += estimator.fit(X, draw(rng)).report_.accepted
    return count


def classes(rng):
    return rng.permutation(np.arange(100) % 2)


def numbers(rng):
    return rng.normal(size=100)


@pytest.mark.parametrize(
    ("treated", "model", "draw"),
    [
        (TreatedClassifier, DummyClassifier(), classes),
        (TreatedRegressor, DummyRegressor(), numbers),
    ],
    ids=["classes", "numbers"],
)
@pytest.mark.parametrize(("accept", "level"), [("proven", 0.05), ("likely", 0.2)])
def test_a_model_that_is_the_best_is_rarely_replaced(
    treated, model, draw, accept, level
):
    false = n_accepted(treated, model, draw, accept=accept)
    assert stats.binomtest(false, N_SEEDS, level, "greater").pvalue > 0.001
