"""Summarize the study of overtuning: what each way to choose is worth, and its harm."""

from functools import partial

import numpy as np
import pandas as pd

from benchmarks.quality._collect import NAMES
from benchmarks.quality._overtuning_collect import N_SPLITS
from benchmarks.quality._overtuning_honesty import table_of_honesty
from benchmarks.quality._overtuning_picture import SIZES, draw
from benchmarks.quality._overtuning_rules import (
    ARGMAX,
    LEVELS,
    RECORDS,
    RowRace,
    by_rule,
    guard_name,
    raced_by_rows,
)
from benchmarks.quality._overtuning_store import of_many, of_repeats, of_rows
from benchmarks.quality._summary import collections
from benchmarks.quality._tables import interval, markdown
from skoverfit.model_selection import BestScore

CELL = ["dataset", "family", "n_train"]
POINTS = 100
HURT = 0.5
MAX_COST, MAX_HARM = 0.05, 3.0
MAX_FITS, MAX_DROPPED, MAX_REGRET = 50.0, 10.0, 0.1
MAX_BLOCKS = 5
#: Ways whose test error is followed over the number of candidates.
FOLLOWED = (
    ARGMAX,
    "one standard error",
    "penalty 0.05",
    "paired test 0.2",
    "smoothed",
    "own folds",
    "selection set of 1/4",
    "racing in turn, aggressive",
    guard_name("default", 0.2),
)
RACES = {
    f"{n_errors:g} errors, from split {first}{', predictive' if predictive else ''}": (
        RowRace(n_errors, first, predictive)
    )
    for predictive in (False, True)
    for first in (1, 2)
    for n_errors in (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
}


def judge(searches, ways):
    """One row for each search and way to choose."""
    return pd.DataFrame(row for tried in searches for row in rows_of(tried, ways))


def rows_of(tried, ways):
    """Yield what each way is worth in one search."""
    argmax, _ = ways[ARGMAX](tried)
    for name, way in ways.items():
        chosen, fits = way(tried)
        held = tried.held[chosen]
        yield {
            **tried.identity,
            "way": name,
            "error": POINTS * (1 - held),
            "change": POINTS * (held - tried.held[argmax]),
            "harm": POINTS * _is_worse(held, tried.held[tried.own]),
            "worse than first": POINTS * _is_worse(held, tried.held[tried.pool[0]]),
            "gap": POINTS * (tried.train[chosen].mean() - held),
            "same": POINTS * (chosen == argmax),
            "fits": POINTS * fits,
        }


def _is_worse(held, other):
    return float(POINTS * (other - held) >= HURT - 1e-9)


def over_sets(outcomes):
    """Average seeds within cells, and cells within sets: one row for each set."""
    measures = outcomes.columns.difference([*NAMES, "way"], sort=False)
    cells = outcomes.groupby(CELL, sort=False)[list(measures)].mean()
    return cells.groupby(level="dataset", sort=False).mean()


def sides(outcomes):
    """Outcomes of the sets A, of B and of all."""
    dealt = collections(outcomes["dataset"].unique())
    return {
        name: outcomes[outcomes["dataset"].isin(sets)] for name, sets in dealt.items()
    }


def figures(outcomes):
    """Mean of each way over the sets of each side."""
    return {
        side: pd.DataFrame(
            {
                way: over_sets(part).mean()
                for way, part in own.groupby("way", sort=False)
            }
        ).T
        for side, own in sides(outcomes).items()
    }


TITLES = (
    *("way to choose", "A", "B", "all"),
    *("below own settings", "below the first", "gap", "same as argmax", "fits"),
)


def table_of_ways(outcomes):
    """Rows of the main table of a record."""
    means = figures(outcomes)
    for way, part in outcomes.groupby("way", sort=False):
        by_set, own = over_sets(part), means["pooled"].loc[way]
        harm = [f"{means[side].loc[way, 'harm']:.1f}" for side in ("pooled", "A", "B")]
        yield [
            way,
            *(f"{means[side].loc[way, 'change']:+.2f}" for side in "AB"),
            interval(by_set["change"].to_numpy()),
            f"{harm[0]} % ({harm[1]}, {harm[2]})",
            f"{own['worse than first']:.1f} %",
            f"{own['gap']:.1f}",
            f"{own['same']:.0f} %",
            f"{own['fits']:.0f} %",
        ]


# -------------------------------------------------------------------------- the choices
def verdict_on_guard(outcomes):
    """Apply the protocol to the levels of the guard."""
    means = figures(outcomes)
    levels = {level: guard_name("default", level) for level in LEVELS}
    cheap = {
        level: means["A"].loc[name, "harm"]
        for level, name in levels.items()
        if means["A"].loc[name, "change"] >= -MAX_COST
    }
    if cheap:
        level = min(cheap, key=cheap.get)
        a, b = (means[side].loc[levels[level]] for side in "AB")
        is_confirmed = (
            b["change"] >= -MAX_COST and max(a["harm"], b["harm"]) <= MAX_HARM
        )
        found = (
            f"Of the levels that cost at most {MAX_COST} points on A, {level} harms "
            f"least: {a['harm']:.1f} % of searches there and {b['harm']:.1f} % on B, "
            f"at {a['change']:+.2f} and {b['change']:+.2f} points."
        )
        if is_confirmed:
            return f"{found} It is confirmed: the guard may be the default of searches."
        return f"{found} It is not confirmed as a default of searches."
    harmless = [
        level
        for level, name in levels.items()
        if means["A"].loc[name, "harm"] <= MAX_HARM
    ]
    found = (
        f"No level of the guard costs at most {MAX_COST} points on A: it is not "
        "recommended as the default of searches."
    )
    if not harmless:
        return f"{found} None harms at most {MAX_HARM:g} % of them either."
    a, b = (means[side].loc[levels[max(harmless)]] for side in "AB")
    return (
        f"{found} The largest level that harms at most {MAX_HARM:g} % on A is "
        f"{max(harmless)}: {a['harm']:.1f} % at {a['change']:+.2f} points, and on B "
        f"{b['harm']:.1f} % at {b['change']:+.2f}."
    )


def races_by_rows(searches):
    """Outcomes of racing by rows, where 200 rows were searched."""
    ways = {ARGMAX: partial(by_rule, BestScore())}
    ways |= {name: partial(raced_by_rows, race) for name, race in RACES.items()}
    most = max(tried.identity["n_train"] for tried in searches)
    return judge([t for t in searches if t.identity["n_train"] == most], ways)


def verdict_on_races(outcomes):
    """Apply the protocol to racing by rows."""
    means = {side: table.drop(ARGMAX) for side, table in figures(outcomes).items()}
    a = means["A"]
    faithful = a[(a["same"] >= 100 - MAX_DROPPED) & (a["change"] >= -MAX_REGRET)]
    if not len(faithful):
        return "No setting of racing by rows keeps the winner often enough on A."
    name = faithful["fits"].idxmin()
    parts = [
        f"{side}: {own['fits']:.0f} % of the fits, the same candidate in "
        f"{own['same']:.0f} %, {own['change']:+.2f} points"
        for side, own in ((side, means[side].loc[name]) for side in "AB")
    ]
    b = means["B"].loc[name]
    is_confirmed = b["same"] >= 100 - MAX_DROPPED and b["change"] >= -MAX_REGRET
    pays = is_confirmed and max(a.loc[name, "fits"], b["fits"]) <= MAX_FITS
    return (
        f"Cheapest faithful race by rows on A: {name}. {'; '.join(parts)}. "
        f"{'It is worth building.' if pays else 'It is not worth building.'}"
    )


def table_of_races(outcomes):
    """Rows of the table of racing by rows."""
    means = figures(outcomes)
    for name in RACES:
        yield [
            name,
            *(
                f"{means[side].loc[name, measure]:{kind}}"
                for measure, kind in (("fits", ".0f"), ("same", ".0f"))
                for side in "AB"
            ),
            *(f"{means[side].loc[name, 'change']:+.2f}" for side in "AB"),
        ]


# ------------------------------------------------------------- the number of candidates
def by_number(searches):
    """Outcomes of blocks of candidates of each size."""
    ways = {name: RECORDS["many"][name] for name in FOLLOWED}
    found = []
    for size in SIZES:
        blocks = [block for tried in searches for block in _blocks(tried, size)]
        if blocks:
            found.append(judge(blocks, ways).assign(size=size))
    return pd.concat(found)


def _blocks(tried, size):
    starts = range(0, len(tried.pool) - size + 1, size)[:MAX_BLOCKS]
    return [tried.among(tried.pool[start : start + size]) for start in starts]


def errors_by_number(outcomes):
    """Mean test error of each way (rows) and number of candidates (columns)."""
    return pd.DataFrame(
        {
            size: {
                way: over_sets(own.drop(columns="size"))["error"].mean()
                for way, own in part.groupby("way", sort=False)
            }
            for size, part in outcomes.groupby("size")
        }
    )


def table_of_numbers(errors):
    """Rows of the table behind the picture."""
    for way, own in errors.iterrows():
        falls = np.diff(own.to_numpy())
        last = f"{falls[-1]:+.2f}" if len(falls) else "-"
        yield [way, *(f"{value:.2f}" for value in own), last]


# ----------------------------------------------------------------------------- the page
def report(raw, folder):
    """Write the page and the picture; return the verdicts."""
    records = {
        "rows": of_rows(folder),
        "repeats": of_repeats(folder),
        "many": of_many(raw, folder),
    }
    outcomes = {
        name: judge(searches, RECORDS[name])
        for name, searches in records.items()
        if searches
    }
    verdicts, lines = [], ["# Which ways to choose do harm?", "", ABOUT]
    base = "rows" if "rows" in outcomes else "many"
    races = races_by_rows(records[base])
    verdicts = [verdict_on_guard(outcomes[base]), verdict_on_races(races)]
    for verdict in verdicts:
        lines += ["", verdict]
    for name, table in outcomes.items():
        n_sets = table["dataset"].nunique()
        title = f"{len(records[name])} searches on {n_sets} sets"
        lines += ["", f"## Record `{name}`: {title}", ""]
        lines += markdown(TITLES, table_of_ways(table))
    lines += ["", "## Racing by rows, argmax", ""]
    titles = ["race", "fits A", "fits B", "same A", "same B", "change A", "change B"]
    lines += markdown(titles, table_of_races(races))
    if records["many"]:
        errors = errors_by_number(by_number(records["many"]))
        draw(errors, folder / "overtuning.svg")
        lines += ["", "## Test error in percent over the number of candidates", ""]
        titles = ["way", *map(str, errors.columns), "last step"]
        lines += markdown(titles, table_of_numbers(errors))
    lines += ["", "## Honest scores", ""]
    lines += table_of_honesty(records[base])
    (folder / "overtuning.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "\n".join(verdicts)


ABOUT = f"""Change of held-out accuracy against argmax, in points, on the sets A, B and
all (with half the width of the 95 % interval over sets); share of searches that end
{HURT} points or more below the estimator's own settings (in brackets on A and on B),
and below the first candidate; gap in points; how often the candidate is that of argmax;
fits in percent of {N_SPLITS} for each candidate. Protocol and records:
`benchmarks/quality/overtuning.py`. Averages of fitted models are in
`benchmarks/quality/committee.py`."""
