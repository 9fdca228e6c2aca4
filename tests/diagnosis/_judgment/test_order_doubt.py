"""An order of the rows, as why nothing can be told."""

from dataclasses import replace

import pytest

from skoverfit.diagnosis import Skipped
from skoverfit.diagnosis._judgment._judging import finding
from skoverfit.diagnosis._judgment._order_doubt import order_doubt
from tests.diagnosis.made_evidence import evidence

LATE = Skipped("shuffled splits", "would take 3 s, more than the budget leaves")
ELSE = Skipped("boosted trees", "would take 9 s, more than the budget leaves")
HEADLINE = "The splits follow the order of the rows, and the rows are in an order."
ADVICE = (
    "Each split then tests other rows than the model has learned from. If rows belong "
    "together, say how: groups=... or time=...; if the order means nothing, shuffle: "
    'cv="shuffled". A larger budget compares both.'
)
ORDER = finding(
    "row_order",
    title="The order decides",
    status="present",
    severity="serious",
    effect=0.3,
    interval=(0.2, 0.4),
    unit="score",
    explanation="Shuffled it is 0.9.",
    advice="Shuffle.",
)


@pytest.mark.parametrize("name", ["row_order", "time_order", "groups_in_order"])
def test_what_was_measured_says_it_best(name):
    made = evidence(skipped=(LATE,), row_order="sorted")
    others = {"wrong_labels": replace(ORDER, title="Labels are wrong")}
    doubt = order_doubt(made, others | {name: ORDER})
    assert doubt == ("The order decides.", "Shuffled it is 0.9. Shuffle.")


def test_an_order_that_costs_nothing_is_no_doubt():
    harmless = {"row_order": replace(ORDER, severity="info")}
    assert order_doubt(evidence(), harmless) is None


@pytest.mark.parametrize(
    ("order", "pvalue", "words"),
    [
        ("sorted", 1e-9, "The rows are sorted by the target."),
        ("related", 0.5, "Rows next to one another in the file are alike."),
        (
            "random",
            0.00123,
            "Rows next to one another in the file have alike targets (random order "
            "has p = 0.0012).",
        ),
    ],
)
def test_without_shuffled_splits_the_order_itself_is_the_doubt(order, pvalue, words):
    fields = {"row_order": order, "target_order_pvalue": pvalue}
    doubt = order_doubt(evidence(skipped=(ELSE, LATE), **fields), {})
    assert doubt == (HEADLINE, f"{words} {ADVICE}")
    # It was measured, or is no matter of the budget.
    shuffled = replace(LATE, reason="the splits are shuffled already")
    for skipped in ((), (ELSE,), (shuffled,)):
        assert order_doubt(evidence(skipped=skipped, **fields), {}) is None


def test_rows_in_random_order_are_no_doubt():
    assert order_doubt(evidence(skipped=(LATE,), row_order="random"), {}) is None
