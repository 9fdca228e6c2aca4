"""Causes that lie in the model, the columns or the target: planted, and not there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import ask, judge
from skoverfit.diagnosis.causes._base import choose_causes
from skoverfit.diagnosis.causes._unstable_score import Stability

SHUFFLED = StratifiedKFold(5, shuffle=True, random_state=0)
NUMBERS = KFold(5, shuffle=True, random_state=0)


def finding_of(name, estimator, X, y, **options):
    """Ask about a single cause."""
    return asked(name, estimator, X, y, **options)[0]


def asked(name, estimator, X, y, **options):
    """Ask about a single cause; also the estimators that it proposes."""
    single, part = options.pop("single", None), options.pop("test_part", None)
    problem = make_problem(estimator, X, y, random_state=0, **options)
    if single is not None:
        problem = problem.on([single])
    if part is not None:
        problem = replace(problem, X_test=part[0], y_test=part[1])
    lab = Lab(problem, Clock(float("inf")))
    measure_core(lab)
    found = ask(lab, choose_causes([name]))
    (finding,) = judge(found, lab.problem)
    measured = found[0].measured
    remedies = found[0].cause.remedies(measured, problem) if measured else ()
    return finding, remedies


def rebuilt(candidate, estimator):
    """What the code of a candidate builds."""
    names = {"estimator": estimator}
    exec(candidate.code, names)
    return names["estimator"]


def same(one, other):
    return repr(one) == repr(other)


# --------------------------------------------------------------------------- scaling
@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        KNeighborsClassifier(),
        make_pipeline(PCA(3), KNeighborsClassifier()),
    ],
    ids=["svc", "neighbors", "pca"],
)
def test_unscaled_columns_are_named_with_the_score_of_the_scaled_model(estimator):
    X, y = load_wine(return_X_y=True, as_frame=True)
    found, (remedy,) = asked("unscaled_columns", estimator, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert "not scaled" in found.title
    assert found.columns[0] == "proline"
    assert found.counterfactual > 0.9
    assert found.interval[0] > 0
    assert same(rebuilt(remedy, estimator), remedy.estimator)


@pytest.mark.parametrize(
    ("estimator", "data", "status"),
    [
        (make_pipeline(StandardScaler(), SVC()), load_wine, "absent"),
        (DecisionTreeClassifier(random_state=0), load_wine, "not_applicable"),
        (SVC(), load_iris, "absent"),
        (SVC(), load_digits, "absent"),
    ],
)
def test_scaling_is_no_cause_where_it_changes_nothing(estimator, data, status):
    X, y = data(return_X_y=True)
    found = finding_of("unscaled_columns", estimator, X[:500], y[:500], cv=SHUFFLED)
    assert found.status == status


# -------------------------------------------------------------------------- columns
def test_many_columns_for_few_rows_and_what_a_sparse_model_reaches():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 75))
    y = X[:, :3].sum(axis=1) + rng.normal(size=100)
    found, (remedy,) = asked("many_columns", LinearRegression(), X, y)
    assert found.status == "present"
    assert "many columns for few rows" in found.title
    assert found.counterfactual > 0.3
    assert same(rebuilt(remedy, LinearRegression()), remedy.estimator)


def test_many_columns_of_classes():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(90, 200))
    y = (X[:, :2].sum(axis=1) > 0).astype(int)
    found, (remedy,) = asked("many_columns", SVC(kernel="linear"), X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.counterfactual > 0.7
    assert same(rebuilt(remedy, SVC()), remedy.estimator)


@pytest.mark.parametrize("seed", range(3))
def test_few_columns_and_many_that_help_are_no_cause(seed):
    X, y = load_diabetes(return_X_y=True)
    assert finding_of("many_columns", Ridge(), X, y).status == "absent"
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(120, 60))
    y = X @ rng.normal(size=60)  # every column counts
    assert finding_of("many_columns", Ridge(), X, y).status == "absent"


def test_irrelevant_columns_are_named_and_left_out_inside_the_splits():
    X, y = make_classification(
        300, 40, n_informative=4, n_redundant=0, shuffle=False, random_state=0
    )
    X = pd.DataFrame(X).add_prefix("c")
    model = KNeighborsClassifier()
    found, (remedy,) = asked("irrelevant_columns", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.interval[0] > 0
    assert set(found.columns) >= {f"c{j}" for j in range(10, 30)}
    assert same(rebuilt(remedy, model), remedy.estimator)


def test_selecting_noise_columns_is_no_cure_for_noise():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(150, 30)), rng.integers(0, 2, 150)
    found = finding_of("irrelevant_columns", KNeighborsClassifier(), X, y, cv=SHUFFLED)
    assert found.status == "absent"


# ------------------------------------------------------------------------ convergence
def test_models_that_stopped_early_are_told_with_the_limit():
    X, y = load_iris(return_X_y=True)
    network = MLPClassifier((8,), max_iter=10, random_state=0)
    model = make_pipeline(StandardScaler(), network)
    found, (remedy,) = asked("not_converged", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.effect > 0.1
    assert "mlpclassifier__max_iter=100" in found.advice
    assert same(rebuilt(remedy, model), remedy.estimator)


def test_converged_models_and_boosting_rounds_are_no_cause():
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, y = load_iris(return_X_y=True)
    for model in (
        make_pipeline(StandardScaler(), LogisticRegression()),
        HistGradientBoostingClassifier(max_iter=5),
        SVC(),
    ):
        assert finding_of("not_converged", model, X, y).status == "absent"


# -------------------------------------------------------------------------- stability
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


def test_seeds_matter_to_some_models_only():
    X, y = load_iris(return_X_y=True)
    loose = DecisionTreeClassifier(max_depth=2, splitter="random", random_state=0)
    assert finding_of("unstable_score", loose, X, y).status == "present"
    steady = RandomForestClassifier(20, random_state=0)
    assert finding_of("unstable_score", steady, X, y).status == "absent"


# ----------------------------------------------------------------------------- labels
def test_wrong_labels_are_found_with_their_share_and_rows():
    X, y = load_breast_cancer(return_X_y=True)
    flipped = np.random.default_rng(0).random(len(y)) < 0.15
    y = np.where(flipped, 1 - y, y)
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.interval[0] < 0.15 < found.interval[1]
    assert flipped[list(found.rows)].mean() > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_classes_that_overlap_are_not_taken_for_wrong_labels(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 400)
    X = rng.normal(size=(400, 5)) + 0.5 * y[:, None]
    model = DecisionTreeClassifier(random_state=0)
    assert finding_of("wrong_labels", model, X, y, cv=SHUFFLED).status == "absent"
    X = rng.normal(size=(400, 5))  # nothing is known of the labels at all
    assert finding_of("wrong_labels", model, X, y, cv=SHUFFLED).status == "absent"


def test_conflicting_labels_bound_the_score():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    X, y = np.vstack([X, X[:40]]), np.r_[y, 1 - y[:40]]
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("conflicting_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.counterfactual == pytest.approx(200 / 240)
    assert set(found.rows) <= {*range(40), *range(200, 240)}
    same_labels = finding_of("conflicting_labels", model, X[:200], y[:200], cv=SHUFFLED)
    assert same_labels.status == "absent"


# ---------------------------------------------------------- the score, and the target
def rare(seed=0, n=600):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.1).astype(int)
    return rng.normal(size=(n, 4)) + 0.7 * y[:, None], np.where(y, "yes", "no")


def test_a_score_that_hides_a_rare_class_and_the_threshold_that_finds_it():
    X, y = rare()
    found = finding_of("imbalance_hidden", LogisticRegression(), X, y)
    assert found.status == "present"
    assert "yes" in found.title
    assert "balanced_accuracy" in found.advice
    assert found.counterfactual < 0.75
    moved = finding_of("threshold", LogisticRegression(), X, y)
    assert moved.status == "present"
    assert moved.counterfactual > found.counterfactual + 0.05
    balanced, (remedy,) = asked(
        "threshold", LogisticRegression(), X, y, scoring="balanced_accuracy"
    )
    assert balanced.status == "present"
    assert "TunedThresholdClassifierCV" in balanced.advice
    assert remedy.estimator.fit(X, y).best_threshold_ < 0.4


def test_balanced_classes_hide_nothing_and_one_half_is_right():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    for name in ("imbalance_hidden", "threshold"):
        for scoring in ("accuracy", "f1"):
            found = finding_of(name, model, X, y, cv=SHUFFLED, scoring=scoring)
            assert found.status in ("absent", "not_applicable")


def test_a_quantity_is_told_from_names_that_are_numbers():
    X, y = load_diabetes(return_X_y=True)
    model = RandomForestClassifier(20, random_state=0)
    found = finding_of("quantity_as_classes", model, X, y // 10, cv=NUMBERS)
    assert found.status == "present"
    assert "R2" in found.explanation
    X, y = load_digits(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    for seed in range(3):
        names = np.random.default_rng(seed).permutation(10)[y]
        found = finding_of("quantity_as_classes", tree, X[:600], names[:600])
        assert found.status == "absent"


def test_too_few_test_rows_and_how_many_would_do():
    X, y = make_classification(60, 5, flip_y=0.3, random_state=0)
    found = finding_of("too_few_test_rows", LogisticRegression(), X, y)
    assert found.status == "present"
    assert "1," in found.explanation  # more than a thousand rows
    X, y = load_breast_cancer(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    assert finding_of("too_few_test_rows", tree, X, y).status == "absent"
    part = X[:20], y[:20]
    few = finding_of("too_few_test_rows", tree, X[20:], y[20:], test_part=part)
    assert "20 test rows" in few.explanation
