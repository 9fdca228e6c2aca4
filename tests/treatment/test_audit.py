"""What is asked of the data before anything is tried, and what is done about it."""

import time

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import CommitteeRegressor, treat
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._records import NotMeasured
from skoverfit.exceptions import InputError
from skoverfit.treatment import _audit

pd = pytest.importorskip("pandas")

TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
QUICK = {"remedies": ["linear"], "budget": None, "random_state": 0}


def rebuilt(code):
    names = {}
    exec(code, names)
    return names


@pytest.fixture(scope="module")
def leaking():
    """Rows with a column that is known after the outcome, and one that counts."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(240, 3))
    y = (columns.sum(axis=1) + rng.normal(size=240) > 0).astype(int)
    frame = pd.DataFrame(columns, columns=["a", "b", "c"])
    frame["paid"] = 3.0 * y + rng.normal(size=240) * 0.3
    frame["case_id"] = rng.permutation(240)
    return frame, np.where(y, "yes", "no")


@pytest.fixture(scope="module")
def treated(leaking):
    return treat(TREE, *leaking, **QUICK)


def test_what_gives_the_answer_away_is_left_out_and_named(leaking, treated):
    report = treated.report_
    assert report.left_out == ("paid", "case_id")
    assert [step.state for step in report.steps[:3]] == ["applied", "applied", "tried"]
    assert [step.kind for step in treated.steps_[:2]] == [
        "leaking_column",
        "identifier",
    ]
    step = report.steps[0]
    assert step.score < 0.85
    assert f"accuracy {step.score:.3f} without, " in str(report)
    assert "trust=['paid']" in str(report)
    assert "Left out of the data: 'paid', 'case_id'." in report.headline
    # The score to expect is that of the honest columns.
    assert treated.score_to_expect_.mean < 0.9
    assert report.given_score.mean == pytest.approx(report.steps[1].score, abs=0.02)


def test_the_code_leaves_the_same_columns_out(leaking, treated):
    X, y = leaking
    names = rebuilt(treated.code_)
    names |= {"X": X, "y": y}
    exec(treated.fit_code_, names)
    again = names["estimator"]
    assert "# Left out: 'paid', which gives the answer away." in treated.code_
    # Rows that lie differently in memory are added up in another order.
    np.testing.assert_allclose(
        again.predict_proba(X), treated.predict_proba(X), rtol=1e-9
    )


def test_new_rows_need_not_have_what_is_left_out(leaking, treated):
    X, _ = leaking
    less = X.drop(columns=["paid", "case_id"])
    assert np.array_equal(treated.predict(less), treated.predict(X))
    assert list(treated.feature_names_in_) == list(X.columns)


def test_trusted_columns_stay(leaking):
    X, y = leaking
    kept = treat(TREE, X, y, trust="paid", **QUICK)
    assert kept.report_.left_out == ("case_id",)
    assert kept.score_to_expect_.mean > 0.95
    everything = treat(TREE, X, y, trust=True, **QUICK)
    assert everything.report_.left_out == everything.report_.notes == ()


def test_a_trusted_column_that_does_not_exist_is_named(leaking):
    with pytest.raises(InputError, match=r"trust=\['pid'\] must be True, False, or"):
        treat(TREE, *leaking, trust=["pid"], **QUICK)


def test_columns_of_arrays_are_left_out_by_number(leaking):
    X, y = leaking
    treated = treat(TREE, X.to_numpy(), y, **QUICK)
    assert treated.report_.left_out == ("column 3", "column 4")
    assert "trust=['column 3']" in str(treated.report_)
    kept = treat(TREE, X.to_numpy(), y, trust=[3], **QUICK)
    assert kept.report_.left_out == ("column 4",)


def test_a_model_that_lists_its_columns_goes_without(leaking):
    X, y = leaking
    columns = make_column_transformer((StandardScaler(), ["a", "b", "c", "paid"]))
    treated = treat(make_pipeline(columns, TREE), X, y, **{**QUICK, "remedies": []})
    assert "paid" in treated.report_.left_out
    inner = treated.best_estimator_.named_steps["pipeline"]
    assert inner.steps[0][1].transformers[0][2] == ["a", "b", "c"]


def test_a_model_that_needs_the_column_keeps_it_and_the_user_is_told(leaking):
    X, y = leaking

    class Needs(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            return super().fit(X[["paid"]], y)

        def predict_proba(self, X, check_input=True):
            return super().predict_proba(X[["paid"]])

        def predict(self, X, check_input=True):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]

    treated = treat(Needs(max_depth=2), X, y, **{**QUICK, "remedies": []})
    assert treated.report_.left_out == ("case_id",)
    assert "'paid' gives the answer away, but the given model cannot be fitted" in str(
        treated.report_
    )


# ------------------------------------------------------------------------------- rows
@pytest.fixture(scope="module")
def subjects():
    """Eight near copies of each of forty rows whose target is drawn by lot."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(40), 8)
    X = rng.normal(0, 3, (40, 6))[subject] + rng.normal(0, 0.2, (320, 6))
    return X, rng.integers(2, size=40)[subject], subject


def test_rows_of_a_subject_are_kept_on_one_side(subjects):
    X, y, subject = subjects
    tree = DecisionTreeClassifier(random_state=0)
    treated = treat(tree, X, y, **{**QUICK, "accept": "best"})
    report = treated.report_
    assert report.steps[0].state == "applied"
    assert report.steps[0].kind == "groups_apart"
    assert report.given_score.mean < 0.75  # it would be 1 with copies in training
    assert "Kept on one side of every split: rows that are near copies" in str(report)
    names = {**rebuilt(treated.code_), "X": X, "y": y}
    exec(treated.fit_code_, names)
    if report.accepted:
        assert "groups=near_copy_groups(X, y)" in treated.fit_code_
        for train, test in names["estimator"].cv.split(X, y, subject):
            assert not set(subject[train]) & set(subject[test])


def test_splits_of_ones_own_are_not_changed(subjects):
    X, y, _ = subjects
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    treated = treat(DecisionTreeClassifier(random_state=0), X, y, cv=cv, **QUICK)
    assert treated.report_.n_splits == 3
    assert treated.report_.given_score.mean > 0.9
    (note,) = treated.report_.notes
    assert "are on both sides of the splits (SKO205)" in note
    assert "groups=near_copy_groups(X)" in note


def test_groups_that_were_passed_are_believed(subjects):
    X, y, subject = subjects
    treated = treat(TREE, X, y, groups=subject, **QUICK)
    assert treated.report_.notes == ()


# ------------------------------------------------------------------------------- time
STEPS = DecisionTreeRegressor(min_samples_leaf=3, random_state=0)
LATER = {**QUICK, "accept": "best"}


@pytest.fixture(scope="module", params=[0, 1, 2])
def drifting(request):
    """Rows in any order, with a trend and a level of each four days; and later rows.

    A tree finds the level of a row by those of its days; there are none of later ones,
    and it does not follow the trend.
    """
    rng = np.random.default_rng(request.param)
    day = np.arange(480) / 2
    level = np.repeat(rng.normal(size=60), 8)
    y = day / 12 + 2 * level + rng.normal(0, 0.3, 480)
    X = pd.DataFrame({"size": rng.normal(size=480), "date": day})
    past, later = rng.permutation(360), np.arange(360, 480)
    X_past = X.iloc[past].reset_index(drop=True)
    return X_past, y[past], X.iloc[later], y[later]


def test_later_rows_decide_where_rows_have_a_time(drifting):
    X, y, X_later, y_later = drifting
    shuffled = treat(STEPS, X, y, trust="date", **LATER)
    forward = treat(STEPS, X, y, **LATER)
    assert not shuffled.report_.accepted  # a linear model is worse between known days
    assert forward.report_.accepted
    assert forward.score(X_later, y_later) > shuffled.score(X_later, y_later) + 1
    report = forward.report_
    assert report.expected_score.mean < 0.5
    assert shuffled.report_.expected_score.mean > 0.9
    assert (report.n_splits, report.n_passes) == (5, 1)
    step = report.steps[0]
    assert (step.kind, step.state) == ("time_order", "applied")
    assert step.name == "tested on later rows by 'date'"
    how = 'cv=TimeSeriesSplit(5, test_size=36) on the rows np.argsort(X["date"]'
    assert how in str(report)
    assert "trust=['date'] (--trust date)" in str(report)


def test_one_model_of_all_rows_is_the_result_where_later_rows_are_tested(drifting):
    X, y, X_later, _ = drifting
    treated = treat(STEPS, X, y, **LATER)
    assert "a committee of models of earlier rows would be behind" in str(
        treated.report_
    )
    names = {**rebuilt(treated.code_), "X": X, "y": y}
    exec(treated.fit_code_, names)
    again = names["estimator"]
    assert not isinstance(again, CommitteeRegressor)
    assert "cv=TimeSeriesSplit(5, test_size=36)" in " ".join(
        treated.code_.split("\n# ")
    )
    np.testing.assert_allclose(again.predict(X_later), treated.predict(X_later))


def test_a_column_that_may_be_no_time_of_the_rows_is_only_said(drifting):
    X, y, *_ = drifting
    treated = treat(STEPS, X.rename(columns={"date": "year"}), y, **LATER)
    assert treated.report_.steps[0].state != "applied"
    (note,) = treated.report_.notes
    assert "Later rows by 'year' are harder to predict (SKO302)" in note


def test_splits_of_ones_own_stay_where_rows_have_a_time(drifting):
    X, y, *_ = drifting
    cv = KFold(4, shuffle=True, random_state=0)
    treated = treat(STEPS, X, y, cv=cv, **LATER)
    (note,) = treated.report_.notes
    assert "(SKO302)" in note
    assert treated.report_.n_splits == 4


def test_forward_splits_of_ones_own_end_with_one_model(drifting):
    X, y, *_ = drifting
    order = np.argsort(X["date"].to_numpy())
    X, y = X.iloc[order].reset_index(drop=True), y[order]
    treated = treat(STEPS, X, y, cv=TimeSeriesSplit(5, test_size=36), **LATER)
    assert treated.report_.accepted
    assert not isinstance(treated.best_estimator_, CommitteeRegressor)


def test_rows_that_lie_in_the_order_of_time_need_no_column():
    order = np.arange(40)
    forward = _audit.Forward(order, "", "", 4, "time_order", "later", 0.9, 0.5)
    assert (
        forward.python == "cv=TimeSeriesSplit(4, test_size=5) on the rows as they lie"
    )
    assert "Pass splits of your own as cv=" in forward.sentence("r2")
    own = [test.tolist() for _, test in forward.splitter.split(order)]
    assert own == [
        test.tolist() for _, test in TimeSeriesSplit(4, test_size=5).split(order)
    ]


def test_honest_columns_are_left_alone():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 4))
    y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    report = treat(TREE, X, y, **QUICK).report_
    assert report.left_out == report.notes == ()


def test_what_there_is_no_time_to_ask_is_said(leaking):
    X, y = leaking

    class Slow(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            time.sleep(0.5)
            return super().fit(X, y)

    treated = treat(Slow(), X, y, budget=1.0, remedies=[], random_state=0)
    note, *_ = treated.report_.notes
    assert note.startswith("For want of time, the data were not asked")


def test_a_leak_that_there_is_no_time_to_go_without_is_said(monkeypatch, leaking):
    due = iter([0.0])  # when the audit begins; afterwards there is no time for anything
    monkeypatch.setattr(_audit, "_due", lambda given: next(due, np.inf))
    treated = treat(TREE, *leaking, **{**QUICK, "budget": "9h"}, accept="best")
    assert treated.report_.left_out == ()
    assert "'paid' gives the answer away, but there is no time" in str(treated.report_)


def test_a_column_that_others_replace_stays_where_its_cause_had_no_time(monkeypatch):
    def late(*args):
        raise NotMeasured("the budget is used up")

    monkeypatch.setattr(Lab, "without", late)
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 4)), columns=list("bcde"))
    X["total"] = X["b"] + X["c"]
    y = (X["total"] > 0).to_numpy().astype(int)
    report = treat(
        LogisticRegression(), X, y, remedies=[], budget=None, random_state=0
    ).report_
    assert report.left_out == ()
    assert "'total' (SKO201)" in " ".join(report.notes)
    tree = treat(
        TREE, X.drop(columns="b"), y, remedies=[], budget=None, random_state=0
    ).report_
    assert tree.left_out == ("total",)


def test_an_interrupt_of_the_audit_keeps_the_given_model(leaking):
    def stop(stage, done, total):
        if stage == "leaking column":
            raise KeyboardInterrupt

    treated = treat(TREE, *leaking, progress=stop, **QUICK)
    assert treated.report_.is_interrupted
    assert [step.kind for step in treated.steps_] == ["given"]
