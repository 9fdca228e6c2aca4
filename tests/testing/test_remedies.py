"""Kinds of remedies of the library and of others keep their promises."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from skoverfit import treat
from skoverfit.diagnosis import Candidate, RemedyKind, register_remedy
from skoverfit.diagnosis.remedies import _registry
from skoverfit.diagnosis.remedies._registry import known_kinds
from skoverfit.exceptions import InputError
from skoverfit.testing import check_remedy, checks_of
from tests.testing.broken.remedies import Sound
from tests.testing.grouped_checks import run_checks


@pytest.mark.slow
@pytest.mark.parametrize("kind", known_kinds().values(), ids=lambda kind: kind.name)
def test_kinds_of_the_library(kind):
    if hasattr(kind, "library"):  # it is of no use without
        pytest.importorskip(kind.library)
    run_checks(checks_of(kind))


def test_a_problem_of_ones_own():
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = (X[:, 0] > 0).astype(int)
    check_remedy(Sound, estimator=DecisionTreeClassifier(), X=X, y=y)
    with pytest.raises(AssertionError, match="on the given data"):
        check_remedy(Sound, estimator=DecisionTreeClassifier(), X=X.astype(int), y=y)
    with pytest.raises(InputError, match="estimator, X and y must be given together"):
        check_remedy(Sound, X=X, y=y)


@pytest.fixture
def registered(monkeypatch):
    """Kinds that are registered are forgotten after the test."""
    monkeypatch.setattr(_registry, "_REGISTERED", {})


def test_a_registered_kind_is_tried(registered):
    assert register_remedy(Sound) is Sound
    register_remedy(Sound)
    assert [*known_kinds()][-1] == "small_tree"
    X = np.random.default_rng(0).normal(size=(80, 4))
    y = (X[:, 0] > 0).astype(int)
    tree = DecisionTreeClassifier(random_state=0)
    options = {"accept": "best", "budget": None, "random_state": 0}
    treated = treat(tree, X, y, remedies="small_tree", **options)
    assert "small tree" in str(treated.report_)


class Unnamed(RemedyKind):
    def candidates(self, problem):
        return []


class Empty(RemedyKind):
    name = "empty"


class Taken(Unnamed):
    name = "strength"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Sound(), "must be a subclass of RemedyKind"),
        (Candidate, "must be a subclass of RemedyKind"),
        (Unnamed, "kind=Unnamed has no name"),
        (Empty, "kind=Empty has no method candidates"),
        (Taken, "The name 'strength' of Taken is taken by Strength"),
    ],
)
def test_what_is_no_kind_is_refused(registered, kind, message):
    with pytest.raises(InputError, match=message):
        register_remedy(kind)
    assert "empty" not in known_kinds()
