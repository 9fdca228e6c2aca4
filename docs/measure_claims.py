"""Run statistical tests and write down what they measured, for the page of claims.

``python docs/measure_claims.py [FILE ...]`` runs all of them, or some files; what was
measured by others is kept. The numbers come from the assertions themselves.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "statistical_results.json"
PLAIN = re.compile(r"np\.(?:float64|int64|bool)\(([^()]*)\)")
FOLDER = ROOT / "tests" / "statistical"


class Recorder:
    """A plugin of pytest that keeps what assertions compared, by name of the test."""

    def __init__(self):
        self.found = {}

    def pytest_runtest_logreport(self, report):
        """Keep a test that has passed; forget one that has failed."""
        if report.when == "call":
            name = report.nodeid.partition("[")[0].rpartition("/")[2]
            own = self.found.setdefault(name, {"seconds": 0.0, "bounds": {}})
            own["seconds"] = round(own["seconds"] + report.duration, 1)
            own["passed"] = own.get("passed", True) and report.passed
            self._write()

    def _write(self):
        """Write after each test: all of them take long."""
        known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        measured = {name: own for name, own in self.found.items() if own["passed"]}
        text = json.dumps(known | measured, indent=1, sort_keys=True)
        RESULTS.write_text(text + "\n", "utf-8")

    def pytest_assertion_pass(self, item, orig, expl):
        """Keep the first line of an explanation: both sides, as numbers."""
        name = item.nodeid.partition("[")[0].rpartition("/")[2]
        own = self.found.setdefault(name, {"seconds": 0.0, "bounds": {}})
        told = PLAIN.sub(r"\1", expl.partition("\n")[0].strip())
        values = own["bounds"].setdefault(" ".join(orig.split()), [])
        if told not in values:
            values.append(told)


def main(files):
    """Measure some files, or all of them; what was measured of others is kept."""
    options = ["-q", "-n", "0", "-m", "statistical", "-p", "no:cacheprovider"]
    options += ["-o", "enable_assertion_pass_hook=true"]
    # Tests that were compiled for other runs do not tell of assertions that pass.
    with tempfile.TemporaryDirectory() as folder:
        sys.pycache_prefix = folder
        return pytest.main([*options, *(files or [str(FOLDER)])], plugins=[Recorder()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
