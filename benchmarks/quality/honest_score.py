"""Measure how honest ``best_score_`` and its corrections are.

python -m benchmarks.quality.honest_score collect --minutes 25
python -m benchmarks.quality.honest_score summarise
"""

import argparse
import os
import sys
from pathlib import Path

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._collect import read_records
from benchmarks.quality._honest_collect import (
    collect,
    planned_searches,
    smoke_searches,
)

HERE = Path(__file__).resolve().parent
RAW = HERE / "raw"
RESULTS = HERE / "results"
SMOKE = RAW / "smoke"


def main(argv=None):
    """Run one step and return the exit code."""
    options = parse(argv)
    raw = (SMOKE if options.smoke else RAW) / "honest_score.jsonl"
    run_collect(options, raw)
    return 0


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["collect", "summarise"])
    parser.add_argument(
        "--minutes", type=float, default=25.0, help="collect: stop after this time"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="tiny run on bundled data, for CI"
    )
    return parser.parse_args(argv)


def run_collect(options, raw):
    """Collect raw scores; a smoke run starts afresh so that it tests something."""
    if options.smoke:
        raw.unlink(missing_ok=True)
    searches = smoke_searches() if options.smoke else planned_searches()
    collect(searches, raw, minutes=options.minutes)
    print(f"{len(read_records(raw))} searches in {raw}")


if __name__ == "__main__":
    sys.exit(main())
