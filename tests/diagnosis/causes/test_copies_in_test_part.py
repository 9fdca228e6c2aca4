"""Test rows that training has, too."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skoverfit import diagnose
from skoverfit.diagnosis.causes import _copies_in_test_part as module
from skoverfit.diagnosis.causes._base import NotMeasured
from skoverfit.diagnosis.causes._copies_in_test_part import (
    CommonRows,
    CopiesInTestPart,
)

X, Y = make_classification(300, 6, flip_y=0.3, random_state=1)
TREE = DecisionTreeClassifier(random_state=0)
CONTAINERS = {
    "array": np.asarray,
    "frame": lambda part: pd.DataFrame(part).add_prefix("c"),
    "sparse": csr_matrix,
}


def found(model, train, test, code="SKO214"):
    (X_train, y_train), (X_test, y_test) = train, test
    report = diagnose(
        model,
        X_train,
        y_train,
        X_test=X_test,
        y_test=y_test,
        cv=3,
        causes=[code],
        random_state=0,
    )
    return report, report.finding(code)


@pytest.mark.parametrize("container", CONTAINERS)
def test_common_rows_are_found_and_left_out(container):
    change = CONTAINERS[container]
    train, test = (change(X[:200]), Y[:200]), (change(X[170:]), Y[170:])
    report, finding = found(TREE, train, test)
    assert (finding.status, finding.severity) == ("present", "serious")
    assert finding.rows == tuple(range(10))
    alone = TREE.fit(change(X[:200]), Y[:200]).score(change(X[200:]), Y[200:])
    assert finding.counterfactual == pytest.approx(alone)
    assert finding.effect > 0.03
    assert report.verdict.code == "validation_misleading"


def test_texts_that_all_occur_in_training():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 8)) for _ in range(90)]
    model = make_pipeline(CountVectorizer(analyzer="char"), BernoulliNB())
    report, finding = found(model, (texts, Y[:90]), (texts[:40], Y[:40]))
    assert finding.status == "present"
    assert finding.counterfactual == report.evidence.model.gap.mean_test


def test_rows_of_few_values_and_other_rows_are_no_copies():
    few = np.random.default_rng(0).integers(0, 3, (300, 3))
    for data in (few, X):
        _, finding = found(TREE, (data[:200], Y[:200]), (data[200:], Y[200:]))
        assert finding.status == "absent"


@pytest.mark.parametrize(("n_common", "status"), [(1, "absent"), (3, "present")])
def test_a_row_that_a_table_repeats_by_itself_is_no_alarm(n_common, status):
    start = 230 - n_common
    _, finding = found(TREE, (X[:230], Y[:230]), (X[start:], Y[start:]))
    assert finding.status == status


def test_the_copies_of_training_rows_among_themselves_are_counted():
    """Of a table in which each row is there twice, test rows have copies anyway."""
    rows = np.repeat(np.arange(150.0), 2)[np.random.default_rng(0).permutation(300)]
    _, finding = found(TREE, (rows[:200, None], Y[:200]), (rows[200:, None], Y[200:]))
    assert finding.status == "absent"
    twice = np.isin(rows[:200], [v for v in rows[:200] if (rows[:200] == v).sum() == 2])
    assert f"of the training rows {twice.mean():.1%} equal another" in (
        finding.explanation
    )


# ------------------------------------------------------------------------------ judged

SEEN = np.arange(40) % 2 == 1


def judged(seen=SEEN, usual=0.02, scores=(0.9, 0.8), score_range=0.5):
    measured = CommonRows(seen, usual, scores, score_range)
    return CopiesInTestPart().judge(measured, SimpleNamespace(scoring="accuracy"))


@pytest.mark.parametrize(
    ("rest", "score_range", "severity"),
    [
        (0.8, 0.5, "serious"),
        (0.897, 0.5, "warning"),
        (0.893, 0.5, "serious"),
        (0.893, 1.0, "warning"),
        (0.95, 0.5, "warning"),
    ],
)
def test_copies_that_lift_the_score_are_serious(rest, score_range, severity):
    finding = judged(scores=(0.9, rest), score_range=score_range)
    assert (finding.status, finding.severity) == ("present", severity)
    assert finding.effect == pytest.approx(0.9 - rest)
    assert finding.counterfactual == rest


def test_what_is_told():
    finding = judged()
    assert finding.explanation == (
        "50.0% of the test rows equal a training row in every column; of the training "
        "rows 2.0% equal another one. The accuracy on the test part is 0.900, and "
        "0.800 on the test rows without a copy."
    )
    assert finding.advice == (
        "Leave them out of one of the parts (test rows 1, 3, 5, 7, 9, 11, 13, 15, 17, "
        "19 are some of them), and find out how they came into both: files that "
        "overlap, rows that were repeated before the split."
    )
    assert finding.counterfactual_label == "on the test rows without a copy"
    whole = judged(np.ones(40, bool))
    assert whole.counterfactual_label == "cross-validated on the training part"


def test_copies_whose_effect_is_unknown_are_serious():
    finding = judged(scores=None)
    assert (finding.severity, finding.effect) == ("serious", None)
    assert finding.explanation.endswith("2.0% equal another one.")


def test_what_is_told_of_few_copies():
    finding = judged(np.arange(40) < 1)
    assert finding.title == "The test part repeats no rows of training, or few"
    assert finding.explanation == (
        "2.5% of the test rows equal a training row in every column; of the training "
        "rows 2.0% equal another one."
    )


def test_parts_that_cannot_be_compared_say_why(monkeypatch):
    with pytest.raises(NotMeasured, match="the parts have different columns"):
        module._stacked(X, X[:, :5])
    frame = pd.DataFrame(X).add_prefix("c")
    monkeypatch.setattr(module, "read_parts", lambda *parts: None)
    with pytest.raises(NotMeasured, match="the parts are too wide to compare"):
        module._stacked(frame, frame)


def test_columns_of_words_are_compared():
    frame = pd.DataFrame({"a": list("xyzx"), "b": [1, 2, 3, 1]})
    stacked = module._stacked(frame[:3], frame[3:])
    assert (stacked[0] == stacked[3]).all()
    assert not (stacked[1] == stacked[3]).any()
