"""The script that `skoverfit treat --code` writes reads a file as the command does."""

import gzip

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from skoverfit.cli._recipe import Recipe
from skoverfit.cli._tables import read_table

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "size": RNG.normal(size=40).round(2),
        "kind": RNG.choice(["é", "y"], 40),
        "code": [f"0{k % 7}" for k in range(40)],
        "price": [f"${k},0{k % 10}0.50" for k in range(1, 41)],
        "share": [f"{k}%" for k in range(40)],
        "target": RNG.choice([1.0, 2.0, 3.0], 40),
    }
)
GAPS = TABLE.assign(target=TABLE["target"].where(TABLE.index > 3).astype("Int64"))


def as_text(table=TABLE, before="", after=None, encoding="utf-8", **options):
    text = table.to_csv(index=False, **options)
    text = before + (text if after is None else after(text))
    return text.encode(encoding)


def as_json(**options):
    return TABLE.to_json(**options).encode()


FILES = {
    "plain.csv": as_text(),
    "semicolons.csv": as_text(TABLE.drop(columns="price"), sep=";", decimal=","),
    "tabs.txt": as_text(sep="\t"),
    "blanks.txt": as_text(TABLE.assign(kind="a"), sep=" "),
    "comma_blank.csv": as_text(
        TABLE.drop(columns="price"), after=lambda t: t.replace(",", ", ")
    ),
    "title.csv": as_text(before="A title\n\n# made by hand\n"),
    "hash.csv": as_text(before="#"),
    "west.csv": as_text(encoding="cp1252"),
    "wide.csv": as_text(encoding="utf-16"),
    "mark.csv": as_text(encoding="utf-8-sig"),
    "gaps.csv": as_text(GAPS),
    "none.csv": as_text(TABLE.assign(target=np.where(TABLE["size"] > 0, "None", "b"))),
    "trailing.csv": as_text(
        after=lambda t: t.replace("\n", ",\n").replace("get,", "get", 1)
    ),
    "packed.csv.gz": gzip.compress(as_text()),
    "records.json": as_json(orient="records"),
    "lines.jsonl": as_json(orient="records", lines=True),
    "split.json": as_json(orient="split", index=False),
}


def read_by_pandas(code):
    names = {"pd": pd}
    exec(code, names)
    return names["data"]


@pytest.mark.parametrize("name", FILES)
def test_plain_pandas_reads_the_same(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    table = read_table(str(path), "target")
    assert isinstance(table.recipe, Recipe)
    data = read_by_pandas(table.recipe.code(repr(str(path)))).reset_index(drop=True)
    assert_frame_equal(data[list(table.X.columns)], table.X, check_dtype=False)
    assert data["target"].tolist() == table.y.tolist()


@pytest.mark.parametrize("kind", ["parquet", "feather", "xlsx"])
def test_plain_pandas_reads_other_formats(tmp_path, kind):
    path = tmp_path / f"table.{kind}"
    writer = {"xlsx": "to_excel"}.get(kind, f"to_{kind}")
    getattr(TABLE, writer)(path, **({"index": False} if kind == "xlsx" else {}))
    table = read_table(str(path), "target", text=["code"])
    data = read_by_pandas(table.recipe.code(repr(str(path))))
    assert_frame_equal(data[list(table.X.columns)], table.X, check_dtype=False)


def test_a_sheet_and_a_title_above_the_header_are_told(tmp_path):
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame().to_excel(book, sheet_name="empty")
        TABLE.to_excel(book, sheet_name="data", startrow=2, index=False)
    table = read_table(str(path), "target")
    data = read_by_pandas(table.recipe.code(repr(str(path))))
    assert_frame_equal(data[list(table.X.columns)], table.X, check_dtype=False)


def test_numbers_that_pandas_cannot_spell_are_said(tmp_path):
    path = tmp_path / "losses.csv"
    TABLE.assign(price=[f"({k}.5)" for k in range(40)]).to_csv(path, index=False)
    code = read_table(str(path), "target").recipe.code("'losses.csv'")
    assert "# The texts of 'price' were read as numbers" in code
