"""Leading remedies on further splits: as many as it takes to decide."""

import math

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._comparisons._confirmation import confirm
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import measure
from skoverfit.diagnosis._measuring._twins import n_repeats
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.remedies._base import Candidate

X, y = make_classification(
    150, 5, n_informative=2, n_redundant=0, flip_y=0.2, random_state=3
)
BETTER = Candidate("better", "", "", LogisticRegression())
WORSE = Candidate("worse", "", "", DummyClassifier())


@pytest.fixture
def lab():
    """A tree with much to gain, measured."""
    lab = Lab(
        make_problem(DecisionTreeClassifier(random_state=0), X, y, random_state=0),
        Clock(math.inf),
    )
    measure_core(lab)
    return lab


def test_a_gain_is_measured_on_all_further_splits(lab):
    change = confirm(lab, BETTER, 0.0)
    splits = [
        split
        for k in range(1, n_repeats(len(y)) + 1)
        for split in StratifiedKFold(5, shuffle=True, random_state=k).split(X, y)
    ]
    problem = lab.problem.on(splits)
    scores = [
        measure(problem, model).test_scores
        for model in (BETTER.estimator, problem.estimator)
    ]
    assert change.n_splits == len(splits)
    assert change.mean == pytest.approx(np.mean(scores[0] - scores[1]))
    assert change.mean > 0


def test_what_cannot_win_any_more_is_measured_once(lab):
    change = confirm(lab, WORSE, 0.0)
    assert change.n_splits == 5
    assert change.mean < 0
    assert confirm(lab, WORSE, 0.0) is change
    assert "further" not in vars(lab)


def test_a_candidate_that_fails_is_not_confirmed(lab):
    broken = Candidate("broken", "", "", LogisticRegression(C=-1))
    assert confirm(lab, broken, 0.0) is None
