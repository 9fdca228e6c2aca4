"""SKO211: what is concluded from a search and its honest score."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._estimators._search_table import SearchTable
from skoverfit.diagnosis.causes._base import NotMeasured
from skoverfit.diagnosis.causes._search_winner import SearchWinner, Winner, _own_score
from skoverfit.model_selection import HonestScore


def winner(optimism=0.06, own=None, own_error=0.01):
    table = SearchTable(None, {"mean_test_score": [0.7, 0.9, 0.8]}, "score", 1, 40)
    score = 0.9 - optimism
    interval = score - 0.05, score + 0.04
    honest = HonestScore(score, 0.02, interval, 0.95, optimism, "bootstrap", 9, 0, ())
    return Winner(table, honest, own, own_error, 0.02, 0.05)


def measured(depths, core=None):
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": depths}).fit(X, y)
    problem = SimpleNamespace(search=search, X_test=None)
    return SearchWinner().measure(SimpleNamespace(problem=problem, core=core))


def test_optimism_counts_as_a_share_of_the_range():
    two = measured([1, 3], SimpleNamespace(score_range=0.5))
    assert (two.small, two.large) == (0.01, 0.025)
    assert (two.table.n_candidates, two.own) == (2, None)
    assert (measured([1, 3]).small, measured([1, 3]).large) == (0.02, 0.05)
    with pytest.raises(NotMeasured, match=r"^the search had a single candidate$"):
        measured([1])


def judged(**options):
    return SearchWinner().judge(winner(**options), None)


@pytest.mark.parametrize(
    ("options", "status", "severity", "effect"),
    [
        ({"optimism": 0.051}, "present", "warning", 0.051),
        ({"optimism": 0.049}, "present", "info", 0.049),
        ({"optimism": 0.021}, "present", "info", 0.021),
        ({"optimism": 0.019}, "absent", "info", 0.019),
        # What the own test part scores less, beyond its noise, counts as well.
        ({"optimism": 0.0, "own": 0.879}, "present", "info", 0.021),
        ({"optimism": 0.0, "own": 0.8}, "present", "warning", 0.1),
        ({"optimism": 0.0, "own": 0.881}, "absent", "info", 0.0),
        ({"optimism": 0.0, "own": 0.8, "own_error": 0.051}, "absent", "info", 0.0),
        ({"optimism": 0.0, "own": 0.8, "own_error": np.nan}, "absent", "info", 0.0),
        ({"optimism": 0.0, "own": 0.95}, "absent", "info", 0.0),
    ],
)
def test_how_optimistic_the_best_score_is(options, status, severity, effect):
    found = judged(**options)
    assert (found.status, found.severity) == (status, severity)
    assert found.effect == pytest.approx(effect)
    assert bool(found.advice) is (status == "present")


def test_what_is_told():
    found = judged()
    assert found.title == "The search's best_score_ is optimistic"
    assert found.interval == pytest.approx((0.02, 0.11))
    assert found.explanation == (
        "best_score_ is 0.900, chosen among 40 candidates; it is optimistic by 0.060: "
        "on splits that did not choose, what was chosen scores 0.840 (95 % interval "
        "0.790 to 0.880)."
    )
    assert found.advice == (
        "Do not report best_score_. Score the whole search on rows it has not seen: "
        "cross_val_score(search, X, y) or a test part; "
        "GapAwareSearchCV(...).honest_score_ gives it without more fits. Fewer "
        "candidates, repeated splits (RepeatedStratifiedKFold) and a "
        "one-standard-error choice make the excess smaller."
    )
    assert found.counterfactual == pytest.approx(0.84)
    assert found.counterfactual_label == (
        "of the choice, on splits that did not choose it"
    )
    tested = judged(own=0.8123)
    assert tested.explanation.endswith(" On the test part the winner scores 0.812.")
    absent = judged(optimism=0.0)
    assert absent.title == "The search's best_score_ is hardly optimistic"


def test_the_own_score_is_that_of_the_search_as_it_was_fitted():
    def score(X, y):
        if y == "none":
            raise AttributeError("not refitted")
        return 0.5

    def own(X_test, y_test="some"):
        search = SimpleNamespace(score=score)
        problem = SimpleNamespace(X_test=X_test, y_test=y_test, search=search)
        part = SimpleNamespace(std_error=0.1)
        return _own_score(SimpleNamespace(problem=problem, own_part=part))

    assert own("rows") == (0.5, 0.1)
    for unknown in (own(None), own("rows", "none")):
        assert unknown[0] is None
        assert np.isnan(unknown[1])
