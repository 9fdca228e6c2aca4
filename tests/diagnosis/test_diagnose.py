"""The diagnosis from end to end."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted

import skoverfit
from skoverfit.diagnosis import OverfitReport, diagnose
from skoverfit.diagnosis.remedies import _usual as usual
from skoverfit.exceptions import InputError


def _present(report):
    return {f.name for f in report.findings if f.status == "present"}


@pytest.fixture(scope="module")
def demo():
    X, y = load_breast_cancer(return_X_y=True)
    return diagnose(DecisionTreeClassifier(random_state=0), X, y, random_state=0)


def test_unpruned_tree_overfits_harmfully(demo):
    assert demo.verdict.code == "harmful_gap"
    assert "overfitting" in _present(demo)
    assert demo.evidence.model.gap.mean_train == 1
    assert demo.best_remedy.test_change.mean > 0.02
    assert demo.best_remedy.gap_change.mean < 0
    assert demo.evidence.confirmation_splits == 20


def test_best_estimator_is_the_best_remedy_fitted_on_all_rows(demo):
    X, y = load_breast_cancer(return_X_y=True)
    check_is_fitted(demo.best_estimator_)
    with pytest.raises(NotFittedError):
        check_is_fitted(demo.best_remedy.estimator)
    scope = {"estimator": DecisionTreeClassifier(random_state=0)}
    exec(demo.best_remedy.code, scope)
    expected = clone(scope["estimator"]).fit(X, y).predict(X)
    np.testing.assert_array_equal(demo.best_estimator_.predict(X), expected)


def test_sorted_labels_mislead_the_validation():
    X, y = load_iris(return_X_y=True)
    options = {"cv": KFold(3), "causes": ["SKO301"], "random_state": 0}
    report = diagnose(KNeighborsClassifier(), X, y, **options)
    assert report.verdict.code == "validation_misleading"
    assert "row_order" in _present(report)
    assert any("shuffle=True" in r.code for r in report.remedies)


def test_noise_has_no_signal():
    rng = np.random.default_rng(0)
    report = diagnose(
        LogisticRegression(),
        rng.normal(size=(300, 3)),
        rng.integers(0, 2, 300),
        random_state=0,
    )
    assert report.verdict.code == "no_signal"
    assert report.best_remedy is None
    assert isinstance(report.best_estimator_, LogisticRegression)


def test_line_through_a_curve_underfits():
    rng = np.random.default_rng(0)
    X = rng.uniform(-3, 3, size=(300, 1))
    y = np.cos(2 * X[:, 0]) + 0.1 * rng.normal(size=300)
    report = diagnose(LinearRegression(), X, y, random_state=0)
    assert report.verdict.code == "underfitting"
    assert "underfitting" in _present(report)


def test_well_specified_line_has_no_cause():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = X @ [1.0, -1.0] + 0.3 * rng.normal(size=300)
    report = diagnose(LinearRegression(), X, y, random_state=0)
    assert report.verdict.code == "no_cause_found"
    assert _present(report) == set()


def test_mixed_frame_through_a_pipeline(monkeypatch):
    for slow in ("flexible", "forest", "cautious_forest"):
        monkeypatch.setattr(usual, slow, lambda problem: None)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.normal(size=90), "c": rng.choice(["a", "b"], 90)})
    y = (frame["n"] + (frame["c"] == "a") > 0.5).map({True: "yes", False: "no"})
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["c"]), remainder="passthrough"
    )
    report = diagnose(make_pipeline(encode, DecisionTreeClassifier()), frame, y, cv=2)
    assert report.evidence.class_counts == dict(sorted(y.value_counts().items()))
    names = {r.name for r in report.remedies}
    assert {"augmentation with swap noise", "augmentation with Gaussian noise"} <= names
    assert all(np.isfinite(r.mean_test) for r in report.remedies)


def test_same_seed_same_report(monkeypatch):
    for slow in ("flexible", "forest"):
        monkeypatch.setattr(usual, slow, lambda problem: None)
    X, y = make_classification(60, 4, random_state=0)

    def plain(n_jobs):
        report = diagnose(
            DecisionTreeClassifier(), X, y, random_state=7, n_jobs=n_jobs
        ).to_dict()
        return _without_times(report)

    assert plain(None) == plain(2)


def _without_times(plain):
    if isinstance(plain, dict):
        timed = {"seconds", "fit_times"}
        return {k: _without_times(v) for k, v in plain.items() if k not in timed}
    if isinstance(plain, list):
        return [_without_times(item) for item in plain]
    return plain


def test_caller_keeps_what_it_gave():
    X, y = make_classification(60, 4, random_state=0)
    before = X.copy(), y.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    estimator = DecisionTreeRegressor()
    diagnose(estimator, X, y, causes=["SKO102"])
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])
    np.testing.assert_array_equal(np.random.get_state()[1], before[2])  # noqa: NPY002
    assert estimator.random_state is None
    assert not hasattr(estimator, "tree_")


def test_progress_and_budget():
    X, y = make_classification(60, 4, random_state=0)
    steps = []
    report = diagnose(
        LogisticRegression(), X, y, budget=1e-9, progress=lambda *s: steps.append(s)
    )
    assert steps[0][:2] == ("model", 0)
    assert steps[-1][0] == "done"
    assert report.remedies == ()
    assert report.evidence.skipped


@pytest.mark.parametrize("budget", ["soon", -1])
def test_bad_budget_is_refused_before_any_fit(budget):
    with pytest.raises(InputError, match="budget"):
        diagnose(None, None, None, budget=budget)


def test_public_names():
    assert skoverfit.diagnose is diagnose
    assert skoverfit.OverfitReport is OverfitReport


@pytest.mark.parametrize("stage", ["leaking column", "dial", "confirmation"])
def test_interrupted_diagnosis_reports_what_was_measured(stage):
    def interrupt(step, done, total):
        if step == stage:
            raise KeyboardInterrupt

    X, y = load_iris(return_X_y=True)
    options = {"random_state": 0, "progress": interrupt}
    report = diagnose(DecisionTreeClassifier(), X, y, **options)
    assert report.evidence.model.gap.n_splits == 5
    assert report.is_interrupted
    assert not hasattr(report, "best_estimator_")
    assert "as the diagnosis was interrupted" in report.summary()


def test_interrupt_before_the_first_score_and_the_second_one_end_the_call():
    X, y = load_iris(return_X_y=True)

    class Interrupted(DecisionTreeClassifier):
        n_fits = 0

        def fit(self, X, y):
            Interrupted.n_fits += 1
            if Interrupted.n_fits > self.n_allowed:
                raise KeyboardInterrupt
            return super().fit(X, y)

    Interrupted.n_allowed = 3
    with pytest.raises(KeyboardInterrupt):
        diagnose(Interrupted(), X, y)
    Interrupted.n_allowed, Interrupted.n_fits = 5, 0
    report = diagnose(Interrupted(), X, y)
    assert report.is_interrupted
    assert Interrupted.n_fits == 6
    assert np.isfinite(report.evidence.model.gap.mean_test)
