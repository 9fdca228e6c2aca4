"""SKO301: rows sorted by their target."""

from dataclasses import replace

import numpy as np
import pytest

from skoverfit.diagnosis import Skipped
from skoverfit.diagnosis.causes._sorted_rows import RowOrder, order_effect, row_order
from tests.diagnosis.made_evidence import (
    SORTED,
    WELL,
    WIGGLE,
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


def shuffled_by(difference, noise=0.1, **fields):
    """Evidence of a score of 0.6 in row order, and of shuffled splits."""
    shuffled = scores(0.9, 0.6 + difference, noise * WIGGLE)
    return evidence(0.9, 0.6, shuffled=shuffled, **fields)


@pytest.mark.parametrize(
    ("difference", "noise", "pvalue", "status"),
    [
        # Beside a target in an order any reliable difference counts from a fiftieth
        # of the range, which is 0.5, on.
        (0.02, 0.1, 0.04, "present"),
        (0.009, 0.1, 0.04, "absent"),
        (0.02, 0.6, 0.04, "present"),
        (0.02, 0.75, 0.04, "absent"),
        # Else it must be large, and surer.
        (0.02, 0.1, 0.06, "absent"),
        (0.049, 0.1, 0.06, "absent"),
        (0.051, 0.1, 0.06, "present"),
        (0.06, 2.0, 0.06, "present"),
        (0.06, 2.7, 0.06, "absent"),
        (0.06, 2.7, 0.04, "present"),
    ],
)
def test_a_difference_counts_by_the_order_of_the_target(
    difference, noise, pvalue, status
):
    made = shuffled_by(difference, noise, target_order_pvalue=pvalue)
    found = row_order(made)
    assert (found.status, found.effect) == (status, pytest.approx(difference))
    assert found.severity == ("serious" if status == "present" else "info")
    assert found.interval == order_effect(made).interval


def test_large_test_parts_overlap_in_what_they_were_trained_on():
    shuffled = scores(0.9, 0.7)
    wide = replace(shuffled, n_test=np.full(5, 80))
    by_ratio = [
        order_effect(evidence(0.9, 0.6, shuffled=one)).std_error
        for one in (shuffled, wide)
    ]
    assert by_ratio[1] / by_ratio[0] == pytest.approx(np.sqrt((0.2 + 1) / (0.2 + 0.25)))


def test_what_is_told():
    found = row_order(shuffled_by(0.3, 1, **SORTED))
    assert found.title == "The score depends on the order of the rows"
    assert found.unit == "score"
    low, high = found.interval
    assert found.explanation == (
        "Test accuracy 0.600 in row order, 0.900 on shuffled splits: 0.300 apart ("
        f"{low:.3f} to {high:.3f}). Random order of the target has p = 1e-09. The "
        "rows are sorted by the target."
    )
    assert found.advice == (
        "Use cv=StratifiedKFold(5, shuffle=True, random_state=0). If the order is time "
        "or groups, use TimeSeriesSplit or pass groups instead."
    )
    numbers = row_order(shuffled_by(0.3, task="regression", **SORTED))
    assert "cv=KFold(5, shuffle=True" in numbers.advice
    related = row_order(shuffled_by(0.3, row_order="related"))
    assert related.explanation.endswith("p = 0.5. Rows next to each other are alike.")
    assert related.advice == (
        "Use TimeSeriesSplit if the rows are in the order of time, or pass groups if "
        "they come in groups (patients, speakers, machines, repeated measurements). Do "
        "not shuffle them: neighbors of the test rows would then be in training, and "
        "the higher score would not hold for new rows."
    )


def test_what_is_told_of_an_absence():
    found = row_order(shuffled_by(0.0))
    assert (found.title, found.advice) == ("The order of the rows does no harm", "")
    assert found.explanation.endswith("Random order of the target has p = 0.5.")
    late = row_order(evidence(skipped=(Skipped("shuffled splits", "no time"),)))
    assert late.title == "The score depends on the order of the rows"
    assert late.explanation == "Not measured: no time."
    with pytest.raises(ValueError, match="no scores on shuffled splits"):
        order_effect(evidence())


def test_rows_that_belong_together_are_left_to_other_causes():
    cause = RowOrder()
    related = cause.judge(shuffled_by(0.3, row_order="related"), None)
    assert related.status == "absent"
    assert related.title == "The rows are not merely sorted by their target"
    assert related.explanation == (
        "Rows next to each other are alike. See SKO302 (time), SKO303 (groups), SKO204 "
        "and SKO205 (copies)."
    )
    assert cause.judge(shuffled_by(0.3, **SORTED), None).status == "present"
