"""Reading tables: good ones in every supported form, bad ones with one clear line."""

import gzip

import numpy as np
import pandas as pd
import pytest

from skoverfit.cli._tables import (
    close_matches,
    infer_task,
    prepare_target,
    read_table,
)
from skoverfit.exceptions import InputError

CSV = "size,colour,patient,grade\n1,red,p1,a\n2,,p1,b\n,blue,p2,a\n4,red,p2,b\n"


def _write(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _error(path, target="grade", groups=None):
    with pytest.raises(InputError) as caught:
        read_table(path, target, groups)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_csv_is_split_into_features_target_and_groups(tmp_path):
    X, y, groups = read_table(_write(tmp_path, CSV), "grade", "patient")
    assert list(X.columns) == ["size", "colour"]
    assert list(y) == ["a", "b", "a", "b"]
    assert y.name == "grade"
    assert list(groups) == ["p1", "p1", "p2", "p2"]
    assert X["size"].isna().sum() == 1


def test_without_groups_the_column_is_a_feature(tmp_path):
    X, _, groups = read_table(_write(tmp_path, CSV), "grade")
    assert groups is None
    assert "patient" in X


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators(tmp_path, separator):
    path = _write(tmp_path, CSV.replace(",", separator))
    X, _, _ = read_table(path, "grade")
    assert list(X.columns) == ["size", "colour", "patient"]


def test_quoted_names_with_separators_and_bom(tmp_path):
    text = '\ufeff"a, b",grade\n1,x\n2,y\n'
    X, _, _ = read_table(_write(tmp_path, text), "grade")
    assert list(X.columns) == ["a, b"]


def test_gzipped_csv(tmp_path):
    path = _write(tmp_path, gzip.compress(CSV.encode()), "data.csv.gz")
    assert read_table(path, "grade")[0].shape == (4, 3)


def test_parquet_gives_what_was_stored(tmp_path):
    frame = pd.DataFrame(
        {
            "x": pd.array([1, None, 3, 4], dtype="Int64"),
            "when": pd.date_range("2024-01-01", periods=4),
            "kind": pd.Categorical(["u", "v", "u", "v"]),
        }
    )
    path = tmp_path / "data.parquet"
    frame.to_parquet(path)
    X, y, _ = read_table(path, "kind")
    assert list(X.columns) == ["x", "when"]
    assert y.dtype == object
    assert list(y) == ["u", "v", "u", "v"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (pd.array([True, False, True], dtype="boolean"), bool),
        (pd.array([1, 2, 3], dtype="Int64"), int),
        (pd.array([1.5, 2, 3], dtype="Float64"), float),
        (pd.array(["a", "b", "c"], dtype="string"), object),
        (pd.Categorical([3, 1, 3]), int),
    ],
)
def test_extension_types_of_the_target_become_plain(tmp_path, values, dtype):
    path = tmp_path / "data.parquet"
    pd.DataFrame({"x": [1, 2, 3], "y": values}).to_parquet(path)
    y = read_table(path, "y")[1]
    assert y.dtype == dtype
    assert list(y) == list(values)


def test_missing_file_names_its_neighbour(tmp_path):
    _write(tmp_path, CSV)
    assert "'data.csv'" in _error(tmp_path / "dta.csv")
    assert "does not exist" in _error(tmp_path / "nowhere" / "x.csv")


def test_directory(tmp_path):
    assert "directory" in _error(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        (" \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"a,grade\n\xff\xfe\xfa,1\n", "UTF-8"),
        ("grade\n1\n2\n", "1 column"),
        ("a,grade\n", "no rows"),
        ("a,grade\n1,2\n1,2,3,4\n", "Expected 2 fields"),
        ("a,grade\n1,2,3\n1,2,3\n", "more fields than the header"),
        ("grade,a,grade\n1,2,3\n", "more than one column 'grade'"),
    ],
)
def test_not_a_table(tmp_path, content, reason):
    assert reason in _error(_write(tmp_path, content))


def test_broken_gzip_and_parquet(tmp_path):
    assert "cannot be read" in _error(_write(tmp_path, CSV, "data.csv.gz"))
    whole = gzip.compress(CSV.encode())
    assert "cannot be read" in _error(_write(tmp_path, whole[:-12], "cut.csv.gz"))
    junk = _write(tmp_path, b"PAR1junkjunk", "data.parquet")
    assert "Parquet" in _error(junk)


def test_unknown_columns_name_close_matches(tmp_path):
    path = _write(tmp_path, CSV)
    assert "Did you mean 'grade'?" in _error(path, "Grad")
    assert "size, colour, patient, grade" in _error(path, "zzz")
    assert "no groups column 'patients'" in _error(path, "grade", "patients")


def test_long_column_lists_are_cut(tmp_path):
    names = [f"c{i}" for i in range(40)]
    path = _write(tmp_path, ",".join(names) + "\n" + ",".join("1" * 40) + "\n")
    assert "(40 in all)" in _error(path, "zzz")


def test_incomplete_target_and_groups(tmp_path):
    path = _write(tmp_path, "a,grade,g\n1,x,1\n2,,2\n3,NA,\n")
    message = _error(path)
    assert "missing in 2 of 3 rows" in message
    assert "NA" in message
    path = _write(tmp_path, "a,grade,g\n1,x,1\n2,y,\n")
    assert "groups 'g' is missing in 1 of 2" in _error(path, "grade", "g")


@pytest.mark.parametrize("value", ["a", "1", "2.5"])
def test_constant_target(tmp_path, value):
    path = _write(tmp_path, f"a,grade\n1,{value}\n2,{value}\n")
    assert "constant" in _error(path)


def test_infinite_values(tmp_path):
    assert "infinite" in _error(_write(tmp_path, "a,grade\n1,2.5\n2,inf\n"))
    message = _error(_write(tmp_path, "a,grade\n1,2.5\ninf,3\n"))
    assert "column 'a' holds infinite" in message


def test_target_as_groups(tmp_path):
    assert "same column" in _error(_write(tmp_path, CSV), "grade", "grade")


def test_nested_columns_are_refused(tmp_path):
    path = tmp_path / "data.parquet"
    pd.DataFrame({"x": [[1], [2, 3]], "grade": [0, 1]}).to_parquet(path)
    assert "column 'x' holds lists" in _error(path)


def test_empty_columns_are_left_out_and_reported(tmp_path):
    path = _write(tmp_path, "a,nothing,grade\n1,,x\n2,,y\n")
    with pytest.warns(UserWarning, match="nothing"):
        X, _, _ = read_table(path, "grade")
    assert list(X.columns) == ["a"]


def test_only_empty_columns(tmp_path):
    path = _write(tmp_path, "nothing,grade\n,x\n,y\n")
    with pytest.warns(UserWarning, match="nothing"):
        assert "no feature is left" in _error(path)


def test_saved_row_numbers_are_not_a_feature(tmp_path):
    path = tmp_path / "data.csv"
    pd.DataFrame({"a": [5, 1, 2], "grade": list("xyx")}).to_csv(path)
    with pytest.warns(UserWarning, match="counts the rows"):
        X, _, _ = read_table(path, "grade")
    assert list(X.columns) == ["a"]


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 5, "classification"),
        ([True, False] * 5, "classification"),
        ([0, 1] * 5, "classification"),
        ([0.0, 1.0] * 5, "classification"),
        ([0.25, 0.75] * 5, "regression"),
        ([3, 4, 5] * 10, "classification"),
        ([3, 4, 5] * 9, "regression"),
        ([1.0, 2.0, 3.0] * 20, "regression"),
        (list(range(20)) * 10, "classification"),
        (list(range(21)) * 10, "regression"),
        (np.linspace(0, 1, 10), "regression"),
    ],
)
def test_task_follows_the_documented_rule(values, task):
    assert infer_task(pd.Series(values)) == task


def test_prepared_targets():
    whole = prepare_target(pd.Series([0.0, 1.0]), "classification")
    assert whole.dtype.kind == "i"
    assert prepare_target(pd.Series([1, 2]), "regression").dtype == float
    text = pd.Series(["a", "b"], dtype=object)
    assert prepare_target(text, "classification") is text


def test_targets_that_cannot_serve_the_task():
    with pytest.raises(InputError, match=r"fractions such as 1\.5"):
        prepare_target(pd.Series([1.0, 1.5], name="y"), "classification")
    with pytest.raises(InputError, match="'y' holds 'a', not numbers"):
        prepare_target(pd.Series(["a", "b"], name="y"), "regression")


def test_close_matches_ignore_case_and_say_nothing_when_far():
    assert close_matches("TREE", ["tree", "ridge"]) == " Did you mean 'tree'?"
    assert close_matches("xyz", ["tree", "ridge"]) == ""


def test_a_beginning_is_completed():
    known = ["jaccard", "accuracy", "balanced_accuracy"]
    assert close_matches("acc", known) == " Did you mean 'accuracy'?"
    assert close_matches("", known) == ""
