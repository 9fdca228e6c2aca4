"""Columns that are left out of data, and of the lists of columns in a model."""

import numpy as np
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from skoverfit.treatment._data_in._columns_out import adapted, leaving_out

pd = pytest.importorskip("pandas")

TREE = DecisionTreeClassifier()
X = pd.DataFrame(np.ones((3, 5)), columns=["a", "b", "c", "paid", "case_id"])


@pytest.mark.parametrize(
    ("places", "left"),
    [
        (["a", "paid"], ["a"]),
        ([0, 3, 4], [0, 3]),
        (slice(2, 5), [2, 3]),
        ([False, True, False, True, True], [1, 3]),
        (3, []),
        ("paid", []),
    ],
)
def test_lists_of_columns_are_written_anew(places, left):
    model = Pipeline([("columns", make_column_transformer(("passthrough", places)))])
    changed = adapted(model, X, ["paid"])
    assert list(changed.steps[0][1].transformers[0][2]) == left


def test_columns_that_are_found_at_fit_stay():
    chosen = make_column_selector(dtype_include="number")
    model = make_column_transformer(("passthrough", chosen))
    assert adapted(model, X, ["paid"]).transformers[0][2] is chosen
    assert adapted(TREE, X, ["paid"]) is TREE


def test_types_of_columns_survive():
    frame = pd.DataFrame({"a": pd.Categorical(["x", "y"]), "b": [1, 2], "c": [1.5, 2]})
    left = leaving_out(frame, ["b"]).fit_transform(frame)
    assert left.equals(frame[["a", "c"]])


def test_polars_stays_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    assert leaving_out(frame, ["b"]).fit_transform(frame).equals(frame[["a"]])
