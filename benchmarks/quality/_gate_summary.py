"""Tables of the study of gates: cell by cell, and against what was wanted."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from benchmarks.quality._collect import read_records
from benchmarks.quality._tables import interval, markdown

CELL = ["task", "dataset", "n_train", "family"]
LARGE = 2.0
GATES = ("likely", "better", "proven")


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    packed = folder / "gate.csv"
    if raw.is_file():
        records = pd.json_normalize(read_records(raw))
        records.to_csv(packed, index=False, lineterminator="\n")
    records = with_changes(pd.read_csv(packed))
    page = [
        "# Augmentation always, where likely, and where proven",
        "",
        "Held-out accuracy in points. The protocol is in `benchmarks/quality/gate.py`. "
        f"{len(records)} samples of {records.groupby(CELL).ngroups} cells; a cell "
        "gains or loses by its mean over seeds.",
        "",
        *markdown(["wanted", "measured", "of"], wanted(records)),
        "",
        "## Kind by kind",
        "",
        *by_kind(records),
        "",
        "## Cell by cell",
        "",
        *by_cell(records),
        "",
    ]
    (folder / "gate.md").write_text("\n".join(page), encoding="utf-8")
    return f"{len(records)} samples"


def with_changes(records):
    """Add the changes of the arms, and the mean gains of the cell.

    Gains are over no augmentation (``cell_gain``), and over the better of that and of
    plain copies (``own_gain``), which is NaN where copies were not measured.
    """
    scores = {
        arm: 100 * records[f"scores.{arm}"] for arm in ("none", "copies", "always")
    }
    gain = scores["always"] - scores["none"]
    best = np.maximum(scores["none"], scores["copies"])
    records = records.assign(always=gain, own=scores["always"] - best)
    for gate in GATES:
        accepted = records[f"gates.{gate}.accepted"]
        records[gate] = gain.where(accepted.eq(True), 0.0).where(accepted.notna())
    cells = records.groupby(CELL)
    return records.assign(
        cell_gain=cells["always"].transform("mean"),
        own_gain=cells["own"].transform("mean"),
    )


def wanted(records):
    """Set what the protocol asks for against what came out."""
    large = records[records.cell_gain >= LARGE]
    losing = records[records.cell_gain < 0]
    return [
        [
            "likely: at least 60 % of the gain where a cell gains 2 points or more",
            f"{100 * large.likely.sum() / large.always.sum():.0f} %",
            f"{len(large)} samples, {large.always.mean():+.2f} points on average",
        ],
        [
            "likely: at most .3 points lost where a cell loses",
            interval(-losing.likely),
            f"{len(losing)} samples, {losing.always.mean():+.2f} points on average",
        ],
        *errors(records, "proven", "cell_gain", "no augmentation"),
        *errors(records, "better", "cell_gain", "no augmentation"),
        *errors(records, "proven", "own_gain", "none and plain copies"),
        *(cost(records, gate) for gate in GATES),
    ]


def errors(records, gate, gain, over):
    """How often a gate accepts what loses, and what gains much."""
    known = records[records[f"gates.{gate}.accepted"].notna() & records[gain].notna()]
    accepted = known[f"gates.{gate}.accepted"].astype(bool)
    losing = known[gain] < 0
    large = (known[gain] >= LARGE) & (known.n_train == 500)
    return [
        [
            f"{gate}: at most 5 % accepted where a cell loses against {over}",
            share(accepted[losing]),
            f"{losing.sum()} samples",
        ],
        [
            f"{gate}: at least 50 % accepted where one of 500 rows gains 2 over {over}",
            share(accepted[large]),
            f"{large.sum()} samples",
        ],
    ]


def share(accepted):
    """Percentage of samples with its exact 95 % interval."""
    if not len(accepted):
        return ""
    found = binomtest(int(accepted.sum()), len(accepted))
    low, high = found.proportion_ci()
    return f"{100 * accepted.mean():.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def cost(records, gate):
    """Fits of each arm, on average and at most."""
    fits = records[f"gates.{gate}.fits"].dropna()
    return [
        f"{gate}: at most 6 fits of each arm",
        f"{fits.mean():.1f}, at most {fits.max():.0f}",
        f"{len(fits)} samples",
    ]


def by_kind(records):
    """Mean change of each arm for each kind of data and each model."""
    titles = ["data", "model", "samples", "always", *GATES]
    rows = [
        [*key, len(part), *(interval(part[arm].dropna()) for arm in titles[3:])]
        for key, part in records.groupby(["task", "family"])
    ]
    return markdown(titles, rows)


def by_cell(records):
    """Accuracy without copies, changes, and how often each gate accepted."""
    titles = [
        *["data", "set", "rows", "model", "samples", "accuracy, no copies"],
        *["always", "over copies"],
        *(title for gate in GATES for title in (gate, "accepted")),
    ]
    rows = []
    for key, part in records.groupby(CELL):
        line = [*key, len(part), f"{100 * part['scores.none'].mean():.1f}"]
        line += [interval(part[arm].dropna()) for arm in ("always", "own")]
        for gate in GATES:
            accepted = part[f"gates.{gate}.accepted"].eq(True).sum()
            line += [interval(part[gate].dropna()), int(accepted)]
        rows.append(line)
    return markdown(titles, rows)
