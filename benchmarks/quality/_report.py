"""Write the results of the summary as small files: CSV for machines, one page."""

import gzip
import platform

import numpy as np
import pandas as pd
import sklearn

from benchmarks.quality._rules import ARGMAX, eligible_rules, other_rules
from benchmarks.quality._summary import (
    choose,
    collections,
    judge,
    per_dataset,
    summarize,
)

DECIMALS = 3


def report(records, folder, task):
    """Measure all rules, write the tables to ``folder``, return the decision."""
    eligible = eligible_rules()
    outcomes = judge(records, eligible | other_rules())
    tables = {
        name: summarize(outcomes, datasets)
        for name, datasets in collections(outcomes["dataset"].unique()).items()
    }
    by_size = split_by(outcomes, "n_train")
    decision = choose(tables, eligible)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(stacked("collection", tables), folder / f"{task}_rules.csv")
    # The finer tables are for the rules that can become the default: small files.
    outcomes = outcomes[outcomes["rule"].isin(eligible)]
    by_size_eligible = by_size[by_size["rule"].isin(eligible)]
    write_csv(by_size_eligible, folder / f"{task}_by_size.csv")
    write_csv(split_by(outcomes, "family"), folder / f"{task}_by_family.csv")
    write_csv(per_dataset(outcomes), folder / f"{task}_by_dataset.csv")
    page = page_text(tables, by_size, verdict(decision, task), eligible)
    (folder / f"{task}.md").write_text(page, encoding="utf-8")
    return decision


def verdict(decision, task):
    """First line of the page; only classification decides."""
    if task == "regression":
        return (
            "Secondary check in R2 (points: 100 x R2); it takes no part in the choice."
        )
    rule, how = decision
    return f"Decision of the protocol: `{rule}` ({how})."


def pack(source, target):
    """Keep the raw scores, compressed the same way every time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(source.read_bytes(), 9, mtime=0))


def stacked(name, tables):
    """Tables of several parts under one another, with the part as first column."""
    frames = [table.assign(**{name: key}) for key, table in tables.items()]
    frame = pd.concat(frames, ignore_index=True)
    return frame[[name, *frame.columns.drop(name)]]


def split_by(outcomes, column):
    """Summarize every value of a column separately, in fewer figures."""
    tables = {
        key: summarize(group) for key, group in outcomes.groupby(column, sort=False)
    }
    frame = stacked(column, tables)
    return frame.drop(columns=frame.filter(regex="boot|gap_low|gap_high").columns)


def write_csv(frame, path):
    """Round for readers; differences below the last digit mean nothing here."""
    frame.round(DECIMALS).to_csv(path, index=False, lineterminator="\n")


def page_text(tables, by_size, verdict, eligible):
    """Assemble the page: verdict, then pooled figures, then A, B and sizes."""
    pooled = tables["pooled"]
    reference = pooled[pooled["rule"] == ARGMAX].iloc[0]
    return "\n".join(
        [
            verdict,
            "",
            f"{reference.n_searches} searches on {reference.n_sets} data sets. "
            f"Plain argmax: CV gap {reference.cv_gap:.2f} points, held-out gap "
            f"{reference.held_out_gap:.2f} points. Brackets: 95 % t interval over "
            "data sets, then the bootstrap over data sets.",
            f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, "
            f"Python {platform.python_version()}, {platform.machine()}.",
            "",
            "Change against plain argmax on all sets. Rules marked * are not eligible: "
            "they need a number in the unit of the score or an ordered grid, or were "
            "added after the decision.",
            "",
            *pooled_rows(pooled, eligible),
            "",
            "Change of the held-out score by collection and by training size, and "
            "change of the CV gap by collection.",
            "",
            *part_rows(tables, by_size, eligible),
            "",
        ]
    )


def pooled_rows(pooled, eligible):
    """Markdown rows of the main table."""
    yield (
        "| rule | held-out score, points | t interval | bootstrap | CV gap, % "
        "| bootstrap | held-out gap, % | worst set |"
    )
    yield "|---|--:|---|---|--:|---|--:|---|"
    for row in pooled.itertuples():
        yield (
            f"| {label(row.rule, eligible)} | {row.change:+.2f} "
            f"| [{row.low:+.2f}, {row.high:+.2f}] "
            f"| [{row.boot_low:+.2f}, {row.boot_high:+.2f}] "
            f"| {row.cv_gap_change:+.1f} "
            f"| [{row.cv_gap_low:+.1f}, {row.cv_gap_high:+.1f}] "
            f"| {row.held_out_gap_change:+.1f} | {row.worst:+.2f} {row.worst_set} |"
        )


def part_rows(tables, by_size, eligible):
    """Markdown rows that show whether the parts agree."""
    sizes = sorted(by_size["n_train"].unique())
    yield "| rule | A | B | A gap % | B gap % |" + "".join(f" n={n} |" for n in sizes)
    yield "|---|---|---|--:|--:|" + "---|" * len(sizes)
    lookup = {n: by_size[by_size["n_train"] == n].set_index("rule") for n in sizes}
    halves = {name: tables[name].set_index("rule") for name in ("A", "B")}
    for rule in tables["pooled"]["rule"]:
        scores = [with_interval(halves[name].loc[rule]) for name in ("A", "B")]
        gaps = [f"{halves[name].loc[rule, 'cv_gap_change']:+.1f}" for name in "AB"]
        by_n = [with_interval(lookup[n].loc[rule]) for n in sizes]
        yield "| " + " | ".join([label(rule, eligible), *scores, *gaps, *by_n]) + " |"


def label(rule, eligible):
    """Name of a rule in a table."""
    return f"`{rule}`" if rule in eligible else f"{rule} *"


def with_interval(row):
    """Mean and interval in one cell."""
    return f"{row['change']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"
