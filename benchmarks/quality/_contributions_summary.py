"""Tables of the study of contributions: what each kind of remedy adds, and costs."""

import json

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.quality._collect import read_packed
from benchmarks.quality._contributions import GROUPS
from benchmarks.quality._tables import markdown

LEAST_SETS, CLEAR = 5, 0.5
ALONE, LEFT_OUT = "Alone, over the given model", "All, over all without it"
JUDGED = ("accuracy", "R2", "log loss")
SCORES = (*JUDGED, "gap")
CELL = ["dataset", "n_train", "family", "task"]


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    records = read_packed(raw, folder / "contributions.jsonl.xz")
    changes, uses = changes_of(records), uses_of(records)
    kinds = in_order(set(uses.kind))
    groups = [name for name in GROUPS if name in set(changes.remedy)]
    page = [
        "# What each remedy contributes",
        "",
        *introduction(records),
        "",
        "## All of them",
        "",
        *overall(changes),
        "",
        "## Verdicts",
        "",
        *verdicts(changes, uses, kinds),
        "",
        *both_ways(changes, kinds, "kind"),
        "## Groups of kinds",
        "",
        "Kinds of a group can replace each other: without all of them, more is lost.",
        "",
        *verdicts(changes, uses, groups, "group"),
        "",
        *both_ways(changes, groups, "group"),
        "## By given model",
        "",
        *by_family(changes, groups),
        "",
        "## Losses",
        "",
        f"Samples where `all` is {CLEAR} points or more below the given model.",
        "",
        *losses(records),
        "",
    ]
    (folder / "contributions.md").write_text("\n".join(page), encoding="utf-8")
    return json.dumps({name: verdict(changes, name) for name in [*kinds, *groups]})


def introduction(records):
    """Say what was collected."""
    cells = pd.DataFrame([{name: record[name] for name in CELL} for record in records])
    sizes = ", ".join(
        f"{count} with {size} rows"
        for size, count in cells.value_counts("n_train").items()
    )
    return [
        f"{len(cells)} samples of {cells.dataset.nunique()} sets ({sizes}). The "
        "protocol is in `benchmarks/quality/contributions.py`. Changes are in points "
        "of accuracy or hundredths of R2, and log loss times 100; plus is better (for "
        "the gap: smaller). Intervals are 95 % t intervals over sets, of which the "
        "number stands in brackets.",
    ]


# -------------------------------------------------------------------------- the numbers
def in_order(kinds):
    """Kinds in the order of the groups; last those that are in none."""
    listed = [name for own in GROUPS.values() for name in own]
    found = [name for name in dict.fromkeys(listed) if name in kinds]
    return [*found, *sorted(kinds - set(found))]


def changes_of(records):
    """One row for each sample, remedy and way: alone over given, all over without."""
    rows = []
    for record in records:
        arms = record["arms"]
        pairs = [("all", ALONE, "all", "given")]
        for name in arms:
            way, _, remedy = name.partition(" ")
            if way == "alone":
                pairs.append((remedy, ALONE, name, "given"))
            if way == "without":
                pairs.append((remedy, LEFT_OUT, "all", name))
        about = {name: record[name] for name in CELL}
        rows += [
            {**about, "remedy": remedy, "way": way}
            | change(record["task"], arms[one], arms[other])
            for remedy, way, one, other in pairs
        ]
    return pd.DataFrame(rows)


def change(task, one, other):
    """Say what one run is better than another by, in each score."""
    name = "accuracy" if task == "classification" else "R2"
    gain = 100 * (one["test"] - other["test"])
    gap = gain - 100 * (one["train"] - other["train"])
    found = {name: gain, "points": gain, "gap": gap}
    if "log_loss" in one and "log_loss" in other:
        found["log loss"] = 100 * (other["log_loss"] - one["log_loss"])
    return found


def uses_of(records):
    """One row for each sample and kind: its share, its time, and all time."""
    rows = []
    for record in records:
        total = record["arms"]["all"]["seconds"]
        about = {name: record[name] for name in CELL}
        for kind, use in record["kinds"].items():
            rows.append({**about, "kind": kind, "total": total, **use})
    return pd.DataFrame(rows)


def interval(table, score):
    """Mean over sets of means within sets, half its 95 % interval, number of sets."""
    if score not in table:
        return np.nan, np.nan, 0
    values = table[score].dropna()
    means = values.groupby(table.dataset.loc[values.index]).mean()
    if len(means) < 2:
        return float(means.mean()), np.nan, len(means)
    half = stats.t.ppf(0.975, len(means) - 1) * stats.sem(means)
    return float(means.mean()), float(half), len(means)


def written(table, score):
    """Write an interval."""
    mean, half, n_sets = interval(table, score)
    if not n_sets:
        return ""
    half = "" if np.isnan(half) else f" ± {half:.2f}"
    return f"{mean:+.2f}{half} ({n_sets})"


def verdict(changes, remedy):
    """Judge a kind or a group, as the protocol says."""
    own = changes[changes.remedy == remedy]
    up, down = signs(own[own.way == LEFT_OUT])
    if up or down:
        return {(True, False): "adds", (False, True): "harms"}.get((up, down), "mixed")
    return "replaceable" if signs(own[own.way == ALONE])[0] else "not shown"


def signs(table):
    """Say whether some interval lies above zero, and whether some lies below."""
    known = [interval(table, score) for score in JUDGED]
    known = [(mean, half) for mean, half, n_sets in known if n_sets >= LEAST_SETS]
    above = any(mean - half > 0 for mean, half in known)
    return above, any(mean + half < 0 for mean, half in known)


# --------------------------------------------------------------------------- the tables
def overall(changes):
    """Gains of the whole treatment."""
    own = changes[changes.remedy == "all"]
    row = [written(own, score) for score in SCORES]
    return markdown(["over the given model", *SCORES], [["all", *row]])


def verdicts(changes, uses, names, title="kind"):
    """How often a kind applies and is a member, what it costs, and the verdict."""
    titles = [title, "samples", "sets", "in the committee", "share", "seconds"]
    titles += ["of all time", "worse without", "better without", "verdict"]
    return markdown(titles, [verdict_row(changes, uses, name) for name in names])


def verdict_row(changes, uses, name):
    """One line of the table of verdicts; times are means over samples."""
    own = uses[uses.kind.isin(GROUPS.get(name, (name,)))].groupby(CELL)
    share, seconds, total = (
        own[column].agg(how)
        for column, how in (("share", "sum"), ("seconds", "sum"), ("total", "first"))
    )
    return [
        name,
        len(share),
        share.reset_index().dataset.nunique(),
        f"{100 * (share > 0).mean():.0f} %",
        f"{share.mean():.2f}",
        f"{seconds.mean():.1f}",
        f"{100 * seconds.sum() / total.sum():.0f} %",
        *clear(changes, name),
        verdict(changes, name),
    ]


def clear(changes, name):
    """Count samples where a treatment without a kind is clearly worse, and better."""
    own = changes[(changes.remedy == name) & (changes.way == LEFT_OUT)]
    return int((own.points >= CLEAR).sum()), int((own.points <= -CLEAR).sum())


def both_ways(changes, names, title):
    """Say what is gained alone, and what is lost when it is left out."""
    lines = []
    for way in (ALONE, LEFT_OUT):
        own = changes[changes.way == way]
        rows = [
            [name, *(written(own[own.remedy == name], score) for score in SCORES)]
            for name in names
        ]
        lines += [f"### {way}", "", *markdown([title, *SCORES], rows), ""]
    return lines


def by_family(changes, groups):
    """Gain of all and of groups alone, in accuracy or R2, for each given model."""
    own = changes[changes.way == ALONE]
    names = ["all", *groups]
    rows = [
        [
            family,
            task,
            len(part[part.remedy == "all"]),
            *(written(part[part.remedy == name], "points") for name in names),
        ]
        for (family, task), part in own.groupby(["family", "task"])
    ]
    return markdown(["given", "task", "samples", *names], rows)


def losses(records):
    """List samples where the treatment harmed."""
    titles = [*CELL[:3], "given", "all", "change"]
    rows = []
    for record in records:
        given, whole = (record["arms"][name]["test"] for name in ("given", "all"))
        change = 100 * (whole - given)
        if change <= -CLEAR:
            scores = [f"{100 * own:.1f}" for own in (given, whole)]
            rows.append([*(record[n] for n in CELL[:3]), *scores, f"{change:+.1f}"])
    return [f"{len(rows)} of {len(records)}.", "", *markdown(titles, sorted(rows))]
