"""Parameters of candidates and of their families."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skoverfit.model_selection._families._candidates import (
    candidate_of,
    narrowed,
    setting_of,
    written_out,
)
from skoverfit.model_selection._families._checks import families_of

TREE, KNN = DecisionTreeClassifier(), KNeighborsClassifier()
SPACE = {"max_depth": [1, 2]}
CHOICE = families_of([("tree", TREE, SPACE), ("knn", KNN, "auto")])


def test_spaces_of_families_are_one_list():
    spaces = {"tree": [SPACE, {}], "knn": "auto"}
    automatic = {KNN: {"n_neighbors": [3]}}
    assert written_out(CHOICE, spaces, automatic.__getitem__) == [
        {"family": ["tree"], "tree__max_depth": [1, 2]},
        {"family": ["tree"]},
        {"family": ["knn"], "knn__n_neighbors": [3]},
    ]


def test_spaces_of_one_estimator_stay_as_they_are():
    assert written_out(TREE, SPACE, {}.__getitem__) is SPACE
    assert written_out(TREE, "auto", {TREE: {"a": [1]}}.__getitem__) == {"a": [1]}


def test_a_candidate_is_of_its_family():
    params = {"family": "knn", "knn__n_neighbors": 3}
    assert narrowed(CHOICE, params) == (KNN, {"n_neighbors": 3}, "knn")
    assert narrowed(KNN, {"n_neighbors": 3}) == (KNN, {"n_neighbors": 3}, None)
    candidate = candidate_of(CHOICE, params)
    assert isinstance(candidate, KNeighborsClassifier)
    assert (candidate.n_neighbors, KNN.n_neighbors) == (3, 5)
    assert setting_of(CHOICE, "knn__n_neighbors") == {"family": "knn"}
    assert setting_of(KNN, "n_neighbors") == {}


def test_without_a_name_it_is_of_the_first_family():
    assert narrowed(CHOICE, {}) == (TREE, {}, "tree")
    other = families_of([("a", LogisticRegression(), {}), ("b", TREE, {})])
    assert narrowed(other.set_params(family="b"), {})[2] == "b"


def test_parameters_of_another_family_are_refused():
    with pytest.raises(ValueError, match=r"\['tree__max_depth'\] are no parameters"):
        narrowed(CHOICE, {"family": "knn", "tree__max_depth": 3})
