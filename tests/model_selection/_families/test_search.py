"""Several families in one search: as each alone, and as a step that varies."""

import pickle

import numpy as np
import pytest
import sklearn
from scipy.stats import randint
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import CommitteeClassifier, GapAwareSearchCV
from skoverfit.model_selection import (
    Committee,
    GreedyMembers,
    OwnSettingsUnlessBetter,
    Racing,
    SmallestGapByPairedTest,
)

X, y = load_breast_cancer(return_X_y=True)
X, y = X[:150, :8], y[:150]
TREE = DecisionTreeClassifier(random_state=0)
KNN = make_pipeline(StandardScaler(), KNeighborsClassifier())
FOREST = RandomForestClassifier(random_state=0)
FAMILIES = [
    ("tree", TREE, {"max_depth": [1, 2, 4], "min_samples_leaf": [1, 9]}),
    ("knn", KNN, {"kneighborsclassifier__n_neighbors": [1, 5, 15]}),
    ("forest", FOREST, [{"n_estimators": [5, 10]}, {"max_depth": [2]}]),
]
NAMES = [name for name, _, _ in FAMILIES]


def searched(families=FAMILIES, X=X, y=y, **options):
    return GapAwareSearchCV(families, cv=3, **options).fit(X, y)


def scores_of(search, rows=slice(None)):
    keys = [f"split{k}_{s}_score" for k in range(3) for s in ("test", "train", "gap")]
    return np.array([search.cv_results_[key][rows] for key in keys])


@pytest.mark.parametrize("options", [{}, {"share_fits": False}, {"n_jobs": 2}])
def test_each_family_is_as_in_a_search_of_its_own(options):
    together, start, shared = searched(**options), 0, 0
    for name, estimator, space in FAMILIES:
        alone = GapAwareSearchCV(estimator, space, cv=3, **options).fit(X, y)
        n_candidates = len(alone.cv_results_["params"])
        rows = slice(start, start + n_candidates)
        assert (scores_of(together, rows) == scores_of(alone)).all()
        assert (together.cv_results_["param_family"][rows] == name).all()
        prefixed = [
            {"family": name} | {f"{name}__{k}": v for k, v in own.items()}
            for own in alone.cv_results_["params"]
        ]
        assert together.cv_results_["params"][rows] == prefixed
        start += n_candidates
        shared += sum(alone.shared_fits_.by_family.values())
    assert start == len(together.cv_results_["params"])
    assert sum(together.shared_fits_.by_family.values()) == shared


def test_it_is_a_pipeline_whose_last_step_varies():
    space = [
        {"model": [estimator]} | {f"model__{k}": v for k, v in own.items()}
        for _, estimator, spaces in FAMILIES
        for own in (spaces if isinstance(spaces, list) else [spaces])
    ]
    pipeline = GapAwareSearchCV(Pipeline([("model", TREE)]), space, cv=3).fit(X, y)
    search = searched()
    assert (scores_of(search) == scores_of(pipeline)).all()
    assert search.best_index_ == pipeline.best_index_
    assert search.debiased_score_ == pipeline.debiased_score_
    assert (search.predict_proba(X) == pipeline.predict_proba(X)).all()


def test_columns_of_the_other_families_are_masked():
    results = searched().cv_results_
    depth = results["param_tree__max_depth"]
    assert (depth.mask == (results["param_family"] != "tree")).all()


def test_the_best_estimator_is_that_of_its_family():
    search = searched(selection=lambda results: 7)
    assert search.best_params_ == {
        "family": "knn",
        "knn__kneighborsclassifier__n_neighbors": 5,
    }
    by_hand = clone(KNN).set_params(kneighborsclassifier__n_neighbors=5).fit(X, y)
    assert str(search.best_estimator_) == str(by_hand)
    assert (search.predict_proba(X) == by_hand.predict_proba(X)).all()
    assert (search.classes_ == [0, 1]).all()


def test_families_are_parameters():
    search = GapAwareSearchCV(FAMILIES)
    params = search.get_params()
    assert params["tree"] is TREE
    assert params["knn__kneighborsclassifier__n_neighbors"] == 5
    assert params["cv"] is None
    assert "tree" not in search.get_params(deep=False)
    other = clone(search).set_params(tree__random_state=3, knn=LogisticRegression())
    assert other.estimator[0][1].random_state == 3
    assert isinstance(other.estimator[1][1], LogisticRegression)
    assert other.estimator[1][2] == FAMILIES[1][2]
    assert TREE.random_state == 0
    with pytest.raises(ValueError, match="Invalid parameter 'nobody'"):
        search.set_params(nobody=1)
    assert [name for name, _, _ in search.estimator] == NAMES
    assert "max_depth=7" in repr(other.set_params(tree__max_depth=7))


def test_methods_are_those_that_all_families_have():
    search = GapAwareSearchCV(FAMILIES)
    assert hasattr(search, "predict_proba")
    assert not hasattr(search, "decision_function")
    proba = cross_val_predict(search, X, y, cv=2, method="predict_proba")
    assert proba.shape == (150, 2)
    votes = GapAwareSearchCV([*FAMILIES, ("svm", LinearSVC(), {"C": [1.0]})])
    assert not hasattr(votes, "predict_proba")
    assert hasattr(
        votes.set_params(selection=lambda results: 0).fit(X, y), "predict_proba"
    )


def test_automatic_spaces_and_samples():
    families = [("tree", TREE, "auto"), ("knn", KNN, "auto"), FAMILIES[2]]
    search = searched(families)
    for (name, _, _), size in zip(families, (9, 9, 3), strict=True):
        own = [p for p in search.cv_results_["params"] if p["family"] == name]
        assert len(own) <= size
        assert len(own) > 2
    families[0] = ("tree", TREE, {"max_depth": randint(1, 9)})
    sampled = searched(families, n_iter=8, random_state=0)
    assert len(sampled.cv_results_["params"]) == 8
    assert len(set(sampled.cv_results_["param_family"])) > 1


def test_optuna_chooses_the_family():
    pytest.importorskip("optuna")
    families = [("tree", TREE, {"max_depth": randint(1, 9)}), FAMILIES[1]]
    search = searched(families, sampler="tpe", n_iter=12, random_state=0)
    assert set(search.cv_results_["param_family"]) == {"tree", "knn"}


def test_the_best_number_of_rounds_in_a_family():
    boosting = GradientBoostingClassifier(n_estimators=20, random_state=0)
    space = {"n_estimators": "best", "learning_rate": [0.1, 0.5]}
    alone = GapAwareSearchCV(boosting, space, cv=3).fit(X, y)
    pipeline = make_pipeline(StandardScaler(), boosting)
    behind = {f"gradientboostingclassifier__{k}": v for k, v in space.items()}
    families = [FAMILIES[0], ("gb", boosting, space), ("late", pipeline, behind)]
    search = searched(families, store_predictions=True)
    assert search.honest_score_.method == "bootstrap"
    numbers = search.cv_results_["param_gb__n_estimators"]
    chosen = alone.cv_results_["param_n_estimators"]
    assert numbers.compressed().tolist() == chosen.tolist()
    late = search.cv_results_["param_late__gradientboostingclassifier__n_estimators"]
    assert late.count() == 2
    with pytest.raises(ValueError, match=r"'tree__max_depth'\]='best' is for numbers"):
        searched([("tree", TREE, {"max_depth": "best"})])


def test_racing_rules_of_rows_and_an_outer_loop():
    search = searched(selection=SmallestGapByPairedTest(), nested=2, racing=Racing())
    assert np.isfinite(search.debiased_score_)
    assert len(search.nested_score_.params) == 2
    assert {p["family"] for p in search.nested_score_.params} <= set(NAMES)


def test_own_settings_are_those_of_the_first_family():
    search = searched(selection=OwnSettingsUnlessBetter())
    results = search.cv_results_
    own = results["params"].index({})
    alone = GapAwareSearchCV(TREE, {}, cv=3).fit(X, y)
    assert (scores_of(search, [own]) == scores_of(alone)).all()


def test_a_journal_goes_on(tmp_path):
    path = tmp_path / "journal.sqlite"
    first = searched(journal=path)
    again = searched(journal=path)
    assert (scores_of(first) == scores_of(again)).all()
    # Nothing was fitted again: times are those of the first run.
    times = "mean_fit_time"
    assert (first.cv_results_[times] == again.cv_results_[times]).all()


# -------------------------------------------------------------------------- metadata
class Weighing(DecisionTreeClassifier):
    """Remembers the weights that it was fitted with."""

    def fit(self, X, y, sample_weight=None):
        self.total_ = None if sample_weight is None else float(np.sum(sample_weight))
        return super().fit(X, y, sample_weight)


def test_each_family_gets_the_metadata_that_it_requests():
    weights = np.arange(150.0)
    with sklearn.config_context(enable_metadata_routing=True):
        families = [
            ("weighted", clone(TREE).set_fit_request(sample_weight=True), {}),
            ("plain", clone(TREE).set_fit_request(sample_weight=False), {}),
            ("knn", KNeighborsClassifier(), {}),
        ]
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        with pytest.raises(UnsetMetadataPassedError):
            GapAwareSearchCV([("tree", TREE, {})]).fit(X, y, sample_weight=weights)
        search = GapAwareSearchCV(families, cv=3, scoring=scorer)
        search.fit(X, y, sample_weight=weights)
        tree = clone(families[0][1])
        alone = GapAwareSearchCV(tree, {}, cv=3, scoring=scorer)
        alone.fit(X, y, sample_weight=weights)
        committee = clone(search).set_params(
            committee=Committee(everybody, guard=False)
        )
        committee.fit(X, y, sample_weight=weights)
    unweighted = GapAwareSearchCV(TREE, {}, cv=3).fit(X, y)
    assert (scores_of(search, 0) == scores_of(alone, 0)).all()
    assert (scores_of(search, 1) == scores_of(unweighted, 0)).all()
    assert (scores_of(search, 0) != scores_of(search, 1)).any()
    # Members are fitted with the same.
    members = committee.best_estimator_
    for model, number in zip(
        members.estimators_, members.members_["candidate"], strict=True
    ):
        name = members.candidates_[number]["family"]
        if name != "knn":
            has_weights = model.tree_.weighted_n_node_samples[0] != 100
            assert has_weights == (name == "weighted")


def test_without_routing_all_families_get_all():
    families = [("one", Weighing(), {"max_depth": [1]}), FAMILIES[0]]
    search = GapAwareSearchCV(families, cv=3, selection=lambda results: 0)
    search.fit(X, y, sample_weight=np.full(150, 2.0))
    assert search.best_estimator_.total_ == 300
    assert np.isfinite(scores_of(search)).all()


# -------------------------------------------------------------------------- committees
def everybody(results):
    return np.ones(len(results["params"]))


def test_a_committee_of_all_families():
    search = searched(committee=Committee(everybody, guard=False))
    committee = search.best_estimator_
    assert len(committee.estimators_) == 3 * len(search.cv_results_["params"])
    kinds = {type(each) for each in committee.estimators_}
    assert kinds == {DecisionTreeClassifier, Pipeline, RandomForestClassifier}
    again = clone(committee).fit(X, y)
    assert np.allclose(committee.predict_proba(X), again.predict_proba(X))
    assert np.allclose(committee.out_of_fold_, again.out_of_fold_)
    assert search.selection_path_.committee.n_fitted_again == 0
    restored = pickle.loads(pickle.dumps(committee))
    assert (restored.predict_proba(X) == committee.predict_proba(X)).all()
    assert "tree__max_depth" in committee._repr_html_()
    html = GapAwareSearchCV(FAMILIES)._repr_html_()
    assert all(name in html for name in NAMES)


def test_greedy_over_all_families_is_that_of_a_search_afterwards():
    linear = ("linear", LogisticRegression(max_iter=3000), {"C": [0.1, 1.0]})
    families = [FAMILIES[0], FAMILIES[2], linear]
    search = searched(families, committee=Committee(GreedyMembers(), guard=False))
    committee = search.best_estimator_
    assert len({params["family"] for params in committee.candidates}) > 1
    plain = searched(families)
    after = CommitteeClassifier.from_search(plain, X, y, members=GreedyMembers())
    weights, others = (
        {str(params): w for params, w in zip(c.candidates, c.weights, strict=True)}
        for c in (committee, after)
    )
    assert weights == pytest.approx(others)
    assert np.allclose(after.predict_proba(X), committee.predict_proba(X))
    assert np.isfinite(search.debiased_score_)


def test_members_that_have_decision_values_only_vote():
    families = [*FAMILIES, ("svm", LinearSVC(), {"C": [1.0]})]
    search = searched(families, committee=Committee(everybody, guard=False))
    assert not hasattr(search, "predict_proba")
    assert search.score(X, y) > 0.9


def test_regressors():
    X, y = load_diabetes(return_X_y=True)
    families = [
        ("ridge", Ridge(), {"alpha": [0.1, 1.0]}),
        ("tree", DecisionTreeRegressor(random_state=0), {"max_depth": [2, 4]}),
    ]
    search = searched(families, X, y, committee=Committee(everybody, guard=False))
    assert sklearn.base.is_regressor(search)
    assert search.best_estimator_.predict(X[:3]).shape == (3,)
    assert np.isfinite(search.honest_score_.score)


def test_a_choice_among_families_is_an_estimator_of_its_own():
    committee = searched(committee=Committee(everybody, guard=False)).best_estimator_
    choice = clone(committee.estimator).set_params(family="tree", tree__max_depth=2)
    tree = clone(TREE).set_params(max_depth=2)
    assert (choice.fit(X, y).predict(X) == tree.fit(X, y).predict(X)).all()
    space = [{"family": ["tree"], "tree__max_depth": [1, 4]}, {"family": ["knn"]}]
    grid = GridSearchCV(choice, space, cv=3).fit(X, y)
    assert grid.best_score_ == grid.cv_results_["mean_test_score"].max()
    with pytest.raises(ValueError, match=r"\['knn'\] are no parameters of the family"):
        CommitteeClassifier(choice, [{"family": "tree", "knn": KNN}]).fit(X, y)


# ------------------------------------------------------------------------- wrong lists
class OwnScore(DecisionTreeClassifier):
    def score(self, X, y, sample_weight=None):
        return 0.5


SPACE = {"max_depth": [1]}


@pytest.mark.parametrize(
    ("families", "message"),
    [
        ([], "at least one"),
        ([("tree", TREE)], r"\(name, estimator, space\)"),
        ([TREE], r"\(name, estimator, space\)"),
        ([(1, TREE, SPACE)], r"\(name, estimator, space\)"),
        ([("tree", DecisionTreeClassifier, SPACE)], r"\(name, estimator, space\)"),
        ([("tree", TREE, "all")], r"\(name, estimator, space\)"),
        ([("tree", TREE, SPACE)] * 2, r"must be unique.*\['tree', 'tree'\]"),
        ([("a__b", TREE, SPACE)], r"'__'.*\['a__b'\]"),
        ([("", TREE, SPACE)], r"empty.*\[''\]"),
        ([("cv", TREE, SPACE)], r"the search.*\['cv'\]"),
        ([("family", TREE, SPACE)], r"\['family'\]"),
        (
            [("tree", TREE, SPACE), ("ridge", Ridge(), {})],
            "one kind.*'tree': 'classifier', 'ridge': 'regressor'",
        ),
        (
            [("tree", TREE, SPACE), ("svm", SVC(kernel="precomputed"), {})],
            "one kind.*'classifier of kernels'",
        ),
        ([("tree", TREE, SPACE), ("own", OwnScore(), SPACE)], "scoring=None"),
        ([("tree", TREE, {"depth": [1]})], "Invalid parameter 'depth'"),
    ],
)
def test_wrong_lists(families, message):
    with pytest.raises(ValueError, match=message):
        searched(families)


def test_spaces_in_two_places_and_in_none():
    with pytest.raises(ValueError, match=r"param_space=.* must be left out"):
        GapAwareSearchCV(FAMILIES, SPACE).fit(X, y)
    with pytest.raises(ValueError, match="param_space=None needs a list"):
        GapAwareSearchCV(TREE).fit(X, y)


def test_families_that_are_neither_classifiers_nor_regressors():
    families = [
        ("two", KMeans(2, random_state=0), {"n_init": [1, 2]}),
        ("three", KMeans(3, random_state=0), {}),
    ]
    search = GapAwareSearchCV(families, cv=3).fit(X)
    assert search.best_params_["family"] == "three"


@pytest.mark.parametrize("fitted", [False, True])
def test_an_ensemble_that_can_be_iterated_is_one_estimator(fitted):
    forest = RandomForestClassifier(3, random_state=0)
    if fitted:
        forest.fit(X, y)
    search = GapAwareSearchCV(forest, {"max_depth": [1, 2]})
    search.set_params(cv=3, estimator__n_estimators=4)
    assert search.get_params()["estimator__n_estimators"] == 4
    assert clone(search).cv == 3
