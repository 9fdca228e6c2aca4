"""What all tasks of a search need goes to the workers once, not with each task.

How depends on joblib's active backend. Threads need nothing. Processes of one machine
read NumPy's arrays, those in sparse matrices and data frames included, from memory
that joblib maps for them; other rows, such as texts, are packed into such an array. On
dask the scheduler keeps a copy, and workers get it from there or from one another, so
that results survive the loss of any worker; on ray the copy is in the store of objects.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import partial
from itertools import islice
from multiprocessing.reduction import ForkingPickler
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel

from skoverfit._compat import import_optional

__all__ = ["Workers", "fetch", "inner_loops"]

#: Objects of fewer rows are sent with each task: packing would cost more.
MANY_ROWS = 1000
#: Backends of joblib whose workers may be on other machines.
CLUSTERS = {"DaskDistributedBackend", "RayBackend"}
#: Tasks per worker in one call of a backend that gives all results at the end.
CHUNK = 4

_loaded: dict[str, Any] = {}


class Workers:
    """Threads or processes of one search, on joblib's active backend.

    A context manager: joblib then keeps what it has mapped for processes from one
    round of tasks to the next.

    Parameters
    ----------
    n_jobs, pre_dispatch : int, str or None
        As in joblib.
    """

    def __init__(self, n_jobs: int | None, pre_dispatch: int | str) -> None:
        self._n_jobs = n_jobs
        options = {"n_jobs": n_jobs, "pre_dispatch": pre_dispatch}
        try:
            self._parallel = Parallel(return_as="generator_unordered", **options)
            self._run = self._parallel
        except ValueError:  # this backend gives all results at the end only
            self._parallel = Parallel(**options)
            self._run = self._in_chunks

    def __enter__(self) -> Self:
        self._parallel.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._parallel.__exit__(*error)

    @property
    def count(self) -> int:
        """How many tasks run at the same time."""
        return int(effective_n_jobs(self._n_jobs))

    def place(self, value: Any) -> Any:
        """Put a value where workers can reach it, and return what to give to tasks.

        Parameters
        ----------
        value : object
            The same for all tasks. Its attribute `X` may be large.

        Returns
        -------
        placed : object
            To be kept until all tasks are done, and given to `fetch` by each.
        """
        backend, _ = get_active_backend()
        kind = type(backend).__name__
        if kind == "DaskDistributedBackend":
            # Waits for the first worker, where a cluster has none yet.
            backend.effective_n_jobs(self._n_jobs)
            return _made_by_task(backend.client, value)
        if kind == "RayBackend":
            return _InStore(import_optional("ray", extra="ray").put(value))
        threads = getattr(backend, "uses_threads", False)
        if threads or effective_n_jobs(self._n_jobs) == 1:
            return value
        return _Packed(value) if _holds_objects(value.X) else value

    def run(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """Run tasks in parallel and yield what they return, as soon as it is there.

        Parameters
        ----------
        tasks : iterable of tuple
            Made by :func:`sklearn.utils.parallel.delayed`; may end early.

        Yields
        ------
        result : object
            In any order.
        """
        yield from self._run(tasks)

    def _in_chunks(self, tasks: Iterable[Any]) -> Iterator[Any]:
        size, tasks = CHUNK * effective_n_jobs(self._n_jobs), iter(tasks)
        while chunk := list(islice(tasks, size)):
            yield from self._parallel(chunk)


def fetch(placed: Any) -> Any:
    """Return the value that `Workers.place` was given, in a task."""
    if isinstance(placed, _InStore | _Packed):
        return placed.get()
    # dask has already replaced the future by its value, except where there is
    # one worker only, and tasks run in the process of the search.
    return placed.result() if type(placed).__name__ == "Future" else placed


def _made_by_task(client: Any, value: Any) -> Any:
    """Put a value into a task of dask, which the scheduler keeps and runs again.

    What is scattered instead is lost with the last worker that has it, also while it is
    sent: then dask fails, or waits for ever.
    """
    dask = import_optional("dask", extra="dask")
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": 2**60}):
        return client.submit(_given, value, key=f"skoverfit-data-{uuid.uuid4().hex}")


def _given(value: Any) -> Any:
    return value


@contextmanager
def inner_loops() -> Iterator[None]:
    """Let the loops inside an estimator run where it is, not as tasks of a cluster.

    joblib would make a task of each tree of a forest. On a worker of dask or ray, loops
    run one after the other, or in as many threads as the estimator's own ``n_jobs``
    says. Elsewhere nothing changes.
    """
    backend, _ = get_active_backend()
    if type(backend).__name__ not in CLUSTERS:
        yield
        return
    with parallel_config(backend="threading", n_jobs=1):
        yield


class _InStore:
    """A value in ray's store of objects, which the workers of a machine map."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def get(self) -> Any:
        ray = import_optional("ray", extra="ray")
        return _once(self._reference.hex(), lambda: ray.get(self._reference))


class _Packed:
    """A value whose rows are objects, packed into an array for joblib to map."""

    def __init__(self, value: Any) -> None:
        self._name = uuid.uuid4().hex
        self._value = copy(value)
        vars(self._value)["X"] = None
        self._rows = np.frombuffer(ForkingPickler.dumps(value.X), dtype=np.uint8)

    def get(self) -> Any:
        value = copy(self._value)
        load = partial(ForkingPickler.loads, self._rows.data)
        vars(value)["X"] = _once(self._name, load)
        return value


def _once(name: str, load: Callable[[], Any]) -> Any:
    """Load a value in the first task that a worker has of a search."""
    if name not in _loaded:
        _loaded.clear()  # of a search that is over
        _loaded[name] = load()
    return _loaded[name]


def _holds_objects(X: Any) -> bool:
    """Whether rows are many and of a kind that joblib would send with each task."""
    if not hasattr(X, "__len__") or hasattr(X, "nnz") or len(X) < MANY_ROWS:
        return False
    kinds: Any = getattr(X, "dtypes", getattr(X, "dtype", None))
    if kinds is None:
        return True
    kinds = [kinds] if hasattr(kinds, "kind") else list(kinds)
    return any(getattr(kind, "kind", "O") in "OT" for kind in kinds)
