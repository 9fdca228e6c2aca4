"""Equal rows with different labels bound the score."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis.causes._conflicting_labels import (
    ConflictingLabels,
    Conflicts,
    find_conflicts,
)
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    finding_of,
    measured,
)


def test_conflicting_labels_bound_the_score():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    X, y = np.vstack([X, X[:40]]), np.r_[y, 1 - y[:40]]
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("conflicting_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.counterfactual == pytest.approx(200 / 240)
    assert set(found.rows) <= {*range(40), *range(200, 240)}
    same_labels = finding_of("conflicting_labels", model, X[:200], y[:200], cv=SHUFFLED)
    assert same_labels.status == "absent"


def test_conflicts_by_hand():
    copies = np.array([4, 0, 1, 4, 2, 0, 4, 3, 3, 0])
    labels = np.array(list("aababbbccb"))  # 4: a b b, 0: a b b, 3: c c
    found = find_conflicts(copies, labels, 0.4)
    assert (found.n_groups, found.n_rows, found.error) == (2, 6, 0.4)
    assert found.lost == pytest.approx(2 / 10)
    assert found.rows.tolist() == [1, 5, 9, 0, 3, 6]
    several = find_conflicts(np.zeros(6, int), np.array([0, 1, 1, 2, 2, 2]))
    assert (several.n_groups, several.n_rows) == (1, 6)
    assert several.lost == pytest.approx(0.5)
    assert np.isnan(several.error)


def test_the_errors_are_those_of_rows_that_were_left_out():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.arange(90) % 2
    tree = DecisionTreeClassifier(random_state=0)
    found = measured(ConflictingLabels(), tree, X, y, cv=SHUFFLED)
    said = cross_val_predict(tree, X, y, cv=SHUFFLED)
    assert found.error == pytest.approx((said != y).mean())
    lab = SimpleNamespace(
        oof=None, same_rows=np.arange(90), problem=SimpleNamespace(y=y)
    )
    assert np.isnan(ConflictingLabels().measure(lab).error)


def judged(lost=0.1, error=0.2, scoring="accuracy"):
    conflicts = Conflicts(12, 30, lost, error, np.arange(30))
    return ConflictingLabels().judge(conflicts, SimpleNamespace(scoring=scoring))


@pytest.mark.parametrize(
    ("lost", "error", "status"),
    [
        (0.01, 0.02, "present"),
        (0.009, 0.02, "absent"),  # hardly any
        (0.1, 0.29, "present"),
        (0.1, 0.31, "absent"),  # the model has other errors
        (0.1, np.nan, "present"),
    ],
)
def test_conflicts_count_where_they_explain_the_errors(lost, error, status):
    found = judged(lost, error)
    assert (found.status, found.effect) == (status, lost)
    assert found.severity == ("warning" if status == "present" else "info")


def test_what_is_told():
    found = judged()
    first = (
        "30 rows in 12 sets are equal in every column and differ in the label: no "
        "model of these columns can get more than 90.0% of all rows right."
    )
    assert found.title == "Equal rows have different labels"
    assert found.explanation == f"{first} The model gets 80.0% right."
    assert found.advice == (
        "Look at rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9: either a label is wrong, or a "
        "column is missing that tells the rows apart."
    )
    assert found.rows == tuple(range(20))
    assert found.counterfactual == pytest.approx(0.9)
    assert found.counterfactual_label == "the best accuracy possible with these columns"
    assert (found.unit, judged(scoring="f1").unit) == ("score", "share of rows")
    assert judged(error=np.nan).explanation == first
    absent = judged(lost=0.0)
    assert absent.title == "Labels of equal rows do not limit the score"
    assert "than 100.0% of all rows right" in absent.explanation
