"""SKO202: columns that number rows or subjects."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skoverfit._columns import is_identifier
from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._columns._identifiers import subject_columns
from skoverfit.diagnosis.causes._identifier import Identifier, Numbering
from tests.diagnosis.made_evidence import WIGGLE


def weak(seed, n=400):
    rng = np.random.default_rng(seed)
    y = np.sort(rng.random(n) < 0.3).astype(int)
    X = pd.DataFrame(rng.normal(size=(n, 4)) + 0.3 * y[:, None]).add_prefix("c")
    return X, y, rng.permutation(n)


def test_numbers_given_out_class_by_class_are_found_with_what_they_are_worth(find):
    X, y, order = weak(0)
    X = X.assign(case=np.arange(len(y)) + 1000).iloc[order]
    found = find("SKO202", X, y[order])
    assert (found.status, found.severity) == ("present", "serious")
    assert found.columns == ("case",)
    assert found.counterfactual < 0.8
    assert found.effect > 0.15


def test_a_harmless_text_of_its_own_for_each_row_is_only_mentioned(find):
    X, y, order = weak(0)
    X["key"] = [f"K-{number}" for number in order]
    model = make_pipeline(
        make_column_transformer(("drop", ["key"]), remainder="passthrough"),
        DecisionTreeClassifier(min_samples_leaf=5, random_state=0),
    )
    found = find("SKO202", X, y, model)
    assert (found.status, found.severity) == ("present", "info")
    assert found.columns == ("key",)


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (lambda rng: rng.permutation(500), "x", True),
        (lambda rng: rng.choice(10**6, 500, replace=False), "customer_id", True),
        (lambda rng: rng.choice(10**6, 500, replace=False), "customerId", True),
        (lambda rng: rng.choice(10**6, 500, replace=False), "income", False),
        (lambda rng: rng.integers(0, 1500, 500), "score", False),
        (lambda rng: rng.normal(size=500), "id", False),
        (lambda rng: np.arange(500), "day", False),  # a clock
        (lambda rng: np.arange(500), "Unnamed: 0", True),
        (lambda rng: np.arange(20), "id", False),  # too few to tell
    ],
)
def test_what_an_identifier_is(values, name, expected):
    column = values(np.random.default_rng(0)).astype(float)
    assert is_identifier(column, "number", name) is expected


def subjects(seed, n_subjects=15, n_each=20):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_subjects), n_each)
    X = rng.normal(0, 3, (n_subjects, 5))[person]
    X = X + rng.normal(0, 0.5, X.shape)
    y = rng.permutation(np.arange(n_subjects) % 2)[person]
    return pd.DataFrame(X).add_prefix("c").assign(person=person), y


def test_a_column_of_subjects_is_found_and_scored_with_them_kept_together(find):
    X, y = subjects(0)
    order = np.random.default_rng(0).permutation(len(y))
    found = find("SKO202", X.iloc[order], y[order])
    assert found.status == "present"
    assert found.columns == ("person",)
    assert 'groups=X["person"]' in found.advice
    assert found.counterfactual < 0.75 < found.counterfactual + found.effect


def test_given_groups_are_not_reported_again(find):
    X, y = subjects(0)
    found = find("SKO202", X, y, groups=X["person"], cv=4)
    assert found.status == "absent"


@pytest.mark.parametrize("place", [0, 6])
def test_of_subjects_within_sites_the_subjects_are_named(find, place):
    X, y = subjects(0, 40, 10)
    X.insert(place, "site", X["person"] // 2)
    order = np.random.default_rng(0).permutation(len(y))
    assert find("SKO202", X.iloc[order], y[order]).columns == ("person",)


def test_subjects_that_the_splits_keep_on_one_side_are_no_concern(find):
    X, y = subjects(0)
    assert find("SKO202", X, y, cv=KFold(5)).status == "absent"  # of three subjects


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes, load_digits])
def test_honest_tables_number_nothing(load):
    X, _ = load(return_X_y=True)
    names, kinds = ["x"] * X.shape[1], ["number"] * X.shape[1]
    assert not any(is_identifier(column, "number", "x") for column in X.T)
    assert subject_columns(X, kinds, names) == {}


def test_copies_make_no_column_a_number_of_subjects():
    X, _, _ = weak(0, 120)
    X = X.assign(months=np.random.default_rng(0).integers(0, 30, len(X)))
    twice = np.repeat(X.to_numpy(), 2, axis=0)
    kinds = ["number"] * 4 + ["whole number"]
    assert subject_columns(twice, kinds, list(X)) == {}


# ------------------------------------------------------------------------------ judged

SURE = corrected_estimate(0.2 + WIGGLE)
NONE = corrected_estimate(0.0 + WIGGLE)
FRAME = SimpleNamespace(X=pd.DataFrame())


def judged(columns=("key",), agreement=np.nan, lost=SURE, problem=FRAME):
    other = None if lost is None else 0.7
    measured = Numbering(columns, agreement, 0.9, other, lost)
    return Identifier().judge(measured, problem)


@pytest.mark.parametrize(
    ("lost", "severity"), [(SURE, "serious"), (NONE, "info"), (None, "info")]
)
@pytest.mark.parametrize("agreement", [np.nan, 0.97])
def test_a_number_that_the_score_rests_on_is_serious(agreement, lost, severity):
    found = judged(agreement=agreement, lost=lost)
    assert (found.status, found.severity) == ("present", severity)
    assert found.columns == ("key",)
    if lost is None:
        assert (found.effect, found.counterfactual) == (None, None)
        assert found.explanation.endswith(("numbered.", "on both sides."))
        return
    assert (found.effect, found.interval) == (lost.mean, lost.interval)
    assert found.counterfactual == 0.7
    label = "without 'key'" if np.isnan(agreement) else "rows with the same 'key' kept"
    assert found.counterfactual_label.startswith(label)


def test_what_is_told_of_rows():
    found = judged()
    assert found.title == "'key' numbers the rows (an identifier)"
    assert found.explanation == (
        "'key' has a value of its own for nearly each row: it can only repeat in what "
        "order rows were collected or numbered. Without 'key' the test score is 0.700 "
        "instead of 0.900."
    )
    assert found.advice == (
        "Leave 'key' out: X.drop(columns=['key']), or --drop key on the command line. "
        "New rows have numbers that the model has never seen."
    )
    both = judged(("key", "id"))
    assert both.title == "'key' and 'id' number the rows (an identifier)"
    assert both.explanation.startswith("'key' and 'id' have a value of its own")


def test_what_is_told_of_subjects():
    found = judged(("person",), 0.97)
    assert found.title == "'person' numbers subjects whose rows belong together"
    assert found.explanation == (
        "The most similar rows nearly always have the same 'person' (agreement beyond "
        "chance 0.97): the splits have rows of one 'person' on both sides. Rows with "
        "the same 'person' kept together: the test score is 0.700 instead of 0.900."
    )
    assert found.advice == (
        'If new rows come from other subjects, pass groups=X["person"] (--groups '
        "person) and leave the column out: X.drop(columns=['person']), or --drop "
        "person on the command line."
    )
    array = judged(("column 3",), 0.97, problem=SimpleNamespace(X=np.ones((3, 4))))
    assert "groups=X[:, 3]" in array.advice


def test_what_is_told_of_an_absence():
    found = judged((), lost=None)
    assert (found.status, found.title) == ("absent", "No column numbers the rows")
    assert found.explanation == "No column has a value of its own for each row."
