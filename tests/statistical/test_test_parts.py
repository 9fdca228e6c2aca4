"""How often parts from one source look different, cause by cause."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from skoverfit.diagnosis._own_part import _part_tests as tests_of_parts
from skoverfit.diagnosis._own_part._parts import read_parts
from skoverfit.diagnosis._own_part._units import scaled_apart, unit_changes
from skoverfit.diagnosis.causes._label_shift import is_shifted

pytestmark = pytest.mark.statistical

N_DATA_SETS, MOST = 200, 0.05


def drawn(seed):
    """Columns of many laws, some with gaps, and two targets."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(80, 500))
    X = pd.DataFrame(
        {
            "bell": rng.normal(20, 3, n),
            "standard": rng.normal(0, 1, n),
            "income": rng.lognormal(8, 1, n),
            "heavy": rng.standard_t(2, n),
            "count": rng.poisson(3, n),
            "mostly zero": rng.exponential(1, n) * (rng.random(n) < 0.2),
            "flag": rng.integers(0, 2, n),
            "town": rng.choice([f"town {k}" for k in range(12)], n),
            "name": [f"name {k}" for k in rng.geometric(0.05, n)],
        }
    )
    gaps = rng.random((n, 3)) < [0.02, 0.2, 0.5]
    for k, name in enumerate(("bell", "income", "town")):
        X.loc[gaps[:, k], name] = None
    targets = rng.normal(size=n), rng.choice(list("aab"), n)
    cut = n - int(rng.integers(20, n // 2))
    return X[:cut], X[cut:], [(y[:cut], y[cut:]) for y in targets]


def alarms(seed):
    """Which causes find something in one drawn table."""
    train, test, (numbers, classes) = drawn(seed)
    parts = read_parts(train, test)
    return {
        "shifts": bool(tests_of_parts.column_shifts(parts)),
        "categories": bool(tests_of_parts.new_levels(parts)),
        "ranges": bool(tests_of_parts.ranges_left(parts)),
        "gaps": bool(tests_of_parts.missing_shifts(parts)),
        "units": bool(unit_changes(parts)),
        "scalers": bool(scaled_apart(parts)),
        "numbers": is_shifted(
            tests_of_parts.label_shift(*numbers, is_classification=False)
        ),
        "classes": is_shifted(
            tests_of_parts.label_shift(*classes, is_classification=True)
        ),
    }


def test_parts_of_one_source_raise_few_alarms():
    found = pd.DataFrame([alarms(seed) for seed in range(N_DATA_SETS)])
    counts = found.sum()
    assert (counts <= stats.binom.ppf(0.99, N_DATA_SETS, MOST)).all(), counts
