"""Causes of the library and of others keep their promises."""

import pytest

from skoverfit.diagnosis.causes._base import choose_causes
from skoverfit.testing import check_cause
from skoverfit.testing._causes import Clean


@pytest.mark.parametrize("name", ["imbalance_hidden", "many_columns"])
def test_causes_of_the_library(name):
    check_cause(choose_causes([name])[0], n_tables=5)


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
