"""The gate and the choice of a dose: what is compared, on which rows, and decided."""

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import RandomUnderSampler
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, check_scoring, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit._gap import corrected_estimate
from skoverfit.augmentation import (
    AugmentedClassifier,
    AugmentedRegressor,
    BaseAugmenter,
    GaussianNoise,
    Mixup,
    SwapNoise,
)
from skoverfit.augmentation._wrappers._comparison import (
    N_FOLDS,
    Comparison,
    Task,
    compare,
    make_passes,
)
from skoverfit.augmentation._wrappers._dose import best_candidate, chosen_elsewhere
from skoverfit.augmentation._wrappers._gate import N_PASSES, judged
from skoverfit.augmentation._wrappers._training import TrainingRows
from skoverfit.exceptions import InvalidSplitsWarning

X, y = make_classification(60, 4, n_informative=3, n_redundant=0, random_state=0)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
PASSES = N_PASSES["proven"]
FOLDS = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)


class Answers(BaseAugmenter):
    """Gives copies the label that the first column hides: a sure gain."""

    def _augment(self, X, y, rng):
        return X + rng.normal(size=X.shape) * 0.01, (X[:, 0] > 0).astype(y.dtype)


def hidden(n_rows=150):
    """Rows whose label is the sign of the first column, with a third of it wrong."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n_rows, 2))
    labels = (rows[:, 0] > 0).astype(int)
    wrong = rng.permutation(n_rows)[: n_rows // 3]
    labels[wrong] = 1 - labels[wrong]
    return rows, labels


def truth(estimator, X, y):
    return accuracy_score(X[:, 0] > 0, estimator.predict(X))


def proven(estimator=TREE, augmenter=None, **options):
    options = {"cv": FOLDS, "random_state": 0} | options
    return AugmentedClassifier(estimator, augmenter, accept="proven", **options)


# ---------------------------------------------------------------------------- the gate


def test_what_helps_is_accepted():
    rows, labels = hidden()
    model = proven(KNeighborsClassifier(1), Answers(n_copies=3), scoring=truth)
    model.fit(rows, labels)
    assert model.accepted_
    assert model.gate_.accepted
    assert model.gate_.pvalue <= 0.05
    assert model.gate_.against_none.interval[0] > 0
    assert model.gate_.against_copies.interval[0] > 0
    always = clone(model).set_params(accept="always").fit(rows, labels)
    np.testing.assert_array_equal(model.predict(rows), always.predict(rows))
    assert not hasattr(always, "gate_")


def test_what_does_not_help_is_left_out():
    model = proven(TREE, SwapNoise(p=0.9, n_copies=3)).fit(X, y)
    assert not model.accepted_
    assert model.augmenter_ is None
    assert model.gate_.against_none.mean < 0
    np.testing.assert_array_equal(model.predict(X), TREE.fit(X, y).predict(X))
    assert model.n_features_in_ == 4


@pytest.mark.parametrize("mode", ["append", "replace", "weight"])
def test_scores_are_those_of_cross_validation(mode):
    noise = GaussianNoise(0.0, n_copies=2, mode=mode)  # plain copies: any seed
    gate = proven(TREE, noise).fit(X, y).gate_
    np.testing.assert_array_equal(
        gate.scores_none, cross_val_score(TREE, X, y, cv=FOLDS)
    )
    by_hand = AugmentedClassifier(TREE, noise)
    np.testing.assert_array_equal(
        gate.scores_copies, cross_val_score(by_hand, X, y, cv=FOLDS)
    )
    assert gate.scores == gate.scores_copies
    assert not gate.accepted
    assert gate.against_copies.pvalue == 1.0


def test_scores_that_rows_do_not_make_up_are_compared_by_splits():
    gate = (
        proven(TREE, GaussianNoise(0.5), significance_level=0.1, scoring="f1")
        .fit(X, y)
        .gate_
    )
    by_hand = corrected_estimate(
        np.subtract(gate.scores, gate.scores_none),
        test_train_ratio=0.5,
        confidence_level=0.8,
    )
    assert gate.compared == "splits"
    assert gate.against_none.mean == pytest.approx(by_hand.mean)
    assert gate.against_none.std_error == pytest.approx(by_hand.std_error)
    assert gate.against_none.interval == pytest.approx(by_hand.interval)
    assert gate.pvalue == max(gate.against_none.pvalue, gate.against_copies.pvalue)


@pytest.mark.parametrize("scoring", [None, "accuracy", "roc_auc", "neg_log_loss"])
def test_rows_are_compared_where_they_make_up_the_score(scoring):
    options = {"scoring": scoring, "significance_level": 0.1}
    gate = proven(TREE, GaussianNoise(0.5), **options).fit(X, y).gate_
    assert gate.compared == "rows"
    expected = cross_val_score(TREE, X, y, cv=FOLDS, scoring=scoring)
    assert gate.scores_none == pytest.approx(expected)
    for estimate, scores in [
        (gate.against_none, gate.scores_none),
        (gate.against_copies, gate.scores_copies),
    ]:
        mean = np.mean(gate.scores) - np.mean(scores)
        assert estimate.mean == pytest.approx(mean)
        assert estimate.confidence_level == pytest.approx(0.8)
        low, high = estimate.interval
        assert low < mean < high
        assert (low > 0) == (estimate.pvalue < 0.1)


def test_groups_count_as_one():
    rows = np.repeat(np.arange(len(X)), 4)
    options = {"cv": GroupKFold(3), "scoring": "accuracy"}
    model = proven(TREE, GaussianNoise(0.5, random_state=0), **options)
    grouped = model.fit(X[rows], y[rows], groups=rows).gate_.against_none
    splits = list(GroupKFold(3).split(X[rows], groups=rows))
    alone = clone(model).set_params(cv=splits).fit(X[rows], y[rows]).gate_.against_none
    assert grouped.mean == alone.mean
    # Without groups only the splits tell that copies are alike, and there are three.
    assert grouped.interval[1] < 0.9 * alone.interval[1]


def test_better_asks_for_no_copies():
    augmented = {"estimator": TREE, "augmenter": GaussianNoise(0.5)}
    better, both = (
        AugmentedClassifier(**augmented, accept=accept, random_state=0).fit(X, y)
        for accept in ("better", "proven")
    )
    assert better.gate_.against_none == both.gate_.against_none
    assert better.gate_.pvalue == better.gate_.against_none.pvalue
    assert better.gate_.against_copies is None
    assert better.gate_.scores_copies == ()
    assert "copies" not in repr(better.gate_)


def test_likely_takes_one_pass_and_no_copies():
    rows, labels = hidden()
    model = proven(KNeighborsClassifier(1), Answers(), cv=None, scoring=truth)
    gate = model.set_params(accept="likely").fit(rows, labels).gate_
    assert gate.accepted
    assert gate.significance_level == 0.2
    assert len(gate.scores) == N_FOLDS
    assert gate.against_copies is None
    strict = clone(model).set_params(significance_level=0.01).fit(rows, labels)
    assert strict.gate_.significance_level == 0.01
    assert strict.gate_.scores == gate.scores


def test_a_hopeless_augmentation_is_given_up_after_one_pass():
    hopeless = proven(TREE, SwapNoise(p=0.9, n_copies=3), cv=None).fit(X, y)
    assert len(hopeless.gate_.scores) == N_FOLDS
    rows, labels = hidden()
    sure = proven(KNeighborsClassifier(1), Answers(), cv=None, scoring=truth)
    assert len(sure.fit(rows, labels).gate_.scores) == N_FOLDS * PASSES


def test_the_first_pass_is_the_same_whether_others_follow():
    task = Task(TREE, TrainingRows(X, y), check_scoring(TREE))

    def compared(until):
        rng = np.random.RandomState(0)
        passes = make_passes(None, task.rows, TREE, {}, rng, PASSES)
        return compare(task, [GaussianNoise(random_state=0)], passes, rng, until=until)

    one, three = compared(lambda first: True), compared(lambda first: False)
    assert len(one.plain) == N_FOLDS
    assert len(three.plain) == N_FOLDS * PASSES
    np.testing.assert_array_equal(one.augmented, three.augmented[:N_FOLDS])
    np.testing.assert_array_equal(one.plain, three.plain[:N_FOLDS])


def test_expected_loss_is_what_draws_of_the_difference_lose():
    rng = np.random.default_rng(0)
    scores = rng.normal(0.02, 0.05, size=(10, 1))
    result = judged(comparison(np.zeros(10), scores, scores), np.zeros(10, int), 0.2)
    difference = result.against_none
    draws = rng.normal(difference.mean, difference.std_error, size=100_000)
    lost = np.maximum(-draws, 0).mean()
    assert result.expected_loss == pytest.approx(lost, rel=0.05)
    none, fallen = np.ones(4), np.zeros(4)  # of a sure fall: all of it
    fall = judged(comparison(none, fallen, fallen), np.zeros(4, int), 0.2)
    assert fall.expected_loss == 1.0


def comparison(plain, augmented, copied, peers=None):
    augmented = np.reshape(np.array(augmented, dtype=float), (len(plain), -1))
    copied = np.reshape(np.array(copied, dtype=float), augmented.shape)
    if peers is None:
        peers = ~np.eye(len(plain), dtype=bool)
    return Comparison(
        np.array(plain, dtype=float),
        augmented,
        copied,
        np.full(len(plain), 0.25),
        peers,
    )


def test_both_comparisons_must_hold():
    none, high = np.zeros(10), np.linspace(0.09, 0.11, 10)
    first = np.zeros(10, dtype=int)
    assert judged(comparison(none, high, none), first, 0.05).accepted
    assert not judged(comparison(none, high, high), first, 0.05).accepted
    assert not judged(comparison(high, high, none), first, 0.05).accepted


def test_a_few_equal_differences_prove_nothing():
    gate = judged(comparison([0, 0], [0.1, 0.1], [0, 0]), np.zeros(2, dtype=int), 0.05)
    assert gate.pvalue == 0.25
    assert not gate.accepted


def test_accepted_is_what_is_significant_at_the_level():
    first, none = np.zeros(10, dtype=int), np.zeros(10)
    augmented = np.random.default_rng(0).normal(0.5, 1.0, 10)
    pvalue = judged(comparison(none, augmented, none), first, 0.05).pvalue
    assert 0.01 < pvalue < 0.5
    for level, accepted in [(0.99 * pvalue, False), (1.01 * pvalue, True)]:
        gate = judged(comparison(none, augmented, none), first, level)
        assert gate.accepted == accepted


def test_failed_splits_are_left_out():
    scores = np.r_[np.linspace(0.09, 0.11, 9), np.nan]
    gate = judged(
        comparison(np.zeros(10), scores, np.zeros(10)), np.zeros(10, dtype=int), 0.05
    )
    assert gate.against_none.n_invalid == 1
    assert gate.accepted
    nothing = np.full(4, np.nan)
    gate = judged(comparison(nothing, nothing, nothing), np.zeros(4, dtype=int), 0.05)
    assert np.isnan(gate.pvalue)
    assert not gate.accepted


def test_the_record_is_frozen_and_readable():
    gate = proven(TREE, GaussianNoise()).fit(X, y).gate_
    assert repr(gate).startswith("<GateResult: not accepted at level 0.05, p=")
    assert "rows of 6 splits" in repr(gate)
    assert "against copies: " in repr(gate)
    with pytest.raises(FrozenInstanceError):
        gate.accepted = True
    assert pickle.loads(pickle.dumps(gate)) == gate


def test_mixed_labels_are_compared_with_copies_of_the_same_weight():
    class Totals(DecisionTreeClassifier):
        seen = []

        def fit(self, X, y, sample_weight=None):
            weight = np.ones(len(y)) if sample_weight is None else sample_weight
            self.seen.append((len(y), round(float(weight.sum()), 6)))
            return super().fit(X, y, sample_weight)

    proven(Totals(max_depth=2, random_state=0), Mixup(partner="any")).fit(X, y)
    arms = [Totals.seen[3 * split : 3 * split + 3] for split in range(6)]
    for plain, augmented, copied in arms:
        assert plain == (40, 40.0)
        assert augmented == copied
        assert augmented[0] > 80
        assert augmented[1] == 80.0


@pytest.mark.parametrize("sampler", [SMOTE(), RandomUnderSampler()])
def test_samplers_of_imblearn_are_compared_with_random_copies(sampler):
    rows = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:18]]
    model = proven(TREE, sampler).fit(X[rows], y[rows])
    assert np.isfinite(model.gate_.scores_copies).all()


def test_a_regressor_and_a_score():
    rows, target = make_regression(120, 80, n_informative=5, noise=90.0, random_state=0)
    noise = GaussianNoise(0.5, n_copies=10)
    model = AugmentedRegressor(
        LinearRegression(),
        noise,
        accept="proven",
        scoring="neg_mean_absolute_error",
        random_state=0,
    ).fit(rows, target)
    assert model.accepted_
    assert max(model.gate_.scores) < 0
    assert len(model.gate_.scores) == N_FOLDS * PASSES


def test_jobs_do_not_change_the_result():
    model = proven(TREE, GaussianNoise(0.3), tune={"scale": [0.1, 0.5]}).fit(X, y)
    with parallel_config(backend="threading"):
        again = clone(model).set_params(n_jobs=2).fit(X, y)
    assert again.gate_ == model.gate_
    assert again.tuning_ == model.tuning_


def test_the_seed_of_the_augmenter_is_enough():
    def gate(seed):
        noise = GaussianNoise(0.5, random_state=seed)
        return proven(TREE, noise, random_state=None, cv=3).fit(X, y).gate_

    assert gate(1) == gate(1)
    assert gate(1) != gate(2)


def test_what_was_decided_before_is_forgotten():
    model = proven(TREE, tune={"scale": [0.1]}).fit(X, y)
    model.set_params(accept="always", tune=None).fit(X, y)
    assert not hasattr(model, "gate_")
    assert not hasattr(model, "tuning_")
    assert model.accepted_


def test_weights_are_in_the_fits_of_all_arms():
    weight = np.where(y == 0, 1.0, 1e-9)  # as if class 0 were alone
    model = proven(LogisticRegression(), GaussianNoise(0.1), scoring="recall", cv=2)
    gate = model.fit(X, y, sample_weight=weight).gate_
    assert set(gate.scores + gate.scores_none + gate.scores_copies) == {0.0}


# -------------------------------------------------------------------------- the splits


def folds(cv=None, labels=y, groups=None, estimator=TREE):
    rows = TrainingRows(np.empty((len(labels), 1)), labels)
    params = {} if groups is None else {"groups": groups}
    rng = np.random.RandomState(0)
    passes = make_passes(cv, rows, estimator, params, rng, PASSES)
    return [split for splits in passes for split in splits]


def test_folds_are_dealt_out_by_class():
    splits = folds()
    assert len(splits) == N_FOLDS * PASSES
    for number in range(PASSES):
        tests = [test for _, test in splits[number * N_FOLDS :][:N_FOLDS]]
        np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(60))
    shares = [y[test].mean() for _, test in splits]
    assert np.ptp(shares) < 0.1
    assert not np.array_equal(splits[0][1], splits[N_FOLDS][1])


def test_groups_stay_whole():
    groups = np.arange(60) % 7
    for train, test in folds(groups=groups):
        assert not set(groups[train]) & set(groups[test])
    model = proven(cv=None).fit(X, y, groups=groups)
    assert len(model.gate_.scores) == N_FOLDS * PASSES
    given = proven(cv=LeaveOneGroupOut()).fit(X, y, groups=groups)
    assert len(given.gate_.scores) == 7


def test_small_classes_need_no_warning():
    labels = np.array([0] * 6 + [1] * 2 + [2])
    assert len(folds(labels=labels)) == N_FOLDS * PASSES
    assert len(folds(labels=labels[:3])) == 3 * PASSES
    assert len(folds(labels=np.c_[labels, labels])) == N_FOLDS * PASSES


def test_masks_and_iterables_are_splits():
    even = np.arange(60) % 2 == 0
    model = proven(cv=[(even, ~even), (~even, even)]).fit(X, y)
    assert len(model.gate_.scores) == 2
    scores = cross_val_score(TREE, X, y, cv=[np.nonzero(even) + np.nonzero(~even)])
    assert model.gate_.scores_none[0] == scores[0]


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (1, "'cv' parameter"),
        (KFold(2), "training rows of the single class"),
        ([], "at least one training row"),
        ([(np.arange(60), np.array([], dtype=int))], "at least one training row"),
        ("five", "'cv' parameter"),
    ],
)
def test_bad_splits_are_named(cv, message):
    order = np.argsort(y)
    with pytest.raises(ValueError, match=message):
        proven(cv=cv).fit(X[order], y[order])


def test_too_little_data_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        proven(cv=None).fit(X, y, groups=np.zeros(60))


def test_errors_of_every_split_are_raised():
    with pytest.raises(ValueError, match="positions from -4 to 3"):
        proven(augmenter=GaussianNoise(columns=[7])).fit(X, y)
    rows = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:15]]
    with pytest.raises(ValueError, match="n_neighbors"):
        proven(augmenter=SMOTE(k_neighbors=200)).fit(X[rows], y[rows])


def test_errors_of_some_splits_are_counted():
    class Fragile(DummyClassifier):
        def fit(self, X, y):
            if len(X) < 60 and 0 in X[:, 0]:
                raise ValueError("a row with 0, and not all rows")
            return super().fit(X, y)

    rows = np.arange(60.0)[:, np.newaxis]
    model = proven(Fragile(), GaussianNoise(0.0, mode="replace"))
    with pytest.warns(InvalidSplitsWarning, match="4 of 6 splits"):
        model.fit(rows, y)
    assert model.gate_.against_none.n_splits == 2


# ------------------------------------------------------------------------ the dose


def test_tuning_takes_the_best_mean():
    rows, labels = hidden()
    grid = {"n_copies": [0, 1, 5]}
    model = AugmentedClassifier(
        KNeighborsClassifier(1), Answers(), tune=grid, scoring=truth, random_state=0
    ).fit(rows, labels)
    table = model.tuning_
    assert table["n_copies"] == [0, 1, 5]
    best = int(np.argmax(table["mean_test_score"]))
    assert table["chosen"] == [position == best for position in range(3)]
    assert model.augmenter_.n_copies == table["n_copies"][best] > 0
    assert table["difference"][0] == 0.0
    assert table["std_error"][best] > 0
    assert model.accepted_


def test_auto_tries_doses_copies_and_modes():
    model = AugmentedClassifier(TREE, GaussianNoise(0.2), tune="auto", cv=2)
    table = model.set_params(random_state=0).fit(X, y).tuning_
    settings = list(zip(table["scale"], table["n_copies"], table["mode"], strict=True))
    assert settings[0] == (0.2, 1, "append")
    assert len(set(settings)) == len(settings) == 12
    assert {scale for scale, *_ in settings} == {0.0667, 0.2, 0.6}
    assert {mode for *_, mode in settings} == {"append", "replace", "weight"}
    assert {copies for _, copies, _ in settings} == {1, 3}


def test_auto_leaves_modes_alone_where_classes_are_balanced():
    rows = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:10]]
    balancing = SwapNoise(0.5, sampling_strategy="auto")
    model = AugmentedClassifier(TREE, balancing, tune="auto", cv=2, random_state=0)
    assert model.fit(X[rows], y[rows]).tuning_["p"] == [0.5, 0.167]


def test_a_dose_is_judged_on_rows_that_did_not_choose_it():
    # The candidate that is best on a split is never the best on the others.
    scores = np.eye(6)
    peers = ~np.eye(6, dtype=bool)
    chosen = chosen_elsewhere(
        comparison(np.zeros(6), scores, np.zeros((6, 6)), peers), None
    )
    assert np.all(scores[np.arange(6), chosen] == 0)
    assert best_candidate(scores) == 0


def test_a_failed_candidate_is_not_chosen():
    scores = np.array([[0.9, 0.5], [np.nan, 0.6]])
    assert best_candidate(scores) == 1


def test_overlapping_test_rows_cannot_judge_a_dose():
    cv = ShuffleSplit(5, test_size=0.5, random_state=0)
    model = proven(tune={"scale": [0.1, 0.2]}, cv=cv)
    with pytest.raises(ValueError, match="without common test rows"):
        model.fit(X, y)
    assert proven(tune={"scale": [0.1]}, cv=cv).fit(X, y).gate_ is not None


def test_tuning_and_gate_share_the_fits():
    class Counting(DecisionTreeClassifier):
        n_fits = 0

        def fit(self, X, y):
            Counting.n_fits += 1
            return super().fit(X, y)

    grid = {"scale": [0.1, 0.2, 0.3], "mode": ["append", "replace"]}
    proven(Counting(max_depth=3, random_state=0), tune=grid).fit(X, y)
    # Six splits: none, the copies of "append" and six candidates; then the last fit.
    assert Counting.n_fits == 6 * (1 + 1 + 6) + 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accept": "maybe"}, "'accept' parameter"),
        ({"tune": "all"}, "'tune' parameter"),
        ({"tune": {"size": [1]}}, "Invalid parameter 'size'"),
        ({"tune": {}}, r"tune=\{\} must name"),
        ({"tune": {"scale": []}}, "non-empty"),
        ({"scoring": "points"}, "'scoring' parameter"),
        ({"significance_level": 0.0}, "'significance_level' parameter"),
        ({"significance_level": 0.5}, "'significance_level' parameter"),
        ({"n_jobs": 1.5}, "'n_jobs' parameter"),
        ({"augmenter": SMOTE(), "tune": "auto"}, r"names its doses.*SMOTE"),
        ({"augmenter": StandardScaler()}, "'augmenter' parameter"),
    ],
)
def test_bad_parameters_are_named(options, message):
    options = {"augmenter": GaussianNoise()} | options
    with pytest.raises(ValueError, match=message):
        AugmentedClassifier(TREE, **options).fit(X, y)


# --------------------------------------------------------------------- inside others


def test_in_a_pipeline_and_in_searches():
    model = make_pipeline(StandardScaler(), proven(TREE, GaussianNoise(), cv=2))
    grid = {"augmentedclassifier__augmenter__scale": [0.1, 0.5]}
    for search in (GridSearchCV, GapAwareSearchCV):
        found = search(model, grid, cv=2).fit(X, y)
        assert found.best_estimator_[-1].gate_ is not None


def test_metadata_is_routed_to_splitter_and_scorer():
    groups, weight = np.arange(60) % 5, np.where(y == 0, 1.0, 0.0)
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        model = proven(inner, cv=LeaveOneGroupOut(), scoring=scorer)
        gate = model.fit(
            X, y, groups=groups, sample_weight=np.where(y == 0, 1.0, 1e-9)
        ).gate_
        assert len(gate.scores) == 5
        assert min(gate.scores_none) > 0.999  # all that counts is class 0
        dealt = proven(inner, cv=3, scoring=scorer).fit(
            X, y, groups=groups, sample_weight=1 + weight
        )
        assert len(dealt.gate_.scores) == 3  # no hope after the first pass
        inner.set_score_request(sample_weight=False)
        search = GridSearchCV(
            proven(inner, cv=2).set_score_request(sample_weight=False),
            {"augmenter": [GaussianNoise()]},
            cv=2,
        )
        search.fit(X, y, sample_weight=1 + weight)


def test_persistence():
    model = proven(TREE, tune={"scale": [0.1, 0.3]}).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert again.gate_ == model.gate_
    assert again.tuning_ == model.tuning_
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
