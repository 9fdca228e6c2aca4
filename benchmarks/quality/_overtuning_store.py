"""What rules are replayed from: three records of searches, read alike."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from benchmarks.quality import _honest_collect, _split_store
from benchmarks.quality._collect import NAMES, read_packed, unpacked
from benchmarks.quality._honest_collect import decode_fold
from benchmarks.quality._overtuning_collect import N_SPLITS
from benchmarks.quality._overtuning_collect import candidates as drawn
from benchmarks.quality._split_families import candidates
from skoverfit.model_selection._row_scores import RowScores

#: The estimator's own settings, in the grids of `_split_families`.
OWN = {
    "tree": {"max_depth": None, "min_samples_leaf": 1},
    "knn": {"n_neighbors": 5, "weights": "uniform"},
    "ridge": {"alpha": 1.0, "components": 1.0},
    "svm": {"C": 1.0, "gamma": 1.0},
}


class _Known(RowScores):
    """Scores of rows of which each pair of candidates is compared once."""

    def __init__(self, *args):
        super().__init__(*args)
        self._differences = {}

    def difference(self, one, other):
        """Look up, or compute, how two candidates differ."""
        if (one, other) not in self._differences:
            self._differences[one, other] = super().difference(one, other)
        return self._differences[one, other]


@dataclass(frozen=True)
class Tried:
    """One search: what a rule may see, and what it is judged by.

    Attributes
    ----------
    identity : dict
        Which search it is.
    params : list of dict
        Candidates, with all their values.
    test, train : ndarray of shape (n_candidates, n_splits)
        Accuracies of the first pass.
    held : ndarray of shape (n_candidates,)
        Held-out accuracy after a fit on all training rows.
    own : int
        The estimator's own settings.
    pool : ndarray of int
        Candidates that are searched; the own settings may not be among them.
    hits : ndarray of bool of shape (n_candidates, n_rows) or None
        Which rows are predicted rightly out of fold.
    fold : ndarray of int of shape (n_rows,) or None
        The split that tests each row.
    passes : ndarray of shape (n_candidates, n_passes, n_splits) or None
        Test accuracies of all passes.
    more : dict
        What only the third record has.
    """

    identity: dict
    params: list
    test: np.ndarray
    train: np.ndarray
    held: np.ndarray
    own: int
    pool: np.ndarray
    hits: np.ndarray | None = None
    fold: np.ndarray | None = None
    passes: np.ndarray | None = None
    more: dict = field(default_factory=dict)

    def among(self, pool):
        """Return the search of some candidates."""
        return replace(self, pool=np.asarray(pool))

    @cached_property
    def with_own(self):
        """The same with the own settings among what is searched."""
        if self.own in self.pool:
            return self
        return self.among([self.own, *self.pool])

    @cached_property
    def mean(self):
        """Mean test score of each candidate of the pool."""
        return self.test[self.pool].mean(axis=1)

    @cached_property
    def results(self):
        """The ``cv_results_`` of the pool, with scores of rows where they are known."""
        found = {
            "params": [{} if k == self.own else self.params[k] for k in self.pool],
        }
        for side in ("test", "train"):
            scores = getattr(self, side)[self.pool]
            found |= {
                f"split{k}_{side}_score": column for k, column in enumerate(scores.T)
            }
            found[f"mean_{side}_score"] = scores.mean(axis=1)
        if self.hits is not None:
            found["row_scores_score"] = _Known(self._rows_of, self.tests)
        return found

    @cached_property
    def tests(self):
        """Rows that each split tests."""
        return [np.flatnonzero(self.fold == k) for k in range(N_SPLITS)]

    def _rows_of(self, candidate):
        own = self.hits[self.pool[candidate]].astype(float)
        return [own[rows] for rows in self.tests]


def of_rows(folder):
    """Read the searches of the study of honest scores."""
    records = unpacked(folder / "honest_score.jsonl.xz")
    return [_of_hits(record, {}) for record in records]


def of_repeats(folder):
    """Read the searches of the study of racing and refinement with such grids."""
    found = []
    for family in OWN:
        path = _split_store.packed_path(folder, family)
        if path.is_file():
            found += [_of_split(each) for each in _split_store.unpack(path, family)]
    return found


def _of_split(search):
    params = candidates(search.family)
    n = len(params)
    passes = search.split_test.reshape(n, -1, N_SPLITS)
    gap = search.split_gap.reshape(n, -1, N_SPLITS)[:, 0]
    return Tried(
        identity=search.identity,
        params=params,
        test=passes[:, 0],
        train=passes[:, 0] + gap,
        held=search.held_out,
        own=params.index(OWN[search.family]),
        pool=np.arange(n),
        passes=passes,
    )


def of_many(raw, folder):
    """Read the searches that were collected for this study; pack them where needed."""
    records = read_packed(raw, folder / "overtuning.jsonl.xz")
    return [_of_many(record) for record in records]


def _of_many(record):
    n = record["n_candidates"]
    params = drawn(record["family"], record["seed"], n)
    n_train = record["n_train"]
    apart = {
        name: {key: np.array(values) for key, values in part.items()}
        for name, part in record["apart"].items()
    }
    more = {"own_folds": 1 - np.array(record["own_folds"]) / n_train, "apart": apart}
    found = _of_hits(record, more, params)
    return replace(found, own=0, pool=np.arange(1, n + 1))


def _of_hits(record, more, params=None):
    hits, fold = _honest_collect.decode_hits(record), decode_fold(record)
    sizes = np.bincount(fold, minlength=N_SPLITS)
    errors = np.array(record["train_errors"])
    family = record["family"]
    params = candidates(family) if params is None else params
    return Tried(
        identity={name: record[name] for name in NAMES},
        params=params,
        test=np.stack([hits[:, fold == k].mean(axis=1) for k in range(N_SPLITS)], 1),
        train=1 - errors.T / (record["n_train"] - sizes),
        held=np.array(record["refitted"]) / record["held_out"],
        own=params.index(OWN[family]) if OWN.get(family) in params else 0,
        pool=np.arange(len(params)),
        hits=hits,
        fold=fold,
        more={"held_out": record["held_out"], **more},
    )
