"""Tables from bytes: text, JSON, Parquet, Feather and Excel."""

import io
import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from skoverfit._optional import import_optional
from skoverfit.cli._dialect import BLANKS, Layout, find_header, find_layout, to_utf8
from skoverfit.cli._files import DEFAULT_MAX_BYTES, Source
from skoverfit.cli._recipe import Recipe, encoding_of, header_options
from skoverfit.exceptions import InputError

__all__ = ["Content", "Reading", "read_content"]


@dataclass(frozen=True)
class Reading:
    """What the user says about a file.

    Attributes
    ----------
    sep, decimal, encoding, sheet : str or None
        Separator, decimal mark, encoding, sheet of a workbook; None: find out.
    max_bytes : int
        Most bytes that are taken.
    """

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    max_bytes: int = DEFAULT_MAX_BYTES

    def __post_init__(self) -> None:
        if self.decimal not in (None, ".", ","):
            raise InputError(f"--decimal {self.decimal!r} must be '.' or ','.")


@dataclass
class Content:
    """A table as its file holds it.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns with unique texts as names.
    notes : list of str
        What had to be guessed or left out.
    separator : str
        Between the fields of a text; else empty.
    typed : bool
        Whether the format tells texts from numbers, so that digits in a text are no
        number.
    read : callable or None
        ``read(**options)`` reads a text again, with options of
        :func:`pandas.read_csv`; None if the file is not text.
    has_codes : bool
        Whether a field of a text may be digits with a zero in front.
    recipe : Recipe
        How plain pandas reads it.
    """

    table: Any
    notes: list[str] = field(default_factory=list)
    separator: str = ""
    typed: bool = False
    read: Callable[..., Any] | None = None
    has_codes: bool = False
    recipe: Recipe = field(default_factory=Recipe)


_PICTURE = "a picture"
_FOREIGN = {
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"%PDF": "a PDF",
    b"\x80\x02": "a pickle, which is never loaded",
    b"\x80\x03": "a pickle, which is never loaded",
    b"\x80\x04": "a pickle, which is never loaded",
    b"\x80\x05": "a pickle, which is never loaded",
    b"\x89HDF": "an HDF5 file",
    b"\xd0\xcf\x11\xe0": "an old Excel file; save it as .xlsx or CSV",
    b"SQLite format 3": "an SQLite database",
    b"\x93NUMPY": "a NumPy array",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; decompress it first",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
}
_CODES = re.compile(rb"""(?:^|[\r\n,;|\t "])[+-]?0[0-9]""")
_SHEET_ERRORS = frozenset(
    {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", ""}
)


def read_content(source: Source, target: str, reading: Reading) -> Content:
    """Read a table of any known format; what the bytes are decides, not the name.

    Raises
    ------
    InputError
        If it is not a table.
    """
    import_optional("pandas", extra="report")
    data, name = source.data, source.name
    if data.startswith(b"PAR1"):
        content = _read_parquet(data, name, reading.max_bytes)
    elif data.startswith((b"ARROW1", b"FEA1")):
        content = _read_feather(data, name, reading.max_bytes)
    elif data.startswith(b"PK\x03\x04"):
        content = _read_workbook(data, name, target, reading)
    else:
        _refuse_foreign(data, name)
        content = _read_text(data, name, target, reading)
    return _with_unique_names(content, name)


def _with_unique_names(content: Content, name: str) -> Content:
    names = [str(column) for column in content.table.columns]
    repeated = sorted({column for column in names if names.count(column) > 1})
    if repeated:
        raise InputError(f"{name} has more than one column {repeated[0]!r}.")
    content.table.columns = names
    return content


def _refuse_foreign(data: bytes, name: str) -> None:
    for magic, kind in _FOREIGN.items():
        if data.startswith(magic):
            raise InputError(f"{name} is not a table but {kind}.")
    if data[257:262] == b"ustar":
        raise InputError(f"{name} is a tar archive; extract the table from it first.")
    head = data[:2000].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{name} is not a table but a web page.")
    if re.search(rb"^@relation\b", head, re.MULTILINE):
        raise InputError(f"{name} is an ARFF file; save it as CSV.")


# --------------------------------------------------------------------- columnar formats
def _read_parquet(data: bytes, name: str, max_bytes: int) -> Content:
    pd = import_optional("pandas", extra="report")
    parquet = import_optional("pyarrow.parquet", extra="report")
    try:
        meta = parquet.ParquetFile(io.BytesIO(data)).metadata
        groups = [meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)]
        # columns of repeated values are tiny in the file, not in memory
        _check_size(name, max(sum(groups), meta.num_rows * meta.num_columns), max_bytes)
        table = pd.read_parquet(io.BytesIO(data))
    except InputError:
        raise
    # pyarrow's errors share no base class of its own
    except Exception as error:
        raise InputError(
            f"{name} is not a readable Parquet file: {_reason(error)}."
        ) from error
    return _typed(table, "read_parquet")


def _read_feather(data: bytes, name: str, max_bytes: int) -> Content:
    feather = import_optional("pyarrow.feather", extra="report")
    try:
        table = feather.read_table(io.BytesIO(data))
        _check_size(name, table.nbytes, max_bytes)
        table = table.to_pandas()
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{name} is not a readable Feather file: {_reason(error)}."
        ) from error
    return _typed(table, "read_feather")


def _check_size(name: str, n_bytes: int, max_bytes: int) -> None:
    if n_bytes > max_bytes:
        raise InputError(
            f"{name} takes {n_bytes:,} bytes in memory, more than the {max_bytes:,} of "
            "--max-bytes; raise it if the table is meant to be so large."
        )


def _typed(table: Any, reader: str) -> Content:
    """Keep an index that has a name: it is a column of the file."""
    is_named = any(level is not None for level in table.index.names)
    lines = ["data = data.reset_index()"] * is_named
    table = table.reset_index(drop=not is_named)
    return Content(table, typed=True, recipe=Recipe(reader, lines=lines))


# ---------------------------------------------------------------------------- workbooks
def _read_workbook(data: bytes, name: str, target: str, reading: Reading) -> Content:
    pd = import_optional("pandas", extra="report")
    openpyxl = import_optional("openpyxl", extra="excel")
    content = Content(pd.DataFrame(), recipe=_cells_as_they_are())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and the like
        try:
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True
            )
            rows = _sheet_rows(book, name, reading.sheet, content)
        except InputError:
            raise
        # whatever a damaged document makes of the parsers
        except Exception as error:
            reason = _reason(error) or type(error).__name__
            raise InputError(f"{name} is not a readable workbook: {reason}") from error
    header = find_header([[_text(cell) for cell in row] for row in rows[:200]], target)
    if header is None:
        raise InputError(
            f"{name} is not a table: it has only 1 column, and a target and at least "
            "one feature are needed."
        )
    content.notes += _skipped_note(header.index, "row")
    if header.index:
        content.recipe.options["skiprows"] = header.index
    names = [name or f"Unnamed: {i}" for i, name in enumerate(header.names)]
    width = max(len(names), *map(len, rows))
    names += [f"Unnamed: {i}" for i in range(len(names), width)]
    body = [
        _padded(row, width) for row in rows[header.index + 1 :] if any(map(_text, row))
    ]
    content.table = pd.DataFrame(body, columns=names)
    if names != [_text(cell) for cell in rows[header.index]]:
        content.recipe.options |= {"header": 0, "names": names}
    return content


def _cells_as_they_are() -> Recipe:
    """Read texts of digits as texts, but columns of numbers as numbers."""
    lines = ["data = data.infer_objects()"]
    return Recipe("read_excel", {"dtype": "object"}, lines)


def _sheet_rows(
    book: Any, name: str, sheet: str | None, content: Content
) -> list[list[Any]]:
    """Give the cells of the chosen sheet, or of the first one that is not empty."""
    if sheet is not None and sheet not in book.sheetnames:
        known = ", ".join(book.sheetnames)
        raise InputError(f"{name} has no sheet {sheet!r}; its sheets: {known}.")
    for title in book.sheetnames if sheet is None else [sheet]:
        cells = book[title]
        if not hasattr(cells, "iter_rows"):
            continue  # a sheet that is a chart
        cells.reset_dimensions()  # what a program wrote there may be wrong
        rows = [_without_errors(row) for row in cells.iter_rows(values_only=True)]
        if any(any(map(_text, row)) for row in rows):
            if title != book.sheetnames[0]:
                content.recipe.options["sheet_name"] = title
            if sheet is None and len(book.sheetnames) > 1:
                content.notes.append(
                    f"Read sheet {title!r} of {len(book.sheetnames)} (--sheet chooses)."
                )
            return rows
    raise InputError(f"{name} is empty.")


def _without_errors(row: tuple[Any, ...]) -> list[Any]:
    cells = [
        None if isinstance(cell, str) and cell.strip() in _SHEET_ERRORS else cell
        for cell in row
    ]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _padded(row: list[Any], width: int) -> list[Any]:
    return row + [None] * (width - len(row))


def _skipped_note(n_skipped: int, unit: str) -> list[str]:
    if not n_skipped:
        return []
    units = f"The first {unit}" if n_skipped == 1 else f"The first {n_skipped} {unit}s"
    return [f"{units} above the header {'was' if n_skipped == 1 else 'were'} left out."]


# --------------------------------------------------------------------------------- text
def _read_text(data: bytes, name: str, target: str, reading: Reading) -> Content:
    notes: list[str] = []
    text = to_utf8(data, name, reading.encoding, notes)
    if _is_json(text, name) and reading.sep is None:
        return Content(_json_table(text, name), notes, recipe=_json_recipe(text))
    layout = find_layout(text, name, target, reading.sep)
    if not text[layout.offset :].strip():
        raise InputError(f"{name} has a header but no rows.")
    notes += _skipped_note(layout.skipped, "line")

    def read(**options: Any) -> Any:
        return _read_csv(text, name, layout, **options)

    table = read(decimal=reading.decimal or ".")
    options = _options(layout, encoding_of(data, text, reading.encoding))
    options |= header_options(
        text, options, list(table.columns), has_extra=layout.extra > 0
    )
    return Content(
        table,
        notes,
        separator=layout.separator,
        read=read,
        has_codes=_CODES.search(text) is not None,
        recipe=Recipe(options=options),
    )


def _options(layout: Layout, encoding: str | None) -> dict[str, Any]:
    """Give what pandas has to be told about a text."""
    told = {
        "sep": (layout.separator, ","),
        "skiprows": (layout.skipped, 0),
        "skipinitialspace": (layout.blanks_follow, False),
        "encoding": (encoding, None),
    }
    return {name: value for name, (value, usual) in told.items() if value != usual}


def _read_csv(text: bytes, name: str, layout: Layout, **options: Any) -> Any:
    pd = import_optional("pandas", extra="report")
    rows = io.BytesIO(text)
    rows.seek(layout.offset)
    names = [name or f"Unnamed: {i}" for i, name in enumerate(layout.names)]
    repeated = sorted({column for column in names if names.count(column) > 1})
    if repeated:
        raise InputError(f"{name} has more than one column {repeated[0]!r}.")
    if layout.extra > 1:
        raise _too_many_fields(name)
    nameless = [f"Unnamed: {len(names)}"] * layout.extra
    if nameless:  # names may move by one column yet
        options.pop("usecols", None)
    try:
        table = pd.read_csv(
            rows,
            sep=layout.separator,
            header=None,
            names=names + nameless,
            low_memory=False,
            skipinitialspace=layout.blanks_follow,
            **options,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        raise InputError(f"{name} is not a table: {_reason(error)}.") from error
    return _with_row_names(table, name, layout.separator) if nameless else table


def _reason(error: Exception) -> str:
    reason = str(error).replace("Error tokenizing data. C error: ", "").strip()
    return " ".join(reason.split()).rstrip(".")


def _with_row_names(table: Any, name: str, separator: str) -> Any:
    """Find out why each row has a field more than the header has names."""
    if table.iloc[:, -1].isna().all():
        return table  # a separator at the end of each row
    # R writes the names of rows first, without a name for them
    first = table.iloc[:, 0]
    if not (separator == BLANKS or first.dtype.kind in "iu") or not first.is_unique:
        raise _too_many_fields(name)
    table.columns = ["Unnamed: 0", *table.columns[:-1]]
    return table


def _too_many_fields(name: str) -> InputError:
    return InputError(
        f"{name} is not a table: its rows have more fields than the header."
    )


# --------------------------------------------------------------------------------- JSON
def _is_json(text: bytes, name: str) -> bool:
    suffixes = (".json", ".jsonl", ".ndjson")
    named = any(f"{suffix}." in f"{name.lower()}." for suffix in suffixes)
    return bool(
        re.match(rb"\s*(\{\s*\"|\[\s*[\[{])" if not named else rb"\s*[\[{]", text)
    )


def _json_table(text: bytes, name: str) -> Any:
    pd = import_optional("pandas", extra="report")
    try:
        return pd.DataFrame(_json_records(text))
    except RecursionError:
        raise InputError(
            f"{name} is not a table: its JSON is nested too deep."
        ) from None
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"{name} is not a table in JSON: {error}. A list of records, one record a "
            "line, or one list for each column can be read."
        ) from error


def _json_recipe(text: bytes) -> Recipe:
    """Say how pandas reads it: one record a line, or in one piece."""
    options: dict[str, Any] = {"dtype": False}
    try:
        plain = json.loads(text)
    except json.JSONDecodeError:
        return Recipe("read_json", {**options, "lines": True})
    is_split = isinstance(plain, dict) and {"columns", "data"} <= plain.keys()
    return Recipe("read_json", {**options, **({"orient": "split"} if is_split else {})})


def _json_records(text: bytes) -> Any:
    try:
        plain = json.loads(text)
    except json.JSONDecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        plain = [json.loads(line) for line in lines]
    if isinstance(plain, dict):
        plain = _json_columns(plain)
    elif all(isinstance(row, list) for row in plain) and plain:
        names, *rows = plain
        if not all(isinstance(name, str) for name in names):
            raise ValueError("its rows have no names of columns")
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}
    elif not all(isinstance(row, dict) for row in plain):
        raise ValueError("its items are not all records")
    return plain


def _json_columns(plain: dict[str, Any]) -> Any:
    """Read the forms with a dict outside: columns, pandas' "split" and "table"."""
    if isinstance(plain.get("data"), list) and {"columns", "schema"} & plain.keys():
        if "columns" not in plain:
            return plain["data"]
        return {
            name: [row[i] for row in plain["data"]]
            for i, name in enumerate(plain["columns"])
        }
    values = list(plain.values())
    is_wrapped = len(values) == 1 and isinstance(values[0], list)
    if is_wrapped and all(isinstance(row, dict) for row in values[0]):
        return values[0]
    if values and all(isinstance(value, list) for value in values):
        return plain
    if values and all(isinstance(value, dict) for value in values):
        return plain
    if values:
        return [plain]  # one line of records
    raise ValueError("it is empty")
