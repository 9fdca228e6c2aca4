"""Measure the selection rules of ``GapAwareSearchCV`` against plain argmax.

python -m benchmarks.quality.selection_rules collect --minutes 41
python -m benchmarks.quality.selection_rules summarize
"""

import gzip
import os
import sys
from functools import partial

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._collect import read_records
from benchmarks.quality._report import pack, report
from benchmarks.quality._rules_collect import (
    planned_searches,
    run_search,
    smoke_searches,
)
from benchmarks.quality._study import Study, command_line


def main(argv=None):
    """Run one step and return the exit code."""
    parser = command_line(__doc__, minutes=41)
    parser.add_argument(
        "--task", choices=["classification", "regression"], default="classification"
    )
    parser.add_argument(
        "--seeds", type=int, default=100, help="collect: stop after these seeds"
    )
    options = parser.parse_args(argv)
    if options.smoke and options.task != "classification":
        parser.error("--smoke has classification only")
    study = Study(
        raw=options.task,
        planned=partial(planned_searches, options.task, options.seeds),
        smoke=smoke_searches,
        run=run_search,
        report=partial(summarize, options.task),
    )
    return study.execute(options)


def summarize(task, raw, folder):
    """Summarize the raw scores of this machine, or else the committed ones."""
    packed = folder / f"{task}_searches.jsonl.gz"
    if raw.is_file():
        pack(raw, packed)
    else:
        raw.parent.mkdir(parents=True, exist_ok=True)
        raw.write_bytes(gzip.decompress(packed.read_bytes()))
    return ": ".join(report(read_records(raw), folder, task))


if __name__ == "__main__":
    sys.exit(main())
