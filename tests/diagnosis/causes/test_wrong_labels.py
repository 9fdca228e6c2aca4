"""Wrong labels: planted ones are found, overlap is not taken for them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import (
    load_breast_cancer,
)
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis.causes._wrong_labels import (
    Contradicted,
    WrongLabels,
    _with_scores,
    _without_best_column,
    contradicted,
    out_of_fold_probabilities,
)
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    finding_of,
)


def test_wrong_labels_are_found_with_their_share_and_rows():
    X, y = load_breast_cancer(return_X_y=True)
    flipped = np.random.default_rng(0).random(len(y)) < 0.15
    y = np.where(flipped, 1 - y, y)
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.interval[0] < 0.15 < found.interval[1]
    assert flipped[list(found.rows)].mean() > 0.8


def test_wrong_labels_are_found_where_classes_overlap_too():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 400)
    X = rng.normal(size=(400, 5))
    X[np.arange(400), y] += 2.0  # about a quarter of the rows could be another class
    tree = DecisionTreeClassifier(random_state=0)
    assert finding_of("wrong_labels", tree, X, y, cv=SHUFFLED).status == "absent"
    wrong = np.where(rng.random(400) < 0.2, (y + rng.integers(1, 4, 400)) % 4, y)
    assert finding_of("wrong_labels", tree, X, wrong, cv=SHUFFLED).status == "present"


@pytest.mark.parametrize("seed", range(3))
def test_classes_that_overlap_are_not_taken_for_wrong_labels(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 400)
    X = rng.normal(size=(400, 5)) + 0.5 * y[:, None]
    model = DecisionTreeClassifier(random_state=0)
    assert finding_of("wrong_labels", model, X, y, cv=SHUFFLED).status == "absent"
    X = rng.normal(size=(400, 5))  # nothing is known of the labels at all
    assert finding_of("wrong_labels", model, X, y, cv=SHUFFLED).status == "absent"


@pytest.mark.parametrize("share", [0.15, 0.2])
def test_errors_of_the_one_column_that_tells_are_not_taken_for_wrong_labels(share):
    """A column is the label with some errors; four others say little."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    X = rng.normal(size=(400, 5)) + 0.4 * y[:, None]
    X[:, 2] = np.where(rng.random(400) < share, 1 - y, y)
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status != "present"
    assert (
        finding_of("wrong_labels", model, X[:, [2]], y, cv=SHUFFLED).status != "present"
    )


@pytest.mark.parametrize("seed", range(2))
def test_two_of_four_classes_that_overlap_among_noise_are_not_wrong_labels(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 300)
    X = rng.normal(size=(300, 60))
    X[np.arange(300), np.minimum(y, 2)] += 3.0  # the last two look alike
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "absent"


def test_a_rare_class_that_is_never_predicted_is_not_mislabeled():
    rng = np.random.default_rng(0)
    codes = (rng.random(500) < 0.2).astype(int)
    common = rng.uniform(0.6, 1.0, 500)
    common = np.c_[common, 1 - common]
    found = contradicted(codes, common, np.arange(500))
    assert found.share > 0.15
    assert not found.looks_wrong
    predicted = (codes == 1) & (rng.random(500) < 0.7)
    found = np.where(predicted[:, None], common[:, ::-1], common)
    assert contradicted(codes, found, np.arange(500)).looks_wrong


# ------------------------------------------------------------------ parts of measuring


def exact(hits, n):
    return stats.binomtest(hits, n).proportion_ci(method="exact")


def test_contradicted_labels_by_hand():
    n = 36
    codes = np.arange(n) % 2
    sure = np.linspace(0.98, 0.02, n)  # the first rows are the surest
    wrong = np.isin(np.arange(n), [1, 4, 8, 15, 20, 30, 31])
    said = np.where(wrong, 1 - codes, codes)
    probabilities = np.full((n, 2), 0.5)
    probabilities[np.arange(n), said] += sure / 2
    probabilities[np.arange(n), 1 - said] -= sure / 2
    shuffled = np.random.default_rng(0).permutation(n)
    found = contradicted(codes[shuffled], probabilities[shuffled], 100 + shuffled)
    assert found.share == pytest.approx(4 / 18)
    assert found.overall == pytest.approx(7 / 36)
    assert found.evenness == pytest.approx((4 / 18) / (7 / 36))
    assert found.floor == pytest.approx((2 / 6) / (4 / 18))
    assert found.interval == pytest.approx(exact(4, 18))
    assert found.surest == pytest.approx(exact(3, 12)[0])
    assert found.rows.tolist() == [101, 104, 108, 115]  # the clearest first
    assert (found.n_rows, found.n_classes, found.rare) == (36, 2, 0.5)
    assert found.lead == pytest.approx(0.5 - 7 / 36)
    several = np.repeat([0, 1, 2], [20, 12, 4])
    certain = contradicted(several, np.eye(3)[several], np.arange(36))
    assert (certain.share, certain.evenness, certain.floor) == (0, 0, 0)
    assert certain.overall == 0
    assert certain.rare == pytest.approx(16 / 36)
    assert certain.lead == pytest.approx(1 - (20**2 + 12**2 + 4**2) / 36**2)
    none = contradicted(codes, np.eye(2)[1 - codes], np.arange(n))
    assert none.interval == pytest.approx(exact(18, 18))


@pytest.mark.parametrize("n_columns", [3, 21])
def test_probabilities_are_of_forests_that_have_not_seen_the_row(n_columns):
    rng = np.random.default_rng(0)
    codes = np.r_[np.arange(90) % 2, 2]  # one row alone of its class
    matrix = rng.normal(size=(91, n_columns)) + 2.0 * codes[:, None]
    matrix[::9, 0] = np.nan
    splits = [
        (np.arange(0, 60), np.arange(60, 91)),
        (np.arange(30, 91), np.arange(0, 20)),
    ]
    found = out_of_fold_probabilities(matrix, codes, splits, 0)
    assert np.isnan(found[20:60]).all()
    tested = np.r_[0:20, 60:91]
    assert found[tested].sum(axis=1) == pytest.approx(1)
    assert (found[60:91, 2] == 0).all()  # a class that this forest has not seen
    assert (found[:20].argmax(axis=1) == codes[:20]).mean() > 0.8
    again = out_of_fold_probabilities(matrix, codes, splits, 0)
    np.testing.assert_array_equal(again, found)


def test_the_column_that_scores_best_alone_is_left_out():
    matrix = np.arange(12.0).reshape(3, 4)
    alone = {"a": 0.2, "b": np.nan, "c": 0.7, "d": 0.5}
    rest = _without_best_column(SimpleNamespace(alone=alone), matrix)
    assert rest.tolist() == matrix[:, [0, 1, 3]].tolist()
    below = {"a": np.nan, "b": -0.5, "c": -0.2, "d": np.nan}
    rest = _without_best_column(SimpleNamespace(alone=below), matrix)
    assert rest.tolist() == matrix[:, [0, 1, 3]].tolist()
    only = _without_best_column(SimpleNamespace(alone={"a": 0.5}), matrix[:, :1])
    assert only.tolist() == [[0.0]] * 3


def test_scores_with_and_without_contradicted_rows():
    oof = SimpleNamespace(
        rows=np.array([3, 5, 7, 9]),
        y=np.array([1, 1, 0, 0]),
        predictions=np.array([1, 0, 0, 1]),
    )
    found = _with_scores(doubt(rows=np.array([5])), SimpleNamespace(oof=oof))
    assert (found.score, found.score_without) == (0.5, pytest.approx(2 / 3))
    for unknown in (SimpleNamespace(oof=None), SimpleNamespace(oof=oof)):
        nothing = doubt(rows=np.array([], int))
        assert np.isnan(_with_scores(nothing, unknown).score)


# ------------------------------------------------------------------------------ judged


def doubt(**changes):
    """Contradictions that look like wrong labels, unless something is changed."""
    options = {
        "share": 0.1,
        "interval": (0.05, 0.15),
        "evenness": 1.0,
        "floor": 1.0,
        "rows": np.arange(30),
        "n_rows": 400,
        "n_classes": 2,
        "surest": 0.0,
        "rare": 0.5,
        "lead": 0.4,
    }
    return Contradicted(**{**options, **changes})


OF_THREE = {"floor": 0.0, "n_classes": 3, "surest": 0.3, "rare": 0.7}


@pytest.mark.parametrize(
    ("changes", "looks_wrong"),
    [
        ({}, True),
        ({"interval": (0.02, 0.15)}, True),
        ({"interval": (0.019, 0.15)}, False),  # too few to be worth a word
        ({"evenness": 0.51}, False),  # of these many are contradicted elsewhere
        ({"share": 0.05, "evenness": 0.5}, True),
        ({"share": 0.04, "evenness": 0.49}, False),
        ({"floor": 0.5}, True),
        ({"floor": 0.49}, False),
        # The more are contradicted of all, the less even it may be.
        ({"share": 0.19, "lead": 0.3, "evenness": 0.75}, True),
        ({"share": 0.19, "lead": 0.3, "evenness": 0.72}, False),
        ({"share": 0.33, "lead": 0.3, "rare": 0.6}, True),
        ({"share": 0.34, "lead": 0.3, "rare": 0.6}, False),
        # The forest must know enough: of the rare class, and more than guesses.
        ({"rare": 0.125}, True),
        ({"rare": 0.124}, False),
        ({"lead": 0.051}, True),
        ({"lead": 0.049}, False),
        ({"lead": 0.01, "n_classes": 3}, True),
        # Where it is not even, the surest third may be contradicted too often.
        ({"floor": 0.0, "surest": 0.09}, True),
        ({"floor": 0.0, "surest": 0.089}, False),
        ({"floor": 0.0, "share": 0.25, "surest": 0.113}, True),
        ({"floor": 0.0, "share": 0.25, "surest": 0.112}, False),
        ({"floor": 0.0, "share": 0.3, "surest": 0.2}, True),
        ({"floor": 0.0, "share": 0.31, "surest": 0.2}, False),
        ({"floor": 0.0, "n_classes": 3, "share": 0.08, "surest": 0.03}, True),
        ({"floor": 0.0, "n_classes": 3, "share": 0.08, "surest": 0.029}, False),
        ({"floor": 0.0, "n_classes": 3, "share": 0.39, "surest": 0.13}, True),
        ({"floor": 0.0, "n_classes": 3, "share": 0.39, "surest": 0.128}, False),
        ({**OF_THREE, "share": 0.45}, True),
        ({**OF_THREE, "share": 0.46}, False),
    ],
)
def test_at_the_limits_of_what_looks_wrong(changes, looks_wrong):
    assert doubt(**changes).looks_wrong is looks_wrong


def test_wrong_labels_are_a_warning():
    measured = doubt()
    found = WrongLabels().judge(measured, None)
    assert (found.status, found.severity) == ("present", "warning")
    assert (found.effect, found.interval) == (0.1, (0.05, 0.15))
    assert found.unit == "share of labels"
    assert found.rows == tuple(range(20))
    assert WrongLabels().judge(replace(measured, kept=0.75), None).status == "present"
    one = WrongLabels().judge(replace(measured, kept=0.74), None)
    assert (one.status, one.effect) == ("not_applicable", 0.1)


def test_what_is_told():
    found = WrongLabels().judge(doubt(score=0.8, score_without=0.875), None)
    first = (
        "A forest that has not seen them contradicts 10.0% (5.0% to 15.0%) of the "
        "labels of which it is surest, against 10.0% of all."
    )
    hard = "Hard rows alone would be rare there: this is how wrong labels look."
    assert found.title == "Some labels are probably wrong"
    assert found.explanation == (
        f"{first} {hard} Without these rows in the test parts the accuracy would read "
        "0.875 instead of 0.800: an indication only, since rows the model gets wrong "
        "are left out."
    )
    assert found.advice == (
        "Look at these rows first, the clearest first: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9. "
        "Correct what is wrong; do not delete rows only because the model disagrees."
    )
    assert WrongLabels().judge(doubt(), None).explanation == f"{first} {hard}"
    absent = WrongLabels().judge(doubt(floor=0.0), None)
    assert absent.title == "Few labels are contradicted with confidence"
    assert (absent.status, absent.explanation) == ("absent", first)


@pytest.mark.parametrize(("kept", "share"), [(0.5, "50%"), (-0.1, "0%")])
def test_what_is_told_of_a_single_column(kept, share):
    found = WrongLabels().judge(doubt(kept=kept), None)
    assert found.title == "Wrong labels cannot be told from errors of one column"
    assert found.explanation.endswith(
        f"of all. But without its best column the forest keeps {share} of its lead "
        "over guessing, so that these may as well be errors of that column."
    )
