"""SKO205: rows that belong together, on both sides of the splits."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import KFold
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._comparisons._contrasts import Contrast
from skoverfit.diagnosis._rows._arrangement import GroupCandidate
from skoverfit.diagnosis._rows._near_copies import NearCopies
from skoverfit.diagnosis.causes._groups_apart import GroupsApart, Tried, when_together
from tests.diagnosis.causes.planted import SHUFFLED, subjects
from tests.diagnosis.made_evidence import WIGGLE

MODEL = KNeighborsClassifier(3)
GROUPS = np.array([3, 1, 2, 1, 0, 1])
BY_COLUMN = GroupCandidate("'who'", GROUPS, ("who",))


def near(size=2.0, label=None):
    clusters = NearCopies(GROUPS, 30, size, 0.8, 0.123, label)
    return GroupCandidate("near copies", GROUPS, near=clusters)


def pair(fall, pvalue=0.001, left_open=np.inf, score=0.9):
    change = corrected_estimate(-fall + WIGGLE / 10)
    return Contrast(score, score - fall, change, 0.5, pvalue, left_open)


def tried(candidate=BY_COLUMN, contrast=None, parted=0.9, agreement=0.7):
    return Tried(candidate, parted, agreement, contrast)


def judged(*measured, groups=None, is_classification=True):
    problem = SimpleNamespace(
        scoring="accuracy",
        X=pd.DataFrame(),
        groups=groups,
        is_classification=is_classification,
        splits=[None] * 4,
    )
    return GroupsApart().judge(measured, problem)


# ---------------------------------------------------------------------------- measured


def test_subjects_on_both_sides_are_named_with_the_score_without(find):
    X, y, subject = subjects(30, 10)
    y = np.array(["ill", "well"])[y]
    frame = pd.DataFrame(X).add_prefix("c").assign(who=subject)
    found = find("SKO205", frame, y, MODEL, cv=SHUFFLED)
    assert (found.status, found.severity) == ("present", "serious")
    assert found.columns == ("who",)
    assert found.counterfactual < 0.75
    assert found.effect > 0.2
    assert "100% of the test rows have such rows in training" in found.explanation
    kept = find("SKO205", X, y, MODEL, groups=subject, cv=None)
    assert kept.status == "absent"


def test_the_rows_of_a_subject_are_one_observation(find):
    X, y, _ = subjects(12, 30)
    found = find("SKO205", X, y, MODEL, cv=SHUFFLED)
    assert found.effect > 0.2
    assert found.pvalue > 1e-3  # 360 rows would leave no doubt


def test_subjects_beside_a_leak_matter_by_the_errors_that_are_left(find):
    """The leak lets the score fall little; a third of all errors is more."""
    X, _, subject = subjects(60, 6, noise=0.3)
    rng = np.random.default_rng(0)
    y = rng.normal(size=60)[subject]
    again = y + rng.normal(0, 0.2, len(y))
    model = KNeighborsRegressor(5, weights="distance")
    found = find("SKO205", np.column_stack([X[:, :3] / 3, 9 * again]), y, model)
    assert (found.status, found.severity) == ("present", "serious")
    assert 0.01 < found.effect < 0.05


def test_splits_in_the_order_of_subjects_part_none(find):
    X, y, subject = subjects(30, 10)
    order = np.argsort(subject, kind="stable")
    found = find("SKO205", X[order], y[order], MODEL, cv=KFold(5))
    assert found.status == "absent"
    assert "are on one side of nearly every split" in found.explanation


def test_what_is_no_table_is_not_measured(find):
    texts = [" ".join("abc"[k % 3] * (k % 7)) for k in range(60)]
    found = find(
        "SKO205",
        texts,
        np.arange(60) % 2,
        make_pipeline(CountVectorizer(analyzer="char"), BernoulliNB()),
    )
    assert found.status == "not_measured"
    assert "not a table" in found.explanation


# ------------------------------------------------------------------------------ judged


@pytest.mark.parametrize(
    ("contrast", "status"),
    [
        (pair(0.2), "present"),
        (pair(0.2, pvalue=0.024), "present"),
        (pair(0.2, pvalue=0.026), "absent"),
        (pair(0.026), "present"),  # a twentieth of the range
        (pair(0.024), "absent"),
        (pair(0.024, left_open=0.09), "present"),  # a quarter of the errors
        (pair(0.024, left_open=0.1), "absent"),
        (None, "absent"),
    ],
)
def test_a_reliable_fall_of_the_score_is_serious(contrast, status):
    found = judged(tried(contrast=contrast))
    assert found.status == status
    assert found.severity == ("serious" if status == "present" else "info")
    if status == "present":
        assert (found.effect, found.interval) == (contrast.effect, contrast.interval)
        assert (found.pvalue, found.counterfactual) == (contrast.pvalue, contrast.other)


def test_of_several_ways_to_group_the_first_that_costs_counts():
    sure, unsure = pair(0.2), pair(0.2, pvalue=0.02)
    ways = [tried(near(), pair(0.0)), tried(contrast=unsure), tried(near(), sure)]
    # Each was tried at a third of the level.
    assert judged(*ways).pvalue == sure.pvalue
    assert judged(ways[1]).pvalue == 0.02
    assert judged(*ways, ways[1]).title == (
        "Near copies of test rows are among the training rows"
    )


@pytest.mark.parametrize(
    ("candidate", "agreement", "status"),
    [
        (near(), 0.51, "present"),
        (near(), 0.5, "absent"),
        (BY_COLUMN, 0.9, "absent"),
    ],
)
def test_near_copies_that_share_their_target_are_a_warning(
    candidate, agreement, status
):
    little = pair(0.01, pvalue=0.3)
    found = judged(tried(contrast=None), tried(candidate, little, agreement=agreement))
    assert found.status == status
    if status == "present":
        assert (found.severity, found.pvalue) == ("warning", None)
        assert found.explanation.endswith(
            "That is no reliable fall: so few groups cannot show what it costs."
        )


def test_what_is_told_of_a_column():
    found = judged(tried(contrast=pair(0.2)))
    assert found.title == "Rows of the same group (who) are on both sides of the splits"
    assert found.explanation == (
        "Rows with the same 'who' are alike in the other columns. 90% of the test rows "
        "have such rows in training. accuracy 0.900 as it is, 0.700 where rows that "
        "belong together stay on one side. Rows that belong together mostly share "
        "their target (70% of its variation is between groups)."
    )
    assert found.advice == (
        'Keep each who on one side: groups=X["who"] (--groups who), with '
        "cv=StratifiedGroupKFold(4), and leave the column out of the features. The "
        "score that results is that for a subject never seen."
    )
    assert (found.columns, found.rows) == (("who",), (1, 3, 5))
    assert found.counterfactual_label == when_together(BY_COLUMN)
    assert when_together(BY_COLUMN) == "with groups kept together ('who')"


def test_what_is_told_of_near_copies():
    found = judged(tried(near(), pair(0.2), agreement=0.5), is_classification=False)
    assert found.explanation.startswith(
        "80% of the rows are in 30 clusters of about 2 rows that are much nearer to "
        "one another (distance 0.12 times that to other rows). 90% of the test rows"
    )
    assert found.explanation.endswith("stay on one side.")
    assert found.advice == (
        "Find out what belongs together (person, machine, place, the original of a "
        "changed copy) and pass it: groups=..., with cv=GroupKFold(4). Where it is not "
        "known, use groups=near_copy_groups(X)."
    )


@pytest.mark.parametrize(
    ("size", "label", "is_copy"),
    [(3, None, True), (4, None, False), (4, "few", True)],
)
def test_clusters_of_many_rows_are_subjects(size, label, is_copy):
    found = judged(tried(near(size, label), pair(0.2)))
    copies = "Near copies of test rows are among the training rows"
    people = "Rows of the same subject are on both sides of the splits"
    assert found.title == (copies if is_copy else people)
    where = "" if label is None else " of class 'few'"
    assert f"of the rows{where} are in" in found.explanation


@pytest.mark.parametrize(
    ("measured", "groups", "text"),
    [
        ((), GROUPS, "The groups that were passed stay on one side."),
        (
            (),
            None,
            "There are no clusters of near copies, and no column looks like groups.",
        ),
        (
            (tried(),),
            None,
            "Rows that belong together ('who') are on one side of nearly every split. "
            "Keep it so: shuffled splits would part them.",
        ),
        (
            (tried(contrast=pair(0.01)),),
            None,
            "Rows may belong together ('who'), but with them kept on one side accuracy "
            "is 0.890 against 0.900.",
        ),
    ],
)
def test_what_is_told_of_an_absence(measured, groups, text):
    found = judged(*measured, groups=groups)
    assert (found.status, found.explanation) == ("absent", text)
    assert found.title == "No rows were found that belong together and are parted"
