"""Measure the selection rules of ``GapAwareSearchCV`` against plain argmax.

python -m benchmarks.quality.selection_rules collect --minutes 41
python -m benchmarks.quality.selection_rules summarise
"""

import argparse
import gzip
import os
import sys
from pathlib import Path

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._collect import (
    collect,
    planned_searches,
    read_records,
    smoke_searches,
)
from benchmarks.quality._report import pack, report

HERE = Path(__file__).resolve().parent
RAW = HERE / "raw"
RESULTS = HERE / "results"
SMOKE = RAW / "smoke"


def main(argv=None):
    """Run one step and return the exit code."""
    options = parse(argv)
    raw = (SMOKE if options.smoke else RAW) / f"{options.task}.jsonl"
    if options.step == "collect":
        run_collect(options, raw)
    else:
        run_summarise(options, raw)
    return 0


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["collect", "summarise"])
    parser.add_argument(
        "--task",
        choices=["classification", "regression"],
        default="classification",
    )
    parser.add_argument(
        "--minutes", type=float, default=41.0, help="collect: stop after this time"
    )
    parser.add_argument(
        "--seeds", type=int, default=100, help="collect: stop after these seeds"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="tiny run on bundled data, for CI"
    )
    options = parser.parse_args(argv)
    if options.smoke and options.task != "classification":
        parser.error("--smoke has classification only")
    return options


def run_collect(options, raw):
    """Collect raw scores; a smoke run starts afresh so that it tests something."""
    if options.smoke:
        raw.unlink(missing_ok=True)
        searches = smoke_searches()
    else:
        searches = planned_searches(options.task, options.seeds)
    collect(searches, raw, minutes=options.minutes)
    print(f"{len(read_records(raw))} searches in {raw}")


def run_summarise(options, raw):
    """Summarise the raw scores of this machine, or else the committed ones."""
    folder = SMOKE / "results" if options.smoke else RESULTS
    packed = folder / f"{options.task}_searches.jsonl.gz"
    if options.smoke and not raw.is_file():
        run_collect(options, raw)
    if raw.is_file():
        pack(raw, packed)
    else:
        raw.parent.mkdir(parents=True, exist_ok=True)
        raw.write_bytes(gzip.decompress(packed.read_bytes()))
    rule, how = report(read_records(raw), folder, options.task)
    if options.task == "classification":
        print(f"{rule}: {how}")
    print(f"Tables are in {folder}")


if __name__ == "__main__":
    sys.exit(main())
