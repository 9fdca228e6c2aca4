"""What is tried: for the given model, and on top of what leads."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import TreatedClassifier
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.treatment._proposals import Proposals, in_turns

TREE = DecisionTreeClassifier(random_state=0)
PROBLEM = make_problem(TREE, *load_breast_cancer(return_X_y=True), random_state=0)
LEADER = Candidate.of("support vectors", "", SVC(), cost=4.0)


class Weighted(RemedyKind):
    name = "weighted"

    def candidates(self, problem):
        kind = type(problem.estimator)
        return [
            Candidate.of("weighted", "", kind(class_weight="balanced"), cost=3.0),
            Candidate.of("as it is", "", kind(), cost=2.0),
        ]


class Other(RemedyKind):
    name, changes_given = "other", False

    def candidates(self, problem):
        return [Candidate.of("other", "", LogisticRegression(), cost=5.0)]


class Broken(RemedyKind):
    name = "broken"

    def candidates(self, problem):
        raise KeyError(type(problem.estimator).__name__)


@pytest.fixture
def refused():
    return []


@pytest.fixture
def proposals(refused):
    return proposals_of(refused, lambda: True)


def proposals_of(refused, has_time):
    kinds = [Broken(), Weighted(), Other()]
    return Proposals(PROBLEM, kinds, lambda *told: refused.append(told[2:]), has_time)


def test_a_kind_that_there_is_no_time_to_ask_is_named_once(refused):
    times = iter([True, True])
    proposals = proposals_of(refused, lambda: next(times, False))
    given = Candidate.of("the given model", "", TREE)
    assert {kind for kind, _ in proposals.for_given(given)} == {"weighted"}
    assert refused[1:] == [("skipped", "the budget is used up")]
    assert proposals.for_leader(LEADER) == []
    assert proposals.for_leader(LEADER) == []
    assert len(refused) == 3  # of the kinds that change a model, one is left


def test_all_kinds_are_asked_about_the_given_model(proposals):
    given = Candidate.of("the given model", "", TREE, cost=10.0)
    found = proposals.for_given(given)
    assert [(kind, own.cost) for kind, own in found] == [
        ("weighted", 30.0),
        ("weighted", 20.0),
        ("other", 5.0),
    ]


def test_a_leader_is_changed_as_if_it_were_the_given_model(proposals):
    found = proposals.for_leader(LEADER)
    # SVC() itself is the leader; it is new to these proposals, and costs less.
    assert [own.name for _, own in found] == [
        "support vectors: as it is",
        "support vectors: weighted",
    ]
    assert found[1][1].estimator.class_weight == "balanced"
    assert found[1][1].cost == 12.0
    assert proposals.for_leader(LEADER) == []


def test_no_kind_changes_a_model_twice(proposals):
    ((_, plain), (_, weighted)) = proposals.for_leader(LEADER)
    assert proposals.for_leader(weighted) == []
    assert proposals.for_leader(plain) == []


def test_the_same_model_is_the_leader_when_a_leader_is_changed(refused):
    class Scaled(RemedyKind):
        name = "scaled"

        def candidates(self, problem):
            model = SVC(gamma=0.5)
            return [
                Candidate.of("the same model, scaled", "", model),
                Candidate.of("the same model without noise", "", SVC(gamma=0.1)),
            ]

    found = Proposals(PROBLEM, [Scaled()], refused.append, lambda: True)
    names = [own.name for _, own in found.for_leader(LEADER)]
    assert names == ["support vectors: scaled", "support vectors: without noise"]


def test_a_kind_that_raises_is_named_and_not_asked_again(proposals, refused):
    proposals.for_given(Candidate.of("", "", TREE))
    proposals.for_leader(LEADER)
    assert refused == [("failed", "KeyError: 'DecisionTreeClassifier'")]


def test_queues_are_served_in_turns():
    one, two, three, four = ((name, LEADER) for name in "abcd")
    assert in_turns([[one, two, three], [], [four]]) == [one, four, two, three]


def test_changes_are_tried_on_what_leads():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 20))
    y = (X[:, 0] + X[:, 1] + rng.normal(size=200) / 2 > 0).astype(int)
    treated = TreatedClassifier(
        TREE, budget=None, remedies=["linear", "no_noise_columns"], random_state=0
    ).fit(X, y)
    states = {step.name: step.state for step in treated.report_.steps}
    filtered = [name for name in states if name.endswith("without noise columns")]
    assert "the same model without noise columns" in filtered
    on_top = [name for name in filtered if name.startswith("regularized linear model")]
    assert "used" in {states[name] for name in on_top}
