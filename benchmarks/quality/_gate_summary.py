"""Tables of the study of gates: cell by cell, and against what was wanted."""

import pandas as pd

from benchmarks.quality._collect import read_records
from benchmarks.quality._tables import interval, markdown

CELL = ["task", "dataset", "n_train", "family"]
LARGE = 2.0


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
    """Add the changes of the arms, and the mean gain of the cell."""
    gain = 100 * (records["scores.always"] - records["scores.none"])
    records = records.assign(always=gain)
    for gate in ("likely", "proven"):
        records[gate] = gain.where(records[f"gates.{gate}.accepted"], 0.0)
    return records.assign(cell_gain=records.groupby(CELL)["always"].transform("mean"))


def wanted(records):
    """Set what the protocol asks for against what came out."""
    large = records[records.cell_gain >= LARGE]
    losing = records[records.cell_gain < 0]
    at_500 = large[large.n_train == 500]
    accepted = "gates.proven.accepted"
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
        [
            "proven: at most 5 % accepted where a cell loses",
            f"{100 * losing[accepted].mean():.1f} %",
            f"{len(losing)} samples",
        ],
        [
            "proven: at least 50 % accepted where a cell of 500 rows gains 2 points",
            f"{100 * at_500[accepted].mean():.0f} %",
            f"{len(at_500)} samples",
        ],
        *(
            [
                f"{gate}: at most 6 fits of each arm",
                f"{records[f'gates.{gate}.fits'].mean():.1f}, at most "
                f"{records[f'gates.{gate}.fits'].max()}",
                f"{len(records)} samples",
            ]
            for gate in ("likely", "proven")
        ),
    ]


def by_kind(records):
    """Mean change of each arm for each kind of data and each model."""
    titles = ["data", "model", "samples", "always", "likely", "proven"]
    rows = [
        [*key, len(part), *(interval(part[arm]) for arm in titles[3:])]
        for key, part in records.groupby(["task", "family"])
    ]
    return markdown(titles, rows)


def by_cell(records):
    """Accuracy without copies, changes, and how often each gate accepted."""
    titles = [
        *["data", "set", "rows", "model", "samples", "accuracy, no copies"],
        *["always", "likely", "accepted", "proven", "accepted"],
    ]
    rows = []
    for key, part in records.groupby(CELL):
        line = [*key, len(part), f"{100 * part['scores.none'].mean():.1f}"]
        line.append(interval(part["always"]))
        for gate in ("likely", "proven"):
            line += [interval(part[gate]), int(part[f"gates.{gate}.accepted"].sum())]
        rows.append(line)
    return markdown(titles, rows)
