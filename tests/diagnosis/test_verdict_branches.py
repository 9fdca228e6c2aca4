"""What each branch of the verdict says, word for word where people read it first."""

import pytest

from skoverfit.diagnosis import Decomposition, Finding, Skipped
from skoverfit.diagnosis._verdict import judge_verdict
from skoverfit.diagnosis.causes import registered_causes
from tests.diagnosis.made_evidence import evidence, remedy

CODES = {cause.name: cause.code for cause in registered_causes()}


def found(name, effect=0.1, severity="warning", status="present"):
    return Finding(
        code=CODES[name],
        name=name,
        title=f"Title of {name}",
        status=status,
        severity=severity,
        effect=effect,
        interval=None,
        unit="score",
        explanation=f"Measured {name}.",
        advice=f"Mend {name}.",
    )


GAP, NO_GAP = found("overfitting", 0.08), found("overfitting", status="absent")
MAYBE = found("overfitting", status="not_applicable")
WIDE, NARROW, AT_CHANCE = evidence(1.0, 0.8), evidence(0.9, 0.9), evidence(0.5, 0.5)
PERFECT = {"train": 0.999, "test": 0.999}
LATE = (Skipped("boosted trees", "would take 9 s, more than the budget leaves"),)

BETTER = remedy(0.1, -0.1, name="a cure")
OTHER = remedy(0.1, -0.1, name="another", regularizes=False)
VAIN = remedy(-0.1, -0.1, name="a try")
SAME = remedy(0.0, -0.1, name="an equal")
UNSURE = remedy(
    0.08, -0.05, name="a chance", adjusted_interval=(-0.1, 0.2), adjusted_pvalue=0.5
)
WIDER = remedy(0.1, 0.05, name="more")


def judged(made, *findings, remedies=(), best=None):
    return judge_verdict(made, findings, tuple(remedies), best)


HEADLINES = [
    # No gap.
    (NARROW, (), {}, "no_cause_found", "Nothing was found among the chosen causes."),
    (NARROW, (NO_GAP,), {}, "no_cause_found", "No gap beyond the noise."),
    (
        *(evidence(**PERFECT, score_range=2.0), (NO_GAP,), {}),
        *("no_cause_found", "No gap beyond the noise."),
    ),
    (
        *(evidence(**PERFECT, score_range=1.0), (NO_GAP,), {}, "no_cause_found"),
        "No gap beyond the noise, but the score is nearly perfect.",
    ),
    (
        *(NARROW, (NO_GAP,), {"remedies": [BETTER], "best": BETTER}, "no_cause_found"),
        "No gap beyond the noise, yet another model scores better.",
    ),
    (
        *(NARROW, (NO_GAP, found("excess_capacity")), {}, "no_cause_found"),
        "No gap beyond the noise, yet less capacity scores better.",
    ),
    (
        *(NARROW, (NO_GAP, found("too_little_data")), {}, "too_little_data"),
        "No gap beyond the noise; more rows would still help.",
    ),
    (
        *(NARROW, (NO_GAP, found("wrong_labels"), found("duplicates", 0.01)), {}),
        *("score_hides", "No gap beyond the noise, but: title of wrong_labels."),
    ),
    (
        *(NARROW, (NO_GAP, found("duplicates")), {}),
        *("cannot_tell", "No gap beyond the noise, but: title of duplicates."),
    ),
    (
        *(AT_CHANCE, (NO_GAP,), {}, "cannot_tell"),
        "No gap beyond the noise, but no reliable lead over a dummy either.",
    ),
    (WIDE, (MAYBE,), {}, "cannot_tell", "Title of overfitting."),
    # A gap that nothing closes.
    (
        *(WIDE, (GAP,), {}, "cannot_tell"),
        "There is a gap, but no remedy could be tried.",
    ),
    (
        *(evidence(1.0, 0.5), (GAP,), {}, "cannot_tell"),
        "There is a gap, and no reliable lead in accuracy over a dummy.",
    ),
    (
        *(evidence(1.0, 0.8, skipped=LATE), (GAP,), {"remedies": [VAIN]}),
        "cannot_tell",
        "There is a gap; no remedy that fitted the budget is better.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [VAIN]}, "harmless_gap"),
        "There is a gap, but no remedy reliably raises the test score.",
    ),
    (
        *(WIDE, (GAP, found("too_little_data")), {"remedies": [VAIN]}),
        "too_little_data",
        "There is a gap, and more rows would help; nothing else that was tried.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [UNSURE]}, "cannot_tell"),
        "The gap may be harmful; the rows are too few to tell.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [SAME]}, "harmless_gap"),
        "There is a gap; a remedy has the same test score with less of it.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [SAME, UNSURE]}, "cannot_tell"),
        "The gap may be harmful; a remedy has the same test score with less of it.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [remedy(-0.1, -0.1, regularizes=False)]}),
        "cannot_tell",
        "There is a gap, but no regularized version of the model could be tried.",
    ),
    # A gap beside a better model.
    (
        *(WIDE, (GAP,), {"remedies": [BETTER], "best": BETTER}, "harmful_gap"),
        "The gap is harmful: closing it raises the test score.",
    ),
    (
        *(WIDE, (GAP, found("excess_capacity")), {}, "harmful_gap"),
        "The gap is harmful: less capacity raises the test score.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [OTHER, VAIN], "best": OTHER}, "harmless_gap"),
        "The test score rises with another, not by closing the gap.",
    ),
    (
        *(WIDE, (GAP,), {"remedies": [OTHER], "best": OTHER}, "cannot_tell"),
        "The test score rises with another; whether the gap does harm is not sure.",
    ),
    # The model or its columns.
    (
        *(AT_CHANCE, (NO_GAP, found("no_signal")), {}, "no_signal"),
        "No signal: nothing that was measured beats a dummy.",
    ),
    (
        *(NARROW, (NO_GAP, found("underfitting")), {}, "underfitting"),
        "The model has too little capacity.",
    ),
    (
        *(NARROW, (NO_GAP, found("unscaled_columns")), {}),
        *("underfitting", "Title of unscaled_columns."),
    ),
    (
        *(WIDE, (GAP, found("search_winner", None)), {}),
        *("validation_misleading", "Title of search_winner."),
    ),
    (
        *(WIDE, (GAP, found("imbalance_hidden")), {}),
        *("score_hides", "Title of imbalance_hidden."),
    ),
    (
        *(WIDE, (GAP, found("groups_apart", severity="serious")), {}),
        *("validation_misleading", "The score misleads: title of groups_apart."),
    ),
    (
        *(WIDE, (GAP, found("duplicates", severity="serious")), {}),
        "validation_misleading",
        "The score is too good: test rows occur among the training rows.",
    ),
]


@pytest.mark.parametrize(
    ("made", "findings", "tried", "code", "headline"),
    HEADLINES,
    ids=[headline for *_, headline in HEADLINES],
)
def test_headline(made, findings, tried, code, headline):
    verdict = judged(made, *findings, **tried)
    assert (verdict.code, verdict.headline) == (code, headline)


@pytest.mark.parametrize(
    ("made", "findings", "tried", "parts"),
    [
        (NARROW, (), {}, ["The gap was not among them."]),
        (
            *(NARROW, (NO_GAP,), {}),
            ["Train accuracy 0.900, test 0.900. Nothing that was asked is present"],
        ),
        (
            *(NARROW, (NO_GAP, found("wrong_labels")), {}),
            ["test 0.900. Measured wrong_labels. Mend wrong_labels."],
        ),
        (evidence(**PERFECT), (NO_GAP,), {}, ["Train accuracy", "for suspicion"]),
        (
            *(NARROW, (NO_GAP,), {"best": BETTER, "remedies": [BETTER]}),
            ["Train accuracy 0.900, test 0.900. With a cure, the test accuracy"],
        ),
        (
            *(NARROW, (NO_GAP, found("excess_capacity")), {}),
            ["Train accuracy", "Measured excess_capacity. Mend excess_capacity."],
        ),
        (AT_CHANCE, (NO_GAP,), {}, ["Train accuracy", "does not reliably beat"]),
        (AT_CHANCE, (MAYBE,), {}, ["Measured overfitting.", "not reliably beat"]),
        (WIDE, (MAYBE,), {"best": BETTER}, ["Measured overfitting. With a cure"]),
        (
            *(evidence(1.0, 0.8, skipped=LATE), (GAP,), {}),
            ["Measured overfitting. The budget left no time for: boosted trees."],
        ),
        (
            *(evidence(1.0, 0.5), (GAP,), {}),
            ["Measured overfitting. The model as it is does not reliably beat"],
        ),
        (
            *(evidence(1.0, 0.8, skipped=LATE), (GAP,), {"remedies": [VAIN]}),
            ["Measured overfitting. The only remedy is a try", "no time for: boosted"],
        ),
        (
            *(WIDE, (GAP, found("too_little_data")), {"remedies": [VAIN]}),
            ["Measured overfitting. The only remedy is a try", "Mend too_little_data."],
        ),
        (
            *(WIDE, (GAP,), {"remedies": [UNSURE]}),
            ["Measured overfitting. The only regularized version of the model is a"],
        ),
        (WIDE, (GAP,), {"remedies": [VAIN]}, ["overfitting. The only remedy is a try"]),
        (
            *(WIDE, (GAP,), {"remedies": [SAME]}),
            ["Measured overfitting. The only remedy is an equal", "prefer it."],
        ),
        (
            *(WIDE, (GAP,), {"remedies": [BETTER], "best": BETTER}),
            ["Measured overfitting. With a cure, the test accuracy rises"],
        ),
        (
            *(WIDE, (GAP, found("excess_capacity")), {}),
            ["Measured overfitting. Measured excess_capacity. Mend excess_capacity."],
        ),
        (
            *(WIDE, (GAP,), {"remedies": [OTHER, VAIN], "best": OTHER}),
            ["Measured overfitting. With another", "The only regularized version"],
        ),
        (
            *(AT_CHANCE, (NO_GAP, found("no_signal")), {"best": BETTER}),
            ["Measured no_signal. With a cure, less is lost", "Mend no_signal."],
        ),
        (
            *(NARROW, (NO_GAP, found("underfitting")), {"best": WIDER}),
            ["Measured underfitting. With more, the test accuracy rises"],
        ),
        (
            *(WIDE, (GAP, found("search_winner", None)), {}),
            ["Measured search_winner. Mend search_winner."],
        ),
        (
            *(evidence(1.0, 0.5), (GAP, found("unscaled_columns")), {}),
            ["Mend unscaled_columns. The model as it is does not reliably beat"],
        ),
        (
            *(WIDE, (GAP, found("imbalance_hidden")), {}),
            ["Measured imbalance_hidden. Mend imbalance_hidden."],
        ),
    ],
)
def test_explanation(made, findings, tried, parts):
    explanation = judged(made, *findings, **tried).explanation
    for part in parts:
        assert part in explanation


def test_nothing_is_said_twice_or_after_the_advice():
    text = judged(WIDE, GAP, remedies=[BETTER], best=BETTER).explanation
    assert text.count("With a cure") == 1
    assert judged(WIDE, GAP, remedies=[SAME]).explanation.endswith("prefer it.")


def test_a_remedy_that_is_not_for_the_estimator_is_not_a_try():
    augmented = remedy(-0.1, -0.1, kind="data", regularizes=False)
    verdict = judged(WIDE, GAP, remedies=[augmented])
    assert verdict.headline == "There is a gap, but no remedy could be tried."


@pytest.mark.parametrize(
    ("severity", "best", "is_capacity"),
    [
        ("serious", BETTER, True),
        ("warning", BETTER, False),
        ("warning", WIDER, True),
        ("warning", None, True),
    ],
)
def test_capacity_is_missing_where_the_better_model_has_a_wider_gap(
    severity, best, is_capacity
):
    finding = found("underfitting", severity=severity)
    remedies = [best] if best else []
    verdict = judged(NARROW, NO_GAP, finding, remedies=remedies, best=best)
    assert (verdict.code == "underfitting") == is_capacity


def test_what_leads_gains_half_of_the_best_remedy_and_more_than_a_hundredth():
    half = BETTER.change.mean / 2
    for effect, leads in [(half, True), (0.99 * half, False)]:
        cause = found("unscaled_columns", effect)
        verdict = judged(WIDE, GAP, cause, remedies=[BETTER], best=BETTER)
        assert (verdict.headline == "Title of unscaled_columns.") == leads
    # Of a way of 0.5 from the dummy to a perfect score.
    for effect, leads in [(0.006, True), (0.004, False)]:
        verdict = judged(WIDE, GAP, found("unscaled_columns", effect))
        assert (verdict.headline == "Title of unscaled_columns.") == leads


def parts(cv_minus_own, pvalue):
    return Decomposition(
        own_test=0.9 - cv_minus_own,
        n_test=100,
        train_minus_cv=0.05,
        train_minus_cv_interval=(0.0, 0.1),
        cv_minus_own=cv_minus_own,
        cv_minus_own_interval=(0.01, 0.19),
        cv_minus_own_pvalue=pvalue,
        gap=0.15,
        gap_interval=(0.0, 0.2),
    )


def test_a_test_part_that_was_prepared_otherwise():
    verdict = judged(WIDE, GAP, found("units_differ", None, "serious"))
    assert verdict.code == "test_part_differs"
    assert verdict.headline == "Title of units_differ."
    assert verdict.explanation.startswith("Measured units_differ. Mend units_differ.")


def test_a_test_part_that_scores_lower():
    made = evidence(0.95, 0.9, decomposition=parts(0.1, 0.001))
    verdict = judged(made, GAP)
    assert verdict.code == "test_part_differs"
    assert verdict.headline == (
        "The test part differs from the training part, and scores lower."
    )
    start = "Cross-validated accuracy 0.900, on the own test part 0.800: 0.100 (0.010"
    assert verdict.explanation.startswith(start)
    named = judged(made, GAP, found("range_left"))
    assert named.headline == "Title of range_left, and scores lower."
    assert named.explanation.startswith(start)
    told = "Title of range_left: Measured range_left. Mend range_left."
    assert told in named.explanation


@pytest.mark.parametrize(
    ("cv_minus_own", "pvalue", "is_lower"),
    [(0.1, 0.049, True), (0.1, 0.05, False), (0.006, 0.01, True), (0.004, 0.01, False)],
)
def test_a_test_part_scores_lower_for_sure_and_by_a_hundredth_of_the_way(
    cv_minus_own, pvalue, is_lower
):
    made = evidence(0.95, 0.9, decomposition=parts(cv_minus_own, pvalue))
    verdict = judged(made, GAP, found("range_left"))
    assert (verdict.code == "test_part_differs") == is_lower
