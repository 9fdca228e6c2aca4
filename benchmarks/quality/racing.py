"""Measure racing: what it saves, and how often it changes the choice.

python -m benchmarks.quality.racing collect --minutes 40
python -m benchmarks.quality.racing summarize
"""

import itertools
import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from benchmarks.quality._report import stacked, write_csv
from benchmarks.quality._split_store import averages, parts, study
from benchmarks.quality._study import command_line
from skoverfit.model_selection import PenalizedGap, Racing

TESTS = ("curtailed", "paired", "friedman")
ALPHAS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
FIRST_DROPS = (2, 3)
SPLITS = (5, 10)
ARGMAX = "BestScore()"
RULES = {ARGMAX: PenalizedGap(0.0), "PenalizedGap(0.05)": PenalizedGap(0.05)}
MAX_FITS, MIN_SAME, MAX_REGRET = 0.5, 0.9, 0.1
BY = ["n_splits", "rule", "policy"]
POINTS = 100


def policies():
    """Name -> policy of every setting on trial."""
    return {
        f"{test}, alpha {alpha}, from {first}": Racing(alpha, first, test)
        for test in TESTS
        for first in FIRST_DROPS
        for alpha in ALPHAS
    }


def race(policy, scores, ratio):
    """Replay a race; return who stayed to the end and the share of fits run."""
    n_candidates, n_total = scores.shape
    racing = np.ones(n_candidates, dtype=bool)
    n_fits = n_candidates
    for n_done in range(1, n_total):
        seen = np.where(racing[:, np.newaxis], scores[:, :n_done], np.nan)
        racing = policy.survivors(seen, n_splits_total=n_total, test_train_ratio=ratio)
        n_fits += racing.sum()
    return racing, n_fits / scores.size


def judge(searches, trial, rules=RULES, order=None):
    """One row per search, number of splits, rule and policy."""
    rows = []
    for search in searches:
        for n_splits, rule in itertools.product(SPLITS, rules):
            columns = np.arange(n_splits) if order is None else order(n_splits)
            test, gap = search.split_test[:, columns], search.split_gap[:, columns]
            scores = RULES[rule].score(test, gap)
            worth = RULES[rule].score(test.mean(axis=1), gap.mean(axis=1))
            for name, policy in trial.items():
                rows.append(
                    {
                        **search.identity,
                        "n_splits": n_splits,
                        "rule": rule,
                        "policy": name,
                        **outcome(search, scores, worth, policy),
                    }
                )
    return pd.DataFrame(rows)


def outcome(search, scores, worth, policy):
    """Measure one race in one search; ``worth`` is what the rule maximizes."""
    full = int(np.argmax(worth))
    stayed, share = race(policy, scores, ratio=1 / 4)
    raced = int(np.argmax(np.where(stayed, worth, -np.inf)))
    return {
        "fits": share,
        "same": float(raced == full),
        "same_score": float(worth[raced] >= worth[full] - 1e-12),
        "regret": POINTS * (search.held_out[full] - search.held_out[raced]),
    }


def choose(table):
    """Apply the protocol to a table of one collection; return policy and verdict."""
    table = table[(table["n_splits"] == 5) & (table["rule"] == ARGMAX)]
    cheap = table[table["fits"] <= MAX_FITS]
    if len(cheap):
        best = cheap.loc[cheap["same"].idxmax()]
        if best["same"] >= MIN_SAME and best["regret"] <= MAX_REGRET:
            return best["policy"], "the target is met"
    faithful = table[(table["same"] >= MIN_SAME) & (table["regret"] <= MAX_REGRET)]
    if not len(faithful):
        return table.loc[table["same"].idxmax(), "policy"], "no setting is faithful"
    cheapest = faithful.loc[faithful["fits"].idxmin()]
    return cheapest["policy"], "the target is missed; the cheapest faithful setting"


def report(searches, folder):
    """Measure all settings, write the tables, return the verdict."""
    settings = judge(searches, policies(), [ARGMAX])
    tables = {
        name: averages(part, BY, ["same", "regret"])
        for name, part in parts(settings).items()
    }
    policy, verdict = choose(tables["A"])
    write_csv(stacked("collection", tables), folder / "racing_policies.csv")
    chosen = judge(searches, {policy: policies()[policy]})
    finer = {
        column: averages(chosen, [*BY, column], ["same", "regret"])
        for column in ("family", "n_train")
    }
    finer["collection"] = stacked(
        "collection",
        {
            name: averages(part, BY, ["same", "regret"])
            for name, part in parts(chosen).items()
        },
    )
    write_csv(finer["family"], folder / "racing_by_family.csv")
    write_csv(finer["n_train"], folder / "racing_by_size.csv")
    page = page_text(
        f"Setting by the protocol, chosen on the sets A: **{policy}** ({verdict}).",
        tables["pooled"],
        finer,
        other_orders(searches, policy),
    )
    (folder / "racing.md").write_text(page, encoding="utf-8")
    return f"{policy}: {verdict}"


def other_orders(searches, policy, n_orders=3):
    """Replay the chosen race on the same splits in other orders."""
    rng = np.random.default_rng(0)
    trial = {policy: policies()[policy]}
    frames = []
    for number in range(n_orders):
        shuffled = judge(searches, trial, [ARGMAX], rng.permutation)
        frames.append(averages(shuffled, BY, []).assign(order=number))
    return pd.concat(frames)


def page_text(verdict, settings, finer, orders):
    """Assemble the page."""
    return "\n".join(
        [
            "# Racing: what it saves",
            "",
            verdict,
            f"{settings['n_searches'].max()} searches on {settings['n_sets'].max()} "
            f"sets. Target: at most {MAX_FITS:.0%} of the fits, the same candidate in "
            f"{MIN_SAME:.0%} of the runs, regret at most {MAX_REGRET} points of "
            "held-out accuracy. Brackets: 95 % t intervals over sets. The protocol "
            "is in `benchmarks/quality/racing_and_refinement.md`.",
            "",
            "## The chosen setting",
            "",
            *rows(["collection", *BY[:2]], finer["collection"]),
            "",
            "## By model family and training rows",
            "",
            *rows(["family", *BY[:2]], finer["family"]),
            "",
            *rows(["n_train", *BY[:2]], finer["n_train"]),
            "",
            "## The order of the splits",
            "",
            f"The splits in {orders['order'].nunique()} random orders, argmax: "
            + "; ".join(order_line(orders, n_splits) for n_splits in SPLITS)
            + ".",
            "",
            "## All settings, argmax, all sets",
            "",
            *rows(["n_splits", "policy"], settings),
            "",
        ]
    )


def order_line(orders, n_splits):
    """Range of the figures over orders of the splits."""
    part = orders[orders["n_splits"] == n_splits]
    return (
        f"{n_splits} splits: fits {part['fits'].min():.1%} to "
        f"{part['fits'].max():.1%}, same candidate {part['same'].min():.1%} to "
        f"{part['same'].max():.1%}"
    )


def rows(keys, table):
    """Markdown rows of a table."""
    titles = [key.replace("_", " ") for key in keys]
    yield (
        "| "
        + " | ".join(titles)
        + (" | fits | same candidate | equally good score | regret, points |")
    )
    yield "|" + "---|" * len(keys) + "--:|---|--:|---|"
    for row in table.to_dict("records"):
        yield (
            "| "
            + " | ".join(str(row[key]) for key in keys)
            + (
                f" | {row['fits']:.1%} "
                f"| {row['same']:.1%} [{row['same_low']:.1%}, {row['same_high']:.1%}] "
                f"| {row['same_score']:.1%} "
                f"| {row['regret']:+.3f} [{row['regret_low']:+.2f}, "
                f"{row['regret_high']:+.2f}] |"
            )
        )


if __name__ == "__main__":
    options = command_line(__doc__, minutes=40).parse_args()
    sys.exit(study(report).execute(options))
