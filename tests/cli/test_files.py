"""Files that are damaged or no tables at all: read, or refused in one clear line."""

import bz2
import gzip
import io
import lzma
import zipfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoverfit.cli._formats import Reading
from skoverfit.cli._tables import read_table
from skoverfit.exceptions import InputError

FRAME = pd.DataFrame(
    {
        "x": [1.5, -2.0, 3.25, None, 5.0, 6.0],
        "word": ["a", "ü|,", 'say "hi"', "x;y", "", "n/o"],
        "y": ["u", "v", "u", "v", "u", "v"],
    }
)
TEXT = FRAME.to_csv(index=False).encode()


def _written(method):
    buffer = io.BytesIO()
    getattr(FRAME, method)(buffer)
    return buffer.getvalue()


def _zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", TEXT)
    return buffer.getvalue()


def _workbook():
    buffer = io.BytesIO()
    FRAME.to_excel(buffer, index=False)
    return buffer.getvalue()


KINDS = {
    "csv": lambda: TEXT,
    "utf-16": lambda: TEXT.decode().encode("utf-16"),
    "json": lambda: FRAME.to_json(orient="records").encode(),
    "gzip": lambda: gzip.compress(TEXT, mtime=0),
    "bzip2": lambda: bz2.compress(TEXT),
    "xz": lambda: lzma.compress(TEXT),
    "zip": _zipped,
    "parquet": lambda: _written("to_parquet"),
    "feather": lambda: _written("to_feather"),
    "excel": _workbook,
}
GOOD = {}


@st.composite
def damages(draw):
    """Cut, changed, repeated or foreign bytes: where, as a share, and what."""
    kind = draw(st.sampled_from(["cut", "change", "insert", "repeat", "foreign"]))
    place = draw(st.floats(0, 1))
    return kind, place, draw(st.binary(min_size=1, max_size=40))


def damaged(data, damage):
    kind, share, junk = damage
    place = int(share * len(data))
    if kind == "foreign":
        return junk * (1 + place // 40)
    kept = data[:place]
    rest = {"cut": b"", "repeat": data, "insert": junk + data[place:]}
    return kept + rest.get(kind, junk + data[place + len(junk) :])


def read_or_refused(folder, data):
    """Read a table, which must be whole, or find a refusal of one line."""
    path = folder / "table"
    path.write_bytes(data)
    table, refusal = None, "it was read"
    try:
        table = read_table(str(path), "y", reading=Reading(max_bytes=10**7))
    except InputError as error:
        refusal = str(error)
    assert refusal.strip()
    assert "\n" not in refusal
    if table is not None:
        assert len(table.X) == len(table.y) > 0
        assert len(set(table.X.columns)) == table.X.shape[1]
    return table


def check(folder, kind, damage):
    good = GOOD.setdefault(kind, KINDS[kind]())
    read_or_refused(folder, damaged(good, damage))


@given(kind=st.sampled_from(list(KINDS)), damage=damages())
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
def test_damaged_files_are_read_or_refused(tmp_path_factory, kind, damage):
    check(tmp_path_factory.mktemp("files"), kind, damage)


@pytest.mark.statistical
@pytest.mark.parametrize("kind", list(KINDS))
@given(damage=damages())
@settings(max_examples=300)
def test_many_damaged_files_are_read_or_refused(tmp_path_factory, kind, damage):
    check(tmp_path_factory.mktemp("files"), kind, damage)


@pytest.mark.parametrize("kind", list(KINDS))
def test_whole_files_are_read(tmp_path, kind):
    table = read_or_refused(tmp_path, KINDS[kind]())
    assert list(table.X.columns) == ["x", "word"]
    assert list(table.y) == list(FRAME["y"])
