"""Stored split scores: packed into small files, read again, averaged over."""

import json
import zipfile
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from benchmarks.quality._collect import NAMES, read_records
from benchmarks.quality._split_collect import (
    N_REPEATS,
    N_SPLITS,
    planned_searches,
    run_search,
    smoke_searches,
)
from benchmarks.quality._split_families import GRIDS, candidates
from benchmarks.quality._study import Study
from benchmarks.quality._summary import collections, t_interval

N_FITS = N_SPLITS * (N_REPEATS + 1)  # the refit comes after these
CELL = ["dataset", "family", "n_train"]
STORED = (
    *("dataset", "n_train", "seed"),
    *("sizes", "train_errors", "test_errors", "seconds"),
)
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # equal content gives equal files


@dataclass(frozen=True)
class StoredSearch:
    """Accuracies of one search, candidates x fits."""

    dataset: str
    family: str
    n_train: int
    seed: int
    train: np.ndarray
    test: np.ndarray
    seconds: tuple

    @property
    def identity(self):
        """Columns of a table that say which search a row is about."""
        return {name: getattr(self, name) for name in NAMES}

    @cached_property
    def split_test(self):
        """Test accuracy on each split, first pass and repeats."""
        return self.test[:, :N_FITS]

    @cached_property
    def split_gap(self):
        """Train minus test accuracy on each split, first pass and repeats."""
        return self.train[:, :N_FITS] - self.split_test

    @property
    def held_out(self):
        """Accuracy on held-out rows after a fit on all training rows."""
        return self.test[:, N_FITS]

    @property
    def held_out_gap(self):
        """Accuracy on the training rows after that fit, minus the one above."""
        return self.train[:, N_FITS] - self.held_out


def study(report):
    """Collect split scores; hand them to ``report(searches, folder)``."""

    def load_and_report(raw, folder):
        searches = load(raw, folder)
        if not searches:
            raise SystemExit(f"No scores in {raw} nor {folder}: collect.")
        return report(searches, folder)

    return Study(
        "splits", planned_searches, smoke_searches, run_search, load_and_report
    )


def load(raw, folder):
    """Read all searches, from the raw file if there is one; that is packed first."""
    if raw.is_file():
        pack(read_records(raw), folder)
    searches = []
    for family in GRIDS:
        path = packed_path(folder, family)
        if path.is_file():
            searches += unpack(path, family)
    return searches


def packed_path(folder, family):
    """Place of the packed scores of a family."""
    return folder / f"split_scores_{family}.npz"


def pack(records, folder):
    """Write one compressed file of arrays for each family."""
    folder.mkdir(parents=True, exist_ok=True)
    for family in GRIDS:
        chosen = [record for record in records if record["family"] == family]
        if chosen:
            chosen.sort(key=lambda r: (r["dataset"], r["n_train"], r["seed"]))
            write_arrays(packed_path(folder, family), arrays_of(chosen, family))


def arrays_of(records, family):
    """Arrays of the layout that the protocol describes."""
    columns = {name: [record[name] for record in records] for name in STORED}
    return {
        "dataset": np.array(columns["dataset"]),
        "n_train": np.array(columns["n_train"], dtype=np.uint16),
        "seed": np.array(columns["seed"], dtype=np.uint8),
        "params": np.array(json.dumps(candidates(family))),
        "sizes": np.array(columns["sizes"], dtype=np.uint16),
        "train_errors": np.array(columns["train_errors"], dtype=np.uint16),
        "test_errors": np.array(columns["test_errors"], dtype=np.uint16),
        "seconds": np.array(columns["seconds"], dtype=np.float32),
    }


def write_arrays(path, arrays):
    """Write what ``numpy.load`` reads, packed tighter than NumPy does."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", FIXED_DATE)
            entry.compress_type = zipfile.ZIP_LZMA
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, array)


def unpack(path, family):
    """Return the searches of one packed file."""
    with np.load(path) as stored:
        arrays = dict(stored)
    n_candidates = arrays["test_errors"].shape[2]
    if n_candidates != len(candidates(family)):
        raise ValueError(
            f"{path.name} has {n_candidates} candidates, the grid of {family!r} has "
            f"{len(candidates(family))}: collect again."
        )
    sizes = arrays["sizes"].astype(float)
    train = 1 - arrays["train_errors"] / sizes[:, :, :1]
    test = 1 - arrays["test_errors"] / sizes[:, :, 1:]
    return [
        StoredSearch(
            dataset=str(arrays["dataset"][i]),
            family=family,
            n_train=int(arrays["n_train"][i]),
            seed=int(arrays["seed"][i]),
            train=np.ascontiguousarray(train[i].T),
            test=np.ascontiguousarray(test[i].T),
            seconds=tuple(arrays["seconds"][i].tolist()),
        )
        for i in range(len(sizes))
    ]


def set_means(outcomes, by):
    """Average seeds within cells, cells within sets: one row per policy and set."""
    measures = outcomes.columns.difference([*NAMES, *by], sort=False)
    cells = outcomes.groupby([*by, *CELL], sort=False)[list(measures)].mean()
    return cells.groupby([*by, "dataset"], sort=False).mean().reset_index()


def parts(outcomes):
    """Rows of the tuning sets, of the confirmation sets and of all."""
    halves = collections(outcomes["dataset"].unique())
    return {
        name: outcomes[outcomes["dataset"].isin(datasets)]
        for name, datasets in halves.items()
    }


def averages(outcomes, by, interval_of):
    """Mean over sets of every measure, with an interval for some of them."""
    rows = []
    for key, group in set_means(outcomes, by).groupby(by, sort=False):
        row = (
            dict(zip(by, key, strict=True))
            | group.drop(columns=[*by, "dataset"]).mean().to_dict()
        )
        for measure in interval_of:
            low, high = t_interval(group[measure].to_numpy())
            row |= {f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row | {"n_sets": len(group)})
    counts = outcomes.groupby(by, sort=False).size()
    frame = pd.DataFrame(rows).set_index(by)
    return frame.assign(n_searches=counts).reset_index()
