"""A search that is killed again and again ends with the result of one that was not."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="kills processes as POSIX systems do"
)


class Runner:
    """The script `killed_search.py`, started once."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(FOLDER / "killed_search.py")],
            env={**os.environ, "PYTHONPATH": str(FOLDER.parents[2])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *tasks):
        line = json.dumps([[str(item) for item in task] for task in tasks])
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait(self):
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def runner():
    runner = Runner()
    with runner.process as process:
        yield runner
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def n_rows(journal):
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(journal)) as found:
        return found.execute("SELECT count(*) FROM outcome").fetchone()[0]
    return 0


def n_lines(log):
    return log.read_bytes().count(b"\n") if log.exists() else 0


def undisturbed(runner, kind, folder):
    log, result = folder / "log", folder / "result"
    runner.start((kind, "-", log, result))
    assert runner.wait() == [0]
    # A sampler may propose the same twice.
    fits = len(set(log.read_bytes().splitlines())) if log.exists() else 0
    return result.read_text(), fits


def kill_after(pid, progress, steps, delay, result):
    """Kill a process some time after some steps, or see it end before."""
    goal, deadline = progress() + steps, time.monotonic() + 60
    while progress() < goal and not result.exists():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(delay)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def killed_until_done(runner, kind, folder, lives, rng):
    """Run with a journal; return the result, and for each kill rows and fits."""
    journal, log, result = (folder / name for name in ("journal", "killed", "done"))
    progress = partial(n_rows, journal) if kind == "shared" else partial(n_lines, log)
    history = []
    while not result.exists():
        rows, fits = n_rows(journal), n_lines(log)
        [pid] = runner.start((kind, journal, log, result))
        if len(history) < len(lives):
            # Shared fits are few: a fast machine has done the next one before long.
            delay = 0 if kind == "shared" else rng.uniform(0, 0.03)
            kill_after(pid, progress, lives[len(history)], delay, result)
        assert runner.wait()[0] in {0, -signal.SIGKILL}
        history.append((n_rows(journal) - rows, n_lines(log) - fits))
    return result.read_text(), history


def check(runner, kind, folder, seed, kills):
    expected, fits = undisturbed(runner, kind, folder)
    rng = np.random.default_rng(seed)
    # So short that nearly all are killed before the search is done.
    lives = rng.integers(0, 2 + 40 // kills, kills).tolist()
    found, history = killed_until_done(runner, kind, folder, lives, rng)
    assert found == expected
    if kind == "shared":  # there are two fits, and the search is killed after one
        assert len(history) > 1
        return
    assert len(history) > kills / 2
    # Only what was in flight is done again: one fit, or one for each worker, and
    # those that were dispatched with it.
    in_flight = 4 if kind == "threads" else 1
    assert sum(rows for rows, _ in history) == fits
    assert all(rows <= n <= rows + in_flight for rows, n in history)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "kills"),
    [("plain", 20), ("threads", 8), ("racing", 8), ("refined", 8), ("shared", 8)],
)
def test_a_killed_search_is_resumed(runner, tmp_path, kind, kills):
    check(runner, kind, tmp_path, seed=0, kills=kills)


def test_a_killed_search_over_samples_of_optuna_is_resumed(runner, tmp_path):
    pytest.importorskip("optuna", reason="Optuna is not installed")
    check(runner, "sampled", tmp_path, seed=0, kills=8)


@pytest.mark.statistical
@pytest.mark.parametrize("kind", ["plain", "threads", "racing", "refined", "shared"])
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_search_killed_at_many_moments_is_resumed(runner, tmp_path, kind, seed):
    check(runner, kind, tmp_path, seed=seed, kills=40)


def test_two_processes_share_the_journal_of_a_running_search(runner, tmp_path):
    kind = "refined"
    expected, fits = undisturbed(runner, kind, tmp_path)
    journal = tmp_path / "journal"
    results = [tmp_path / f"result {i}" for i in range(2)]
    runner.start(*((kind, journal, tmp_path / "log", result) for result in results))
    assert runner.wait() == [0, 0]
    assert [result.read_text() for result in results] == [expected, expected]
    assert n_rows(journal) == fits
