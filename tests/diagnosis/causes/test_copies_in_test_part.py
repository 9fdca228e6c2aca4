"""Test rows that training has, too."""

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
