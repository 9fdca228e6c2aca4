"""How a text file spells a table: its encoding, its separator and its header."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from skoverfit.exceptions import InputError

__all__ = ["BLANKS", "Header", "Layout", "find_header", "find_layout", "to_utf8"]

BLANKS = r"\s+"
_SEPARATORS = (",", ";", "\t", "|", BLANKS)
_SPELLED = {
    "\\t": "\t",
    "tab": "\t",
    " ": BLANKS,
    "blank": BLANKS,
    "blanks": BLANKS,
    "space": BLANKS,
    "spaces": BLANKS,
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
}
# Long enough for any title and notes above the header, and to see how rows split.
_RECORDS = 200
_LONGEST_LINE = 1 << 24
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_FIELD = re.compile(r'"((?:[^"]|"")*)"|([^ \t"][^ \t]*)')


@dataclass(frozen=True)
class Header:
    """Where the names of the columns are.

    Attributes
    ----------
    index : int
        Number of the record that holds them.
    names : list of str
        The names, without blanks around them.
    """

    index: int
    names: list[str]


@dataclass(frozen=True)
class Layout:
    """How a text splits into a table.

    Attributes
    ----------
    separator : str
        Between the fields; a pattern for blanks.
    names : list of str
        Of the columns, from the header.
    offset : int
        Byte at which the rows begin, after the header.
    skipped : int
        Lines above the header.
    extra : int
        Fields of the first row for which the header has no name.
    blanks_follow : bool
        Whether a blank follows each separator, which is not part of the values.
    """

    separator: str
    names: list[str]
    offset: int
    skipped: int
    extra: int
    blanks_follow: bool


# ----------------------------------------------------------------------------- encoding
def to_utf8(data: bytes, name: str, encoding: str | None, notes: list[str]) -> bytes:
    """Give text as UTF-8 without a byte-order mark.

    Raises
    ------
    InputError
        If it is not text, or not in this encoding.
    """
    if encoding is not None:
        return _recoded(data, name, encoding)
    for mark, known in _BOMS:
        if data.startswith(mark):
            if known == "utf-8":
                return _checked(data[len(mark) :], name)
            notes.append(f"Read as {known.upper()} (change with --encoding).")
            return _recoded(data, name, known)
    if b"\0" in data:
        known = _utf16_without_mark(data, name)
        notes.append(f"Read as {known.upper()} (change with --encoding).")
        return _recoded(data, name, known)
    if _is_utf8(data):
        return data
    return _from_one_byte_code(data, name, notes)


def _recoded(data: bytes, name: str, encoding: str) -> bytes:
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except LookupError:
        raise InputError(
            f"--encoding {encoding!r} is not known; utf-8, cp1252 and utf-16 are "
            "examples."
        ) from None
    except UnicodeError as error:
        raise InputError(
            f"{name} is not text in {encoding}: {getattr(error, 'reason', error)}; see "
            "--encoding."
        ) from error


def _checked(data: bytes, name: str) -> bytes:
    if not _is_utf8(data) or b"\0" in data:
        raise InputError(f"{name} begins as UTF-8 but is not; see --encoding.")
    return data


def _is_utf8(data: bytes) -> bool:
    """Check piece by piece: the text as a whole would take several times the memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = 1 << 20
    try:
        for start in range(0, len(data), size):
            decoder.decode(data[start : start + size])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(data: bytes, name: str) -> str:
    """Recognize UTF-16 by the zeros at every other byte; refuse other binary data."""
    head = data[:4096]
    first, second = (head[start::2].count(0) / len(head) * 2 for start in (0, 1))
    if max(first, second) > 0.4 and min(first, second) < 0.05:
        return "utf-16-be" if first > second else "utf-16-le"
    raise InputError(f"{name} is not a table: it holds binary data.")


def _from_one_byte_code(data: bytes, name: str, notes: list[str]) -> bytes:
    if _CONTROL.search(data):
        raise InputError(f"{name} is not a table: it holds binary data.")
    for encoding in ("cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    notes.append(
        f"The text is not UTF-8; it was read as {encoding}, of Western Europe (change "
        "with --encoding)."
    )
    return text.encode()


# ------------------------------------------------------------------------------- layout
def find_layout(data: bytes, name: str, target: str, sep: str | None) -> Layout:
    """Find the separator and the header of a text.

    The header is the first record that names the target. If none does, it is the
    first one that splits as most do.

    Raises
    ------
    InputError
        If the text does not split into columns.
    """
    if len(_first_line(data)) >= _LONGEST_LINE:
        raise InputError(f"{name} is not a table: its first line does not end.")
    found = []
    for separator in (*_SEPARATORS,) if sep is None else (_separator(sep),):
        ends, records = _records(data, separator)
        header = find_header(records, target)
        if header is not None:
            below = [len(row) for row in records[header.index + 1 :] if row]
            extra = below[0] - len(header.names) if below else 0
            fit = _agreement(header, records)
            quality = (target in header.names, fit, len(header.names))
            found.append((quality, separator, header, ends, extra))
    if not found:
        tried = "comma, semicolon, tab, | or blanks" if sep is None else repr(sep)
        raise InputError(
            f"{name} is not a table: it has only 1 column when split at {tried} (see "
            "--sep), and a target and at least one feature are needed."
        )
    _, separator, header, ends, extra = max(found, key=lambda item: item[0])
    skipped = ends[header.index - 1] if header.index else 0
    return Layout(
        separator,
        header.names,
        _offset_of_line(data, ends[header.index]),
        skipped,
        max(0, extra),
        _blanks_follow(data, separator, header.index),
    )


def find_header(records: list[list[str]], target: str) -> Header | None:
    """Find the record that names the columns among the first ones.

    Returns
    -------
    header : Header or None
        None if the records have a single field.
    """
    named = [
        Header(index, names)
        for index, fields in enumerate(records)
        if target in (names := _names(fields)) and len(names) > 1
    ]
    named = [header for header in named if not _is_row(header, records)]
    if named:  # a title can name the target too, but rows do not split like it
        return max(named, key=lambda header: _agreement(header, records))
    widths = Counter(len(fields) for fields in records if len(fields) > 1)
    if not widths:
        return None
    # the header of R's tables has one name less: rows have names of their own
    usual = widths.most_common(1)[0][0]
    fits = [i for i, fields in enumerate(records) if usual - len(fields) in (0, 1)]
    index = next((i for i in fits if not _is_comment(records[i])), fits[0])
    return Header(index, _names(records[index]))


def _separator(sep: str) -> str:
    separator = _SPELLED.get(sep.lower(), sep)
    if separator != BLANKS and (
        len(separator) != 1 or separator in '"\r\n' or not separator.isascii()
    ):
        raise InputError(
            f"--sep {sep!r} must be one character, 'tab' or 'blanks'; it is found by "
            "itself if not given."
        )
    return separator


def _records(data: bytes, separator: str) -> tuple[list[int], list[list[str]]]:
    """Split the first records; also give the number of the last line of each."""
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    if separator == BLANKS:
        rows = [_split_at_blanks(line) for line in islice(lines, _RECORDS)]
        return list(range(1, len(rows) + 1)), rows
    reader = csv.reader(lines, delimiter=separator)
    ends, records = [], []
    for fields in _until_error(reader):
        ends.append(reader.line_num)
        records.append(fields)
    return ends, records


def _until_error(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield records up to one with a field that is too long for a table's."""
    try:
        yield from islice(reader, _RECORDS)
    except csv.Error:
        return


def _split_at_blanks(line: str) -> list[str]:
    return [
        quoted.replace('""', '"') or plain
        for quoted, plain in _FIELD.findall(line.strip())
    ]


def _names(fields: list[str]) -> list[str]:
    names = [field.strip() for field in fields]
    if names and names[0].startswith("#"):
        names[0] = names[0].lstrip("# ")
    # a separator at the end of the line, or "#" set apart by blanks
    return names[1:] if len(names) > 2 and fields[0].strip() == "#" else names


def _is_row(header: Header, records: list[list[str]]) -> bool:
    """Whether it has numbers, and names of its columns are above: a cell is the target.

    A title above a header does not split as it does, or has empty fields.
    """
    if not any(map(_is_number, header.names)):
        return False
    width = len(header.names)
    above = [names for row in records[: header.index] if (names := _names(row))]
    return any(
        len(set(names)) == width and all(names) and not any(map(_is_number, names))
        for names in above
        if len(names) == width
    )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_comment(fields: list[str]) -> bool:
    return bool(fields) and fields[0].lstrip().startswith("#")


def _agreement(header: Header, records: list[list[str]]) -> float:
    """Give the share of the rows below a header that have a field for each name."""
    n_names = len(header.names)
    below = [len(fields) for fields in records[header.index + 1 :] if fields]
    # one more: a separator at the end, or names of rows
    agree = sum(0 <= width - n_names <= 1 for width in below)
    return round(agree / max(1, len(below)), 1)


def _offset_of_line(data: bytes, n_lines: int) -> int:
    if not n_lines:
        return 0
    ends = re.finditer(rb"\r\n|\n|\r", data)
    last = next(islice(ends, n_lines - 1, None), None)
    return len(data) if last is None else last.end()  # nothing follows the header


def _first_line(data: bytes) -> bytes:
    match = re.match(rb"[^\r\n]*", data[:_LONGEST_LINE])
    return match[0] if match else b""


def _blanks_follow(data: bytes, separator: str, index: int) -> bool:
    if separator in (BLANKS, "\t"):
        return False
    fields = _records(data, separator)[1][index]
    return len(fields) > 1 and all(field.startswith(" ") for field in fields[1:])
