"""Each registered family of shared fits gives what fresh fits give."""

import pickle

import numpy as np
import pytest
from scipy import sparse

import skoverfit.model_selection._shared_fits.families  # noqa: F401  (registers them)
from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits._contract import _REGISTRY, find_family
from skoverfit.testing import check_shared_fit
from tests.model_selection._shared_fits.family_cases import CASES, DATA, FIT_PARAMS
from tests.model_selection._shared_fits.family_cases_boosting import (
    BOOSTING_AND_NEIGHBOR_CASES,
)

CASES = [*CASES, *BOOSTING_AND_NEIGHBOR_CASES]
FAMILIES = {family.name: family for family in _REGISTRY}


def pairs(number, case):
    """Each kind of data and each kind of weights; which ones meet differs by case."""
    data, params = case.data, case.fit_params
    for k in range(max(len(data), len(params))):
        yield data[k % len(data)], params[(number + k) % len(params)]


ROWS = [
    pytest.param(case, data, params, id=f"{number}-{case.family}-{data}-{params}")
    for number, case in enumerate(CASES)
    for data, params in pairs(number, case)
]


def test_every_family_has_a_case():
    assert set(FAMILIES) == {case.family for case in CASES}


#: Networks that were trained for a few epochs say that they have not converged.
FEW_EPOCHS = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@FEW_EPOCHS
@pytest.mark.parametrize(("case", "data", "params"), ROWS)
def test_views_equal_fresh_fits(case, data, params):
    for seed in case.seeds:
        X, y = DATA[data](seed)
        estimators = case.build(seed)
        assert find_family(estimators[0]) is FAMILIES[case.family]
        check_shared_fit(
            FAMILIES[case.family],
            estimators,
            X,
            y,
            fit_params=FIT_PARAMS[params](seed, X.shape[0]),
            scoring=case.scoring,
            rtol=case.rtol,
            min_served=case.min_served,
            ignore=case.ignore,
            random_state=seed,
        )


@pytest.mark.parametrize(
    "case", {case.family: case for case in CASES}.values(), ids=lambda case: case.family
)
def test_views_survive_pickling(case):
    X, y = DATA[case.data[0]](0)
    family = FAMILIES[case.family]
    views = dict(family.views(case.build(0), TrainingSet(X, y, {}, (X,))))
    for view in (views[min(views)], views[max(views)]):
        twin = pickle.loads(pickle.dumps(view))
        assert twin.get_params().keys() == view.get_params().keys()
        for name in ("predict", "transform"):
            if hasattr(view, name):
                expected, actual = getattr(view, name)(X), getattr(twin, name)(X)
                np.testing.assert_array_equal(as_array(actual), as_array(expected))


def as_array(answer):
    return answer.toarray() if sparse.issparse(answer) else np.asarray(answer)
