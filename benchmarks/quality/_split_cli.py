"""The command line that the two studies of stored split scores have in common."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality._split_collect import (
    collect,
    planned_searches,
    smoke_searches,
)
from benchmarks.quality._split_store import load

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Places:
    """Where raw scores lie and where results go."""

    raw: Path
    results: Path


def places(smoke):
    """Folders of a full run or of a smoke run."""
    if smoke:
        folder = HERE / "raw" / "smoke"
        return Places(folder / "splits.jsonl", folder / "results")
    return Places(HERE / "raw" / "splits.jsonl", HERE / "results")


def run(report, description, argv=None):
    """Collect scores, or load them and hand them to ``report(searches, folder)``."""
    options = parse(description, argv)
    where = places(options.smoke)
    if options.step == "collect" or (options.smoke and not where.raw.is_file()):
        run_collect(options, where.raw)
    if options.step == "summarise":
        searches = load(where.raw, where.results)
        if not searches:
            raise SystemExit(f"No scores in {where.raw} nor {where.results}: collect.")
        print(report(searches, where.results))
        print(f"Tables are in {where.results}")
    return 0


def parse(description, argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["collect", "summarise"])
    parser.add_argument(
        "--minutes", type=float, default=40.0, help="collect: stop after this time"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="tiny run on bundled data, for CI"
    )
    return parser.parse_args(argv)


def run_collect(options, raw):
    """Collect scores; a smoke run starts afresh so that it tests something."""
    if options.smoke:
        raw.unlink(missing_ok=True)
    searches = smoke_searches() if options.smoke else planned_searches()
    collect(searches, raw, minutes=options.minutes)
    print(f"Scores are in {raw}")
