"""Tables in all spellings: what was written is what is read, or it is said."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import sys
import threading
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skoverfit.cli._files import parse_bytes
from skoverfit.cli._formats import Reading
from skoverfit.cli._tables import read_table
from skoverfit.exceptions import InputError


@pytest.fixture
def read(tmp_path):
    return _reader(tmp_path)


def _reader(folder):
    def read(content, target="y", *, name="table", drop=(), text=(), **known):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        reading = Reading(**known)
        return read_table(str(path), target, drop=drop, text=text, reading=reading)

    return read


# ------------------------------------------------------------------------ round trips
WORDS = st.sampled_from(["red", "Köln", "a b", 'say "hi"', "x;y", "1st", "n/o", "ü|,"])
NUMBERS = st.floats(-1e6, 1e6).map(lambda v: round(v, 4))
COUNTS = st.integers(-(10**7), 10**7)
PLAIN_WORDS = st.sampled_from(["red", "blue", "Köln"])


@st.composite
def frames(draw):
    n_rows = draw(st.integers(4, 12))

    def column(values):
        return draw(st.lists(values, min_size=n_rows, max_size=n_rows))

    numbers = column(NUMBERS)
    numbers[:2] = [1.25, -20103.5]  # settles which mark is which
    return pd.DataFrame(
        {
            "amount": numbers,
            "count of it": column(COUNTS),
            "größe, m": column(WORDS),
            "code": [f"{i:04d}" for i in column(st.integers(0, 99))],
            "y": ["a", "b", *column(PLAIN_WORDS)[2:]],
        }
    )


def _spell(value, mark, group):
    if isinstance(value, str):
        return value
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"
    marks = {",": group, ".": mark}
    return "".join(marks.get(character, character) for character in text)


ABOVE = ["", "# a,b;c\n# y is it\n", "Report of 2024\n\n"]


@st.composite
def dialects(draw):
    mark, group = draw(st.sampled_from([(".", ""), (".", ","), (",", ""), (",", ".")]))
    if draw(st.booleans()) and group:
        group = draw(st.sampled_from(["'", "\u202f"]))
    encodings = ["utf-8", "utf-8-sig", "utf-16"]
    return {
        "mark": mark,
        "group": group,
        "sep": draw(st.sampled_from([",", ";", "\t", "|", " "])),
        "encoding": draw(st.sampled_from(encodings + ["cp1252"] * (group != "\u202f"))),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        "newline": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "above": draw(
            st.sampled_from(["", "# a,b;c\n# y is it\n", "Report of 2024\n\n"])
        ),
        "pack": draw(st.sampled_from(["", "gz", "bz2", "xz", "zip"])),
    }


def _packed(data, kind):
    if kind == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__MACOSX/._table.csv", b"junk")
            archive.writestr("folder/table.csv", data)
        return buffer.getvalue()
    packers = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    return packers.get(kind, bytes)(data)


def _written(frame, dialect):
    buffer = io.StringIO(newline="")
    buffer.write(dialect["above"].replace("\n", dialect["newline"]))
    writer = csv.writer(
        buffer,
        delimiter=dialect["sep"],
        quoting=dialect["quoting"],
        lineterminator=dialect["newline"],
    )
    writer.writerow(frame.columns)
    for row in frame.to_numpy(dtype=object):
        writer.writerow([_spell(v, dialect["mark"], dialect["group"]) for v in row])
    return _packed(buffer.getvalue().encode(dialect["encoding"]), dialect["pack"])


@given(frame=frames(), dialect=dialects())
def test_what_is_written_is_read(tmp_path_factory, frame, dialect):
    folder = tmp_path_factory.mktemp("tables")
    table = _reader(folder)(_written(frame, dialect))
    back = table.X.assign(y=table.y)
    assert list(back.columns) == list(frame.columns)
    for name, column in frame.items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(back[name].to_numpy(float), column)
        else:
            assert back[name].tolist() == column.tolist(), (name, table.notes)
    assert any("'code' was kept as texts" in note for note in table.notes)
    if dialect["encoding"] in ("cp1252", "utf-16"):
        assert any("--encoding" in note for note in table.notes)
    if dialect["above"]:
        assert "The first 2 lines above the header were left out." in table.notes


@given(frame=frames(), kind=st.sampled_from(["records", "lines", "split", "list"]))
def test_json_is_read_as_it_is(tmp_path_factory, frame, kind):
    orient = "records" if kind == "lines" else kind
    if kind == "list":
        text = json.dumps(frame.to_dict("list"))
    else:
        text = frame.to_json(orient=orient, lines=kind == "lines", double_precision=15)
    table = _reader(tmp_path_factory.mktemp("json"))(text, name="t.json")
    back = table.X.assign(y=table.y)[list(frame.columns)]
    np.testing.assert_allclose(back["amount"].to_numpy(float), frame["amount"])
    rest = [name for name in frame if name != "amount"]
    assert back[rest].to_dict("list") == frame[rest].to_dict("list")


@pytest.mark.parametrize("kind", ["feather", "parquet", "excel"])
def test_typed_files_are_read_as_they_are(tmp_path, kind):
    frame = pd.DataFrame(
        {
            "x": [1.5, np.nan, 3.0],
            "code": ["07", "12", "13"],
            "when": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-02-01"]),
            "on": [True, False, True],
            "y": ["a", "b", "a"],
        }
    )
    path = tmp_path / "table"
    if kind == "excel":
        pytest.importorskip("openpyxl")
        with pd.ExcelWriter(path, engine="openpyxl") as writer:
            pd.DataFrame().to_excel(writer, sheet_name="empty")
            frame.to_excel(writer, sheet_name="data", index=False, startrow=2)
            writer.sheets["data"].cell(1, 1, "Report of 2024")
    else:
        getattr(frame, f"to_{kind}")(path)
    table = read_table(str(path), "y")
    back = table.X.assign(y=table.y)
    assert back.columns.tolist() == frame.columns.tolist()
    assert [d.kind for d in back.dtypes[["x", "when", "on"]]] == list("fMb")
    assert back["code"].tolist() == ["07", "12", "13"]
    assert table.converted == {}
    if kind == "excel":
        assert "Read sheet 'data' of 2 (--sheet chooses)." in table.notes
        assert "The first 2 rows above the header were left out." in table.notes
        with pytest.raises(
            InputError, match="no sheet 'other'; its sheets: empty, data"
        ):
            read_table(str(path), "y", reading=Reading(sheet="other"))


def test_workbooks_need_an_extra(read, monkeypatch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    with pytest.raises(InputError, match="is not a readable workbook"):
        read(buffer.getvalue())
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"skoverfit\[excel\]"):
        read(buffer.getvalue())


# ---------------------------------------------------------------------------- ambiguity
@pytest.mark.parametrize(
    ("cells", "others", "sep", "decimal", "expected"),
    [
        # settled by the column itself
        (["52.3%", "7%"], [1, 2], ",", None, [52.3, 7.0]),
        (["$1,020.50", "-$3"], [1, 2], ",", None, [1020.5, -3.0]),
        (["(5.00)", "2.50 €"], [1, 2], ",", None, None),
        (["1.234.567", "1.000"], [1, 2], ";", None, [1234567, 1000]),
        (["0,123", "1,234"], [1, 2], ";", None, [0.123, 1.234]),
        (["1,5", "2"], [1, 2], "\t", None, [1.5, 2.0]),
        ([".5", "-1e3"], [1, 2], ",", None, [0.5, -1000.0]),
        # settled by the separator, another column or the user
        (["20,103", "1,000"], [1, 2], ",", None, [20103, 1000]),
        (["1,234", "2,345"], ["1,5", "2"], ";", None, [1.234, 2.345]),
        (["1,234", "2,345"], ["1.5", "2.25"], ";", None, [1234, 2345]),
        (["1.234", "2.345"], ["1,5", "2"], ";", None, [1234, 2345]),
        (["1,234", "2,345"], [1, 2], ";", ",", [1.234, 2.345]),
        (["1,234", "2,345"], [1, 2], ";", ".", [1234, 2345]),
        (["1.234", "2.345"], [1, 2], ";", ",", [1234, 2345]),
        # not settled, or no numbers
        (["1,234", "2,345"], [1, 2], ";", None, None),
        (["1,234", "2,345"], [1, 2], "|", None, None),
        (["€1.234", "€2.345"], [1, 2], ";", None, None),
        (["1,234", "2,345"], ["0,5 %", "1.5 %"], ";", None, None),
        (["$5", "€6"], [1, 2], ",", None, None),
        (["5%", "6"], [1, 2], ",", None, None),
        (["Jan 5, 2024", "Feb 6, 2024"], [1, 2], ",", None, None),
        (["1,2,3", "4,5,6"], [1, 2], ",", None, None),
        (["01.02.2024", "11.12.2024"], [1, 2], ";", None, None),
        (["007", "1,5"], [1, 2], ";", None, None),
        (["10.0.0.1", "192.168.0.1"], [1, 2], ";", None, None),
        (["+1 555 0123", "+1 555 0199"], [1, 2], ",", None, None),
        (["1" * 25, "2" * 25], [1, 2], ",", None, None),
    ],
)
def test_numbers_are_read_where_they_are_numbers(
    read, cells, others, sep, decimal, expected
):
    buffer = io.StringIO()
    rows = zip(cells, others, ["a", "b"], strict=True)
    csv.writer(buffer, delimiter=sep).writerows([("x", "other", "y"), *rows])
    table = read(buffer.getvalue(), decimal=decimal)
    assert table.X["x"].tolist() == (cells if expected is None else expected)
    if expected is None:
        assert "x" not in table.converted


def test_what_cannot_be_settled_is_said(read):
    table = read("x;y\n1,234;a\n2,345;b\n")
    (note,) = table.notes
    assert "'x' holds values such as '1,234', which can be two numbers" in note
    with pytest.raises(InputError, match=r"target 'x' .* say --decimal"):
        read("x;y\n1,234;a\n2,345;b\n", "x")
    (note,) = read("x;y\n1.234;a\n2.345;b\n").notes
    assert "'x' were read with a decimal point" in note
    assert "--decimal ," in note


def test_mixed_columns_stay_texts_with_a_note(read):
    rows = "".join(f"{i},a\n" for i in range(9))
    table = read(f"x,y\n{rows}many,b\n")
    assert table.X["x"].iloc[-1] == "many"
    assert table.notes == (
        "Column 'x' was kept as texts: not all of its values are numbers ('many' is "
        "not).",
    )


def test_a_lone_mark_among_numbers_is_missing(read):
    table = read("x,y\n1.5,a\n?,b\n3,a\n")
    assert table.X["x"].tolist()[::2] == [1.5, 3.0]
    assert table.X["x"].isna().tolist() == [False, True, False]
    assert "'?' among the numbers of column 'x' was read as missing" in table.notes[0]
    assert read("x,y\n1.5,a\n?,b\n3,a\n", text=["x"]).X["x"].tolist()[1] == "?"


def test_texts_can_be_asked_for(read):
    content = 'zip,share,y\n10115,5%,a\n20095,,b\n"80331",7%,a\n'
    table = read(content, text=["zip", "share"])
    assert table.X["zip"].tolist() == ["10115", "20095", "80331"]
    assert table.X["share"].dropna().tolist() == ["5%", "7%"]
    assert table.converted == {}


def test_converted_targets_become_quantities(read):
    table = read('price,x\n"20,103",1\n"1,500",2\n', "price")
    assert table.y.tolist() == [20103, 1500]
    assert table.converted == {"price": "thousands separators"}


def test_whole_numbers_beyond_any_type_are_names(read):
    digits = "123456789012345678901234567890"
    assert read(f"x,y\n{digits},a\n3,b\n").X["x"].tolist() == [digits, "3"]


# ------------------------------------------------------------------------------ headers
def test_long_headers_and_line_breaks_in_names(read):
    names = [f"{'long name ' * 200}{i}" for i in range(60)] + ["two\nlines", "y"]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([names, [1] * 61 + ["a"], [2] * 61 + ["b"]])
    assert len(buffer.getvalue()) > 1 << 16
    assert read(buffer.getvalue()).X.shape == (2, 61)


@pytest.mark.parametrize(
    ("content", "names", "notes"),
    [
        ("# x y\n1 a\n2 b\n", ["x"], 0),
        ("#x,y\n1,a\n2,b\n", ["x"], 0),
        ("x, y, z\n1, a, c\n2, b, d\n", ["x", "z"], 0),
        ('"x" "y"\n"1" 3 "a"\n"2" 4 "b"\n', ["x"], 1),
        ("x,y\n1,a,\n2,b,\n", ["x"], 1),
        ("x,y,\n1,a,\n2,b,\n", ["x"], 1),
        ("\n\nx,y\n1,a\n2,b\n", ["x"], 1),
        ("a title, of 2 parts\nx,z,y\n1,2,a\n2,3,b\n", ["x", "z"], 1),
    ],
)
def test_headers_of_many_programs(read, content, names, notes):
    table = read(content)
    assert table.X.columns.tolist() == names
    assert table.y.tolist() == ["a", "b"]
    assert len(table.notes) == notes


def test_separators_can_be_named(read):
    content = "a:y\n1:x\n2:z\n"
    with pytest.raises(InputError, match=r"only 1 column.*--sep"):
        read(content)
    assert read(content, sep=":").X["a"].tolist() == [1, 2]
    assert read("a\ty\n1\tx\n2\tz\n", sep="\\t").X["a"].tolist() == [1, 2]
    assert read("a  y\n1 x\n2   z\n", sep="blanks").X["a"].tolist() == [1, 2]
    with pytest.raises(InputError, match="--sep '::' must be one character"):
        read(content, sep="::")


@pytest.mark.parametrize("value", ["no-such", "base64", "ascii"])
def test_encodings_that_do_not_serve(read, value):
    with pytest.raises(InputError, match="--encoding"):
        read("ü,y\n1,2\n", encoding=value)
    assert read("ü,y\n1,2\n3,4\n".encode("cp850"), encoding="cp850").X.columns == ["ü"]


def test_decimal_marks_that_do_not_serve():
    with pytest.raises(InputError, match="--decimal ';' must be"):
        Reading(decimal=";")


# ------------------------------------------------------------------------------- limits
BOMB = b"x,y\n" + b"1,a\n" * 500_000


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip", ""])
def test_more_than_the_limit_is_not_unpacked(read, kind):
    with pytest.raises(InputError, match=r"more than 1,000,000 bytes.*--max-bytes"):
        read(_packed(BOMB, kind), max_bytes=10**6)
    assert len(read(_packed(BOMB + b"2,b\n", kind), max_bytes=10**7).X) == 500_001


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_columns_that_grow_in_memory_are_limited(tmp_path, kind):
    frame = pd.DataFrame({"x": np.zeros(10**6), "y": np.arange(10**6) % 2})
    path = tmp_path / "table"
    options = {"compression": "zstd"}
    getattr(frame, f"to_{kind}")(path, **options)
    with pytest.raises(InputError, match="--max-bytes"):
        read_table(str(path), "y", reading=Reading(max_bytes=10**6))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
@pytest.mark.parametrize("kind", ["fifo", "stdin"])
def test_pipes_are_read_from_the_beginning(tmp_path, monkeypatch, kind):
    content = gzip.compress(b"x,y\n" + b"".join(b"%d,a\n" % i for i in range(10**5)))
    if kind == "fifo":
        source = sink = str(tmp_path / "fifo")
        os.mkfifo(source)
    else:
        source = "-"
        end, sink = os.pipe()
        monkeypatch.setattr(sys, "stdin", os.fdopen(end))

    def pour():
        with open(sink, "wb") as file:
            file.write(content)

    thread = threading.Thread(target=pour)
    thread.start()
    table = read_table(source, "x")
    thread.join()
    if kind == "stdin":
        sys.stdin.close()
    assert table.y.tolist() == list(range(10**5))
    assert table.name == ("standard input" if kind == "stdin" else source)


def test_archives_of_several_files_are_refused(read):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "x,y\n")
        archive.writestr("b.csv", "x,y\n")
    with pytest.raises(InputError, match=r"holds 2 files \(a.csv, b.csv\)"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1000", 1000), ("5kB", 5000), ("1.5 GB", 1_500_000_000), ("2MiB", 2 * 10**6)],
)
def test_sizes(text, expected):
    assert parse_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "0", "-5", "much", "5 parsecs", "nan"])
def test_bad_sizes(text):
    with pytest.raises(InputError, match="--max-bytes"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested too deep"),
        ('[{"y": 1}, 3]', "not all records"),
        ('[{"y": 1', "JSON"),
        ("{}", "empty"),
        ('{"columns": ["x", "y"], "data": [[1]]}', "JSON"),
        ('[{"x": [1], "y": 1}, {"x": [2], "y": 2}]', "lists or tables"),
    ],
)
def test_json_that_is_no_table(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text, name="t.json")
