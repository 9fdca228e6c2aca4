"""The command line that all studies have in common: collect, then summarize."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality._collect import Search, collect, read_records
from benchmarks.quality._datasets import load_frame

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Study:
    """What is collected, and how it is summarized.

    Attributes
    ----------
    raw : str
        Name of the file of raw scores, without its ending.
    planned, smoke : callable
        Return the searches of a full run, and of one in seconds on data that come
        with scikit-learn.
    run : callable
        From a search and its data to scores, or None to leave it out.
    report : callable
        From the file of raw scores, which may be absent, and the folder of results
        to what is to be printed; writes the tables.
    load : callable
        From the name of a data set to what `run` gets after the search.
    """

    raw: str
    planned: Callable[[], list[Search]]
    smoke: Callable[[], list[Search]]
    run: Callable[..., dict[str, Any] | None]
    report: Callable[[Path, Path], str]
    load: Callable[[str], tuple[Any, ...]] = load_frame

    def execute(self, options):
        """Do the step that the command line asks for; return the exit code."""
        raw, results = places(options.smoke)
        raw = raw / f"{self.raw}.jsonl"
        if options.step == "collect" or (options.smoke and not raw.is_file()):
            self._collect(options, raw)
        if options.step == "summarize":
            results.mkdir(parents=True, exist_ok=True)
            print(self.report(raw, results))
            print(f"Tables are in {results}")
        return 0

    def _collect(self, options, raw):
        """Collect scores; a smoke run starts afresh so that it tests something."""
        if options.smoke:
            raw.unlink(missing_ok=True)
        searches = self.smoke() if options.smoke else self.planned()
        collect(searches, raw, self.run, minutes=options.minutes, load=self.load)
        print(f"{len(read_records(raw))} searches in {raw}")


def places(smoke):
    """Folders of raw scores and of results, of a full run or of a smoke run."""
    if smoke:
        return HERE / "raw" / "smoke", HERE / "raw" / "smoke" / "results"
    return HERE / "raw", HERE / "results"


def command_line(description, *, minutes):
    """Return a parser of the options that all studies have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["collect", "summarize"])
    parser.add_argument(
        "--minutes", type=float, default=minutes, help="collect: stop after this time"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="tiny run on bundled data, for CI"
    )
    return parser
