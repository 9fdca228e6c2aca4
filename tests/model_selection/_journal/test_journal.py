"""The journal gives back what was recorded, refuses the rest, and loses nothing."""

import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skoverfit.exceptions import JournalDamagedError, JournalMismatchError
from skoverfit.model_selection._journal._journal import Journal, check_journal_path

PACKAGE = Path(__file__).parents[3]
# The module without the rest of the library, whose imports take seconds.
BARE = f"""
import sys, types
for name in ("skoverfit", "skoverfit.model_selection"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [{str(PACKAGE)!r} + "/" + name.replace(".", "/")]
"""
IDENTITY = {"X": "ndarray 3 x 4 #12", "estimator": "SVC"}
OUTCOME = {
    "fit_error": None,
    "test_scores": {"acc": 0.1 + 0.2, "loss": float("nan"), "worst": -float("inf")},
    "train_scores": 1.0,
    "n_test_samples": 20,
    "fit_time": 1e-300,
    "score_time": -0.0,
    "predictions": np.array(["a", "b", "a"], dtype=object),
}


def same(one, other):
    """Equal in type, in every bit and in order."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray) and one.dtype != object:
        kinds = one.dtype == other.dtype and one.shape == other.shape
        return kinds and one.tobytes() == other.tobytes()
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and same(one.tolist(), other.tolist())
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "search.sqlite"


def written(path, count=3, **more):
    """Make a journal of some rows."""
    with Journal.open(path, IDENTITY) as journal:
        rows = [(f"c{i}", "s", {**OUTCOME, **more, "i": i}) for i in range(count)]
        journal.record_many(rows)
    return path


def read_all(path):
    with Journal.open(path, IDENTITY) as journal:
        return journal.load()


# ------------------------------------------------------------------------ round trips


def test_what_was_recorded_is_there_in_another_journal_object(path):
    with Journal.open(path, IDENTITY) as journal:
        assert journal.load() == {}
        journal.record("c1", "s1", OUTCOME)
        journal.record_many([("c1", "s2", {}), ("c2", "s1", {"fit_error": "é\udc80"})])
        assert len(journal) == 3
    with Journal.open(str(path), IDENTITY) as journal:
        found = journal.load()
    assert list(found) == [("c1", "s1"), ("c1", "s2"), ("c2", "s1")]
    assert same(found["c1", "s1"], OUTCOME)
    assert same(found["c2", "s1"], {"fit_error": "é\udc80"})


def test_load_new_gives_each_outcome_of_others_once(path):
    with Journal.open(path, IDENTITY) as one, Journal.open(path, IDENTITY) as other:
        one.record("c1", "s", {"i": 1})
        assert other.load_new() == {("c1", "s"): {"i": 1}}
        assert other.load_new() == {}
        other.record("c2", "s", {"i": 2})
        one.record("c3", "s", {"i": 3})
        assert one.load_new() == {("c2", "s"): {"i": 2}}
        assert other.load_new() == {("c3", "s"): {"i": 3}}
        assert len(one.load()) == len(other.load()) == 3
        assert one.load_new() == other.load_new() == {}


def test_the_first_record_of_a_pair_is_kept(path):
    with Journal.open(path, IDENTITY) as journal:
        journal.record("c", "s", {"fit_time": 1.0})
        journal.record("c", "s", {"fit_time": 2.0})
        assert journal.load() == {("c", "s"): {"fit_time": 1.0}}


def test_no_outcome_of_a_batch_is_kept_when_one_cannot_be_held(path):
    with Journal.open(path, IDENTITY) as journal:
        with pytest.raises(TypeError, match=r"cannot hold outcome\['a'\]\[1\]=<object"):
            journal.record_many([("c1", "s", {}), ("c2", "s", {"a": [1, object()]})])
        assert journal.load() == {}


@pytest.mark.parametrize(
    "value",
    [{1: 2}, {1, 2}, b"x", np.array([{}]), np.array([(1,)], dtype=[("a", "i4")]), 1j],
    ids=repr,
)
def test_what_cannot_be_held_is_named(path, value):
    with (
        Journal.open(path, IDENTITY) as journal,
        pytest.raises(TypeError, match="cannot hold outcome"),
    ):
        journal.record("c", "s", {"x": value})


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8)
)
labels = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3)
)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
arrays = st.one_of(
    hnp.arrays(hnp.scalar_dtypes().filter(lambda d: d.kind != "V"), shapes),
    hnp.arrays(object, shapes, elements=labels, fill=st.nothing()),
)
outcomes = st.dictionaries(
    st.text(max_size=4) | st.just("$array"),
    st.recursive(
        scalars | arrays,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.text(max_size=3) | st.just("$array"), inner, max_size=3
            )
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(outcome=outcomes)
def test_outcomes_come_back_bit_for_bit(tmp_path_factory, outcome):
    path = tmp_path_factory.mktemp("round") / "journal"
    with Journal.open(path, IDENTITY) as journal:
        journal.record("c", "s", outcome)
        assert same(journal.load()["c", "s"], outcome)


def test_scalars_of_numpy_become_numbers_of_python(path):
    outcome = {"a": np.float64(0.1), "b": np.int32(3), "c": np.bool_(True), "d": (1, 2)}
    with Journal.open(path, IDENTITY) as journal:
        journal.record("c", "s", outcome)
        assert same(
            journal.load()["c", "s"], {"a": 0.1, "b": 3, "c": True, "d": [1, 2]}
        )


def test_loaded_arrays_can_be_written_to(path):
    with Journal.open(written(path), IDENTITY) as journal:
        journal.record("c", "t", {"a": np.zeros(3)})
        journal.load()["c", "t"]["a"][0] = 1


def test_there_is_no_pickle_in_the_file(path):
    written(path)
    content = path.read_bytes()
    protocols = [pickle.dumps(OUTCOME, protocol)[:2] for protocol in (2, 3, 4, 5)]
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT scalars, arrays FROM outcome").fetchall()
    connection.close()
    assert all(isinstance(json.loads(text), dict) for text, _ in rows)
    assert not any(blob.startswith(tuple(protocols)) for _, blob in rows)
    assert b"numpy" not in content


# ----------------------------------------------------------------------- other searches


def test_a_journal_of_another_search_names_what_differs(path):
    content = written(path).read_bytes()
    other = {"X": "ndarray 3 x 4 #34", "y": "None"}
    with pytest.raises(JournalMismatchError) as caught:
        Journal.open(path, other)
    assert caught.value.differences == {
        "X": ("ndarray 3 x 4 #12", "ndarray 3 x 4 #34"),
        "y": (None, "None"),
        "estimator": ("SVC", None),
    }
    text = str(caught.value)
    assert str(path) in text
    assert (
        "X: the journal has ndarray 3 x 4 #12, this search has ndarray 3 x 4 #34"
        in text
    )
    assert "estimator: the journal has SVC, this search has nothing" in text
    assert path.read_bytes() == content
    assert str(pickle.loads(pickle.dumps(caught.value))) == text


@pytest.mark.parametrize(
    "change",
    [
        ["PRAGMA user_version = 9"],
        # Before modules moved: names of code say nothing any more.
        ["PRAGMA user_version = 2", "UPDATE identity SET item = item || ' of old'"],
        # Other tables, too.
        ["PRAGMA user_version = 1", "DROP TABLE identity"],
    ],
)
def test_a_journal_of_another_release_is_refused_with_a_sentence(path, change):
    written(path)
    with sqlite3.connect(path) as connection:
        for statement in change:
            connection.execute(statement)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalMismatchError, match="another release") as caught:
        Journal.open(path, IDENTITY)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_of_many_differences_the_first_are_named():
    differences = {f"code of f{k}": ("#a", "#b") for k in range(100)}
    error = JournalMismatchError("j.sqlite", differences)
    assert len(str(error).splitlines()) == 14
    assert "and 88 more" in str(error)
    assert len(error.differences) == 100


# ------------------------------------------------------------------------------ damage


def refused(path, match):
    content = path.read_bytes()
    with pytest.raises(JournalDamagedError, match=match) as caught:
        read_all(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_file_that_is_no_database_is_refused(path):
    path.write_text("my thesis\n" * 1000)
    refused(path, "not an intact journal: it is not an SQLite database")


def test_a_database_of_something_else_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE outcome (a)")
    connection.close()
    refused(path, "of another application")


def test_a_blank_file_is_begun(path):
    path.touch()
    written(path)
    with Journal.open(path, IDENTITY) as journal:
        assert len(journal) == 3


def test_a_process_that_died_before_the_tables_were_made_does_no_harm(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert path.stat().st_size
    written(path)
    with Journal.open(path, IDENTITY) as journal:
        assert len(journal) == 3


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory):
    """A journal of several pages, in one file."""
    folder = tmp_path_factory.mktemp("long")
    return written(folder / "journal", count=60, predictions=np.arange(80.0))


def test_truncated_files_are_refused(path, long_journal):
    size = long_journal.stat().st_size
    lengths = np.random.default_rng(0).integers(1, size, 60).tolist()
    pages = [1, 99, 100, 512, 4096, 8192, size - 4096, size - 1]
    for length in pages + lengths:
        path.write_bytes(long_journal.read_bytes()[:length])
        refused(path, "not an intact journal")


def test_damage_at_any_place_is_reported_or_does_no_harm(path, long_journal):
    expected = read_all(long_journal)
    rng = np.random.default_rng(1)
    size = long_journal.stat().st_size
    # The header, the schema and the roots of tables are worth more attempts.
    places = [
        *range(0, 110, 3),
        *rng.integers(0, 20_000, 60),
        *rng.integers(0, size, 60),
    ]
    reported = 0
    for place in map(int, places):
        content = bytearray(long_journal.read_bytes())
        content[place] ^= int(rng.integers(1, 256))
        for leftover in path.parent.glob("search.sqlite*"):
            leftover.unlink()
        path.write_bytes(content)
        try:
            found = read_all(path)
        except JournalDamagedError:
            reported += 1
            assert path.read_bytes() == content
        except JournalMismatchError as error:
            assert list(error.differences) == ["format of the journal"]  # noqa: PT017
        else:
            assert same(found, {key: expected[key] for key in found}), place
    assert reported > len(places) / 3


def test_a_wrong_byte_in_a_row_is_noticed(path):
    written(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE outcome SET scalars = '{\"fit_time\": 2.0}'")
    connection.close()
    with (
        Journal.open(path, IDENTITY) as journal,
        pytest.raises(JournalDamagedError, match="a row is not as it was written"),
    ):
        journal.load()


def test_a_wrong_byte_in_the_identity_is_noticed(path):
    written(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE identity SET value = 'SVR' WHERE item = 'estimator'")
    connection.close()
    refused(path, "what it is the journal of cannot be read")


def test_commits_that_are_only_in_the_wal_survive_and_its_damage_does_no_harm(
    path, tmp_path
):
    with Journal.open(path, IDENTITY) as journal:
        for i in range(20):
            journal.record(f"c{i}", "s", {"i": i})
        # As after SIGKILL: the files as they are while the journal is open.
        copies = tmp_path / "copies"
        copies.mkdir()
        for file in path.parent.glob("search.sqlite*"):
            shutil.copy(file, copies)
    copy, wal = copies / path.name, copies / f"{path.name}-wal"
    saved, log = copy.read_bytes(), wal.read_bytes()
    rng = np.random.default_rng(2)
    for attempt in range(40):
        broken = bytearray(log)
        if attempt % 2:
            broken = broken[: rng.integers(0, len(log))]
        elif attempt:
            broken[rng.integers(0, len(log))] ^= 255
        (copies / f"{path.name}-shm").unlink(missing_ok=True)
        copy.write_bytes(saved)
        wal.write_bytes(broken)
        try:
            found = read_all(copy)
        except JournalDamagedError:
            continue
        assert all(found[f"c{i}", "s"] == {"i": i} for i in range(len(found)))
        assert attempt or len(found) == 20


# ------------------------------------------------------------------------------- paths


@pytest.mark.parametrize("path", [1, b"x", None, ["x"]])
def test_a_path_of_another_type_is_refused(path):
    with pytest.raises(TypeError, match=r"journal=.* must be a path"):
        check_journal_path(path)


@pytest.mark.parametrize("path", ["", ".", "tests"])
def test_a_folder_is_refused(path):
    with pytest.raises(IsADirectoryError, match=f"journal={path!r} is a folder"):
        check_journal_path(path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder .*none does not exist"):
        check_journal_path(tmp_path / "none" / "journal")


def test_a_device_is_refused():
    with pytest.raises(OSError, match="not a regular file"):
        check_journal_path(os.devnull)


@pytest.mark.parametrize("name", ["a b", "ä%20?mode=ro#x", ":memory:", "x.sqlite"])
def test_names_are_taken_as_they_are(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    written(name)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert len(read_all(Path(name))) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="rights are not POSIX's there")
@pytest.mark.parametrize("readonly", ["folder", "file"])
def test_a_journal_that_cannot_be_written_is_refused(tmp_path, readonly):
    code = f"""{BARE}
import os
from skoverfit.model_selection._journal._journal import check_journal_path
if os.getuid() == 0:  # the administrator may write everywhere
    os.setuid(65534)
try:
    check_journal_path(sys.argv[1])
except PermissionError as error:
    print(error)
"""
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "journal"
    written(file)
    for above in [folder, tmp_path, *list(tmp_path.parents)[:-2]]:
        if above.owner() == folder.owner() and above.name not in {"tmp", "home"}:
            above.chmod(0o755)
    file.chmod(0o444)
    folder.chmod(0o555 if readonly == "folder" else 0o777)
    run = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    folder.chmod(0o755)
    place = folder if readonly == "folder" else file
    assert run.stdout.strip() == f"journal={str(file)!r}: no right to write {place}."


def test_a_full_disk_is_an_error_of_the_machine(path):
    with Journal.open(path, IDENTITY) as journal:
        journal._connection.execute("PRAGMA max_page_count = 8")
        with pytest.raises(OSError, match=r"journal=.*full"):
            journal.record("c", "s", {"a": np.zeros(10_000)})
        journal.record("c", "s", {"a": 1})
        assert journal.load() == {("c", "s"): {"a": 1}}


# --------------------------------------------------------------------------- processes

WRITER = f"""{BARE}
import time
from skoverfit.model_selection._journal._journal import Journal
path, name, start = sys.argv[1], sys.argv[2], float(sys.argv[3])
time.sleep(max(0.0, start - time.time()))
with Journal.open(path, {{"a": "b"}}) as journal:
    for i in range(100):
        journal.record(f"both {{i}}", "s", {{"i": i}})
        journal.record_many([(f"{{name}} {{i}}", k, {{"i": i}}) for k in "st"])
"""


def test_processes_share_a_journal(path):
    start = str(time.time() + 2)
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, name, start]) for name in ("one", "two", "three")
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    with Journal.open(path, {"a": "b"}) as journal:
        found = journal.load()
    names = ("one", "two", "three")
    expected = {(f"both {i}", "s") for i in range(100)}
    expected |= {(f"{name} {i}", k) for name in names for i in range(100) for k in "st"}
    assert found.keys() == expected
    assert all(
        outcome == {"i": int(key[0].split()[1])} for key, outcome in found.items()
    )


KILLED = f"""{BARE}
from skoverfit.model_selection._journal._journal import Journal
with Journal.open(sys.argv[1], {{"a": "b"}}) as journal:
    for i in range(len(journal), 10**6):
        journal.record(str(i), "s", {{"i": i, "text": "x" * (i % 3000)}})
        print(i, flush=True)
"""


def test_what_was_recorded_before_sigkill_is_there(path):
    rng = np.random.default_rng(3)
    last = -1
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            for _ in range(int(rng.integers(1, 200))):
                line = writer.stdout.readline()
            writer.kill()
            # Lines that were written before it died count as well.
            lines = [line, *writer.stdout.read().split("\\n")]
        last = max([int(text) for text in lines[:-1] if text.strip()] + [last])
        with Journal.open(path, {"a": "b"}) as journal:
            found = journal.load()
        assert sorted(int(key) for key, _ in found) == list(range(len(found)))
        assert len(found) > last
        assert all(found[str(i), "s"]["text"] == "x" * (i % 3000) for i in range(last))
