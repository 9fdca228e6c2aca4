"""Searches give the same results on every backend of joblib, even if a worker dies."""

import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, suppress

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.parallel import delayed

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import Committee
from skoverfit.model_selection._execution._workers import Workers, fetch

X, Y = make_classification(150, 8, flip_y=0.2, random_state=0)
GRID = {"max_depth": [1, 3, None], "n_estimators": [2, 5]}


def search(**options):
    forest = RandomForestClassifier(random_state=0)
    committee = Committee(guard=False)
    return GapAwareSearchCV(
        forest, GRID, committee=committee, **{"n_jobs": 2, **options}
    )


def scores(fitted):
    results = {
        key: np.asarray(value).tolist()
        for key, value in fitted.cv_results_.items()
        if not key.endswith("_time") and key != "params"
    }
    return repr((fitted.best_params_, sorted(results.items())))


def answers(fitted):
    """What the committee says, whose models come from the workers."""
    with joblib.parallel_config("sequential"):  # threads add trees up in any order
        return fitted.predict_proba(X)


@pytest.fixture(scope="module")
def alone():
    return search(n_jobs=None).fit(X, Y)


@pytest.fixture(scope="module")
def expected(alone):
    return scores(alone)


@pytest.fixture(scope="module")
def dask_client():
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ray_started():
    ray = pytest.importorskip("ray", reason="ray is not installed")
    ray_joblib = pytest.importorskip("ray.util.joblib", reason="ray is not installed")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray_joblib.register_ray()
    yield
    ray.shutdown()


@pytest.fixture(params=["loky", "threading", "dask", "ray"])
def backend(request):
    needs = {"dask": "dask_client", "ray": "ray_started"}
    if request.param in needs:
        request.getfixturevalue(needs[request.param])
    with joblib.parallel_config(backend=request.param, n_jobs=2):
        yield request.param


def test_results_are_those_of_one_process(backend, alone, expected, tmp_path):
    found = search(journal=tmp_path / "journal").fit(X, Y)
    assert scores(found) == expected
    assert found.selection_path_.committee.n_fitted_again == 0
    np.testing.assert_array_equal(answers(found), answers(alone))


class Rows(list):
    """Rows that say in a file by whom they are unpacked."""

    def __init__(self, rows, log):
        super().__init__(rows)
        self.log = log

    def __reduce__(self):
        return unpack, (list(self), self.log)


def unpack(rows, log):
    with open(log, "a") as file:
        file.write(f"{os.getpid()}\n")
    return Rows(rows, log)


class Given:
    def __init__(self, X):
        self.X = X


def length_of(placed, i):
    time.sleep(0.01)
    return i, len(fetch(placed).X), os.getpid()


def test_rows_go_to_a_worker_once(backend, tmp_path):
    log = tmp_path / "log"
    log.touch()
    found = []
    with Workers(2, "2*n_jobs") as workers:
        placed = workers.place(Given(Rows(range(2000), log)))
        for start in (0, 20):  # rounds, as races have them
            numbers = range(start, start + 20)
            found += workers.run(delayed(length_of)(placed, i) for i in numbers)
    assert sorted(item[:2] for item in found) == [(i, 2000) for i in range(40)]
    unpacked = log.read_text().split()
    workers = {str(pid) for _, _, pid in found}
    if backend == "threading":
        assert unpacked == []
    else:
        # dask may ask for a copy a second time while the first is on its way.
        most = 2 if backend == "dask" else 1
        assert max(Counter(unpacked).values()) <= most
        assert workers <= set(unpacked)


TEXTS = [f"word{i % 7} word{i % 11} word{i % 3}" for i in range(1200)]


@pytest.mark.parametrize(
    "rows",
    [
        np.array(TEXTS, dtype=object),
        TEXTS,
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype="category"),
    ],
    ids=["array", "list", "column", "categories"],
)
def test_texts_reach_processes(rows):
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    grid = {"logisticregression__C": [0.1, 1]}
    y = np.arange(1200) % 2
    one, two = (
        GapAwareSearchCV(model, grid, cv=2, n_jobs=n_jobs).fit(rows, y)
        for n_jobs in (1, 2)
    )
    assert scores(one) == scores(two)


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((2000, 2)),
        sparse.csr_matrix(np.zeros((2000, 2))),
        pd.DataFrame(np.zeros((2000, 2))),
        ["a"] * 10,
    ],
    ids=["array", "sparse", "frame", "few"],
)
def test_what_joblib_maps_is_not_packed(rows):
    value = Given(rows)
    with joblib.parallel_config(backend="loky"):
        assert Workers(2, "all").place(value) is value
        assert Workers(1, "all").place(Given(["a"] * 2000)).X == ["a"] * 2000


def mapped_file(placed, i):
    X = fetch(placed).X
    return X.filename if isinstance(X, np.memmap) else None


def test_rows_are_mapped_once_for_all_rounds():
    value, found = Given(np.zeros((300, 1000))), set()
    with joblib.parallel_config(backend="loky"), Workers(2, "all") as workers:
        placed = workers.place(value)
        for _ in range(3):
            found |= set(workers.run(delayed(mapped_file)(placed, i) for i in range(4)))
    assert len(found) == 1
    assert None not in found


def test_options_of_the_configuration_reach_the_workers():
    def task():
        return sklearn.get_config()["enable_cython_pairwise_dist"]

    with sklearn.config_context(enable_cython_pairwise_dist=False):
        tasks = [delayed(task)() for _ in range(3)]
        with Workers(2, "all") as workers:
            assert list(workers.run(tasks)) == [False] * 3


def test_backends_without_generators_run_in_chunks(monkeypatch):
    seen = []

    def tasks():
        for i in range(20):
            seen.append(i)
            yield delayed(abs)(-i)

    backend = type(joblib.parallel.get_active_backend()[0])
    monkeypatch.setattr(backend, "supports_return_generator", False)
    with Workers(1, "2*n_jobs") as workers:
        results = workers.run(tasks())
        first = next(results)
        assert (first, len(seen)) == (0, 4)  # results come before all tasks are made
        assert [first, *results] == list(range(20))


# ------------------------------------------------------------------- workers that die


def n_rows(journal):
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(journal)) as found:
        return found.execute("SELECT count(*) FROM outcome").fetchone()[0]
    return 0


def kill_when(journal, n, pid):
    deadline = time.monotonic() + 120
    while n_rows(journal) < n and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_a_search_on_dask_survives_the_death_of_a_worker(dask_client, tmp_path):
    grid = {"max_features": range(1, 9), "min_samples_split": [2, 5]}
    forest = RandomForestClassifier(20, random_state=0)
    options = {"share_fits": False, "cv": 3}
    one = GapAwareSearchCV(forest, grid, **options).fit(X, Y)
    before = dask_client.run(os.getpid)
    victim = min(before.values())
    journal = tmp_path / "journal"
    killer = threading.Thread(target=kill_when, args=(journal, 8, victim))
    killer.start()
    with joblib.parallel_config(backend="dask"):
        two = GapAwareSearchCV(forest, grid, journal=journal, **options).fit(X, Y)
    killer.join()
    assert victim not in dask_client.run(os.getpid).values()
    assert scores(two) == scores(one)
    assert n_rows(journal) == 16 * 3


# ---------------------------------------------------------------- loops inside models


class SaysHowManyRun(ClassifierMixin, BaseEstimator):
    """Scores by how many jobs of its own run at once, asked for none and for two."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.asked_ = 10 * joblib.effective_n_jobs(None) + joblib.effective_n_jobs(2)
        return self

    def score(self, X, y):
        return self.asked_


def test_loops_inside_models_are_no_tasks_of_the_backend(backend):
    found = GapAwareSearchCV(SaysHowManyRun(), {}, cv=2, n_jobs=2, refit=False)
    assert found.fit(X, Y).cv_results_["mean_test_score"].tolist() == [12]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
@pytest.mark.parametrize("deaths", ["one worker", "all workers"])
def test_the_data_survive_workers_that_die_with_them(dask_client, deaths):
    pids = sorted(dask_client.run(os.getpid).values())
    with joblib.parallel_config(backend="dask", n_jobs=2), Workers(2, "all") as workers:
        placed = workers.place(Given(np.ones((1000, 100))))
        killed = pids[:1] if deaths == "one worker" else pids
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        tasks = (delayed(length_of)(placed, i) for i in range(6))
        found = list(workers.run(tasks))
    assert sorted(item[:2] for item in found) == [(i, 1000) for i in range(6)]
    assert not {pid for *_, pid in found} & set(killed)
    dask_client.wait_for_workers(2)
