"""A record of finished work that survives the process: one SQLite file, no pickles.

One row for each finished (candidate, split). Only the process that runs the search
writes. The file is in WAL mode with ``synchronous=NORMAL``: a commit survives the
death of the process at any moment; after a loss of power the file is intact, but the
last commits may be missing, and are computed again.
"""

import contextlib
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from skoverfit.exceptions import (
    FORMAT_OF_JOURNAL,
    JournalDamagedError,
    JournalMismatchError,
)

__all__ = ["Journal", "check_journal_path"]

Key = tuple[str, str]
Outcome = dict[str, Any]

#: Marks a file as a journal, so that no other database is ever taken for one.
APPLICATION_ID = 0x534B4F56  # "SKOV"
#: Another one whenever journals of before shall not be continued: because rows are
#: written in another way, or because the modules that digests of code name have moved.
FORMAT = 3
MAGIC = b"SQLite format 3\0"
BUSY_SECONDS = 60.0
SCHEMA = (
    "CREATE TABLE identity (item TEXT PRIMARY KEY, value TEXT NOT NULL, "
    "checksum BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE outcome (number INTEGER PRIMARY KEY, candidate TEXT NOT NULL, "
    "split TEXT NOT NULL, scalars TEXT NOT NULL, arrays BLOB NOT NULL, "
    "writer TEXT NOT NULL, checksum BLOB NOT NULL, UNIQUE (candidate, split))",
)
#: Errors of the machine; what else SQLite complains of while reading is damage.
MACHINE_ERRORS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}


def check_journal_path(path: Any) -> Path:
    """Refuse a path that no journal can be at, before any work is done.

    Returns
    -------
    path : Path
        Absolute.

    Raises
    ------
    TypeError
        If `path` is neither a string nor path-like.
    OSError
        If its folder does not exist, it is no regular file, or there is no right to
        write.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise TypeError(f"journal={path!r} must be a path: a str or pathlib.Path.")
    file = Path(path).absolute()
    if not str(path) or file.is_dir():
        raise IsADirectoryError(f"journal={str(path)!r} is a folder, not a file.")
    if not file.parent.is_dir():
        raise FileNotFoundError(
            f"journal={str(path)!r}: the folder {file.parent} does not exist."
        )
    if file.exists() and not file.is_file():
        raise OSError(f"journal={str(path)!r} is not a regular file.")
    for place in (file.parent, file):  # SQLite keeps two more files beside it
        if place.exists() and not os.access(place, os.R_OK | os.W_OK):
            raise PermissionError(f"journal={str(path)!r}: no right to write {place}.")
    return file


class Journal:
    """Finished work of one search, shared by every process that runs it.

    Made by `Journal.open`; a context manager. Results that another process recorded
    first are kept, because results of the same work are the same.

    Attributes
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._last_read = 0
        self._name = uuid.uuid4().hex

    @classmethod
    def open(cls, path: Any, identity: Mapping[str, str]) -> "Journal":
        """Open the journal of a search, or begin one.

        Raises
        ------
        JournalMismatchError
            If the file is the journal of another search.
        JournalDamagedError
            If the file is not a journal, or not intact. It is left as it is.
        OSError
            If the file cannot be read or written.
        """
        file = check_journal_path(path)
        with _translated(file):
            if file.exists() and file.stat().st_size:
                _inspect(file, identity)
            connection = _connect(file, "rwc")
            try:
                _prepare(connection, file, identity)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

    def load(self) -> dict[Key, Outcome]:
        """Return all outcomes, by the keys of candidate and split."""
        self._last_read = 0
        return self._load(but_of="")

    def load_new(self) -> dict[Key, Outcome]:
        """Return what others have recorded since the last time of asking."""
        return self._load(but_of=self._name)

    def _load(self, but_of: str) -> dict[Key, Outcome]:
        found = {}
        with _translated(self.path):
            [last] = self._connection.execute(
                "SELECT coalesce(max(number), 0) FROM outcome"
            ).fetchone()
            rows = self._connection.execute(
                "SELECT candidate, split, scalars, arrays, checksum FROM outcome "
                "WHERE number > ? AND number <= ? AND writer <> ? ORDER BY number",
                (self._last_read, last, but_of),
            )
            for row in rows:
                key, outcome = _read(self.path, row)
                found[key] = outcome
        self._last_read = last
        return found

    def record(
        self, candidate_key: str, split_key: str, outcome: Mapping[str, Any]
    ) -> None:
        """Write one outcome; see `record_many`."""
        self.record_many([(candidate_key, split_key, outcome)])

    def record_many(
        self, finished: Iterable[tuple[str, str, Mapping[str, Any]]]
    ) -> None:
        """Write outcomes that arrived together, all or none.

        Parameters
        ----------
        finished : iterable of (str, str, dict)
            Keys of candidate and split, and the outcome: None, bool, numbers, str,
            arrays, and lists and dicts of these. Tuples become lists, NumPy's
            scalars Python's numbers.

        Raises
        ------
        TypeError
            If an outcome holds anything else.
        OSError
            If the file cannot be written, for instance because the disk is full.
        """
        rows = [(*_row(*item), self._name) for item in finished]
        with _translated(self.path), _transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO outcome "
                "(candidate, split, scalars, arrays, checksum, writer) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def __len__(self) -> int:
        """Return the number of outcomes."""
        with _translated(self.path):
            return self._connection.execute("SELECT count(*) FROM outcome").fetchone()[
                0
            ]

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._connection.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


# -------------------------------------------------------------------- opening a file


@contextlib.contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Say what an error of SQLite means for the user."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code & 0xFF in MACHINE_ERRORS and code != sqlite3.SQLITE_IOERR_SHORT_READ:
            raise OSError(f"journal={str(file)!r} cannot be used: {error}.") from error
        raise _damaged(file, str(error)) from error


def _damaged(file: Path, what: str) -> JournalDamagedError:
    return JournalDamagedError(
        f"journal={str(file)!r} is not an intact journal: {what}. It was left as it "
        "is; give another path, or move the file away to begin anew."
    )


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    # Text as bytes: checksums are verified before anything is decoded.
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
    )
    connection.text_factory = bytes
    return connection


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _inspect(file: Path, identity: Mapping[str, str]) -> None:
    """Refuse what is not an intact journal of this search, without a right to write."""
    with file.open("rb") as content:  # SQLite takes a file of one byte for a blank one
        if content.read(len(MAGIC)) != MAGIC:
            raise _damaged(file, "it is not an SQLite database")
    with contextlib.closing(_connect(file, "ro")) as connection:
        verdict = _pragma(connection, "integrity_check")
        if verdict != b"ok":
            raise _damaged(file, verdict.decode(errors="replace"))
        if not _is_blank(connection):
            _check_origin(connection, file, identity)


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Whether a process died, or is, between making the file and its tables."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0 and _pragma(connection, "application_id") == 0


def _check_origin(
    connection: sqlite3.Connection, file: Path, identity: Mapping[str, str]
) -> None:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise _damaged(file, "it is an SQLite database of another application")
    if (version := _pragma(connection, "user_version")) != FORMAT:
        differences = {FORMAT_OF_JOURNAL: (str(version), str(FORMAT))}
        raise JournalMismatchError(str(file), differences)
    found = {}
    for item, value, checksum in connection.execute(
        "SELECT item, value, checksum FROM identity"
    ):
        if checksum != _checksum(item, value):
            raise _damaged(file, "what it is the journal of cannot be read")
        found[item.decode()] = value.decode()
    _compare(file, found, identity)


def _compare(file: Path, found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    differences = {
        item: (found.get(item), wanted.get(item))
        for item in [*wanted, *(item for item in found if item not in wanted)]
        if found.get(item) != wanted.get(item)
    }
    if differences:
        raise JournalMismatchError(str(file), differences)


def _prepare(
    connection: sqlite3.Connection, file: Path, identity: Mapping[str, str]
) -> None:
    """Make the tables, unless another process just did."""
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    with _transaction(connection):
        if _is_blank(connection):
            _create(connection, identity)
        else:
            _check_origin(connection, file, identity)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite itself does not wait for others that do the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _create(connection: sqlite3.Connection, identity: Mapping[str, str]) -> None:
    for statement in SCHEMA:
        connection.execute(statement)
    rows = [
        (item, value, _checksum(item.encode(), value.encode()))
        for item, value in identity.items()
    ]
    connection.executemany("INSERT INTO identity VALUES (?, ?, ?)", rows)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has already rolled it back
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


# ---------------------------------------------------------------------- rows, exactly


def _checksum(*parts: bytes) -> bytes:
    """Digest of the parts of a row: SQLite notices a broken page, not a wrong byte."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def _row(candidate: str, split: str, outcome: Mapping[str, Any]) -> tuple[Any, ...]:
    arrays = bytearray()
    # repr of a float is exact, and Python's JSON knows NaN and the infinities.
    scalars = json.dumps(_pack(outcome, arrays, "outcome"))
    parts = candidate.encode(), split.encode(), scalars.encode(), bytes(arrays)
    return candidate, split, scalars, parts[3], _checksum(*parts)


def _read(file: Path, row: tuple[bytes, ...]) -> tuple[Key, Outcome]:
    candidate, split, scalars, arrays, checksum = row
    if checksum != _checksum(candidate, split, scalars, arrays):
        raise _damaged(file, "a row is not as it was written")
    return (candidate.decode(), split.decode()), _unpack(json.loads(scalars), arrays)


def _pack(value: Any, arrays: bytearray, where: str) -> Any:
    """Return what JSON can hold of a value; bytes of arrays go to `arrays`."""
    if isinstance(value, np.ndarray):
        return {"$array": _pack_array(value, arrays, where)}
    if isinstance(value, np.bool_ | np.integer | np.floating):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_pack(item, arrays, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        # A key of the user's that looks like the mark of an array is escaped.
        return {
            f"${key}" if key.startswith("$") else key: _pack(
                item, arrays, f"{where}[{key!r}]"
            )
            for key, item in value.items()
        }
    raise TypeError(f"The journal cannot hold {where}={value!r}.")


def _pack_array(array: Any, arrays: bytearray, where: str) -> dict[str, Any]:
    if array.dtype.kind in "biufcUSmM":
        data, labels = np.ascontiguousarray(array), None
    elif array.dtype.kind == "O":
        data, labels = _as_codes(array, where)
    else:
        raise TypeError(f"The journal cannot hold {where} of dtype {array.dtype}.")
    start = len(arrays)
    arrays += data.tobytes()
    spec = {"dtype": data.dtype.str, "shape": list(array.shape), "start": start}
    return spec if labels is None else {**spec, "labels": labels}


def _as_codes(array: Any, where: str) -> tuple[Any, list[Any]]:
    """Replace objects by their positions in a list of labels."""
    flat = array.ravel().tolist()
    if not all(type(item) in {type(None), bool, int, float, str} for item in flat):
        raise TypeError(
            f"The journal cannot hold {where}: objects in it must be str or numbers."
        )
    codes: dict[tuple[str, str], int] = {}
    labels: list[Any] = []
    for item in flat:  # 1, 1.0 and True are equal, but not the same label
        if codes.setdefault((type(item).__name__, repr(item)), len(codes)) == len(
            labels
        ):
            labels.append(item)
    positions = [codes[type(item).__name__, repr(item)] for item in flat]
    return np.array(positions, dtype=np.int32), labels


def _unpack(value: Any, arrays: bytes) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "$array" in value:
        return _unpack_array(value["$array"], arrays)
    return {
        key[1:] if key.startswith("$") else key: _unpack(item, arrays)
        for key, item in value.items()
    }


def _unpack_array(spec: Mapping[str, Any], arrays: bytes) -> Any:
    count = int(np.prod(spec["shape"], dtype=np.int64))
    dtype = np.dtype(spec["dtype"])
    flat = (
        np.frombuffer(arrays, dtype, count, spec["start"])
        if count
        else np.empty(0, dtype)
    )
    if "labels" in spec:
        labels = np.empty(len(spec["labels"]), dtype=object)
        labels[:] = spec["labels"]
        flat = labels[flat]
    return flat.reshape(spec["shape"]).copy()
