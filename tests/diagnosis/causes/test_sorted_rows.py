"""SKO301: rows sorted by their target."""

import pytest

from skoverfit.diagnosis.causes._sorted_rows import row_order
from tests.diagnosis.made_evidence import (
    SORTED,
    WELL,
    assert_status,
    evidence,
    scores,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (
            evidence(0.9, 0.3, shuffled=scores(0.9, 0.9), **SORTED),
            "present",
        ),
        # Rows may belong together although the target is in random order.
        (evidence(0.9, 0.3, shuffled=scores(0.9, 0.9)), "present"),
        (evidence(0.9, 0.87, shuffled=scores(0.9, 0.9)), "absent"),
        (
            evidence(0.9, 0.9, shuffled=scores(0.9, 0.9), **SORTED),
            "absent",
        ),
        (evidence(**SORTED), "not_applicable"),
    ],
)
def test_status(made, status):
    assert_status(row_order(made), status)


def test_advice_for_sorted_files_is_to_shuffle():
    is_sorted = row_order(evidence(0.9, 0.3, shuffled=scores(0.9, 0.9), **SORTED))
    assert "shuffle=True" in is_sorted.advice
    related = evidence(0.9, 0.7, shuffled=WELL, target_order_pvalue=1e-9)
    assert "groups" in row_order(related).advice
