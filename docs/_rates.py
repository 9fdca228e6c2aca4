"""How often each cause is right, told on its page from what the studies measured.

Two small tables, one for each study, hold the lines ``code,dose,present,of``: in how
many reports a cause was found, with its false alarms at the dose "none".
"""

import csv
from pathlib import Path

from scipy.stats import binomtest

RESULTS = Path(__file__).parents[1] / "benchmarks" / "quality" / "results"
TABLES = ("cause_false_alarms.csv", "cause_power.csv")
FIELDS = ["code", "dose", "present", "of"]
DOSES = {
    "none": "False alarms, on tables where nothing was planted",
    "high": "Found, planted at a high dose",
    "middle": "Found, planted at a middle dose",
    "low": "Found, planted at a low dose",
}
UNKNOWN = "not measured yet"


def read(folder=RESULTS):
    """Return the counts of all tables that are there: (code, dose) -> (present, of)."""
    counts = {}
    for name in TABLES:
        if (folder / name).exists():
            counts |= _read_table(folder / name)
    return counts


def _read_table(path):
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    counts = {
        (line["code"], line["dose"]): (int(line["present"]), int(line["of"]))
        for line in lines
    }
    wrong = [
        key
        for key, (present, of) in counts.items()
        if key[1] not in DOSES or not 0 <= present <= of or of < 1
    ]
    if wrong or len(counts) < len(lines):
        raise ValueError(f"{path.name} has lines that are wrong or double: {wrong}.")
    return counts


def share(count):
    """Write a share with its 95 % interval."""
    if count is None:
        return UNKNOWN
    present, of = count
    interval = binomtest(present, of).proportion_ci(method="wilson")
    ends = f"{interval.low:.0%} to {interval.high:.0%}"
    return f"{present} of {of:,} reports ({present / of:.0%}; {ends})"


def section(code, counts):
    """Return the section of a page; doses that were not planted are left out."""
    doses = [
        dose for dose in DOSES if dose in ("none", "high") or (code, dose) in counts
    ]
    lines = [f"- {DOSES[dose]}: {share(counts.get((code, dose)))}." for dose in doses]
    title = "How often it is right"
    return "\n".join(["", title, "-" * len(title), "", *lines, "", NOTE, ""])


NOTE = (
    "In brackets: the share, and its 95 % interval. The studies, and what a dose is, "
    "are in :doc:`../results`."
)


def add_section(app, name, source):
    """Put the section at the end of a cause's page as Sphinx reads it."""
    folder, _, code = name.rpartition("/")
    if folder == "causes" and code.startswith("SKO"):
        source[0] += section(code, read())


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", add_section)
    return {"parallel_read_safe": True}
