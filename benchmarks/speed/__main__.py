"""Measure every case: ``python -m benchmarks.speed [--smoke | --write]``."""

import argparse
import os
import platform
from pathlib import Path

import imblearn
import numpy as np
import sklearn

from .cases import CASES
from .ratios import measure

RESULTS = Path(__file__).with_name("results.md")
HEAD = (
    "| work | rows | ours | peer | time ours / peer (quartiles) | ours |\n"
    "| --- | --: | --- | --- | --: | --: |"
)


def row(case, size, ratio):
    """One line of the table."""
    quartiles = f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
    return (
        f"| {case.name} | {size} | {case.ours} | {case.peer} | {quartiles} "
        f"| {1000 * ratio.seconds:.1f} ms |"
    )


def setting():
    """Say where the numbers come from."""
    return (
        f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, "
        f"imbalanced-learn {imblearn.__version__}, NumPy {np.__version__}, "
        f"{os.cpu_count()} cores; below 1 is faster than the peer. Median of the "
        "ratios of turns, ours and the peer's in turn."
    )


def main():
    """Print the table and, if asked to, write it where the documentation reads it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--smoke", action="store_true", help="small sizes, one turn")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    if options.smoke and options.write:
        parser.error("--write needs the full sizes; leave out --smoke")
    print(HEAD, flush=True)
    rows = []
    for case in CASES:
        size = case.smoke_size if options.smoke else case.size
        ratio = measure(case, size, turns=1 if options.smoke else options.turns)
        rows.append(row(case, size, ratio))
        print(rows[-1], flush=True)
    print(setting())
    if options.write:
        RESULTS.write_text("\n".join([HEAD, *rows, "", setting(), ""]))


if __name__ == "__main__":
    main()
