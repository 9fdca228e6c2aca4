"""Random searches give what scikit-learn's search gives, whatever they share."""

import os
from collections import Counter

import pytest

from tests.model_selection.differential.run import check_case, describe, make_case

#: Cases of the normal run, and of the long one.
FEW = 8
MANY = int(os.environ.get("SKOVERFIT_DIFFERENTIAL_CASES", "120"))
FIRST = 1000

#: Threads put the filters of warnings back in any order: none may make errors of them.
pytestmark = pytest.mark.filterwarnings("ignore")


def check(seeds):
    served = Counter()
    for seed in seeds:
        try:
            served += check_case(make_case(seed))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {describe(seed)}") from error
    assert sum(served.values()) > 0  # else there is nothing to be wrong about


def test_a_few_random_searches():
    check(range(FEW))


@pytest.mark.statistical
@pytest.mark.parametrize("part", range(4))
def test_many_random_searches(part):
    check(range(FIRST + part, FIRST + MANY, 4))
