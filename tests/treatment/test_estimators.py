import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits, make_classification, make_friedman1
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import (
    CommitteeClassifier,
    TreatedClassifier,
    TreatedRegressor,
    treat,
)
from skoverfit.exceptions import InputError

TREE = DecisionTreeClassifier(random_state=0)
QUICK = {"budget": None, "random_state": 0}


@pytest.fixture(scope="module")
def classes():
    """Rows that a linear model tells apart better than a tree: to fit, and new ones."""
    X, y = make_classification(
        400, 12, n_informative=6, n_clusters_per_class=1, flip_y=0.05, random_state=3
    )
    return (X[:200], y[:200]), (X[200:], y[200:])


@pytest.fixture(scope="module")
def treated(classes):
    model = TreatedClassifier(TREE, remedies=["linear", "neighbors"], **QUICK)
    return model.fit(*classes[0])


def global_state():
    return np.random.mtrand._rand.get_state()[1].copy()


def rebuilt(code):
    names = {}
    exec(code, names)
    return names["estimator"]


# ----------------------------------------------------------------------- the promise
def test_a_better_model_takes_the_place_of_a_tree(classes, treated):
    fit, new = classes
    assert treated.report_.accepted
    assert treated.score(*new) > TREE.fit(*fit).score(*new) + 0.02
    assert isinstance(treated.best_estimator_, CommitteeClassifier)
    assert treated.report_.gain.interval[0] > 0
    assert sum(step.share for step in treated.steps_) == pytest.approx(1)


def test_the_code_builds_the_same_model(classes, treated):
    fit, new = classes
    again = rebuilt(treated.code_).fit(*fit)
    assert np.array_equal(again.predict_proba(new[0]), treated.predict_proba(new[0]))


def test_regression_is_treated_by_squared_errors():
    X, y = make_friedman1(300, random_state=0)
    tree = DecisionTreeRegressor(random_state=0)
    treated = TreatedRegressor(tree, remedies=["splines"], **QUICK)
    treated.fit(X[:200], y[:200])
    assert treated.report_.accepted
    kept = tree.fit(X[:200], y[:200]).score(X[200:], y[200:])
    assert treated.score(X[200:], y[200:]) > kept
    again = rebuilt(treated.code_).fit(X[:200], y[:200])
    assert np.array_equal(again.predict(X[200:]), treated.predict(X[200:]))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_replaces_a_model_of_noise(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(80, 4)), rng.integers(2, size=80)
    treated = TreatedClassifier(
        LogisticRegression(), remedies=["neighbors"], budget=None, random_state=seed
    ).fit(X, y)
    assert not treated.report_.accepted
    assert isinstance(treated.best_estimator_, LogisticRegression)
    assert "given model is kept" in treated.report_.headline
    assert [step.name for step in treated.steps_] == ["the given model"]


def test_the_given_model_is_kept_exactly_as_it_was_given(classes):
    fit, new = classes
    model = LogisticRegression(C=0.7)
    treated = TreatedClassifier(model, remedies=["pruned_trees"], **QUICK).fit(*fit)
    expected = model.fit(*fit).predict_proba(new[0])
    assert np.array_equal(treated.predict_proba(new[0]), expected)
    assert len(treated.report_.steps) == 1


# ------------------------------------------------------------------------ determinism
def test_the_number_of_jobs_changes_nothing(classes, treated):
    fit, new = classes
    twice = TreatedClassifier(TREE, remedies=["linear", "neighbors"], n_jobs=2, **QUICK)
    twice.fit(*fit)
    assert np.array_equal(twice.predict_proba(new[0]), treated.predict_proba(new[0]))
    scores = [[s.score for s in t.report_.steps] for t in (twice, treated)]
    assert scores[0] == scores[1]


def test_global_random_state_and_data_stay_as_they_are(classes):
    X, y = (part.copy() for part in classes[0])
    before = global_state()
    TreatedClassifier(TREE, remedies=["bagged"], **QUICK).fit(X, y)
    assert np.array_equal(global_state(), before)
    assert np.array_equal(X, classes[0][0])
    assert np.array_equal(y, classes[0][1])


# ------------------------------------------------------------------ scikit-learn's ways
def test_nested_cross_validation_measures_the_whole_treatment(classes):
    model = make_pipeline(
        StandardScaler(), TreatedClassifier(TREE, remedies=["linear"], **QUICK)
    )
    scores = cross_val_score(model, *classes[0], cv=3)
    assert scores.mean() > cross_val_score(TREE, *classes[0], cv=3).mean()


class Recorder(ClassifierMixin, BaseEstimator):
    """Predicts the first class, and fails without weights that sum to whole tens."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        assert sample_weight is not None
        assert len(sample_weight) == len(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_weights_reach_the_models(classes):
    X, y = classes[0]
    treated = treat(Recorder(), X, y, sample_weight=np.ones(200), **QUICK, remedies=[])
    assert treated.report_.given_score.mean == pytest.approx(np.mean(y == 0))


def test_weights_are_routed_where_they_are_requested(classes):
    X, y = classes[0]
    with config_context(enable_metadata_routing=True):
        model = Recorder().set_fit_request(sample_weight=True)
        treated = TreatedClassifier(model, remedies=["linear"], **QUICK)
        treated.fit(X, y, sample_weight=np.ones(200))
    assert treated.report_.accepted
    with (
        config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match="sample_weight"),
    ):
        TreatedClassifier(Recorder(), **QUICK).fit(X, y, sample_weight=np.ones(200))


def test_groups_are_routed_to_the_splits_that_are_drawn(classes):
    X, y = classes[0]
    groups = np.repeat(np.arange(20), 10)
    with config_context(enable_metadata_routing=True):
        treated = treat(
            LogisticRegression(), X, y, groups=groups, remedies=[], trust=True, **QUICK
        )
    plain = treat(
        LogisticRegression(), X, y, groups=groups, remedies=[], trust=True, **QUICK
    )
    assert treated.score_to_expect_ == plain.score_to_expect_


def test_groups_stay_together(classes):
    X, y = classes[0]
    groups = np.repeat(np.arange(20), 10)
    treated = treat(TREE, X, y, groups=groups, remedies=["linear"], **QUICK)
    again = rebuilt(treated.code_).fit(X, y, groups=groups)
    assert np.array_equal(again.predict_proba(X), treated.predict_proba(X))
    for train, test in again.cv.split(X, y, groups):
        assert not set(groups[train]) & set(groups[test])
    own = treat(TREE, X, y, groups=groups, cv=GroupKFold(4), remedies=[], **QUICK)
    assert own.report_.n_splits == 4


# -------------------------------------------------------------------- kinds of data
def test_mixed_tables_start_from_a_forest_behind_an_encoder():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    city = rng.choice(["Bath", "York", "Hull"], 120)
    size = rng.normal(size=120)
    size[:5] = np.nan
    frame = pd.DataFrame({"city": pd.Categorical(city), "size": size})
    y = np.where(city == "Bath", "yes", "no")
    treated = treat(None, frame, y, remedies=["linear"], **QUICK)
    assert treated.score(frame, y) > 0.95
    assert list(treated.classes_) == ["no", "yes"]
    assert list(treated.feature_names_in_) == ["city", "size"]


def test_texts_start_from_a_linear_model_of_words():
    texts = [f"the {word} is number {k}" for k in range(30) for word in ("cat", "dog")]
    y = np.array(["meow", "woof"] * 30)
    treated = treat(None, texts, y, remedies=["naive_bayes"], **QUICK)
    assert list(treated.predict(["a cat", "a dog"])) == ["meow", "woof"]


def test_images_start_from_a_forest_of_pixels_and_are_moved():
    digits = load_digits()
    X, y = digits.images, digits.target
    options = {**QUICK, "cv": 2, "remedies": ["changed_images"], "accept": "best"}
    treated = treat(None, X[:150], y[:150], **options)
    assert treated.report_.accepted
    assert {step.kind for step in treated.steps_} & {"changed_images"}
    assert treated.report_.gain.mean > 0
    assert treated.score(X[500:800], y[500:800]) > 0.7  # half of 150 rows a fold
    again = rebuilt(treated.code_).fit(X[:150], y[:150])
    assert np.array_equal(again.predict(X[500:800]), treated.predict(X[500:800]))


# ------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"remedies": ["magic"]}, "'magic'; known are scaled, "),
        ({"budget": -1}, "budget=-1 must be a positive number"),
        ({"cv": 1}, "'cv' parameter"),
        ({"cv": ShuffleSplit(1)}, "gives 1 split; a treatment needs at least two"),
        ({"accept": "surely"}, "'accept' parameter"),
        ({"scoring": lambda model, X, y: 1.0}, "made by make_scorer"),
        ({"scoring": "acuracy"}, "'acuracy' is not a scorer"),
    ],
)
def test_options_that_cannot_be_used_are_named(classes, options, message):
    with pytest.raises(ValueError, match=message):
        TreatedClassifier(TREE, **{**QUICK, **options}).fit(*classes[0])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", "b", None], "Input y contains NaN: 20 of 60 are missing"),
        ([0, "yes", 1], r"several types \(int, str\); make them one"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(y, message):
    X = np.zeros((60, 2))
    with pytest.raises(InputError, match=message):
        TreatedClassifier(TREE, **QUICK).fit(X, np.array(y * 20, dtype=object))


def test_objects_that_are_numbers_are_classes(classes):
    X, y = classes[0]
    treated = TreatedClassifier(TREE, remedies=[], **QUICK)
    assert treated.fit(X, (y > 0).astype(object)).classes_.dtype == bool
    assert treated.fit(X, y.astype(object)).classes_.dtype.kind == "i"


def test_targets_that_are_all_the_same_are_treated_without_a_warning():
    X = np.random.default_rng(0).normal(size=(60, 2))
    tree = DecisionTreeRegressor(random_state=0)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        treated = treat(tree, X, np.ones(60), remedies="log_target", **QUICK)
    assert [str(each.message) for each in said] == []
    assert treated.predict(X).tolist() == [1.0] * 60


def test_texts_that_are_missing_are_counted():
    texts = [["good", "bad", None][k % 3] for k in range(60)]
    with pytest.raises(InputError, match="X holds texts, but 20 of 60 are missing"):
        treat(None, texts, np.arange(60) % 2, **QUICK)


def test_several_targets_are_refused(classes):
    X, y = classes[0]
    with pytest.raises(InputError, match="y has 2 columns; treat one of them"):
        TreatedClassifier(TREE, **QUICK).fit(X, np.column_stack([y, y]))


def test_other_metadata_are_refused(classes):
    with pytest.raises(TypeError, match=r"weight, groups and time .* got 'colour'"):
        TreatedClassifier(TREE, **QUICK).fit(*classes[0], colour="red")


def test_models_of_kernels_are_refused(classes):
    (X, y), _ = classes
    treated = TreatedClassifier(SVC(kernel="precomputed"))
    with pytest.raises(InputError, match="kernels or distances between rows"):
        treated.fit(X @ X.T, y)


def test_a_model_of_the_other_kind_is_refused(classes):
    with pytest.raises(ValueError, match="use TreatedRegressor"):
        TreatedClassifier(DecisionTreeRegressor(), **QUICK).fit(*classes[0])


def test_few_rows_leave_the_given_model():
    X, y = np.arange(6.0).reshape(3, 2), [0, 1, 2]
    treated = TreatedClassifier(KNeighborsClassifier(1), **QUICK).fit(X, y)
    assert list(treated.predict(X)) == y
    assert "nothing can be judged" in str(treated.report_)


# ---------------------------------------------------------------------------- faults
def test_what_the_given_model_raises_is_raised(classes):
    X, y = classes[0]
    with pytest.raises(ValueError, match="min_samples_leaf"):
        TreatedClassifier(DecisionTreeClassifier(min_samples_leaf=0)).fit(X, y)


def test_a_model_without_probabilities_is_treated(classes):
    fit, new = classes
    model = LinearSVC(C=1e-4, random_state=0)
    treated = TreatedClassifier(model, remedies=["linear"], **QUICK).fit(*fit)
    assert treated.score(*new) >= model.fit(*fit).score(*new) - 0.02
    assert not hasattr(TreatedClassifier(model), "predict_proba")


class Uncloneable(LogisticRegression):
    def __init__(self, C=1.0):
        super().__init__(C=C + 1)


def test_a_model_that_cannot_be_cloned_is_refused_in_one_sentence(classes):
    with pytest.raises(InputError, match="estimator=Uncloneable cannot be cloned"):
        TreatedClassifier(Uncloneable(), **QUICK).fit(*classes[0])


def test_an_interrupt_keeps_the_best_so_far(classes):
    def stop(stage, done, total):
        if stage.startswith("random forest"):
            raise KeyboardInterrupt

    treated = TreatedClassifier(
        TREE, remedies=["linear", "forest"], progress=stop, **QUICK
    ).fit(*classes[0])
    assert treated.report_.is_interrupted
    assert treated.report_.accepted
    assert "interrupted" in str(treated.report_)
    assert {step.kind for step in treated.steps_} <= {"given", "linear"}


def test_an_interrupt_before_anything_is_known_is_passed_on(classes):
    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TreatedClassifier(TREE, progress=stop, **QUICK).fit(*classes[0])


def test_constant_and_missing_columns_do_not_matter(classes):
    X, y = classes[0]
    gaps = np.full(200, np.nan)
    X = np.column_stack([X, np.ones(200), gaps])
    treated = TreatedClassifier(TREE, remedies=["linear", "neighbors"], **QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of imputers, about the column of gaps
        treated.fit(X, y)
        assert treated.report_.accepted
        assert treated.score(X, y) > 0.8


def test_infinite_cells_are_named():
    X = np.array([[np.inf], [1.0]] * 20)
    with pytest.raises(ValueError, match="infinity"):
        TreatedClassifier(TREE, **QUICK).fit(X, [0, 1] * 20)


def test_rare_and_many_classes_are_no_obstacle():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = np.r_[np.arange(40).repeat(2), [99], np.arange(39)]
    treated = TreatedClassifier(TREE, remedies=["neighbors"], **QUICK).fit(X, y)
    assert len(treated.classes_) == 41
    with pytest.warns(UserWarning, match="unique classes"):
        one_each = TreatedClassifier(TREE, **QUICK).fit(X[:30], np.arange(30))
    assert one_each.report_.n_splits == 0


def test_splits_of_ones_own_are_used(classes):
    X, y = classes[0]
    splits = list(KFold(3).split(X))
    treated = TreatedClassifier(TREE, remedies=["linear"], cv=splits, **QUICK)
    treated.fit(X, y)
    assert treated.report_.n_splits == 3
    assert treated.report_.n_passes == 1  # nothing is known of how to draw others
