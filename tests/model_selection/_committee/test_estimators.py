"""Committees: equal to means made by hand, on every kind of target and metadata."""

import pickle
from collections import Counter

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import (
    load_diabetes,
    load_iris,
    make_classification,
    make_multilabel_classification,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
)
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import CommitteeClassifier, CommitteeRegressor

X, y = load_iris(return_X_y=True)
X_numbers, y_numbers = load_diabetes(return_X_y=True)
DEPTHS = [{"max_depth": 1}, {"max_depth": 3}]
TREE = DecisionTreeClassifier(random_state=0)


def fitted_by_hand(estimator, candidates, splits, X=X, y=y):
    return [
        clone(estimator).set_params(**params).fit(X[train], y[train])
        for params in candidates
        for train, _ in splits
    ]


def splits_of(cv=5, X=X, y=y):
    return list(StratifiedKFold(cv).split(X, y))


# ------------------------------------------------------------------------ predictions


def test_probabilities_are_the_mean_of_those_of_models_fitted_by_hand():
    models = fitted_by_hand(TREE, DEPTHS, splits_of())
    expected = np.mean([model.predict_proba(X) for model in models], axis=0)
    committee = CommitteeClassifier(TREE, DEPTHS).fit(X, y)
    assert np.allclose(committee.predict_proba(X), expected, rtol=1e-12)
    assert np.allclose(np.exp(committee.predict_log_proba(X)), expected, rtol=1e-9)
    assert (committee.predict(X) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize(
    ("sure", "y"),
    [
        (DecisionTreeClassifier(random_state=0), [0, 1] * 10),
        (OneVsRestClassifier(DecisionTreeClassifier()), [[0, 1], [1, 0]] * 10),
    ],
)
def test_probabilities_of_sure_members_are_not_above_one(sure, y):
    X, y = np.arange(20.0).reshape(-1, 1), np.array(y)
    for n_splits in range(2, 10):  # whose shares do not add up to 1 to the last bit
        committee = CommitteeClassifier(sure, [{}] * 3, cv=KFold(n_splits)).fit(X, y)
        assert np.max(committee.predict_proba(X)) <= 1


def test_predictions_are_the_mean_of_those_of_models_fitted_by_hand():
    splits = list(KFold(3).split(X_numbers))
    candidates = [{"alpha": 0.1}, {"alpha": 10.0}]
    models = fitted_by_hand(Ridge(), candidates, splits, X_numbers, y_numbers)
    each = np.array([model.predict(X_numbers) for model in models])
    committee = CommitteeRegressor(Ridge(), candidates, weights=[3, 1], cv=3)
    predicted = committee.fit(X_numbers, y_numbers).predict(X_numbers)
    weights = np.repeat([3 / 4, 1 / 4], 3) / 3
    assert np.allclose(predicted, weights @ each, rtol=1e-12)
    assert np.allclose(committee.members_["weight"], weights)
    assert committee.members_["candidate"].tolist() == [0, 0, 0, 1, 1, 1]
    assert committee.members_["split"].tolist() == [0, 1, 2, 0, 1, 2]


def test_decision_values_are_averaged_where_there_are_no_probabilities():
    model = LinearSVC(random_state=0)
    models = fitted_by_hand(model, [{}], splits_of())
    expected = np.mean([model.decision_function(X) for model in models], axis=0)
    committee = CommitteeClassifier(model).fit(X, y)
    assert np.allclose(committee.decision_function(X), expected, rtol=1e-12)
    assert (committee.predict(X) == expected.argmax(axis=1)).all()
    assert not hasattr(committee, "predict_proba")


class Labels(ClassifierMixin, BaseEstimator):
    """Predicts labels and nothing else."""

    def __init__(self, max_depth=1):
        self.max_depth = max_depth

    def fit(self, X, y):
        self.tree_ = DecisionTreeClassifier(max_depth=self.max_depth, random_state=0)
        self.tree_.fit(X, y)
        return self

    def predict(self, X):
        return self.tree_.predict(X)


def test_members_vote_where_there_are_labels_only():
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    candidates = [{"max_depth": depth} for depth in (1, 2, 5)]
    models = fitted_by_hand(Labels(), candidates, splits_of(), y=names)
    votes = np.array([model.predict(X) for model in models])
    committee = CommitteeClassifier(Labels(), candidates).fit(X, names)
    for row, label in zip(votes.T, committee.predict(X), strict=True):
        counts = Counter(row.tolist())
        assert counts[label] == max(counts.values())
    for method in ("predict_proba", "decision_function"):
        assert not hasattr(committee, method)


def test_one_member_is_that_model():
    train = np.arange(0, 150, 2)
    splits = [(train, np.arange(1, 150, 2))]
    committee = CommitteeClassifier(TREE, cv=splits).fit(X, y)
    alone = clone(TREE).fit(X[train], y[train])
    assert (committee.predict_proba(X) == alone.predict_proba(X)).all()
    assert (committee.predict(X) == alone.predict(X)).all()


def test_the_order_of_the_candidates_does_not_matter():
    one = CommitteeClassifier(TREE, DEPTHS, weights=[1, 2]).fit(X, y)
    other = CommitteeClassifier(TREE, DEPTHS[::-1], weights=[2, 1]).fit(X, y)
    assert np.allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-12)
    assert np.allclose(one.out_of_fold_, other.out_of_fold_, rtol=1e-12)


def test_candidates_without_weight_are_not_fitted():
    committee = CommitteeClassifier(TREE, DEPTHS, weights=[0, 2]).fit(X, y)
    only = CommitteeClassifier(TREE, DEPTHS[1:]).fit(X, y)
    assert committee.candidates_ == DEPTHS[1:]
    assert len(committee.estimators_) == 5
    assert (committee.predict_proba(X) == only.predict_proba(X)).all()


def test_any_number_of_jobs_gives_the_same():
    forest = RandomForestClassifier(5, random_state=0)
    one = CommitteeClassifier(forest, DEPTHS).fit(X, y)
    two = CommitteeClassifier(forest, DEPTHS, n_jobs=2).fit(X, y)
    assert (one.predict_proba(X) == two.predict_proba(X)).all()
    assert (one.out_of_fold_ == two.out_of_fold_).all()


# ------------------------------------------------------------------------ out of fold


def test_each_row_is_predicted_by_members_that_have_not_seen_it():
    committee = CommitteeClassifier(TREE, DEPTHS).fit(X, y)
    expected = np.empty((150, 3))
    for train, test in splits_of():
        models = fitted_by_hand(TREE, DEPTHS, [(train, test)])
        expected[test] = np.mean([m.predict_proba(X[test]) for m in models], axis=0)
    assert np.allclose(committee.out_of_fold_, expected, rtol=1e-12)


def test_rows_tested_more_or_less_often_are_averaged_over_who_was_tested_on_them():
    cv = ShuffleSplit(3, test_size=0.3, random_state=0)
    committee = CommitteeRegressor(Ridge(), cv=cv).fit(X_numbers, y_numbers)
    tested = [[] for _ in y_numbers]
    for train, test in cv.split(X_numbers):
        model = Ridge().fit(X_numbers[train], y_numbers[train])
        for row in test:
            tested[row].append(model.predict(X_numbers[[row]])[0])
    means = [np.mean(own) if own else np.nan for own in tested]
    assert np.isnan(means).any()
    assert np.allclose(committee.out_of_fold_, means, equal_nan=True)


# ---------------------------------------------------------------------------- classes


def test_a_class_that_a_fold_lacks_keeps_its_column():
    labels = np.where(np.arange(150) < 3, 9, y)  # all of them in one test part
    splits = [(np.arange(3, 150), np.arange(3)), (np.arange(100), np.arange(100, 150))]
    committee = CommitteeClassifier(TREE, cv=splits).fit(X, labels)
    assert committee.classes_.tolist() == [0, 1, 2, 9]
    first, second = committee.estimators_
    assert first.classes_.tolist() == [0, 1, 2]
    assert second.classes_.tolist() == [0, 1, 9]
    expected = np.zeros((150, 4))
    expected[:, [0, 1, 2]] += first.predict_proba(X) / 2
    expected[:, [0, 1, 3]] += second.predict_proba(X) / 2
    assert (committee.predict_proba(X) == expected).all()
    assert np.allclose(committee.predict_proba(X).sum(axis=1), 1)


def test_decisions_of_folds_with_two_of_three_classes_are_averaged():
    splits = [(np.arange(100), np.arange(100, 150)), (np.arange(150), np.arange(9))]
    committee = CommitteeClassifier(RidgeClassifier(), cv=splits).fit(X, y)
    assert committee.decision_function(X).shape == (150, 3)
    assert (committee.predict(X)[:50] == 0).all()


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsClassifier(3),  # a list of probabilities
        MLPClassifier(max_iter=20, random_state=0),  # a column for each label
        RidgeClassifier(),  # decision values for each label
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_multilabel(estimator):
    rows, labels = make_multilabel_classification(100, 8, n_classes=3, random_state=0)
    committee = CommitteeClassifier(estimator, cv=3).fit(rows, labels)
    predicted = committee.predict(rows)
    assert predicted.shape == labels.shape
    assert predicted.dtype == labels.dtype
    assert (predicted == labels).mean() > 0.7
    votes = np.mean([m.predict(rows) for m in committee.estimators_], axis=0)
    # Where all agree, so does the committee.
    assert (predicted[votes == 1] == 1).all()
    assert (predicted[votes == 0] == 0).all()


def test_a_label_that_a_fold_lacks_in_one_of_several_outputs():
    labels = np.column_stack([y, np.arange(150) // 75])
    splits = [(np.arange(100), np.arange(100, 150)), (np.arange(50, 150), np.arange(9))]
    committee = CommitteeClassifier(TREE, cv=splits).fit(X, labels)
    first, second = committee.predict_proba(X)
    assert first.shape == (150, 3)
    assert second.shape == (150, 2)
    assert np.allclose(first.sum(axis=1), 1)
    assert [own.tolist() for own in committee.classes_] == [[0, 1, 2], [0, 1]]
    assert (committee.predict(X)[50:75] == labels[50:75]).all()


def test_several_numbers():
    both = np.column_stack([y_numbers, -2 * y_numbers])
    committee = CommitteeRegressor(LinearRegression()).fit(X_numbers, both)
    predicted = committee.predict(X_numbers)
    assert predicted.shape == both.shape
    assert np.allclose(predicted[:, 1], -2 * predicted[:, 0])
    assert committee.out_of_fold_.shape == both.shape


# --------------------------------------------------------------------------- metadata


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps the metadata that it gets."""

    def fit(self, X, y, sample_weight=None, note=None):
        self.rows_, self.weight_, self.note_ = X[:, 0], sample_weight, note
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


NUMBERED = np.column_stack([np.arange(150.0), X])


def assert_weights_are_those_of_the_rows(committee, weight):
    for model in committee.estimators_:
        assert (model.weight_ == weight[model.rows_.astype(int)]).all()


def test_sample_weights_are_cut_to_the_rows_of_each_member():
    weight = np.linspace(1, 2, 150)
    committee = CommitteeClassifier(Recorder())
    committee.fit(NUMBERED, y, sample_weight=weight, note="as it is")
    assert_weights_are_those_of_the_rows(committee, weight)
    assert {model.note_ for model in committee.estimators_} == {"as it is"}


def test_groups_go_to_the_splitter():
    groups = np.arange(150) % 7
    committee = CommitteeClassifier(Recorder(), cv=GroupKFold(3))
    committee.fit(NUMBERED, y, groups=groups)
    for model in committee.estimators_:
        seen = groups[model.rows_.astype(int)]
        assert 0 < len(set(groups) - set(seen)) < 7


def test_metadata_is_routed_where_it_is_requested():
    weight, groups = np.linspace(1, 2, 150), np.arange(150) % 7
    with config_context(enable_metadata_routing=True):
        member = Recorder().set_fit_request(sample_weight=True, note=False)
        committee = CommitteeClassifier(member, cv=GroupKFold(3))
        committee.fit(NUMBERED, y, sample_weight=weight, groups=groups)
        assert_weights_are_those_of_the_rows(committee, weight)
        scores = cross_validate(
            committee,
            NUMBERED,
            y,
            params={"sample_weight": weight, "groups": groups},
            cv=GroupKFold(2),
            scoring=get_scorer("accuracy").set_score_request(sample_weight=True),
        )
    assert np.isfinite(scores["test_score"]).all()


def test_sample_weights_of_another_length_are_refused_once():
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(3,\)"):
        CommitteeClassifier(TREE).fit(X, y, sample_weight=[1, 2, 3])


# --------------------------------------------------------------------- other containers


def test_frames_give_names_and_types():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), TREE)
    committee = CommitteeClassifier(model, [{"decisiontreeclassifier__max_depth": 2}])
    committee.fit(frame, pd.Series(y, index=range(500, 650)))
    assert committee.feature_names_in_.tolist() == list("abcd")
    assert committee.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names"):
        committee.predict(frame[list("dcba")])
    committee.fit(X, y)
    assert not hasattr(committee, "feature_names_in_")


def test_sparse_rows():
    model = LogisticRegression(max_iter=1000)
    dense = CommitteeClassifier(model).fit(X, y)
    sparse = CommitteeClassifier(model).fit(csr_array(X), y)
    predicted = sparse.predict_proba(csr_array(X))
    assert np.allclose(predicted, dense.predict_proba(X), atol=1e-4)


def test_kernels_are_cut_to_the_rows_of_each_member():
    kernel = X @ X.T
    given = CommitteeClassifier(SVC(kernel="precomputed")).fit(kernel, y)
    made = CommitteeClassifier(SVC(kernel="linear")).fit(X, y)
    assert np.allclose(
        given.decision_function(kernel), made.decision_function(X), atol=1e-6
    )


# ----------------------------------------------------------------- scikit-learn around


SKOPS_TYPES = {
    "_average.Numbers",
    "_average.OneOutput",
    "_average.SeveralOutputs",
    "_estimators.CommitteeClassifier",
    "_estimators.CommitteeRegressor",
    "_members.Members",
}


@pytest.mark.parametrize("kind", ["one output", "two outputs", "numbers"])
def test_skops_keeps_a_committee_and_names_the_types_to_trust(kind):
    skops = pytest.importorskip("skops.io")
    if kind == "numbers":
        committee = CommitteeRegressor(Ridge(), cv=3).fit(X, X[:, 0])
    else:
        target = y if kind == "one output" else np.column_stack([y, y == 0])
        tree = DecisionTreeClassifier(random_state=0)
        committee = CommitteeClassifier(tree, cv=3).fit(X, target)
    saved = skops.dumps(committee)
    unknown = skops.get_untrusted_types(data=saved)
    prefix = "skoverfit.model_selection._committee."
    ours = {name.removeprefix(prefix) for name in unknown if "skoverfit" in name}
    assert ours <= SKOPS_TYPES
    loaded = skops.loads(saved, trusted=unknown)
    assert (loaded.predict(X) == committee.predict(X)).all()
    assert np.allclose(loaded.members_["weight"], committee.members_["weight"])


def test_clone_pickle_and_fit_again():
    committee = CommitteeClassifier(TREE, DEPTHS, weights=[1, 3], cv=3).fit(X, y)
    expected = committee.predict_proba(X)
    loaded = pickle.loads(pickle.dumps(committee))
    assert (loaded.predict_proba(X) == expected).all()
    again = clone(committee)
    assert not hasattr(again, "members_")
    assert (again.fit(X, y).predict_proba(X) == expected).all()
    assert joblib.hash(committee.candidates) == joblib.hash(DEPTHS)


def test_calibration_thresholds_and_importances_work_on_top():
    rows, labels = make_classification(300, random_state=0)
    for committee in (
        CommitteeClassifier(TREE, DEPTHS, cv=3),
        CommitteeClassifier(LinearSVC(random_state=0), cv=3),
    ):
        calibrated = CalibratedClassifierCV(committee, cv=2).fit(rows, labels)
        assert np.allclose(calibrated.predict_proba(rows).sum(axis=1), 1)
        tuned = TunedThresholdClassifierCV(committee, cv=2).fit(rows, labels)
        assert tuned.score(rows, labels) > 0.7
    found = permutation_importance(
        committee.fit(rows, labels), rows, labels, n_repeats=2, random_state=0
    )
    assert found.importances_mean.shape == (20,)
    assert found.importances_mean.max() > 0.05


def test_notebooks_show_the_members_as_a_table():
    candidates = [{"max_depth": 1}, {"max_depth": 2, "class_weight": {0: 2}}]
    committee = CommitteeClassifier(TREE, candidates, weights=[1, 3], cv=2)
    assert "skoverfit-committee" not in committee._repr_html_()
    fitted = committee.fit(X, y)
    for page in (fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]):
        table = page.split('class="skoverfit-committee"')[1]
        assert table.index("class_weight={0: 2}") < table.index("max_depth=1")
        assert "<td>0.75</td>" in table


def test_long_tables_in_notebooks_end_somewhere():
    candidates = [{"max_depth": depth} for depth in range(1, 31)]
    page = CommitteeClassifier(TREE, candidates, cv=2).fit(X, y)._repr_html_()
    assert "and 10 candidates more" in page


# -------------------------------------------------------------------------- bad values


@pytest.mark.parametrize(
    "weights",
    [[1], [1, -1], [0, 0], [1, np.nan], [np.inf, 1], ["a", "b"], [[1, 2]]],
    ids=str,
)
def test_bad_weights_get_one_message(weights):
    committee = CommitteeClassifier(TREE, DEPTHS, weights=weights)
    with pytest.raises(ValueError, match=r"weights=.*for each of the 2 candidates"):
        committee.fit(X, y)


@pytest.mark.parametrize("candidates", [[], [3], [{"max_depth": 1}, None]], ids=str)
def test_bad_candidates_are_refused(candidates):
    with pytest.raises(ValueError, match=r"candidates=.* list of at least one dict"):
        CommitteeClassifier(TREE, candidates).fit(X, y)


def test_unknown_parameters_are_named():
    with pytest.raises(ValueError, match="'depth'"):
        CommitteeClassifier(TREE, [{"depth": 3}]).fit(X, y)


@pytest.mark.parametrize(
    ("committee", "message"),
    [
        (CommitteeClassifier(Ridge()), "is a regressor; use CommitteeRegressor"),
        (CommitteeRegressor(TREE), "is a classifier; use CommitteeClassifier"),
        (CommitteeClassifier("tree"), "'estimator' parameter of CommitteeClassifier"),
        (CommitteeClassifier(TREE, {"max_depth": 1}), "'candidates' parameter"),
        (CommitteeClassifier(TREE, cv=[]), "gave no split"),
    ],
)
def test_what_cannot_work_is_refused(committee, message):
    with pytest.raises(ValueError, match=message):
        committee.fit(X, y)


def test_methods_before_fit_are_those_that_members_will_have():
    assert hasattr(CommitteeClassifier(TREE), "predict_proba")
    assert not hasattr(CommitteeClassifier(Perceptron()), "predict_proba")
    assert hasattr(CommitteeClassifier(Perceptron()), "decision_function")
    candidates = [{"probability": False}]
    assert not hasattr(CommitteeClassifier(SVC(), candidates), "predict_proba")
    assert hasattr(CommitteeClassifier(TREE, [{"depth": 3}]), "predict_proba")


def test_an_average_is_better_than_its_members():
    rows, numbers = X_numbers, y_numbers
    tree = DecisionTreeRegressor(random_state=0)
    committee = CommitteeRegressor(tree).fit(rows[:300], numbers[:300])
    each = [model.score(rows[300:], numbers[300:]) for model in committee.estimators_]
    assert committee.score(rows[300:], numbers[300:]) > max(each)
    assert (
        CommitteeRegressor(KNeighborsRegressor())
        .fit(rows, numbers)
        .score(rows, numbers)
        > 0.4
    )
