"""What people hold in their hands: own test parts, times, words, fitted models."""

import threading
import warnings

import numpy as np
import pandas as pd
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import OverfitReport, diagnose
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import observe
from skoverfit.diagnosis._problem import make_problem
from skoverfit.exceptions import InputError
from skoverfit.treatment import treat

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(120, 3)), columns=list("abc"))
Y = (X["a"] + RNG.normal(size=120) > 0).to_numpy().astype(int)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


def evidence_of(estimator=TREE, X=X, y=Y, **options):
    problem = make_problem(estimator, X, y, random_state=0, **options)
    return collect_evidence(Lab(problem, Clock(np.inf)), fields=())


@pytest.mark.parametrize("run", [diagnose, treat])
@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([([0, 1], [500]), ([2], [3])], "names row 500, but the rows .* 0 to 119"),
        ([([0, 1], [-1]), ([2], [3])], "names row -1"),
        ([([0, 1], []), ([2], [3])], "a split with an empty side"),
    ],
)
def test_splits_of_rows_that_are_not_there_are_refused(run, cv, message):
    with pytest.raises(InputError, match=message):
        run(TREE, X, Y, cv=cv)


def test_splits_may_be_masks():
    mask = np.arange(120) % 2 == 0
    problem = make_problem(TREE, X, Y, cv=[(mask, ~mask), (~mask, mask)])
    assert [len(train) for train, _ in problem.splits] == [60, 60]


@pytest.mark.parametrize("run", [diagnose, treat])
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "X is builtins.NoneType, which has no rows to take"),
        (pyarrow.table({"a": Y}), "X is pyarrow.lib.Table"),
        (X.iloc[:0], r"X has no rows: its shape is \(0, 3\)"),
    ],
)
def test_what_has_no_rows_is_refused(run, rows, message):
    with pytest.raises(InputError, match=message):
        run(TREE, rows, Y)


class Locked(DecisionTreeClassifier):
    """Holds what cannot be copied."""

    def __init__(self, lock=None):
        super().__init__()
        self.lock = lock


@pytest.mark.parametrize("run", [diagnose, treat])
def test_a_model_that_cannot_be_cloned_is_refused(run):
    with pytest.raises(InputError, match="estimator=Locked cannot be cloned"):
        run(Locked(threading.Lock()), X, Y)


def test_sparse_rows_of_any_format_are_taken():
    rows = coo_array(X.to_numpy())
    assert make_problem(TREE, rows, Y).X.format == "csr"


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_cannot_be_used_is_named(seed):
    with pytest.raises(InputError, match=f"random_state={seed} must be"):
        diagnose(TREE, X, Y, random_state=seed)


@pytest.mark.parametrize(
    ("weights", "message"),
    [("w", "hold numbers"), (np.zeros(120), "not all 0"), ([1.0], "one value")],
)
@pytest.mark.parametrize("run", [diagnose, treat])
def test_weights_that_cannot_be_used_are_named(run, weights, message):
    with pytest.raises(InputError, match=f"sample_weight must .*{message}"):
        run(TREE, X, Y, sample_weight=weights)


@pytest.mark.parametrize("scoring", ["accuracy", "f1"])
def test_the_gap_to_the_own_test_part_is_the_sum_of_two(scoring):
    found = evidence_of(X_test=X[:50] + 0.1, y_test=Y[:50], scoring=scoring)
    parts, gap = found.decomposition, found.model.gap
    assert parts.gap == pytest.approx(parts.train_minus_cv + parts.cv_minus_own)
    assert parts.gap == pytest.approx(gap.mean_train - parts.own_test)
    low, high = parts.cv_minus_own_interval
    assert low < parts.cv_minus_own < high


def test_a_test_part_of_another_kind_is_the_verdict_and_stays_in_json():
    X_test = X.assign(a=-X["a"])
    report = diagnose(
        TREE.fit(X, Y), X, Y, X_test=X_test, y_test=Y, causes=["SKO204"], budget=30
    )
    assert report.verdict.code == "test_part_differs"
    parts = report.evidence.decomposition
    assert parts.given_train == TREE.score(X, Y)
    assert parts.given_test == TREE.score(X_test, Y)
    again = OverfitReport.from_json(report.to_json())
    assert again.evidence.decomposition == parts
    assert "the parts differ" in report.to_html()


def test_time_gives_forward_splits_whatever_the_order_of_the_rows():
    days = pd.Series(pd.date_range("2024-01-01", periods=120)[RNG.permutation(120)])
    problem = make_problem(TREE, X.assign(day=days), Y, time="day")
    assert list(problem.X.columns) == list("abc")
    assert Lab(problem, Clock(np.inf)).split_kind == "forward"
    for train, test in problem.splits:
        assert days[train].max() < days[test].min()


def test_groups_by_name_are_kept_together_and_no_feature():
    groups = [f"p{i % 12}" for i in range(120)]
    problem = make_problem(TREE, X.assign(person=groups), Y, groups="person")
    assert list(problem.X.columns) == list("abc")
    for train, test in problem.splits:
        assert not set(problem.groups[train]) & set(problem.groups[test])


@pytest.mark.parametrize(
    ("word", "kind", "n_splits"),
    [
        ("kfold", "in order", 5),
        ("shuffled:3", "shuffled", 3),
        ("stratified:4", "in order", 4),
        ("time:3", "forward", 3),
        ("group:2", "grouped", 2),
    ],
)
def test_words_for_splits(word, kind, n_splits):
    groups = np.arange(120) % 6 if kind == "grouped" else None
    problem = make_problem(TREE, X, Y, cv=word, groups=groups)
    assert len(problem.splits) == n_splits
    assert Lab(problem, Clock(np.inf)).split_kind == kind


def test_a_pair_of_row_numbers_is_one_split():
    found = evidence_of(cv=(np.arange(80), np.arange(80, 120)))
    assert found.n_splits == 1
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[:80], Y[:80])
    assert found.model.gap.mean_test == model.score(X[80:], Y[80:])


def test_several_scores_are_reported_and_the_first_is_judged():
    found = evidence_of(scoring=["roc_auc", "accuracy"])
    assert found.scoring == "roc_auc"
    (other,) = found.other_scores
    assert other.name == "accuracy"
    assert other.test == evidence_of().model.gap.mean_test


def test_the_winner_of_a_fitted_search_is_diagnosed():
    splits = StratifiedKFold(3)
    search = GridSearchCV(TREE, {"max_depth": [1, 3]}, cv=splits).fit(X, Y)
    problem = make_problem(search, X, Y)
    assert problem.search is search
    assert problem.estimator.get_params() == search.best_estimator_.get_params()
    assert "search" in problem.provides
    assert make_problem(GridSearchCV(TREE, {}), X, Y).search is None


@pytest.mark.parametrize("scale", [False, True])
def test_weights_reach_the_model(scale):
    model = LogisticRegression()
    if scale:
        model = make_pipeline(StandardScaler(), model)
    weights = np.where(X["a"] > 0, 1.0, 0.001)
    problem = make_problem(model, X, Y, sample_weight=weights)
    (train, _), *_ = problem.splits
    (fitted, *_) = observe(problem, model, keep=True).fitted
    name = "logisticregression__sample_weight" if scale else "sample_weight"
    model.fit(X.iloc[train], Y[train], **{name: weights[train]})
    np.testing.assert_allclose(fitted.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"X_test": X}, "y_test is missing"),
        ({"y_test": Y}, "X_test is missing"),
        ({"X_test": X[:5], "y_test": Y}, "y_test has 120 values, but X_test has 5"),
        ({"X_test": X[["a"]], "y_test": Y}, "the same columns"),
        ({"X_test": X, "y_test": np.where(Y, 1.0, np.nan)}, "y_test is missing in"),
        ({"time": "when"}, "time='when' is not a column of X"),
        ({"groups": "who"}, "groups='who' is not a column of X"),
        ({"time": np.arange(3)}, "time must have one value per row"),
        ({"time": ["noon"] * 120}, "time must hold numbers or dates"),
        ({"time": [None] * 120}, "time is missing in 120"),
        ({"cv": "loo"}, "cv='loo' must be a number of folds"),
        ({"cv": "kfold:1"}, "at least 2 folds"),
        ({"cv": "group"}, "needs groups"),
        ({"sample_weight": -np.ones(120)}, "none below 0"),
        ({"sample_weight": np.ones(3)}, "sample_weight must have one value per row"),
        ({"scoring": []}, "empty list"),
        ({"scoring": ["accuracy", "luck"]}, "'luck' is not a scorer"),
        ({"cv": (X, Y)}, "X_test and y_test"),
    ],
)
def test_bad_input_is_one_clear_line(options, message):
    with pytest.raises(InputError, match=message):
        make_problem(TREE, X, Y, **options)


# --------------------------------------------------------------------- random frames
N = 24


def _column(values):
    return st.lists(values, min_size=N, max_size=N)


DATES = st.datetimes(pd.Timestamp(1970, 1, 1), pd.Timestamp(2100, 1, 1))
COLUMNS = {
    "numbers": _column(st.floats(width=64)),
    "small numbers": _column(st.sampled_from([0.0, 1.0, np.nan, -0.0, 1e-300])),
    "whole": _column(st.integers(-(2**62), 2**62)),
    "flags": _column(st.booleans()),
    "texts": _column(st.text(max_size=5)),
    "words": _column(st.sampled_from(["a", "b", None, "", "NA"])),
    "dates": _column(DATES).map(pd.to_datetime),
    "times": _column(st.sampled_from([pd.Timestamp(2024, 1, 1), pd.NaT])),
    "nullable": _column(st.sampled_from([1, 2, None])).map(
        lambda values: pd.array(values, dtype="Int64")
    ),
    "categories": _column(st.sampled_from(["x", "y", "z"])).map(pd.Categorical),
    "empty": st.just([None] * N),
    "constant": st.just([7] * N),
    "counter": st.just(list(range(N))),
    "mixed": _column(st.sampled_from([1, "1", 2.5, None, True])),
}
TARGETS = {
    "classes": _column(st.sampled_from([0, 1])),
    "names": _column(st.sampled_from(["u", "v", "w"])),
    "flags": _column(st.booleans()),
    "numbers": _column(st.floats(-1e9, 1e9)),
    "holes": _column(st.sampled_from([0.0, 1.0, np.nan, np.inf])),
    "constant": st.just([3] * N),
}


@st.composite
def problems(draw):
    """A frame of columns of all kinds, a target, and perhaps further arguments."""
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=5))
    frame = pd.DataFrame({f"{k} {i}": draw(COLUMNS[k]) for i, k in enumerate(kinds)})
    target = draw(st.sampled_from(list(TARGETS)))
    options = {}
    if draw(st.booleans()):
        options["cv"] = draw(st.sampled_from(["shuffled:3", "kfold:3", 3, "time:3"]))
    for name in ("groups", "time"):
        if draw(st.integers(0, 4)) == 0:
            options[name] = draw(st.sampled_from(list(frame.columns)))
    if draw(st.integers(0, 3)) == 0:
        options["X_test"], options["y_test"] = frame[::2], draw(TARGETS[target])[::2]
    return frame, draw(TARGETS[target]), options


def report_or_refusal(frame, y, options):
    """A report in which no cause has failed, or a refusal of one line."""
    is_class = np.asarray(y).dtype.kind not in "f" or len(set(y)) < 6
    model = DummyClassifier() if is_class else DummyRegressor()
    before, refusal, report = frame.copy(), "", None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of models on data without sense
        try:
            report = diagnose(model, frame, y, **options, random_state=0, budget=0.2)
        except InputError as error:
            refusal = str(error)
    pd.testing.assert_frame_equal(frame, before)
    if report is None:
        assert refusal.strip()
        assert "\n" not in refusal
        return
    failed = [f for f in report.findings if f.explanation.startswith("Failed")]
    assert [f.explanation for f in failed] == []
    assert OverfitReport.from_json(report.to_json()).verdict == report.verdict
    assert report.verdict.headline in report.summary()


@given(problems())
@settings(max_examples=3)
def test_frames_of_all_kinds_give_a_report_or_a_clear_error(problem):
    report_or_refusal(*problem)


@pytest.mark.statistical
@given(problems())
@settings(max_examples=100)
def test_many_frames_give_a_report_or_a_clear_error(problem):
    report_or_refusal(*problem)
