"""How plain pandas reads a file as it was read here."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skoverfit._optional import import_optional

__all__ = ["Recipe", "encoding_of", "header_options", "number_lines"]

_ENCODINGS = ("utf-8", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "cp1252")

_SPELLED = (
    ("", False),
    (r"[^0-9.+-]", False),
    (r"[^0-9.eE+-]", False),
    (r"[^0-9,+-]", True),
    (r"[^0-9,eE+-]", True),
)
"""What is no part of a number, and whether that is one with a decimal comma."""


@dataclass
class Recipe:
    """The call of pandas that reads a file, and lines that finish the table.

    Attributes
    ----------
    reader : str
        Name of the function.
    options : dict
        Its arguments beside the file.
    lines : list of str
        What is to be done with ``data`` after it.
    is_shortened : bool
        Whether rows are left out.
    """

    reader: str = "read_csv"
    options: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    is_shortened: bool = False

    def keep_texts(self, names: Iterable[str]) -> None:
        """Read columns as texts, be they digits."""
        for name in sorted(names):
            if self.reader == "read_csv":
                self.options.setdefault("dtype", {})[name] = "str"
            else:
                self.lines.append(f'data[{name!r}] = data[{name!r}].astype("str")')

    def leave_out(self, name: str) -> None:
        """Leave out the rows in which a column is missing."""
        self.lines.append(f"data = data.dropna(subset=[{name!r}])")
        self.is_shortened = True

    def code(self, source: str) -> str:
        """Write the lines.

        Parameters
        ----------
        source : str
            Python for the file.
        """
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return "\n".join([f"data = pd.{self.reader}({source}{options})", *self.lines])


def encoding_of(data: bytes, text: bytes, encoding: str | None) -> str | None:
    """Find the encoding that makes bytes this UTF-8 text; None if it is UTF-8."""
    if text is data or data.endswith(text):  # as it is, or after a byte-order mark
        return None
    for name in (encoding, *_ENCODINGS, "latin-1"):
        try:
            if name and data.decode(name).removeprefix("\ufeff").encode() == text:
                return name
        except UnicodeDecodeError:
            continue
    return encoding


def header_options(
    text: bytes, options: Mapping[str, Any], names: list[str], *, has_extra: bool
) -> dict[str, Any]:
    """Give the options that name the columns, where pandas would name them else."""
    pd = import_optional("pandas", extra="report")
    known = {k: v for k, v in options.items() if k != "encoding"}
    found = pd.read_csv(io.BytesIO(text), nrows=0, **known).columns
    if not has_extra and list(found) == names:
        return {}
    return {"header": 0, "names": names, "index_col": False}


def number_lines(texts: Any, numbers: Any, names: Iterable[str]) -> list[str]:
    """Write how texts become the numbers that they were read as.

    Parameters
    ----------
    texts, numbers : pandas.DataFrame
        The table before and after.
    names : iterable of str
        The columns.
    """
    return [_number_line(name, texts[name], numbers[name]) for name in names]


def _number_line(name: str, texts: Any, numbers: Any) -> str:
    wanted = numbers.to_numpy(dtype=float)
    for digits, has_commas in _SPELLED:
        found = _as_numbers(texts, digits, has_commas=has_commas)
        if np.array_equal(found, wanted, equal_nan=True):
            steps = "" if not digits else f'.str.replace(r"{digits}", "", regex=True)'
            steps += '.str.replace(",", ".")' if has_commas else ""
            column = f"data[{name!r}]"
            return f'{column} = pd.to_numeric({column}{steps}, errors="coerce")'
    return f"# The texts of {name!r} were read as numbers: turn them into these here."


def _as_numbers(texts: Any, digits: str, *, has_commas: bool) -> Any:
    """Do what the line says."""
    pd = import_optional("pandas", extra="report")
    if digits:
        texts = texts.str.replace(digits, "", regex=True)
    if has_commas:
        texts = texts.str.replace(",", ".")
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float)
