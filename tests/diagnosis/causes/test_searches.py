"""Fitted searches: optimism of the best score, and the space that was searched."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._estimators._search_table import read_search
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import ask, judge
from skoverfit.diagnosis.causes._base import choose_causes

TREE = DecisionTreeClassifier(random_state=0)
GRID = {
    "max_depth": [1, 2, 3, 4, 6],
    "min_samples_leaf": [1, 2, 4, 8],
    "max_features": [0.2, 0.5, 1.0],
}
X, Y = make_classification(
    90, 20, n_informative=3, flip_y=0.2, class_sep=0.5, random_state=4
)


def one(code, search, X=X, y=Y, **test):
    problem = make_problem(search.best_estimator_, X, y, random_state=0)
    problem = replace(problem, search=search, **test)
    found = judge(ask(Lab(problem, Clock(np.inf)), choose_causes([code])), problem)
    return found[0]


@pytest.mark.parametrize(
    "kind", [GridSearchCV, RandomizedSearchCV, GapAwareSearchCV, HalvingGridSearchCV]
)
def test_searches_of_all_kinds_are_read(kind):
    options = {"random_state": 0} if kind is not GridSearchCV else {}
    options = {} if kind is GapAwareSearchCV else options
    search = kind(TREE, GRID, cv=5, **options).fit(X, Y)
    finding = one("SKO211", search)
    assert finding.status in ("present", "absent")
    assert "best_score_ is" in finding.explanation
    assert "candidates" in finding.explanation
    assert read_search(search).best_score == pytest.approx(search.best_score_)


def test_a_winner_of_many_on_few_rows_is_optimistic():
    rng = np.random.default_rng(0)
    noise, y = rng.normal(size=(80, 10)), rng.permutation(np.arange(80) % 2)
    search = GridSearchCV(TREE, GRID, cv=5).fit(noise, y)
    finding = one("SKO211", search, noise, y)
    assert finding.status == "present"
    assert finding.effect > 0.02
    assert finding.counterfactual == pytest.approx(
        search.best_score_ - finding.effect, abs=1e-9
    )


def test_a_winner_that_is_better_for_sure_is_not_optimistic():
    X, y = make_classification(800, 5, class_sep=2, random_state=0)
    search = GridSearchCV(TREE, {"max_depth": [1, 3, 5]}, cv=5).fit(X, y)
    assert one("SKO211", search, X, y).status == "absent"


def test_the_own_test_part_counts():
    search = GridSearchCV(TREE, GRID, cv=5).fit(X, Y)
    rng = np.random.default_rng(0)
    test = {"X_test": X.copy(), "y_test": rng.permutation(Y)}
    finding = one("SKO211", search, **test)
    assert finding.status == "present"
    assert "On the test part the winner scores" in finding.explanation


def test_one_candidate_is_no_choice():
    search = GridSearchCV(TREE, {"max_depth": [2]}, cv=3).fit(X, Y)
    assert one("SKO211", search).status == "not_measured"


def test_trials_of_optuna_are_read():
    trials = [
        SimpleNamespace(
            params={"max_depth": depth},
            user_attrs={
                "mean_test_score": score,
                "split0_test_score": score - 0.1,
                "split1_test_score": score + 0.1,
            },
        )
        for depth, score in ((1, 0.6), (2, 0.8), (3, 0.7))
    ]
    table = read_search(SimpleNamespace(trials_=trials))
    assert (table.best_index, table.n_candidates, table.best_score) == (1, 3, 0.8)


def rising(alphas):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 40))
    y = 2 * X[:, 0] + 2 * rng.normal(size=60)
    model = make_pipeline(StandardScaler(), Ridge())
    return GridSearchCV(model, {"ridge__alpha": alphas}, cv=5).fit(X, y), X, y


def test_winner_at_the_edge():
    finding = one("SKO212", *rising([0.01, 0.1, 0.5]))
    assert finding.status == "present"
    assert "ridge__alpha=0.5, the largest value" in finding.explanation
    assert finding.effect > 0
    inside = one("SKO212", *rising([0.01, 10.0, 100.0, 1e3, 1e4, 1e6]))
    assert inside.status == "absent"


def test_capacity_that_was_not_searched():
    model = make_pipeline(StandardScaler(), TREE)
    grid = {"standardscaler__with_mean": [True, False]}
    finding = one("SKO212", GridSearchCV(model, grid, cv=3).fit(X, Y))
    assert finding.status == "present"
    assert "decisiontreeclassifier__" in finding.advice
