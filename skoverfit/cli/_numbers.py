"""Numbers that are written as texts: decimal commas, percent, currency, thousands.

A reading is only taken where the column as a whole allows no other. What could be two
numbers, such as 1,234, is settled by the rest of the file or by the user, else left
alone and reported.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skoverfit._optional import import_optional

__all__ = [
    "Conversions",
    "Spelling",
    "convert_numbers",
    "spellings",
    "text_columns",
]

_CURRENCY = (
    r"US\$|R\$|[$€£¥₹₩₽₺₫₪฿₴]|(?:USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|BRL)(?![A-Za-z])"
)
_NUMBER = re.compile(
    rf"""\s*(?P<open>\()?
    (?P<sign>[-+\u2212]?)\s*
    (?P<before>{_CURRENCY})?\s*
    (?P<inner>[-+\u2212]?)
    (?P<body>\d[\d.,'\u2019\ \u00a0\u202f]*|[.,]\d+)
    (?P<exponent>[eE][-+]?\d+)?
    \s*(?P<after>%|{_CURRENCY})?
    (?P<close>\))?\s*""",
    re.VERBOSE | re.ASCII,
)
# The groups of one number are set apart by one and the same mark.
_WHOLE = (
    r"(?:\d*|[1-9]\d{0,2}(?P<mark>[%s'\u2019 \u00a0\u202f])\d{3}(?:(?P=mark)\d{3})*)"
)
_POINT = re.compile(_WHOLE % "," + r"(?:\.\d*)?")
_COMMA = re.compile(_WHOLE % "." + r"(?:,\d*)?")
# How tables from elsewhere spell "missing" in columns of numbers.
_MISSING = frozenset({"?", "-", "--", ".", "n.a.", "N.A.", "missing", "\u2013"})
# More digits than a float keeps: an identifier, not a quantity.
_MOST_DIGITS = 15
PLAIN = "numbers as texts"
_FIRST_LOOK = 50
_MOSTLY = 0.8


@dataclass
class Conversions:
    """What became of texts that look like numbers.

    Attributes
    ----------
    converted : dict of str to str
        Column and how its numbers were written.
    notes : list of str
        What could not be settled, and what would settle it.
    ambiguous : dict of str to str
        Column and one of its values, which could be two numbers.
    """

    converted: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ambiguous: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Reading:
    """The distinct texts of a column as numbers under one decimal mark."""

    values: dict[str, float]
    is_whole: bool
    style: str


@dataclass(frozen=True)
class Spelling:
    """How the numbers of a column are written; a reading is None if it does not fit."""

    point: _Reading | None
    comma: _Reading | None
    missing: frozenset[str] = frozenset()

    @property
    def is_ambiguous(self) -> bool:
        """Whether both marks fit and give different numbers."""
        if self.point is None or self.comma is None:
            return False
        return self.point.values != self.comma.values

    @property
    def mark(self) -> str | None:
        """The only decimal mark that fits; None if it does not matter or both do."""
        if self.point is not None and self.comma is not None:
            return None
        return "," if self.point is None else "."

    def reading(self, mark: str | None) -> _Reading:
        """Give the numbers under a decimal mark, or under the only one that fits."""
        fits = [r for r in (self.point, self.comma) if r is not None]
        return fits[-1] if mark == "," else fits[0]


def spellings(table: Any, names: Iterable[str]) -> dict[str, Spelling]:
    """Read columns of texts that can be numbers.

    Returns
    -------
    spellings : dict of str to Spelling
        Without the columns that are not numbers.
    """
    found = ((name, _spelling(table[name])) for name in names)
    return {name: spelling for name, spelling in found if spelling is not None}


def convert_numbers(
    table: Any,
    names: Iterable[str],
    mark: str | None,
    *,
    plain: bool = True,
) -> tuple[Any, Conversions]:
    """Turn columns of texts into numbers where they can only be numbers.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    names : iterable of str
        Its columns of texts.
    mark : {".", ","} or None
        Decimal mark that settles what could be two numbers.
    plain : bool, default=True
        Whether texts of plain digits are numbers too.

    Returns
    -------
    table : pandas.DataFrame
        With the numbers in place of their texts.
    conversions : Conversions
    """
    done = Conversions()
    new = {}
    for name in names:
        spelling = _spelling(table[name])
        if spelling is None:
            _note_mixture(name, table[name], done)
        elif spelling.is_ambiguous and mark is None:
            _note_ambiguity(name, table[name], done)
        elif (reading := spelling.reading(mark)).style != PLAIN or plain:
            new[name] = _converted(table[name], reading)
            done.converted[name] = reading.style
            _note_missing(name, spelling, done)
    return table.assign(**new), done


def _spelling(column: Any) -> Spelling | None:
    """Read the texts of a column; None if they are not all numbers of one kind."""
    distinct = column.dropna().unique().tolist()
    texts = [value for value in distinct if isinstance(value, str)]
    missing = frozenset(texts) & _MISSING
    texts = [text for text in texts if text not in missing]
    # a mark for missing values stands alone among numbers
    if not texts or len(missing) > 1 or _agree(texts[:_FIRST_LOOK]) is None:
        return None
    matches = _agree(texts)
    if matches is None:
        return None
    unit = _unit(matches[0])
    if not all(isinstance(v, str) or (_is_number(v) and not unit) for v in distinct):
        return None
    point = _reading(texts, matches, _POINT, ".")
    comma = _reading(texts, matches, _COMMA, ",")
    if point is None and comma is None:
        return None
    return Spelling(point, comma, missing)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unit(match: re.Match[str]) -> str:
    return match["before"] or match["after"] or ""


def _agree(texts: list[str]) -> list[re.Match[str]] | None:
    """Match all texts; None if one is not a number, is a code, or has another unit."""
    matches = []
    for text in texts:
        match = _NUMBER.fullmatch(text)
        if match is None or not _is_sound(match):
            return None
        matches.append(match)
    return matches if len(set(map(_unit, matches))) == 1 else None


def _is_sound(match: re.Match[str]) -> bool:
    one_sign = not (match["sign"] and match["inner"])
    closed = bool(match["open"]) == bool(match["close"])
    one_unit = not (match["before"] and match["after"])
    body = match["body"].strip()
    digits = sum(character.isdigit() for character in body)
    # 007 is a name, 0.07 a number
    is_code = len(body) > 1 and body[0] == "0" and body[1].isdigit()
    too_long = body.isdigit() and digits > _MOST_DIGITS
    return one_sign and closed and one_unit and not is_code and not too_long


def _reading(
    texts: list[str], matches: list[re.Match[str]], pattern: re.Pattern[str], mark: str
) -> _Reading | None:
    values, grouped, fractions = {}, False, False
    for text, match in zip(texts, matches, strict=True):
        body = match["body"].strip()
        if not pattern.fullmatch(body):
            return None
        whole, point, fraction = body.partition(mark)
        digits = "".join(character for character in whole if character.isdigit())
        number = float(f"{digits or 0}.{fraction or 0}{match['exponent'] or ''}")
        values[text] = -number if _is_negative(match) else number
        grouped |= digits != whole
        fractions |= bool(point or match["exponent"])
    unit = _unit(matches[0])
    style = _style(unit, grouped, fractions and mark == ",")
    return _Reading(values, not (fractions or unit), style)


def _style(unit: str, grouped: bool, has_commas: bool) -> str:
    if unit:
        return "percent" if unit == "%" else f"currency {unit}"
    if has_commas:
        return "decimal commas"
    return "thousands separators" if grouped else PLAIN


def _is_negative(match: re.Match[str]) -> bool:
    minus = {"-", "\u2212"}
    return bool(match["open"]) or bool({match["sign"], match["inner"]} & minus)


def _converted(column: Any, reading: _Reading) -> Any:
    values = reading.values
    numbers = column.map(lambda v: values.get(v, np.nan) if isinstance(v, str) else v)
    numbers = numbers.astype(float)
    whole = reading.is_whole and bool((numbers == np.round(numbers)).all())
    return numbers.astype("int64") if whole and numbers.abs().max() < 2**53 else numbers


def _note_ambiguity(name: str, column: Any, done: Conversions) -> None:
    texts = (value for value in column.dropna() if isinstance(value, str))
    example = next(text for text in texts if "," in text or "." in text)
    done.ambiguous[name] = example
    done.notes.append(
        f"Column {name!r} holds values such as {example!r}, which can be two numbers, "
        "and was kept as texts; --decimal . or --decimal , settles it."
    )


def _note_missing(name: str, spelling: Spelling, done: Conversions) -> None:
    if spelling.missing:
        (text,) = spelling.missing
        done.notes.append(
            f"{text!r} among the numbers of column {name!r} was read as missing "
            "(--text keeps the column as it is)."
        )


def _note_mixture(name: str, column: Any, done: Conversions) -> None:
    """Say that a column was kept as texts although most of its values are numbers."""
    texts = column.dropna()
    texts = texts[texts.map(lambda value: isinstance(value, str))]
    sample = texts.iloc[:1000]
    numbers = sample.map(lambda text: _agree([text]) is not None)
    if len(sample) and numbers.mean() >= _MOSTLY:
        odd = sample[~numbers].iloc[0] if not numbers.all() else sample.iloc[0]
        reason = (
            f"not all of its values are numbers ({odd!r} is not)"
            if not numbers.all()
            else "its numbers are not all written in the same way"
        )
        done.notes.append(f"Column {name!r} was kept as texts: {reason}.")


def text_columns(table: Any) -> list[str]:
    """Name the columns that hold texts."""
    pd = import_optional("pandas", extra="report")
    return [
        str(name)
        for name, dtype in table.dtypes.items()
        if dtype.kind == "O" or isinstance(dtype, pd.StringDtype)
    ]
