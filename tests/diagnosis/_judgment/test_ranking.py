"""The order of findings."""

import math

import numpy as np
import pytest

from skoverfit.diagnosis import Finding
from skoverfit.diagnosis._judgment._ranking import points_explained, ranked

NAMES = {
    "SKO101": "excess_capacity",
    "SKO102": "overfitting",
    "SKO103": "underfitting",
    "SKO104": "too_little_data",
    "SKO105": "no_signal",
    "SKO106": "many_columns",
    "SKO108": "unscaled_columns",
    "SKO201": "leaking_column",
    "SKO204": "duplicates",
    "SKO205": "groups_apart",
    "SKO209": "scaled_before_split",
    "SKO211": "search_winner",
    "SKO304": "drift_over_time",
    "SKO311": "test_part_differs",
    "SKO312": "unseen_categories",
    "SKO313": "range_left",
    "SKO316": "units_differ",
    "SKO401": "wrong_labels",
    "SKO404": "quantity_as_classes",
    "SKO406": "too_few_test_rows",
}


def found(code, effect=None, severity="warning", interval=None, **more):
    name, unit = NAMES.get(code, code.lower()), more.get("unit", "score")
    status = more.get("status", "present")
    texts = (name, status, severity, effect, interval, unit, "Measured.", "")
    return Finding(code, name, *texts, columns=more.get("columns", ()))


def test_an_effect_that_may_be_none_explains_nothing():
    sure = found("SKO108", 0.05, interval=(0.01, 0.09))
    unsure = found("SKO109", 0.20, interval=(-0.01, 0.41))
    assert order(unsure, sure) == ["SKO108", "SKO109"]
    touching = points_explained([found("SKO108", 0.2, interval=(0.0, 0.4))])
    assert touching == {"SKO108": 0.0}


def order(*findings, score_range=1.0):
    codes = [finding.code for finding in ranked(findings, score_range)]
    assert codes == [f.code for f in ranked(findings[::-1], score_range)]
    return codes


def test_points_come_before_severity_and_severity_before_the_code():
    findings = (
        found("SKO316", 0.05, "serious"),
        found("SKO108", 0.20),
        found("SKO205", 0.05),
        found("SKO201", 0.05),
        found("SKO401", 0.30, unit="share of labels"),
        found("SKO204", 0.90, unit="share of copies"),
    )
    expected = ["SKO401", "SKO108", "SKO316", "SKO201", "SKO205", "SKO204"]
    assert order(*findings) == expected


def test_what_counts_as_small_follows_the_range_of_the_score():
    assert points_explained([found("SKO108", 0.01)]) == {"SKO108": 0.01}
    slight, severe = found("SKO108", 0.009), found("SKO201", None, "serious")
    other = found("SKO109", severity="serious")
    assert order(slight, other) == ["SKO109", "SKO108"]
    assert order(slight, other, score_range=0.5) == ["SKO108", "SKO109"]
    more = found("SKO108", 0.015)
    assert [f.code for f in ranked([other, more])] == ["SKO108", "SKO109"]
    assert order(more, severe) == ["SKO201", "SKO108"]  # a doubt about the score
    drop = found("SKO311", 0.008, interval=(0.001, 0.015))
    labels = found("SKO401", 0.15, unit="share of labels")
    assert order(labels, drop, score_range=0.5) == ["SKO311", "SKO401"]
    assert order(labels, drop) == ["SKO401", "SKO311"]


def test_what_is_only_worth_knowing_comes_after_what_is_general():
    info = found("SKO108", severity="info")
    assert order(info, found("SKO102")) == ["SKO102", "SKO108"]


def test_findings_of_others_are_particular():
    general = found("SKO101", severity="serious")
    assert order(found("OWN001"), general) == ["OWN001", "SKO101"]


def test_serious_doubts_come_first_and_no_signal_before_what_rests_on_one():
    doubt = found("SKO205", 0.02, "serious")
    findings = (found("SKO105", -0.1), found("SKO108", 0.4), doubt)
    assert order(*findings) == ["SKO205", "SKO105", "SKO108"]
    findings = (found("SKO105", 0.0), found("SKO404", 0.3), doubt)
    assert order(*findings) == ["SKO205", "SKO404", "SKO105"]
    apart = found("SKO316", None, "serious")
    assert order(found("SKO105", 0.0), apart) == ["SKO105", "SKO316"]


def test_rows_explain_nothing_beside_what_is_cheaper_to_mend():
    rows = found("SKO104", 0.40)
    assert order(rows, found("SKO102", 0.5)) == ["SKO104", "SKO102"]
    for other in ("SKO101", "SKO108", "SKO401"):
        assert order(rows, found(other, 0.05)) == [other, "SKO104"]
        assert order(rows, found(other, 0.05, "info")) == ["SKO104", other]


def test_rows_explain_nothing_beside_doubts_about_the_score():
    rows = found("SKO104", 0.40)
    for doubt in ("SKO205", "SKO311", "SKO312", "SKO315"):
        assert order(rows, found(doubt)) == [doubt, "SKO104"]
        assert order(rows, found(doubt, severity="info")) == ["SKO104", doubt]
    # How well a score is known, and a measured effect beside an unknown one.
    assert order(rows, found("SKO406", 0.9)) == ["SKO104", "SKO406"]
    assert order(rows, found("SKO106")) == ["SKO104", "SKO106"]
    info = found("SKO104", 0.02, "info")
    assert order(info, found("SKO209", severity="info")) == ["SKO209", "SKO104"]


def test_a_target_asked_for_wrongly_comes_before_the_signal_that_it_hides():
    quantity = found("SKO404", 0.02, interval=(-0.02, 0.06))
    assert order(found("SKO105", 0.0, "serious"), quantity) == ["SKO404", "SKO105"]
    info = found("SKO404", 0.02, "info")
    assert order(found("SKO105", 0.0, "serious"), info) == ["SKO105", "SKO404"]
    assert order(quantity, found("SKO108", 0.1)) == ["SKO108", "SKO404"]


def test_a_score_that_falls_over_time_comes_before_what_is_found_on_average():
    labels = found("SKO401", 0.3, unit="share of labels")
    fall = found("SKO304", 0.2, interval=(0.1, 0.3))
    assert order(labels, fall, found("SKO108", 0.4)) == ["SKO304", "SKO108", "SKO401"]
    assert order(fall, found("SKO205", 0.1, "serious")) == ["SKO205", "SKO304"]


def test_rows_that_belong_together_explain_what_copies_among_them_do_not():
    copies = found("SKO204", 0.12, "serious")
    groups = found("SKO205", 0.13, "serious")
    assert order(copies, groups) == ["SKO204", "SKO205"]
    assert points_explained([copies, groups])["SKO205"] == pytest.approx(0.01)
    assert order(copies, found("SKO205", 0.3, "serious")) == ["SKO205", "SKO204"]


def test_a_winner_that_its_own_score_chose_comes_before_findings_about_it():
    winner = found("SKO211", 0.04, interval=(-0.05, 0.13))
    assert order(found("SKO101", 0.3), winner) == ["SKO211", "SKO101"]
    info = found("SKO211", 0.02, "info")
    assert order(found("SKO101", 0.3), info) == ["SKO101", "SKO211"]


def test_capacity_explains_what_a_particular_cause_leaves():
    for general in ("SKO101", "SKO103"):
        more = found(general, 0.30, "serious")
        assert order(more, found("SKO108", 0.20)) == ["SKO108", general]
        assert order(more, found("SKO108", 0.10)) == [general, "SKO108"]


def test_a_particular_cause_of_unknown_effect_may_explain_what_is_left():
    general = found("SKO311", 0.30, "serious")
    unknown = found("SKO316", None)
    assert order(general, unknown) == ["SKO316", "SKO311"]
    assert points_explained([general, unknown])["SKO316"] == 0.30
    shares = found("SKO314", 0.20)
    assert order(general, unknown, shares) == ["SKO314", "SKO316", "SKO311"]
    shares = found("SKO314", 0.10)
    assert order(general, unknown, shares) == ["SKO316", "SKO314", "SKO311"]
    assert order(general, found("SKO316", None, "info")) == ["SKO311", "SKO316"]


def test_what_is_only_worth_knowing_small_or_unknown_explains_nothing():
    findings = (
        found("SKO101", 0.5, "info"),
        found("SKO108", 0.009),
        found("SKO201", math.nan),
        found("SKO205", None),
        found("SKO401", -0.5),
    )
    assert set(points_explained(findings).values()) == {0.0}
    assert points_explained(findings, 0.5)["SKO108"] == 0.009
    assert order(*findings)[-1] == "SKO101"


def test_the_gap_is_to_be_explained_and_comes_after_its_causes():
    assert order(found("SKO102", 0.4), found("SKO108", 0.02)) == ["SKO108", "SKO102"]
    assert order(found("SKO102", 0.4), found("SKO401")) == ["SKO401", "SKO102"]


def test_a_particular_difference_of_the_test_part_comes_before_the_general_one():
    general = found("SKO311", 0.30, "serious")
    assert order(general, found("SKO316", 0.20)) == ["SKO316", "SKO311"]
    assert order(general, found("SKO316", 0.10)) == ["SKO311", "SKO316"]
    assert points_explained([general, found("SKO316", 0.5)])["SKO311"] == 0.0


def test_a_particular_difference_of_the_same_columns_is_the_general_one():
    general = found("SKO311", 0.30, "serious", columns=("city",))
    assert order(general, found("SKO312", 0.10)) == ["SKO311", "SKO312"]
    same = found("SKO312", 0.10, columns=("city", "age"))
    assert order(general, same) == ["SKO312", "SKO311"]
    assert points_explained([general, same]) == {"SKO311": 0.0, "SKO312": 0.30}
    more = found("SKO311", 0.30, "serious", columns=("city", "size"))
    assert order(more, same) == ["SKO311", "SKO312"]
    # Of several that name it the largest, and none that names other columns.
    second = found("SKO313", 0.20, columns=("city",))
    points = points_explained([general, same, second])
    assert points == {"SKO311": 0.0, "SKO312": 0.10, "SKO313": 0.30}
    other = found("SKO313", 0.20, columns=("size",))
    points = points_explained([general, same, other])
    assert points == {"SKO311": 0.0, "SKO312": 0.30, "SKO313": 0.20}


def test_differences_of_a_test_part_that_scores_no_less_explain_nothing():
    part = found("SKO311", 0.03, interval=(-0.02, 0.08))
    assert order(part, found("SKO313", 0.02), found("SKO316", -0.01, "serious")) == [
        "SKO316",
        "SKO313",
        "SKO311",
    ]
    assert set(points_explained([part, found("SKO313", 0.02)]).values()) == {0.0}
    part = found("SKO311", 0.03, status="absent")
    assert set(points_explained([part, found("SKO313", 0.02)]).values()) == {0.0}
    assert points_explained([found("SKO313", 0.02)]) == {"SKO313": 0.02}


def test_a_namesake_keeps_its_points_beside_what_is_unknown():
    general = found("SKO311", 0.9, "serious", columns=("x",))
    named = found("SKO313", columns=("x",))
    points = points_explained([general, named, found("SKO314")])
    assert points == {"SKO311": 0.0, "SKO313": 0.9, "SKO314": 0.0}


@pytest.mark.parametrize("low", [-0.01, 0.01])
def test_what_explains_a_lower_test_part_comes_before_the_model_on_its_rows(low):
    drop = found("SKO311", 0.10, interval=(low, 0.19))
    labels = found("SKO401", 0.15, unit="share of labels")
    findings = (labels, drop, found("SKO312", 0.06), found("SKO406", 0.2))
    before, after = ["SKO312", "SKO311"], ["SKO401", "SKO406"]
    expected = [*before, *after] if low > 0 else ["SKO401", "SKO312", "SKO311"]
    assert order(*findings)[: len(expected)] == expected


def test_a_test_part_that_was_prepared_by_itself_comes_after_doubts_only():
    apart = found("SKO316", None, "serious")
    drop = found("SKO311", 0.4, interval=(0.3, 0.5))
    findings = (drop, found("SKO313", 0.5), found("SKO103", 0.2), apart)
    assert order(*findings)[0] == "SKO316"
    assert order(*findings, found("SKO205", 0.02, "serious"))[1] == "SKO316"


def test_what_is_present_comes_first_and_then_what_is_absent():
    findings = (
        found("SKO101", 0.1, status="absent"),
        found("SKO102", status="not_measured"),
        found("SKO108", 0.02),
        found("SKO205", status="not_applicable"),
        found("SKO201", 0.1, status="absent"),
    )
    assert order(*findings) == ["SKO108", "SKO101", "SKO201", "SKO102", "SKO205"]


@pytest.mark.parametrize("seed", range(3))
def test_causes_of_others_take_part(seed):
    rng = np.random.default_rng(seed)
    effects = rng.uniform(0.02, 0.5, 6)
    findings = [found(f"OWN{k:03}", float(effect)) for k, effect in enumerate(effects)]
    expected = [f"OWN{k:03}" for k in np.argsort(-effects)]
    assert order(*findings) == expected
