"""What strategies draw is as they say, and planted bugs shrink to what can be read."""

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, find, given, settings
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skoverfit.exceptions import InputError
from skoverfit.model_selection import GapAwareSearchCV
from skoverfit.testing import strategies
from skoverfit.testing.strategies import (
    augmenters,
    classification_data,
    committees,
    cv_results,
    estimators,
    fold_scores,
    frames,
    groups_and_time,
    images,
    multilabel_data,
    param_spaces,
    regression_data,
    selection_rules,
    sparse_data,
    texts,
)

few = settings(max_examples=25)
very_few = settings(max_examples=8)


# ---------------------------------------------------------------- what they say is so
@few
@given(classification_data(min_per_class=2, max_classes=4, allow_nan=True))
def test_every_class_is_there(data):
    X, y = data
    classes, counts = np.unique(y, return_counts=True)
    assert len(X) == len(y) <= 30
    assert 2 <= len(classes) <= 4
    assert counts.min() >= 2
    assert np.nanmax(np.abs(X), initial=0) <= 100


@few
@given(regression_data(max_targets=2), multilabel_data())
def test_targets_have_as_many_rows(regression, multilabel):
    for X, y in (regression, multilabel):
        assert len(X) == len(y)
        assert np.isfinite(y).all()
    assert set(np.unique(multilabel[1])) <= {0, 1}


@few
@given(sparse_data())
def test_sparse_rows_are_sound(data):
    X, y = data
    assert X.shape[0] == len(y)
    if X.format in ("csr", "csc"):
        X.check_format()


@few
@given(groups_and_time(dates=True))
def test_every_group_is_there(data):
    groups, time = data
    assert len(groups) == len(time)
    assert time.dtype == np.dtype("datetime64[D]")
    assert np.unique(groups).tolist() == list(range(groups.max() + 1))


@few
@given(frames(hostile_names=True, duplicate_names=True))
def test_frames_are_of_both_libraries(frame):
    assert isinstance(frame, pd.DataFrame | pl.DataFrame)
    assert 1 <= len(frame) <= 12
    assert len(frame.columns) >= 1


@few
@given(frames(kinds=["level", "moment", "flags"], libraries=["pandas"]))
def test_columns_are_of_their_kinds(frame):
    if "level" in frame:
        assert frame["level"].cat.categories.tolist() == ["lo", "mid", "hi"]
        assert "mid" not in set(frame["level"])
    if "moment" in frame:
        assert str(frame["moment"].dt.tz) == "UTC"
    if "is_lo" in frame:
        assert (frame[["is_lo", "is_mid", "is_hi"]].sum(axis=1) == 1).all()


@few
@given(texts(), images())
def test_texts_are_texts_and_images_have_a_range(documents, stack):
    assert all(isinstance(text, str) for text in documents)
    assert stack.ndim in (3, 4)
    assert 0 <= stack.min() <= stack.max() <= (255 if stack.dtype == np.uint8 else 1)


@few
@given(
    cv_results(metrics=("a", "b"), min_score=-1.0, max_failed=3),
    fold_scores(allow_nan=True),
)
def test_scores_fail_on_both_sides(results, scores):
    n_candidates = len(results["params"])
    for metric in "ab":
        failed = np.isnan(results[f"mean_test_{metric}"])
        assert (failed == np.isnan(results[f"mean_train_{metric}"])).all()
        assert failed.sum() < n_candidates
        splits = [
            key
            for key in results
            if key.startswith("split") and key.endswith(f"_test_{metric}")
        ]
        table = np.array([results[key] for key in splits])
        np.testing.assert_array_equal(
            table.mean(axis=0), results[f"mean_test_{metric}"]
        )
    train, test = scores
    assert (np.isnan(train) == np.isnan(test)).all()


DATA = np.random.default_rng(0).normal(size=(24, 3)), np.arange(24) % 2


@very_few
@given(estimators(), estimators("regression"), param_spaces())
def test_estimators_can_be_fitted_and_searched(classifier, regressor, pair):
    for model in (classifier, regressor):
        clone(model).fit(*DATA).predict(DATA[0])
    model, space = pair
    search = GridSearchCV(model, space, cv=2, error_score="raise").fit(*DATA)
    assert set(search.best_params_) == set(space)


@very_few
@given(augmenters(), selection_rules(), cv_results(max_failed=2))
@pytest.mark.filterwarnings("ignore::skoverfit.exceptions.NoCandidateWithinGapWarning")
def test_augmenters_and_rules_work(augmenter, rule, results):
    X_out, y_out = augmenter.fit_resample(*DATA)
    assert len(X_out) == len(y_out)
    assert 0 <= rule(results) < len(results["params"])


@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow])
@given(committees(), param_spaces(pipelines=False))
def test_committees_can_be_searched_for(committee, pair):
    model, space = pair
    search = GapAwareSearchCV(model, space, cv=2, committee=committee)
    assert search.fit(*DATA).predict(DATA[0]).shape == (24,)


# -------------------------------------------------------- planted bugs shrink to little
def smallest(strategy, bug):
    """The minimal example that a planted bug fails on."""
    return find(strategy, bug, settings=settings(max_examples=300, derandomize=True))


def test_a_bug_with_large_numbers():
    X, y = smallest(classification_data(), lambda data: (data[0] > 50).any())
    assert (X.shape, y.tolist()) == ((4, 1), [0, 1, 0, 0])
    assert np.unique(X).size <= 2


def test_a_bug_with_three_classes_of_text():
    def bug(data):
        return data[1].dtype.kind == "U" and len(set(data[1])) == 3

    X, y = smallest(classification_data(), bug)
    assert y.tolist() == ["class a", "class b", "class c", "class a"]
    assert not X.any()


def test_a_bug_with_missing_cells():
    X, _ = smallest(regression_data(allow_nan=True), lambda d: np.isnan(d[0]).any())
    assert X.shape == (4, 1)


def test_a_bug_with_a_row_without_labels():
    _, Y = smallest(multilabel_data(), lambda data: data[1].sum() == 1)
    assert Y.shape == (4, 2)


def test_a_bug_with_stored_zeros():
    X, _ = smallest(sparse_data(), lambda d: d[0].nnz and not d[0].toarray().any())
    assert (X.shape, X.nnz, X.format) == ((4, 1), 1, "csr")


def test_a_bug_with_times_out_of_order():
    groups, time = smallest(groups_and_time(), lambda d: (np.diff(d[1]) < 0).any())
    assert (groups.tolist(), time.max()) == ([0, 1, 0, 0], 1)


@pytest.mark.parametrize(
    ("bug", "shape"),
    [
        (lambda f: "level" in f.columns and f["level"].isna().any(), (1, 1)),
        (lambda f: str(f.dtypes.iloc[-1]).startswith("datetime64[ns, UTC]"), (1, 1)),
        (lambda f: len(f) > 2 and "bool" in f.columns, (3, 1)),
    ],
)
def test_a_bug_with_frames(bug, shape):
    assert smallest(frames(libraries=["pandas"]), bug).shape == shape


def test_a_bug_with_hostile_names():
    strategy = frames(hostile_names=True)
    assert smallest(strategy, lambda f: "\n" in "".join(f.columns)).shape == (1, 1)
    twice = smallest(
        frames(duplicate_names=True), lambda f: len(set(f.columns)) < len(f.columns)
    )
    assert twice.shape == (1, 2)


@pytest.mark.parametrize(
    ("bug", "found"),
    [
        (lambda text: text and text == text[::-1] and len(text) > 2, None),
        (lambda text: "<" in text, "<b>"),
        (lambda text: text.isspace(), " "),
        (lambda text: "\u0301" in text, "e\u0301te\u0301"),
    ],
)
def test_a_bug_with_texts(bug, found):
    (text,) = smallest(texts(), lambda documents: any(map(bug, documents)))
    assert len(text) <= 12
    assert found is None or text == found


def test_a_bug_with_images():
    stack = smallest(images(), lambda s: s.dtype == np.uint8 and s.max() > 200)
    assert (stack.shape, stack.max()) == ((1, 1, 1), 201)


def test_bugs_with_scores():
    results = smallest(
        cv_results(max_failed=2), lambda r: np.isnan(r["mean_test_score"]).any()
    )
    assert len(results["params"]) == 2
    train, _ = smallest(fold_scores(), lambda scores: (scores[0] > scores[1]).all())
    assert len(train) == 2


def test_bugs_with_parts():
    model = smallest(estimators(), lambda each: hasattr(each, "steps"))
    assert len(model.steps) == 2
    model, space = smallest(param_spaces(), lambda pair: len(pair[1]) == 2)
    assert sum(map(len, space.values())) == 2
    rule = smallest(selection_rules(), lambda each: hasattr(each, "n_se"))
    assert rule.n_se == 0.0
    nested = smallest(augmenters(), lambda each: hasattr(each, "augmenter"))
    assert nested.p == 0.0
    committee = smallest(committees(), lambda each: not each.guard)
    assert committee.members is None


# -------------------------------------------------------------------------- bad bounds
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: classification_data(min_rows=0), "min_rows=0 must be an integer of 1"),
        (lambda: regression_data(max_rows=1.5), r"max_rows=1\.5 must be an integer"),
        (
            lambda: frames(min_rows=5, max_rows=3),
            "min_rows=5 must be at most max_rows=3",
        ),
        (
            lambda: classification_data(max_classes=11),
            "max_classes=11 must be at most 10",
        ),
        (
            lambda: classification_data(max_rows=5, min_per_class=2),
            "max_rows=5 rows enough for min_per_class=2",
        ),
        (lambda: texts(kinds=["greek"]), r"kinds=\['greek'\] must be some of \['words"),
        (lambda: texts(kinds=[]), r"kinds=\[\] must be some of"),
        (lambda: images(channels=[0]), r"channels=\[0\] must be numbers of 1 or more"),
        (lambda: fold_scores(min_score=1.0), r"min_score=1\.0 must be less than"),
        (lambda: cv_results(metrics=[]), r"metrics=\[\] must be names"),
        (
            lambda: groups_and_time(max_groups=40),
            "max_groups=40 must be at most max_rows",
        ),
        (lambda: estimators("ranking"), r"task=\['ranking'\] must be some of"),
        (lambda: augmenters("sounds"), r"of=\['sounds'\] must be some of"),
    ],
)
def test_bad_bounds_are_refused_when_the_strategy_is_made(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_all_of_them_are_public():
    assert sorted(strategies.__all__) == strategies.__all__
    assert all(callable(getattr(strategies, name)) for name in strategies.__all__)


def test_what_is_missing_is_named():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import skoverfit.testing\n"
        "import skoverfit.testing.strategies"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "python -m pip install 'skoverfit[test]'" in run.stderr
