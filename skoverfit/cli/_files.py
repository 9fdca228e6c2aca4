"""The bytes of a table: from a file or a pipe, decompressed, within a limit."""

import bz2
import gzip
import io
import lzma
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from skoverfit.cli._names import close_matches
from skoverfit.exceptions import InputError

__all__ = ["DEFAULT_MAX_BYTES", "Source", "parse_bytes", "read_source"]

DEFAULT_MAX_BYTES = 10**9

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_ZIP = b"PK\x03\x04"
_STREAMS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,  # a method of compression that Python does not know
    RuntimeError,  # a password is needed
    ValueError,  # a place before the begin of the file
)
# A table in a .gz in a .zip is read; more layers are nobody's table.
_MOST_LAYERS = 3


@dataclass(frozen=True)
class Source:
    """The content of a table's file.

    Attributes
    ----------
    name : str
        What to call it in messages.
    data : bytes
        Its content, decompressed.
    """

    name: str
    data: bytes


def read_source(source: str, max_bytes: int = DEFAULT_MAX_BYTES) -> Source:
    """Read a file, a pipe or standard input once, from begin to end.

    Parameters
    ----------
    source : str
        A path, or ``"-"`` for standard input. What it holds decides whether it is
        decompressed (gzip, bzip2, xz, zip with one file), not its name.
    max_bytes : int, default=10**9
        Most bytes that are taken, both before and after decompression.

    Raises
    ------
    InputError
        If it cannot be read, is empty or holds more.
    """
    name = "standard input" if source == "-" else source
    try:
        read = _read_stdin if source == "-" else _read_file
        data = _decompressed(name, read(source, max_bytes), max_bytes)
    except InputError:
        raise
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error) or "it is cut off"
        raise InputError(f"{name} cannot be read: {reason.rstrip('.')}.") from error
    if len(data) > max_bytes:
        raise _too_large(name, max_bytes)
    if not data.strip():
        raise InputError(f"{name} is empty.")
    return Source(name, data)


def parse_bytes(text: str) -> int:
    """Read a size such as ``"500MB"``, ``"2 GB"`` or ``"1000000"``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *([kmgt]?)(i?b)?", text.strip().lower())
    n_bytes = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if n_bytes < 1:
        raise InputError(f"--max-bytes {text!r} must be a size such as 500MB or 2GB.")
    return n_bytes


def _too_large(name: str, max_bytes: int) -> InputError:
    return InputError(
        f"{name} holds more than {max_bytes:,} bytes, the limit of --max-bytes; raise "
        "it if the table is meant to be so large."
    )


def _read_stdin(source: str, max_bytes: int) -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("standard input is a terminal; pipe a table into it.")
    return sys.stdin.buffer.read(max_bytes + 1)


def _read_file(source: str, max_bytes: int) -> bytes:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise InputError(
            f"{source} is a URL, and nothing is read from the network: download the "
            "table and give the path of the file."
        )
    path = Path(source)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        siblings = [p.name for p in path.parent.glob("*")]
        hint = close_matches(path.name, siblings)
        raise InputError(f"{source} does not exist.{hint}") from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{source} is a directory, not a table.")
    if stat.S_ISREG(mode) and path.stat().st_size > max_bytes:
        raise _too_large(source, max_bytes)
    with open(path, "rb") as file:
        return file.read(max_bytes + 1)


def _decompressed(name: str, data: bytes, max_bytes: int) -> bytes:
    for _ in range(_MOST_LAYERS):
        if len(data) > max_bytes:
            break
        opener = next((o for m, o in _STREAMS.items() if data.startswith(m)), None)
        if opener is not None:
            with opener(io.BytesIO(data)) as file:
                data = file.read(max_bytes + 1)
        elif data.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(info.file_size for info in archive.infolist()) > max_bytes:
                    raise _too_large(name, max_bytes)
                if _is_document(archive.namelist()):
                    break
                with archive.open(_only_file(name, archive.namelist())) as member:
                    data = member.read(max_bytes + 1)
        else:
            break
    return data


def _is_document(names: list[str]) -> bool:
    """Tell whether a zip is a document of its own kind, such as a workbook."""
    return "[Content_Types].xml" in names or "mimetype" in names


def _only_file(name: str, names: Iterable[str]) -> str:
    files = [
        member
        for member in names
        if not member.endswith("/")
        and not member.startswith("__MACOSX/")
        and not PurePosixPath(member).name.startswith(".")
    ]
    if len(files) != 1:
        shown = ", ".join(files[:5]) or "none"
        raise InputError(
            f"{name} holds {len(files)} files ({shown}); one table is needed: extract "
            "it and give its path."
        )
    return files[0]
