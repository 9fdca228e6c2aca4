"""Command line: measure the selection rules of ``GapAwareSearchCV``.

python -m benchmarks.quality.selection_rules collect --minutes 40
python -m benchmarks.quality.selection_rules summarise
"""

import argparse
import os
import sys
from pathlib import Path

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._collect import collect, planned_searches, smoke_searches

HERE = Path(__file__).resolve().parent
RAW = HERE / "raw"
RESULTS = HERE / "results"


def main(argv=None):
    options = parse(argv)
    if options.step == "collect":
        return run_collect(options)
    return 0


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["collect", "summarise"])
    parser.add_argument("--task", choices=["classification", "regression"])
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--smoke", action="store_true")
    parser.set_defaults(task="classification")
    return parser.parse_args(argv)


def run_collect(options):
    path = RAW / f"{options.task}.jsonl"
    planned = smoke_searches if options.smoke else planned_searches
    arguments = (options.task,) if options.smoke else (options.task, options.seeds)
    collect(planned(*arguments), path, minutes=options.minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
