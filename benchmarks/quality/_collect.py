"""What studies collect: one record for each search, appended to a file of lines."""

import json
import lzma
import time
import warnings
from dataclasses import asdict, dataclass

import sklearn
from sklearn.exceptions import ConvergenceWarning

from benchmarks.quality._datasets import draw_sample, load_frame

#: Columns that say which search a row is about, where there is one task.
NAMES = ("dataset", "family", "n_train", "seed")


@dataclass(frozen=True)
class Search:
    """One unit of work: a search on one sample of one data set."""

    dataset: str
    family: str
    n_train: int
    seed: int
    task: str = "classification"

    @property
    def identity(self):
        """What a record says about the search."""
        return asdict(self)

    def sample(self, X, y):
        """Draw the training rows of this search and the rows held out."""
        return draw_sample(
            X,
            y,
            name=self.dataset,
            task=self.task,
            n_train=self.n_train,
            seed=self.seed,
        )


def search_of(record):
    """Return the search that a record is about."""
    names = Search.__dataclass_fields__
    return Search(**{name: record[name] for name in names if name in record})


def collect(searches, path, run, *, minutes, load=load_frame):
    """Append ``run(search, *data)`` of searches not yet in a file, for some minutes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = {search_of(record) for record in read_records(path)}
    stop = time.monotonic() + 60 * minutes
    frames = {}
    with (
        open(path, "a", encoding="utf-8") as stream,
        sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
        warnings.catch_warnings(),
    ):
        # Tiny classes and unconverged weak penalties are part of the studies.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for search in searches:
            if search in done:
                continue
            if time.monotonic() > stop:
                break
            if search.dataset not in frames:
                frames[search.dataset] = load(search.dataset)
            scores = run(search, *frames[search.dataset])
            if scores is not None:
                record = {**search.identity, **scores}
                stream.write(json.dumps(record, separators=(",", ":")) + "\n")
                stream.flush()


def read_records(path):
    """Finished searches of a file; a line cut off by a crash is left out."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]), encoding="utf-8")
        lines.pop()
    return [json.loads(line) for line in lines]


def read_packed(raw, packed):
    """Read the records of this machine, which are packed first, or else the packed."""
    if raw.is_file():
        records = read_records(raw)  # cuts off what a crash left
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(lzma.compress(raw.read_bytes()))
        return records
    return unpacked(packed)


def unpacked(packed):
    """Read packed records; none where there is no file."""
    if not packed.is_file():
        return []
    lines = lzma.decompress(packed.read_bytes()).decode().splitlines()
    return [json.loads(line) for line in lines]
