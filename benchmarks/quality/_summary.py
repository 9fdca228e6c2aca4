"""The quick step: apply the rules to stored scores and average over data sets."""

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.quality._models import Family
from benchmarks.quality._rules import ARGMAX

CONFIDENCE = 0.95
N_RESAMPLES = 10_000
MAX_LOSS = 0.1  # points of accuracy that the default rule may cost
CELL = ["dataset", "family", "n_train"]
MEASURES = ["change", "cv_gap", "held_out_gap"]
POINTS = 100


@dataclass(frozen=True)
class StoredSearch:
    """Scores of one search: what a rule may see, and what it is judged by."""

    record: dict
    cv_results: dict
    refit_train: np.ndarray
    held_out: np.ndarray


def restore(record):
    """Turn a line of the raw file into ``cv_results_`` and held-out scores."""
    params = Family(record["family"], record["task"]).params
    train, test = as_scores(record)
    if train.shape[1] != len(params):
        raise ValueError(
            f"A stored search has {train.shape[1]} candidates, the grid of "
            f"{record['family']!r} has {len(params)}: collect again."
        )
    results = {"params": params}
    for side, scores in (("train", train[:-1]), ("test", test[:-1])):
        results |= {f"split{k}_{side}_score": row for k, row in enumerate(scores)}
        results[f"mean_{side}_score"] = scores.mean(axis=0)
        results[f"std_{side}_score"] = scores.std(axis=0)
    return StoredSearch(record, results, train[-1], test[-1])


def as_scores(record):
    """Train and test scores, one row per split and a last one for the refit."""
    train = np.array(record["train"], dtype=float)
    test = np.array(record["test"], dtype=float)
    if record["task"] == "classification":
        sizes = np.array(record["sizes"])
        return train / sizes[:, [0]], test / sizes[:, [1]]
    return train, test


def judge(records, rules):
    """One row per search and rule: its price and its gaps."""
    rows = []
    for record in records:
        search = restore(record)
        reference = search.held_out[rules[ARGMAX](search.cv_results)]
        for name, rule in rules.items():
            rows.append(outcome(search, name, rule(search.cv_results), reference))
    return pd.DataFrame(rows)


def outcome(search, name, index, reference):
    """Measure what one rule's pick is worth in one search, in points."""
    seen = search.cv_results
    return {
        **{key: search.record[key] for key in (*CELL, "seed")},
        "rule": name,
        "change": POINTS * (search.held_out[index] - reference),
        "cv_gap": POINTS
        * (seen["mean_train_score"][index] - seen["mean_test_score"][index]),
        "held_out_gap": POINTS * (search.refit_train[index] - search.held_out[index]),
    }


def per_dataset(outcomes):
    """Average seeds within cells, then cells within data sets: rule x set rows."""
    cells = outcomes.groupby(["rule", *CELL], sort=False)[MEASURES].mean()
    return cells.groupby(["rule", "dataset"], sort=False).mean().reset_index()


def collections(datasets):
    """Deal the sets in alphabetical order to A and B; "pooled" has all."""
    ordered = sorted(datasets)
    return {"A": ordered[::2], "B": ordered[1::2], "pooled": ordered}


def summarize(outcomes, datasets=None):
    """One row per rule, averaged over the given sets (all by default)."""
    if datasets is not None:
        outcomes = outcomes[outcomes["dataset"].isin(datasets)]
    means = per_dataset(outcomes)
    reference = means[means["rule"] == ARGMAX].set_index("dataset")
    rows = []
    for name, group in means.groupby("rule", sort=False):
        row = compare(group.set_index("dataset").loc[reference.index], reference)
        rows.append({"rule": name, **row})
    n_searches = int((outcomes["rule"] == ARGMAX).sum())
    return pd.DataFrame(rows).assign(n_sets=len(reference), n_searches=n_searches)


def compare(rule, reference):
    """Averages over data sets with the data set as the unit of uncertainty."""
    change = rule["change"].to_numpy()
    weights = bootstrap_weights(len(change))
    low, high = t_interval(change)
    boot_low, boot_high = percentiles(weights @ change)
    return {
        "change": change.mean(),
        "low": low,
        "high": high,
        "boot_low": boot_low,
        "boot_high": boot_high,
        **gap_columns("cv_gap", rule, reference, weights),
        **gap_columns("held_out_gap", rule, reference, weights),
        "worst": change.min(),
        "worst_set": rule.index[change.argmin()],
    }


def gap_columns(name, rule, reference, weights):
    """Mean gap of a rule and its relative change against argmax, in percent."""
    gap, base = rule[name].to_numpy(), reference[name].to_numpy()
    low, high = percentiles(relative_change(weights @ gap, weights @ base))
    return {
        name: gap.mean(),
        f"{name}_change": relative_change(gap.mean(), base.mean()),
        f"{name}_low": low,
        f"{name}_high": high,
    }


def relative_change(value, base):
    """Change in percent; NaN where the base is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * (np.where(base == 0, np.nan, value / base) - 1)


@functools.cache
def bootstrap_weights(n_sets):
    """Share of each data set in every resample, the same for every rule."""
    share = np.full(n_sets, 1 / n_sets)
    rng = np.random.default_rng(0)
    return rng.multinomial(n_sets, share, size=N_RESAMPLES) / n_sets


def percentiles(values):
    """Return the ends of the central interval of bootstrap values."""
    return np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])


def t_interval(values):
    """Interval of the mean over data sets; NaN for a single set."""
    if len(values) < 2:
        return np.nan, np.nan
    error = values.std(ddof=1) / np.sqrt(len(values))
    width = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * error
    return values.mean() - width, values.mean() + width


def certified(table):
    """Rules that cut the gap at a price shown to be low, largest cut first."""
    good = table[(table["low"] >= -MAX_LOSS) & (table["cv_gap_change"] < 0)]
    return good.sort_values("cv_gap_change", kind="stable")["rule"].tolist()


def choose(tables, eligible):
    """Apply the decision of the protocol; return the rule and how it was found."""
    passed = {
        name: [rule for rule in certified(table) if rule in eligible]
        for name, table in tables.items()
    }
    for place, rule in enumerate(passed["A"]):
        if rule in passed["B"] and place == 0:
            return rule, "chosen on A, confirmed on B"
        if rule in passed["B"] and rule in passed["pooled"]:
            return rule, "certified on A, B and pooled; B was used for choosing"
    if passed["pooled"]:
        return passed["pooled"][-1], "certified on the pooled sets only, not confirmed"
    return ARGMAX, "no rule is certified"
