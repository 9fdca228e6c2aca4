"""Tables of studies that compare several arms with a plain model on each sample.

A record has ``<arm>_train``, ``<arm>_test`` and ``<arm>_seconds`` for each arm and for
"plain", and for classes also ``<arm>_auc_train`` and ``<arm>_auc_test``.
"""

import csv

import numpy as np

from benchmarks.quality._collect import read_records
from benchmarks.quality._tables import interval, markdown

POINTS = 100
KEY = ("family", "task", "dataset", "arm")
NUMBERS = (
    "samples",
    "gain",
    "gap_plain",
    "gap",
    "auc_gain",
    "auc_gap_plain",
    "auc_gap",
    "slowdown",
)


def summarize_arms(raw, table, arms):
    """Write one row for each family, set and arm; read them if nothing is collected."""
    records = read_records(raw)
    if records:
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*KEY, *NUMBERS])
            for row in rows_of(records, arms):
                writer.writerow([*row[:4], row[4], *(f"{x:.4f}" for x in row[5:])])
    with table.open(newline="", encoding="utf-8") as stream:
        return [
            {name: row[name] if name in KEY else float(row[name]) for name in row}
            for row in csv.DictReader(stream)
        ]


def rows_of(records, arms):
    """Means over the samples of each set."""
    groups: dict = {}
    for record in records:
        key = record["family"], record["task"], record["dataset"]
        for arm in arms:
            if f"{arm}_test" in record:
                groups.setdefault((*key, arm), []).append(record)
    for (*key, arm), group in sorted(groups.items()):
        numbers = [x for prefix in ("", "auc_") for x in scores_of(group, arm, prefix)]
        slower = [r[f"{arm}_seconds"] / max(r["plain_seconds"], 1e-9) for r in group]
        yield (*key, arm, len(group), *numbers, float(np.median(slower)))


def scores_of(group, arm, prefix):
    """Gain of an arm, gap of the plain model, gap of the arm, in points."""
    if f"{arm}_{prefix}test" not in group[0]:
        return (np.nan,) * 3

    def mean(name, part):
        return POINTS * np.mean([record[f"{name}_{prefix}{part}"] for record in group])

    gaps = [mean(name, "train") - mean(name, "test") for name in ("plain", arm)]
    return mean(arm, "test") - mean("plain", "test"), *gaps


def arms_page(title, protocol, rows, arms):
    """Summary over sets, one table for each task and family."""
    lines = [f"# {title}", ""]
    lines += ["Gain in points over the plain model, mean over sets with its 95 % "]
    lines[-1] += "interval and its median; gap = train minus held-out score; time in "
    lines[-1] += "multiples of the plain fit, median over sets."
    for task, family in sorted({(row["task"], row["family"]) for row in rows}):
        chosen = [r for r in rows if (r["task"], r["family"]) == (task, family)]
        lines += ["", f"## {family}, {task}", "", *arm_table(chosen, arms)]
    text = protocol.split("\n\n")[1].replace("\n", " ").strip()
    return "\n".join([*lines, "", text, ""])


def arm_table(rows, arms):
    """Lines of the table of one task."""
    with_auc = not np.isnan(rows[0]["auc_gain"])
    titles = ["arm", "sets", "samples", "gain", "median", "worst set", "gap (plain)"]
    titles += ["AUC gain", "AUC gap (plain)"] * with_auc + ["time"]
    lines = []
    for arm, words in arms.items():
        own = [row for row in rows if row["arm"] == arm]
        if not own:
            continue
        column = {name: np.array([row[name] for row in own]) for name in NUMBERS}
        line = [words, len(own), int(column["samples"].sum())]
        line += [interval(column["gain"]), f"{np.median(column['gain']):+.2f}"]
        line += [f"{column['gain'].min():+.2f}", gap_text(column, "")]
        if with_auc:
            line += [interval(column["auc_gain"]), gap_text(column, "auc_")]
        lines.append([*line, f"{np.median(column['slowdown']):.1f}x"])
    return markdown(titles, lines)


def gap_text(column, prefix):
    """Mean gap, and that of the plain model."""
    own, plain = (column[f"{prefix}{name}"].mean() for name in ("gap", "gap_plain"))
    return f"{own:.1f} ({plain:.1f})"
