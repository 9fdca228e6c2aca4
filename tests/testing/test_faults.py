"""Models do the same in threads, processes and on read-only data; no fault is left."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn import config_context, get_config, set_config
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier

from skoverfit import (
    CommitteeClassifier,
    GapAwareSearchCV,
    diagnose,
    gap_scores,
)
from skoverfit.augmentation import AugmentedClassifier, DropoutClassifier
from skoverfit.testing._estimators import answers, model_table
from tests.registry import (
    AUGMENTED,
    COMMITTEES,
    DROPOUT,
    FILTERS,
    PRUNED,
    REGULARIZED,
    SEARCHES,
    SHRUNK,
    TREATED,
)
from tests.testing.grouped_checks import on_one_line
from tests.testing.test_library import output_of

ONE_OF_EACH = [
    SEARCHES[0],
    SEARCHES[3],
    COMMITTEES[0],
    COMMITTEES[5],
    AUGMENTED[1],
    AUGMENTED[4],
    REGULARIZED[0],
    REGULARIZED[10],
    SHRUNK[0],
    DROPOUT[0],
    PRUNED[0],
    FILTERS[0],
    TREATED[0],
]
one_of_each = pytest.mark.parametrize("model", ONE_OF_EACH, ids=on_one_line)


def told_of(model, X, y, X_new):
    return answers(clone(model).fit(X, y), X_new)


def check_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value)


@pytest.fixture
def eager_threads():
    """Let threads take turns as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


# scikit-learn takes an empty list of warning filters for a lost configuration. Threads
# share that list, and one of them may have emptied it for a moment.
@pytest.mark.filterwarnings("ignore:`sklearn.utils.parallel.delayed` should be used")
@pytest.mark.slow
@one_of_each
def test_threads_that_fit_clones_at_once(eager_threads, model):
    table = model_table(model)
    alone = told_of(model, table.X, table.y, table.X)
    with ThreadPoolExecutor(3) as pool:
        fits = [
            pool.submit(told_of, model, *table_of(table), table.X) for _ in range(3)
        ]
    for fit in fits:
        check_same(alone, fit.result())


def table_of(table):
    return table.X, table.y


@pytest.mark.slow
@one_of_each
def test_read_only_maps_of_files(model, tmp_path):
    table = model_table(model)
    maps = []
    for name, array in (("X", table.X), ("y", table.y)):
        np.save(tmp_path / f"{name}.npy", array)
        maps.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    check_same(
        told_of(model, table.X, table.y, table.X), told_of(model, *maps, maps[0])
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_inside_workers(backend):
    table = model_table(LogisticRegression())

    def scored(n_jobs):
        committee = CommitteeClassifier(
            DecisionTreeClassifier(random_state=0), cv=2, n_jobs=n_jobs
        )
        space = {"estimator__max_depth": [1, 3]}
        search = GapAwareSearchCV(committee, space, cv=2, n_jobs=n_jobs)
        return search.fit(table.X, table.y).cv_results_["mean_test_score"]

    with parallel_config(backend=backend):
        np.testing.assert_array_equal(scored(2), scored(None))


# ------------------------------------------------------------ sparse, with long indices
TAKE_SPARSE = [
    GapAwareSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, committee=True),
    GapAwareSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2),
    COMMITTEES[0],
    COMMITTEES[5],
    AUGMENTED[0],
    AUGMENTED[1],
    REGULARIZED[0],
    SHRUNK[0],
    DROPOUT[0],
    PRUNED[0],
]


def with_long_indices(X):
    """A CSR matrix whose indices have 64 bits, as very large ones have."""
    long = sparse.csr_matrix(X)
    long.indices, long.indptr = (
        part.astype(np.int64) for part in (long.indices, long.indptr)
    )
    return long


@pytest.mark.slow
@pytest.mark.parametrize("model", TAKE_SPARSE, ids=on_one_line)
def test_sparse_rows_with_indices_of_64_bits(model):
    table = model_table(model)
    X = np.where(np.abs(table.X) < 0.5, 0.0, table.X)
    short, long = sparse.csr_matrix(X), with_long_indices(X)
    assert long.indices.dtype == np.int64 != short.indices.dtype
    check_same(
        told_of(model, short, table.y, short), told_of(model, long, table.y, long)
    )


@pytest.mark.slow
def test_gaps_and_reports_of_long_indices():
    table = model_table(LogisticRegression())
    X = np.where(np.abs(table.X) < 0.5, 0.0, table.X)
    scores, reports = [], []
    for data in (sparse.csr_matrix(X), with_long_indices(X)):
        scores.append(gap_scores(LogisticRegression(), data, table.y).test_scores)
        report = diagnose(
            LogisticRegression(), data, table.y, causes=["duplicates"], random_state=0
        )
        reports.append((report.verdict.code, [f.status for f in report.findings]))
    np.testing.assert_array_equal(*scores)
    assert reports[0] == reports[1]


# --------------------------------------------------------------------------- interrupts
class InterruptedInside(DecisionTreeClassifier):
    """As if Ctrl-C came while blocks with other settings are left."""

    def fit(self, X, y, sample_weight=None):
        np.seterr(over="ignore")
        set_config(skip_parameter_validation=True)
        raise KeyboardInterrupt


def interrupted_by_fits(X, y):
    tree = InterruptedInside()
    yield lambda: GapAwareSearchCV(tree, {"max_depth": [1]}).fit(X, y)
    yield lambda: CommitteeClassifier(tree).fit(X, y)
    yield lambda: AugmentedClassifier(tree).fit(X, y)
    yield lambda: DropoutClassifier(tree).fit(X, y)
    yield lambda: diagnose(tree, X, y)


@pytest.mark.parametrize("number", range(5))
def test_interrupts_inside_blocks_leave_no_settings(number):
    table = model_table(LogisticRegression())
    work = list(interrupted_by_fits(table.X, table.y))[number]
    with np.errstate(over="warn"), config_context():
        with pytest.raises(KeyboardInterrupt):
            work()
        assert np.geterr()["over"] == "warn"
        assert not get_config()["skip_parameter_validation"]


INTERRUPTED = """
import os, random, signal, sys, time, warnings
import numpy as np
import sklearn, threadpoolctl
from sklearn.tree import DecisionTreeClassifier
from skoverfit import CommitteeClassifier, GapAwareSearchCV, diagnose, treat
from skoverfit.augmentation import AugmentedClassifier

X = np.random.default_rng(0).normal(size=(60, 4))
y = (X[:, 0] > 0).astype(int)
TREE = DecisionTreeClassifier(random_state=0)
WORK = [
    lambda: GapAwareSearchCV(TREE, {"max_depth": [1, 2, 3]}, committee=True).fit(X, y),
    lambda: CommitteeClassifier(TREE).fit(X, y),
    lambda: AugmentedClassifier(TREE, accept="proven", random_state=0).fit(X, y),
    lambda: diagnose(TREE, X, y, causes=["duplicates"], random_state=0),
    lambda: treat(TREE, X, y, remedies=["linear"], cv=2, budget=None),
]

def state():
    numpy_state = np.random.get_state(legacy=False)["state"]
    return {
        "NumPy's generator": (numpy_state["key"].tobytes(), numpy_state["pos"]),
        "Python's generator": random.getstate(),
        "configuration of scikit-learn": sklearn.get_config(),
        "filters of warnings": [str(each) for each in warnings.filters],
        "way of warnings": warnings.showwarning,
        "errors of NumPy": np.geterr(),
        "threads": [each["num_threads"] for each in threadpoolctl.threadpool_info()],
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "signals": signal.getsignal(signal.SIGINT),
        "trace": (sys.gettrace(), sys.excepthook),
    }

def interrupted(work, seconds):
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        work()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    return False

def durations():
    for work in WORK:
        work()  # imports what it needs
        start = time.perf_counter()
        work()
        yield time.perf_counter() - start

def interrupt(number, frame):
    # Python's own catch_warnings leaves its filters behind if it is interrupted.
    if frame.f_code.co_filename == warnings.__file__:
        signal.setitimer(signal.ITIMER_REAL, 1e-4)
    else:
        raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
rng, n_interrupted = random.Random(0), 0
for number, (work, seconds) in enumerate(zip(WORK, durations())):
    for _ in range(4):
        before = state()
        n_interrupted += interrupted(work, rng.uniform(0.02, 0.6) * seconds)
        after = state()
        changed = [name for name in before if before[name] != after[name]]
        assert not changed, f"{number}: {changed}"
print(n_interrupted)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no timer that sends a signal")
def test_interrupts_leave_global_state_as_it_was(tmp_path):
    # Some are caught, and what was measured by then is returned.
    assert int(output_of(INTERRUPTED, folder=tmp_path, OMP_NUM_THREADS="1")) >= 8
