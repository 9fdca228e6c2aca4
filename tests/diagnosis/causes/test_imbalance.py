"""SKO403: rare classes that a score hides."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    recall_score,
)

from skoverfit.diagnosis.causes._base import NotMeasured
from skoverfit.diagnosis.causes._imbalance import (
    HIDING_SCORES,
    HiddenImbalance,
    Recalls,
    recalls_of,
)


def out_of_fold(y, predictions, probabilities=None):
    classes = np.unique(y)
    return SimpleNamespace(
        y=y, predictions=predictions, probabilities=probabilities, classes=classes
    )


@pytest.mark.parametrize("rare", ["no", "yes"])
def test_what_is_found_of_two_classes(rare):
    rng = np.random.default_rng(0)
    common = {"no": "yes", "yes": "no"}[rare]
    y = np.where(rng.random(100) < 0.2, rare, common)
    shown = rng.random(100)
    probabilities = np.column_stack([1 - shown, shown])
    said = np.array(["no", "yes"])[(shown > 0.5).astype(int)]
    found = recalls_of(out_of_fold(y, said, probabilities))
    assert found.labels == ("no", "yes")
    assert found.counts.tolist() == [(y == "no").sum(), (y == "yes").sum()]
    expected = recall_score(y, said, average=None)
    assert found.recalls == pytest.approx(expected)
    assert found.accuracy == accuracy_score(y, said)
    assert found.balanced_accuracy == balanced_accuracy_score(y, said)
    assert found.majority == (y == common).mean()
    of_rare = probabilities[:, ["no", "yes"].index(rare)]
    assert found.average_precision == average_precision_score(y == rare, of_rare)
    for upper, recall, n in zip(found.upper, expected, found.counts, strict=True):
        test = stats.binomtest(round(recall * n), int(n))
        assert upper == pytest.approx(test.proportion_ci(method="exact").high)
    assert np.isnan(recalls_of(out_of_fold(y, said)).average_precision)


def test_what_is_found_of_three_classes():
    y = np.repeat([0, 1, 2], [10, 20, 30])
    found = recalls_of(out_of_fold(y, np.full(60, 2), np.eye(3)[y]))
    assert found.recalls.tolist() == [0, 0, 1]
    assert found.upper[2] == pytest.approx(1)
    assert np.isnan(found.average_precision)


def test_a_class_without_rows_may_be_predicted():
    y, said = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    found = recalls_of(out_of_fold(y, said))
    assert (found.recalls.tolist(), found.accuracy) == ([0.5, 1.0], 0.75)


def test_what_is_found_is_of_rows_that_were_left_out():
    oof = out_of_fold(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    found = HiddenImbalance().measure(SimpleNamespace(oof=oof))
    assert found.recalls.tolist() == [0.5, 1.0]
    with pytest.raises(NotMeasured, match=r"^there are no out-of-fold predictions$"):
        HiddenImbalance().measure(SimpleNamespace(oof=None))


def recalls(counts=(80, 20), found=(0.9, 0.2), upper=(0.95, 0.4), precision=np.nan):
    labels = tuple("abcdefgh"[: len(counts)])
    arrays = (np.array(each, float) for each in (found, upper))
    return Recalls(labels, np.array(counts), *arrays, 0.76, precision)


@pytest.mark.parametrize(
    ("changes", "is_hidden"),
    [
        ({}, True),
        ({"counts": (75, 25)}, True),
        ({"counts": (74, 26)}, False),  # hardly imbalanced
        ({"upper": (0.95, 0.49)}, True),
        ({"upper": (0.95, 0.5)}, False),  # may be half of them
        ({"counts": (80, 10)}, True),
        ({"counts": (80, 9)}, False),  # too few rows to tell
        ({"found": (0.1, 0.2), "upper": (0.2, 0.4)}, False),  # the common one is missed
        # The class of which least is found, of those with rows.
        (
            {"counts": (80, 15, 5), "found": (0.9, 0.3, 0.0), "upper": (1, 0.4, 0.6)},
            True,
        ),
        (
            {"counts": (80, 10, 15), "found": (0.9, 0.4, 0.3), "upper": (1, 0.6, 0.4)},
            True,
        ),
    ],
)
def test_a_rare_class_is_hidden_where_most_of_it_is_missed(changes, is_hidden):
    assert recalls(**changes).is_hidden is is_hidden


def judged(measured, scoring="accuracy"):
    return HiddenImbalance().judge(measured, SimpleNamespace(scoring=scoring))


@pytest.mark.parametrize("scoring", HIDING_SCORES)
def test_scores_that_count_rows_alone_hide_it(scoring):
    found = judged(recalls(), scoring)
    assert (found.status, found.severity) == ("present", "warning")
    assert found.effect == pytest.approx(0.76 - 0.55)
    assert found.counterfactual == pytest.approx(0.55)
    assert scoring in found.title


def test_other_scores_do_not_hide_it():
    found = judged(recalls(), "roc_auc")
    assert found.status == "not_applicable"
    assert found.explanation == (
        "roc_auc does not count rare classes by their rows alone."
    )


def test_what_is_told():
    found = judged(recalls(precision=0.4))
    assert found.title == (
        "The accuracy hides that 20% of class b is found: the classes are imbalanced"
    )
    assert found.explanation == (
        "The largest class has 80.0% of the rows, so always predicting it has an "
        "accuracy of 0.800; the model has 0.760. Recalls: class b 0.20 (20 rows), "
        "class a 0.90 (80 rows). Balanced accuracy 0.550 (chance: 0.500), average "
        "precision of the rare class 0.400 (chance: 0.200)."
    )
    assert found.advice == (
        "Judge by a score that counts each class: balanced_accuracy, average_precision "
        "or roc_auc (scoring='average_precision', or --scoring average_precision); "
        "then weigh the classes (class_weight='balanced') or move the threshold."
    )
    assert found.counterfactual_label == "balanced accuracy of the same predictions"


def test_what_is_told_of_several_classes():
    counts = (1200, *range(40, 47))
    found = judged(recalls(counts, [0.9] + [0.1] * 7, [1.0] + [0.2] * 7))
    assert "Recalls: class b 0.10 (40 rows), class c 0.10 (41 rows)" in (
        found.explanation
    )
    assert "class g 0.10 (45 rows). Balanced" in found.explanation  # six of eight
    assert "(chance: 0.125)." in found.explanation
    assert "balanced_accuracy or f1_macro (scoring='balanced_accuracy'," in found.advice


def test_what_is_told_of_an_absence():
    found = judged(recalls(upper=(0.95, 0.6)))
    assert (found.status, found.title) == ("absent", "No rare class is mostly missed")
    assert found.counterfactual == pytest.approx(0.55)
    assert found.counterfactual_label == "balanced accuracy of the same predictions"
    assert found.explanation.endswith("Balanced accuracy 0.550 (chance: 0.500).")
