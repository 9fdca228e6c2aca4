"""SKO207: means of the target from all rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import TargetEncoder

from skoverfit._compat import seeded_target_encoder
from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._columns._encodings import encoded_columns
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._records import NotMeasured
from skoverfit.diagnosis.causes._target_encoded import (
    EncodedInside,
    Encodings,
    TargetEncoded,
    _targets,
)
from tests.diagnosis.made_evidence import WIGGLE


def zips(seed, n=500, levels=120, *, is_classification=False):
    rng = np.random.default_rng(seed)
    f = pd.DataFrame({"zip": rng.integers(0, levels, n), "x": rng.normal(size=n)})
    y = f["x"] + rng.normal(0, 2, n)
    return f, (y > 0).astype(float) if is_classification else y


def means(f, y, smoothing=0.0):
    groups = y.groupby(f["zip"])
    n, total = groups.transform("count"), groups.transform("sum")
    return (total + smoothing * y.mean()) / (n + smoothing)


@pytest.mark.parametrize("is_classification", [True, False])
@pytest.mark.parametrize("smoothing", [0.0, 10.0])
@pytest.mark.parametrize("seed", range(2))
def test_means_of_all_rows_are_found(seed, smoothing, is_classification):
    f, y = zips(seed, is_classification=is_classification)
    f["avg"] = means(f, y, smoothing)
    found = encoded_columns(f.to_numpy(), y.to_numpy()[:, None])
    assert [(one.column, one.by) for one in found] == [(2, 0)]


def test_means_without_the_own_row_are_found():
    f, y = zips(0)
    n = y.groupby(f["zip"]).transform("count")
    others = (means(f, y) * n - y) / np.maximum(n - 1, 1)
    f["avg"] = np.where(n > 1, others, y.mean())
    (found,) = encoded_columns(f.to_numpy(), y.to_numpy()[:, None])
    assert found.way == "means without the own row"


@pytest.mark.parametrize("is_classification", [True, False])
def test_means_are_found_without_the_column_they_were_made_of(is_classification):
    f, y = zips(0, levels=60, is_classification=is_classification)
    f["avg"] = means(f, y)
    found = encoded_columns(f[["x", "avg"]].to_numpy(), y.to_numpy()[:, None])
    assert [(one.column, one.by) for one in found] == [(1, 1)]


@pytest.mark.parametrize("seed", range(10))
def test_means_of_other_rows_are_honest(seed):
    f, y = zips(seed, 1000, 60)
    y = y + np.random.default_rng(seed).normal(size=60)[f["zip"]]
    encoder = TargetEncoder(smooth=0.0).fit(f[["zip"]][:500], y[:500])
    f["avg"] = encoder.transform(f[["zip"]])[:, 0]
    later = slice(500, None)
    assert encoded_columns(f.to_numpy()[later], y.to_numpy()[later, None]) == []


@pytest.mark.parametrize(
    "load", [load_iris, load_wine, load_breast_cancer, load_diabetes]
)
def test_honest_tables_hold_no_means(find, load):
    assert find("SKO207", *load(return_X_y=True)).status == "absent"


@pytest.mark.parametrize("kind", ["pandas", "polars", "array"])
def test_the_score_with_means_inside_the_splits_is_measured(find, kind):
    f, y = zips(0)
    f["avg"] = means(f, y)
    forms = {"pandas": f, "polars": pl.from_pandas(f), "array": f.to_numpy()}
    X = forms[kind]
    found = find("SKO207", X, y.to_numpy())
    assert (found.status, found.severity) == ("present", "serious")
    assert found.columns == (("column 2",) if kind == "array" else ("avg",))
    assert found.effect > 0.1
    assert found.counterfactual < 0.2
    assert "TargetEncoder" in found.advice


def test_shares_of_a_class_are_found_and_encoded_inside(find):
    f, y = zips(0, is_classification=True)
    labels = np.where(y == 1, "yes", "no")
    f["rate"] = means(f, y)
    found = find("SKO207", f, labels)
    assert found.columns == ("rate",)
    assert found.effect > 0.05


def test_wide_tables_are_left_out_where_the_budget_is_used_up():
    rng = np.random.default_rng(0)
    X, y = np.round(rng.random((60, 30)), 1), rng.integers(0, 2, 60)
    model = LogisticRegression()
    lab = Lab(make_problem(model, X, y, random_state=0), Clock(1e-6))
    measure_core(lab)
    with pytest.raises(NotMeasured, match="budget"):
        TargetEncoded().measure(lab)
    free = Lab(make_problem(model, X, y, random_state=0), Clock(np.inf))
    measure_core(free)
    assert TargetEncoded().measure(free).columns == ()


# ------------------------------------------------------------------ parts of measuring


@pytest.mark.parametrize("kind", ["pandas", "polars", "array"])
@pytest.mark.parametrize("own", [None, 1.0])
def test_columns_are_encoded_again_from_training_rows(kind, own):
    f, y = zips(0, 100, 10, is_classification=own is not None)
    f["avg"] = means(f, y)
    forms = {"pandas": f, "polars": pl.from_pandas(f), "array": f.to_numpy()}
    train, test = forms[kind][:60], forms[kind][60:]
    encoder = EncodedInside([(2, 0)], [own])
    fitted = np.asarray(encoder.fit_transform(train, y[:60]))
    usual = seeded_target_encoder()
    again = usual.fit_transform(f[["zip"]][:60], y[:60])
    np.testing.assert_allclose(fitted[:, 2], again[:, 0])
    np.testing.assert_array_equal(fitted[:, :2], f.to_numpy()[:60, :2])
    assert type(encoder.transform(test)) is type(test)
    later = np.asarray(encoder.transform(test))
    np.testing.assert_allclose(later[:, 2], usual.transform(f[["zip"]][60:])[:, 0])
    np.testing.assert_array_equal(np.asarray(forms[kind]), f.to_numpy())  # as before


def test_levels_may_be_texts():
    f = pd.DataFrame({"town": list("abcabcabc") * 4, "avg": np.zeros(36)})
    y = np.tile([1.0, 2.0, 3.0], 12)
    encoder = EncodedInside([(1, 0)], [None]).fit(f, y)
    told = encoder.transform(f)["avg"]
    assert told.corr(pd.Series(y)) == pytest.approx(1)


def test_means_may_be_of_each_class_or_of_its_number():
    def targets(y, is_classification=True):
        return _targets(SimpleNamespace(y=y, is_classification=is_classification))

    classes, matrix = targets(np.array(["b", "a", "b"]))
    assert (classes, matrix.T.tolist()) == (["b", "a"], [[1, 0, 1], [0, 1, 0]])
    classes, matrix = targets(np.array([2, 0, 1, 1]))
    assert classes == [1, 0, 2, None]
    assert matrix[:, 3].tolist() == [2, 0, 1, 1]
    assert targets(np.array([1, 0, 1]))[0] == [1, 0]  # the share is the mean
    classes, matrix = targets(np.arange(5), is_classification=False)
    assert (classes, matrix.tolist()) == ([None], [[0], [1], [2], [3], [4]])
    many = np.repeat(np.arange(12), np.arange(12) + 1)
    assert targets(many)[0] == [*range(11, 1, -1), None]  # the ten most frequent


# ------------------------------------------------------------------------------ judged


def judged(columns=("avg",), by=("zip",), lost=True):
    more = {}
    if lost:
        change = corrected_estimate(0.2 + WIGGLE)
        more = {"inside": 0.7, "lost": change}
    ways = ("means", "smoothed means", "means", "means")[: len(columns)]
    measured = Encodings(columns, by, ways, 1e-5, 0.9, **more)
    return TargetEncoded().judge(measured, SimpleNamespace()), more.get("lost")


def test_what_is_told():
    found, lost = judged()
    assert (found.status, found.severity) == ("present", "serious")
    assert found.title == "'avg' holds target means of all rows"
    assert (found.effect, found.interval) == (lost.mean, lost.interval)
    assert (found.pvalue, found.counterfactual) == (1e-5, 0.7)
    assert found.counterfactual_label == "target means computed inside each split"
    assert found.columns == ("avg",)
    assert found.explanation == (
        "'avg' equals means of the target over the levels of 'zip': closer than a "
        "column could come that was made without the targets of these rows (p = "
        "1e-05). With the means computed inside each split the test score is 0.700 "
        "instead of 0.900."
    )
    assert found.advice == (
        "Leave 'avg' out and encode 'zip' inside the splits: make_pipeline("
        'make_column_transformer((TargetEncoder(), ["zip"]), '
        'remainder="passthrough"), model).'
    )


def test_what_is_told_of_several_columns():
    found, _ = judged(("a", "b", "c", "d"), ("x", "b", "y", "z"), lost=False)
    assert found.title == "'a', 'b', 'c' and 'd' hold target means of all rows"
    assert found.explanation == (
        "'a' equals means of the target over the levels of 'x'; 'b' equals smoothed "
        "means of the target over its own levels; 'c' equals means of the target over "
        "the levels of 'y': closer than a column could come that was made without the "
        "targets of these rows (p = 1e-05)."
    )
    assert (found.effect, found.counterfactual) == (None, None)


def test_what_is_told_of_a_column_whose_levels_are_not_there():
    found, _ = judged(("avg",), ("avg",))
    assert found.advice == (
        "Go back to the column that 'avg' was made of and encode it in the Pipeline: "
        "make_pipeline(TargetEncoder(), model). Test targets are in 'avg' now."
    )


def test_what_is_told_of_an_absence():
    found = TargetEncoded().judge(Encodings(), SimpleNamespace())
    assert found.status == "absent"
    assert found.title == "No column holds means of the target"
    assert found.explanation == (
        "No column comes closer to the mean target of the levels of a column than one "
        "made without these rows would."
    )
