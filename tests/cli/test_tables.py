"""Reading tables: good ones in every supported form, bad ones with one clear line."""

import gzip

import pandas as pd
import pytest

from skoverfit.cli._tables import read_table
from skoverfit.exceptions import InputError

CSV = "size,color,patient,grade\n1,red,p1,a\n2,,p1,b\n,blue,p2,a\n4,red,p2,b\n"


def _write(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _read(path, target="grade", groups=None, **options):
    return read_table(str(path), target, groups, **options)


def _error(path, target="grade", groups=None, **options):
    with pytest.raises(InputError) as caught:
        _read(path, target, groups, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_csv_is_split_into_features_target_and_groups(tmp_path):
    table = _read(_write(tmp_path, CSV), "grade", "patient")
    assert list(table.X.columns) == ["size", "color"]
    assert list(table.y) == ["a", "b", "a", "b"]
    assert table.y.name == "grade"
    assert list(table.groups) == ["p1", "p1", "p2", "p2"]
    assert table.X["size"].isna().sum() == 1
    assert table.notes == ()


def test_without_groups_the_column_is_a_feature(tmp_path):
    table = _read(_write(tmp_path, CSV))
    assert table.groups is None
    assert "patient" in table.X


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
    table = _read(path, "kind")
    assert list(table.X.columns) == ["x", "when"]
    assert table.y.dtype == object
    assert list(table.y) == ["u", "v", "u", "v"]


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
    y = _read(path, "y").y
    assert y.dtype == dtype
    assert list(y) == list(values)


def test_missing_file_names_its_neighbor(tmp_path):
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
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a picture"),
        (b"a,grade\n\0\1\2,1\n", "binary"),
        (b"a,grade\n\xff\x01\xfe,1\n", "binary"),
        (b"\xef\xbb\xbfa,grade\n\xff,1\n", "begins as UTF-8"),
        (b"\x80\x04\x95\0\0", "pickle, which is never loaded"),
        ("<!DOCTYPE html><p>a,grade", "web page"),
        ("% me\n@relation iris\n@data\n1,2\n", "ARFF"),
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
    whole = gzip.compress(CSV.encode())
    assert "cannot be read" in _error(_write(tmp_path, whole[:-12], "cut.csv.gz"))
    junk = _write(tmp_path, b"PAR1junkjunk", "data.parquet")
    assert "Parquet" in _error(junk)


def test_unknown_columns_name_close_matches(tmp_path):
    path = _write(tmp_path, CSV)
    assert "Did you mean 'grade'?" in _error(path, "Grad")
    assert "size, color, patient, grade" in _error(path, "zzz")
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


def test_rows_without_a_target_are_left_out(tmp_path):
    table = _read(_write(tmp_path, "a,grade\n1,3\n2,\n3,NA\n4,5\n5,3\n"))
    assert list(table.X["a"]) == [1, 4, 5]
    assert list(table.y) == [3, 5, 3]
    assert table.y.dtype.kind == "i"
    (note,) = table.notes
    assert note.startswith("Left out 2 of 5 rows, in which target 'grade' is missing")


def test_none_can_be_a_class(tmp_path):
    table = _read(_write(tmp_path, "a,grade\n1,None\n2,mild\n3,None\n4,\n"))
    assert list(table.y) == ["None", "mild", "None"]


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
    table = _read(_write(tmp_path, "a,nothing,grade\n1,,x\n2,,y\n"))
    assert list(table.X.columns) == ["a"]
    assert table.notes == ("Left out 1 empty column: nothing.",)


def test_only_empty_columns(tmp_path):
    path = _write(tmp_path, "nothing,grade\n,x\n,y\n")
    assert "no feature is left" in _error(path)


@pytest.mark.parametrize("index", [None, ["p1", "p2", "p3"]])
def test_saved_row_numbers_and_names_are_not_a_feature(tmp_path, index):
    path = tmp_path / "data.csv"
    pd.DataFrame({"a": [5, 1, 2], "grade": list("xyx")}, index=index).to_csv(path)
    table = _read(path)
    assert list(table.X.columns) == ["a"]
    what = "counts" if index is None else "names"
    assert table.notes == (
        f"The nameless first column {what} the rows and was left out.",
    )


def test_named_index_of_parquet_is_a_column(tmp_path):
    path = tmp_path / "data.parquet"
    frame = pd.DataFrame({"x": [1, 2], "grade": ["a", "b"]})
    frame.rename_axis("patient").to_parquet(path)
    assert _read(path, "grade", "patient").groups.tolist() == [0, 1]


def test_columns_can_be_dropped(tmp_path):
    path = _write(tmp_path, CSV)
    assert list(_read(path, drop=["size", "patient"]).X.columns) == ["color"]
    assert "no column 'colr'. Did you mean 'color'?" in _error(path, drop=["colr"])
    assert "--drop 'grade' is the target" in _error(path, drop=["grade"])
