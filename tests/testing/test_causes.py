"""Causes of the library and of others keep their promises."""

import pytest

from skoverfit.diagnosis.causes import registered_causes
from skoverfit.testing import checks_of
from skoverfit.testing._causes import Clean
from tests.testing.grouped_checks import run_checks

#: False alarms are counted elsewhere, by hundreds of tables.
FEW = {"n_tables": 2}
#: By code; the reasons stand in docs/expected.rst.
EXPECTED_FAILURES = {"SKO406": ["check_test_part_not_read"]}

COSTLY = ["irrelevant_columns", "test_part_differs"]


def is_costly(cause):
    """Whether its measurements, which each check repeats, take seconds."""
    return cause.after_evidence or cause.name in COSTLY


LIBRARY = [
    pytest.param(
        cause,
        id=cause.name,
        marks=pytest.mark.statistical if is_costly(cause) else pytest.mark.slow,
    )
    for cause in registered_causes()
    if type(cause).__module__.startswith("skoverfit.")
]


@pytest.mark.parametrize("cause", LIBRARY)
def test_causes_of_the_library(cause):
    expected = EXPECTED_FAILURES.get(cause.code, [])
    run_checks(checks_of(cause, **FEW), expected_failures=expected)


@pytest.mark.parametrize(
    ("needs", "there"),
    [
        ({"regression"}, {"regression", "table"}),
        ({"frame", "test_part"}, {"frame", "test_part", "binary"}),
        ({"groups", "sample_weight"}, {"groups", "sample_weight"}),
        ({"time"}, {"time", "splits"}),
    ],
)
def test_clean_tables_have_what_a_cause_needs(needs, there):
    case = Clean(frozenset(needs))
    assert there <= case.problem().provides
    assert [smaller.n_rows for smaller in case.smaller()] == [20, 30, 40]
