"""SKO207: means of the target from all rows."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import TargetEncoder

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._columns._encodings import encoded_columns
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._records import NotMeasured
from skoverfit.diagnosis.causes._target_encoded import TargetEncoded


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
