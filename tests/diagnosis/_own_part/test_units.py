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


LAWS = {
    "normal": lambda rng, size: rng.normal(10, 3, size),
    "standard": lambda rng, size: rng.normal(0, 1, size),
    "skewed": lambda rng, size: rng.lognormal(2, 0.8, size),
    "spread like degrees": lambda rng, size: rng.normal(300, 180, size),
    "counts": lambda rng, size: rng.poisson(12, size).astype(float),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(3))
def test_moved_columns_and_other_rows_are_no_unit(law, seed):
    rng = np.random.default_rng(seed)
    train, test = (LAWS[law](rng, size) for size in (900, 600))
    for moved in (-3, -1.5, 0.8, 1.5, 3):
        assert not changes(train, test + moved * train.std())
    for part in (np.sort(test)[300:], np.sort(test)[:300]):
        assert not changes(train, part)


def test_rows_of_another_kind_are_no_unit_although_one_column_looks_like_it():
    rng = np.random.default_rng(0)
    train, test = (rng.normal(10, 3, (size, 2)) for size in (360, 240))
    test[:, 0] *= 2.54
    assert [unit.slope for unit in unit_changes(read_parts(train, test))] == [2.54]
    test[:, 1] += 3
    assert not unit_changes(read_parts(train, test))
    test[:, 0] *= 1000 / 2.54  # nothing else explains that
    assert [unit.slope for unit in unit_changes(read_parts(train, test))] == [1000]


def test_small_counts_are_no_counts_in_another_unit():
    """Seven times each of them is a count as well."""
    rng = np.random.default_rng(0)
    train = np.r_[rng.integers(1, 400, 1900), rng.integers(1, 9, 300)].astype(float)
    assert not changes(train, np.sort(rng.choice(train, 400))[:60])


@pytest.mark.parametrize("levels", [(0, 1), (1, 2, 3)])
def test_a_few_levels_have_another_unit_if_all_are_multiplied(levels):
    rng = np.random.default_rng(0)
    train, test = (rng.choice(np.array(levels, float), size) for size in (90, 60))
    (unit,) = changes(train, 1000 * test)
    assert unit.slope == 1000
    for other in (test, 0 * test, 2 * test, 1000 * test + test):
        assert not changes(train, other)


def test_columns_that_a_scaler_moved_are_told_from_moved_rows():
    rng = np.random.default_rng(0)
    train, test = rng.normal(40, 12, 300), rng.normal(40, 12, 150)
    (unit,) = changes(train, (test - train.mean()) / train.std())
    assert "test part is standardized" in unit.reason
    standard = (train - train.mean()) / train.std()
    (unit,) = changes(standard, test)
    assert "training part is standardized" in unit.reason
    assert not changes(standard, 1.3 * (test - 50) / 12)
