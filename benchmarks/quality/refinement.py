"""Measure refinement: repeats of the cross-validation for the contenders only.

python -m benchmarks.quality.racing collect --minutes 40
python -m benchmarks.quality.refinement summarize
"""

import itertools
import os
import sys
from dataclasses import replace

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from benchmarks.quality._report import stacked, write_csv
from benchmarks.quality._split_collect import N_REPEATS, N_SPLITS
from benchmarks.quality._split_store import N_FITS, averages, parts, study
from benchmarks.quality._study import command_line
from skoverfit.model_selection import PenalizedGap, Refinement

REPEATS = (2, 4, 8)
PENALTIES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
PENALIZED = {penalty: PenalizedGap(penalty) for penalty in (0.0, *PENALTIES)}
TIE = 1e-12  # means of equal scores differ in the last bits
N_SES = (0.1, 0.25, 0.5, 1.0)
OWN_PENALTIES = (0.05, 0.1, 0.15, 0.2)  # contenders are told by the penalized score
DECIDING_ROWS = 200  # searches with fewer rows are reported, they do not decide
MAX_LOSS, MIN_CUT = 0.05, 20
BASE, BEST = "argmax of one pass", "best in hindsight"
ARGMAX = "argmax"
BY = ["policy", "rule"]
OWN = ", by its own score"
SHOWN = rf"share 0\.5, {N_REPEATS} repeats|one pass|everything|hindsight"
POINTS = 100


def policies():
    """Name -> policy of every setting on trial, each with all repeats."""
    trial = {}
    for se, share in itertools.product((0.5, 1.0, 1.5, 2.0), (0.25, 0.5)):
        name = f"within {se} se, share {share}"
        policy = Refinement(repeats=N_REPEATS, n_se=se, max_share=share)
        trial[name] = policy
        trial[f"{name}, all repeats"] = replace(policy, adaptive=False)
    return trial


def refined(policy, scores):
    """Replay a refinement: mask of the (candidate, split) pairs that were run.

    The first pass is run by all; a row without a later split is no contender.
    """
    ran = np.zeros(scores.shape, dtype=bool)
    ran[:, :N_SPLITS] = True
    chosen = int(np.argmax(scores[:, :N_SPLITS].mean(axis=1)))
    running = policy.contenders(scores[:, :N_SPLITS], chosen=chosen)
    for done in range(N_SPLITS, scores.shape[1], N_SPLITS):
        if not running.any():
            break
        ran[running, done : done + N_SPLITS] = True
        columns = slice(0, done + N_SPLITS)
        seen = np.where(ran[:, columns], scores[:, columns], np.nan)
        running = policy.remaining(seen)
    return ran


class Choice:
    """What rules see after a refinement: means over the splits of each contender."""

    def __init__(self, search, ran):
        contenders = ran[:, -1] | ran[:, N_SPLITS:].any(axis=1)
        if not contenders.any():  # settled at once: everything stands as it was
            contenders = np.ones(len(ran), dtype=bool)
        n_ran = ran.sum(axis=1)
        self.test = np.where(
            contenders, (search.split_test * ran).sum(axis=1) / n_ran, np.nan
        )
        self.gap = np.where(
            contenders, (search.split_gap * ran).sum(axis=1) / n_ran, np.nan
        )
        best = int(np.nanargmax(self.test))
        of_best = search.split_test[best, ran[best]]
        self.std_error = of_best.std(ddof=1) / np.sqrt(len(of_best))

    def penalized(self, penalty):
        """Index of the best penalized score, the first of equal ones."""
        scores = PENALIZED[penalty].score(self.test, self.gap)
        return int(np.argmax(scores >= np.nanmax(scores) - TIE))

    def within_noise(self, n_se):
        """Index of the smallest gap within the noise of the best score."""
        limit = np.nanmax(self.test) - n_se * self.std_error - TIE
        return int(np.nanargmin(np.where(self.test >= limit, self.gap, np.nan)))


def choices(search, ran, penalties):
    """Yield rule, index and gap as the search sees it."""
    choice = Choice(search, ran)
    found = {ARGMAX: choice.penalized(0.0)}
    found |= {f"PenalizedGap({p})": choice.penalized(p) for p in penalties}
    found |= {f"SmallestGapWithinNoise({k})": choice.within_noise(k) for k in N_SES}
    for rule, index in found.items():
        yield rule, index, choice.gap[index]


def judge(searches, trial):
    """One row per search, policy and rule."""
    return pd.DataFrame(
        [
            {**search.identity, **row}
            for search in searches
            for row in rows_of_search(search, trial)
        ]
    )


def rows_of_search(search, trial):
    """Yield what every policy and rule choose in one search."""
    first = search.split_test[:, :N_SPLITS].mean(axis=1)
    base = int(np.argmax(first >= first.max() - TIE))

    def row(policy, rule, index, seen_gap, n_passes):
        return {
            "policy": policy,
            "rule": rule,
            "change": POINTS * (search.held_out[index] - search.held_out[base]),
            "held_out_gap": POINTS * search.held_out_gap[index],
            "full_gap": POINTS * search.split_gap[index].mean(),
            "seen_gap": POINTS * seen_gap,
            "fits": n_passes,
        }

    one_pass = np.zeros((len(first), N_FITS), dtype=bool)
    one_pass[:, :N_SPLITS] = True
    for rule, index, gap in choices(search, one_pass, PENALTIES):
        yield row("one pass", rule, index, gap, 1.0)
    for rule, index, gap in choices(search, np.ones_like(one_pass), PENALTIES):
        yield row("everything repeated", rule, index, gap, float(N_REPEATS + 1))
    best = int(np.argmax(search.held_out))
    yield row(BEST, ARGMAX, best, search.split_gap[best].mean(), np.nan)
    for name, policy in trial.items():
        ran = refined(policy, search.split_test)
        yield from rows_of_policy(name, ran, search, row, PENALTIES)
        if not policy.adaptive:
            continue
        for penalty in OWN_PENALTIES:
            gaps = search.split_gap
            ran = refined(policy, PENALIZED[penalty].score(search.split_test, gaps))
            for found in rows_of_policy(name, ran, search, row, (penalty,)):
                if found["rule"] == f"PenalizedGap({penalty})":
                    yield found | {"policy": found["policy"] + OWN}


def rows_of_policy(name, ran, search, row, penalties):
    """Yield the choices of one policy, stopped after some repeats."""
    for repeats in REPEATS:
        n_columns = N_SPLITS * (repeats + 1)
        cut = ran.copy()
        cut[:, n_columns:] = False
        n_passes = cut.sum() / (N_SPLITS * len(cut))
        for rule, index, gap in choices(search, cut, penalties):
            yield row(f"{name}, {repeats} repeats", rule, index, gap, n_passes)


def with_changes(table):
    """Relative changes of the gaps against argmax of one pass, in percent."""
    base = table[(table["policy"] == "one pass") & (table["rule"] == ARGMAX)].iloc[0]
    for gap in ("held_out_gap", "full_gap", "seen_gap"):
        table[f"{gap}_change"] = 100 * (table[gap] / base[gap] - 1)
    return table


def summarized(outcomes, by=()):
    """Averages over sets, separately for every value of the columns ``by``."""
    if not by:
        return with_changes(averages(outcomes, BY, ["change"]))
    frames = []
    for key, group in outcomes.groupby(list(by), sort=False):
        key = dict(zip(by, key, strict=True))
        frames.append(with_changes(averages(group, BY, ["change"])).assign(**key))
    return pd.concat(frames, ignore_index=True)


def choose(table):
    """Apply the protocol to a table of one collection."""
    trial = table[table["policy"].str.startswith("within")]
    small = trial[trial["held_out_gap_change"] <= -MIN_CUT]
    passed = small[small["change_low"] >= -MAX_LOSS]
    if len(passed):
        best, verdict = passed.loc[passed["change"].idxmax()], "passes on A"
    elif len(small):
        best, verdict = small.loc[small["change"].idxmax()], "does not pass on A"
    else:
        best, verdict = trial.loc[trial["change"].idxmax()], "no gap is small enough"
    return best["policy"], best["rule"], verdict


def report(searches, folder):
    """Measure all settings, write the tables, return the verdict."""
    large = [search for search in searches if search.n_train >= DECIDING_ROWS]
    deciding = judge(large or searches, policies())  # a smoke run has small ones only
    tables = {name: summarized(part) for name, part in parts(deciding).items()}
    policy, rule, verdict = choose(tables["A"])
    write_csv(stacked("collection", tables), folder / "refinement_policies.csv")
    shown = {(policy, rule), (policy, ARGMAX), ("one pass", ARGMAX), ("one pass", rule)}
    shown |= {("everything repeated", ARGMAX), (BEST, ARGMAX)}
    shown |= {(policy.removesuffix(OWN), ARGMAX)}
    small = [search for search in searches if search.n_train < DECIDING_ROWS]
    base = {name: p for name, p in policies().items() if policy.startswith(name)}
    outcomes = pd.concat([deciding, judge(small, base)]) if large else deciding
    chosen = outcomes[pd.MultiIndex.from_frame(outcomes[BY]).isin(shown)]
    finer = summarized(chosen, ["family", "n_train"])
    by_size = summarized(chosen, ["n_train"])
    write_csv(finer, folder / "refinement_by_family.csv")
    write_csv(by_size, folder / "refinement_by_size.csv")
    summary = f"{policy}; {rule}: {verdict}"
    page = page_text(summary, tables, shown, finer, by_size)
    (folder / "refinement.md").write_text(page, encoding="utf-8")
    return summary


def page_text(summary, tables, shown, finer, by_size):
    """Assemble the page."""
    pooled = tables["pooled"]
    parts_shown = stacked("collection", tables)
    kept = pd.MultiIndex.from_frame(parts_shown[BY]).isin(shown)
    return "\n".join(
        [
            "# Refinement: repeats for the contenders",
            "",
            f"Chosen by the protocol on the sets A: **{summary}**.",
            f"{pooled['n_searches'].max()} searches with {DECIDING_ROWS} rows or more "
            f"on {pooled['n_sets'].max()} sets decide. Changes are against argmax of "
            "one pass. Brackets: 95 % t intervals over sets. Fits: in passes of a "
            "plain search. The protocol is in "
            "`benchmarks/quality/racing_and_refinement.md`.",
            "",
            "## The chosen setting and its references",
            "",
            *rows(["collection", *BY], parts_shown[kept]),
            "",
            "## By training rows",
            "",
            *rows(["n_train", *BY], by_size),
            "",
            "## By model family and training rows",
            "",
            *rows(["family", "n_train", *BY], finer),
            "",
            "## Settings with all repeats allowed, half of the candidates at most",
            "",
            "All sets with enough rows; `refinement_policies.csv` has every setting.",
            "",
            *rows(BY, pooled[pooled["policy"].str.contains(SHOWN)]),
            "",
        ]
    )


def rows(keys, table):
    """Markdown rows of a table."""
    titles = [key.replace("_", " ") for key in keys]
    yield (
        "| "
        + " | ".join(titles)
        + (
            " | held-out score, points | held-out gap | gap over 45 splits "
            "| gap as seen | fits | searches |"
        )
    )
    yield "|" + "---|" * len(keys) + "---|--:|--:|--:|--:|--:|"
    for row in table.to_dict("records"):
        yield (
            "| "
            + " | ".join(str(row[key]) for key in keys)
            + (
                f" | {row['change']:+.2f} "
                f"[{row['change_low']:+.2f}, {row['change_high']:+.2f}] "
                f"| {row['held_out_gap_change']:+.1f} % "
                f"| {row['full_gap_change']:+.1f} % "
                f"| {row['seen_gap_change']:+.1f} % | {row['fits']:.2f} "
                f"| {row['n_searches']} |"
            )
        )


if __name__ == "__main__":
    options = command_line(__doc__, minutes=40).parse_args()
    sys.exit(study(report).execute(options))
