"""Scores that depend on a lucky split or a seed."""

from functools import partial
from types import SimpleNamespace

import numpy as np
from sklearn.datasets import (
    load_iris,
    make_classification,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._judgment._ranking import is_doubt
from skoverfit.diagnosis.causes._unstable_score import (
    Stability,
    UnstableScore,
    _is_clear,
)
from tests.diagnosis.causes.planted import finding_of


def test_a_split_unlike_random_others_of_its_sizes_is_luck():
    X, y = make_classification(120, 6, flip_y=0.3, random_state=0)
    model = LogisticRegression()
    right = model.fit(X, y).predict(X) == y
    test = np.flatnonzero(~right)[:20]  # the hardest rows there are
    train = np.setdiff1d(np.arange(120), test)
    found = finding_of("unstable_score", model, X, y, single=(train, test))
    assert found.status == "present"
    assert "luck" in found.title
    assert found.counterfactual > 0.5 > found.counterfactual + found.effect


def test_random_splits_are_seldom_called_luck():
    rng = np.random.default_rng(0)
    scores = rng.normal(0.8, 0.08, size=(1000, 11))
    lucky = [Stability(s[0], s[:0], s[1:], 0.5).is_lucky for s in scores]
    assert np.mean(lucky) <= 0.07


def test_the_best_of_many_random_splits_is_mostly_called_luck_and_leads():
    rng = np.random.default_rng(0)
    scores = rng.normal(0.8, 0.08, size=(200, 90))
    found = [Stability(s[:60].max(), s[:0], s[60:], 0.5) for s in scores]
    assert np.mean([one.is_lucky for one in found]) >= 0.8
    luck = UnstableScore().judge(max(found, key=lambda one: one.luck), _ACCURACY)
    assert is_doubt(luck)


_ACCURACY = SimpleNamespace(scoring="accuracy")


def test_seeds_matter_to_some_models_only():
    X, y = load_iris(return_X_y=True)
    loose = DecisionTreeClassifier(max_depth=2, splitter="random", random_state=0)
    assert finding_of("unstable_score", loose, X, y).status == "present"
    steady = RandomForestClassifier(20, random_state=0)
    assert finding_of("unstable_score", steady, X, y).status == "absent"


def test_seeds_are_tried_until_it_is_clear():
    clear = partial(_is_clear, score_range=0.5)
    assert not clear([0.8])
    assert clear([0.8, 0.8])  # a model that has no use for its seed
    assert clear([0.8, 0.801, 0.802])
    assert not clear([0.8, 0.81, 0.82])
    assert clear([0.8, 0.81, 0.805, 0.804])
    assert not clear([0.8, 0.83, 0.805, 0.81])  # about the spread that counts
    assert clear([0.8, 0.7, 0.9, 0.75])
