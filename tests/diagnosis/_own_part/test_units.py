"""Which conversion makes a column of both parts agree."""

import numpy as np
import pytest

from skoverfit.diagnosis._own_part._parts import read_parts
from skoverfit.diagnosis._own_part._units import unit_changes


def changes(train, test):
    return unit_changes(read_parts(train.reshape(-1, 1), test.reshape(-1, 1)))


def incomes(seed, size):
    return np.random.default_rng(seed).lognormal(10, 1, size)


@pytest.mark.parametrize("seed", range(8))
def test_of_conversions_that_fit_alike_the_usual_one_is_named(seed):
    (unit,) = changes(incomes(seed, 300), 1000 * incomes(seed + 50, 150))
    assert unit.slope == 1000
    assert "1024 would fit as well" in unit.reason


@pytest.mark.parametrize("factor", [24.0, 25.4, 1024.0])
def test_values_that_training_knows_to_the_digit_decide(factor):
    train = np.random.default_rng(0).integers(1, 400, 300).astype(float)
    test = factor * np.random.default_rng(1).integers(1, 400, 150)
    (unit,) = changes(train, test)
    assert unit.slope == factor
    assert "as well" not in unit.reason
