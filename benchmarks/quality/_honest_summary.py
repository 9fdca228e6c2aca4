"""Outcomes of searches: estimates by the library's own functions against the truth."""

from functools import partial

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, make_scorer

from benchmarks.quality import _summary
from benchmarks.quality._collect import NAMES
from benchmarks.quality._honest_collect import N_SPLITS, decode_fold, decode_hits
from skoverfit._gap import corrected_estimate
from skoverfit.model_selection import BestScore, PenalizedGap
from skoverfit.model_selection._honest_score._debias import (
    bootstrap_corrected_score,
    leave_one_split_out,
)
from skoverfit.model_selection._honest_score._predictions import PredictionStore

RULES = {"argmax": BestScore(), "default rule": PenalizedGap(0.05)}
N_BOOTSTRAPS = 200
POINTS = 100
Z = stats.norm.ppf(0.975)
HIT = make_scorer(accuracy_score)


def judge(records):
    """One row per search and rule: estimates, intervals and both truths."""
    return pd.DataFrame(
        {**{key: record[key] for key in NAMES}, "rule": name, **outcome(record, rule)}
        for record in records
        for name, rule in RULES.items()
    )


def outcome(record, rule):
    """Estimates of one search under one rule."""
    results, store, y = as_search(record)
    select = partial(rule.select, metric="score", test_train_ratio=1 / (N_SPLITS - 1))
    index = select(results)
    refitted = record["refitted"][index] / record["held_out"]
    split_truth = record["split_truth"][index] / record["held_out"] / N_SPLITS
    leave_out = leave_one_split_out(results, select)
    bootstrap = bootstrap_corrected_score(
        store, y, results, select, HIT, n_bootstraps=N_BOOTSTRAPS
    )
    mean = results["mean_test_score"]
    return {
        "truth": refitted,
        "split_truth": split_truth,
        "truth_error": np.sqrt(refitted * (1 - refitted) / record["held_out"]),
        "naive": mean[index],
        **named("leave_out", leave_out),
        **named("bootstrap", bootstrap),
        **plain_estimates(results, leave_out, bootstrap),
    }


def as_search(record):
    """Scores and predictions that a search would have; any labels with these hits."""
    hits, fold = decode_hits(record), decode_fold(record)
    y = np.arange(record["n_train"]) % 2
    splits = [
        (np.flatnonzero(fold != split), np.flatnonzero(fold == split))
        for split in range(N_SPLITS)
    ]
    store = PredictionStore("predict", DummyClassifier(), y, splits, len(hits))
    results = {}
    for split, (train, test) in enumerate(splits):
        for candidate, right in enumerate(hits):
            store.record(candidate, split, np.where(right, y, 1 - y)[test])
        errors = np.array(record["train_errors"][split])
        results[f"split{split}_test_score"] = hits[:, test].mean(axis=1)
        results[f"split{split}_train_score"] = 1 - errors / len(train)
    for side in ("test", "train"):
        columns = [results[f"split{split}_{side}_score"] for split in range(N_SPLITS)]
        results[f"mean_{side}_score"] = np.mean(columns, axis=0)
    return results, store, y


def named(name, honest):
    """Columns of an estimate."""
    low, high = honest.interval
    return {name: honest.score, f"{name}_low": low, f"{name}_high": high}


def plain_estimates(results, leave_out, bootstrap):
    """Estimates as they are without adding back what a poorer choice costs."""
    scores = np.stack(
        [results[f"split{k}_test_score"] for k in range(N_SPLITS)], axis=1
    )
    left_out = corrected_estimate(scores[leave_out.chosen, range(N_SPLITS)])
    on_all = results["mean_test_score"][list(bootstrap.chosen)].mean()
    shift = on_all - bootstrap.optimism - bootstrap.score
    low, high = bootstrap.interval
    return {
        "plain_leave_out": left_out.mean,
        "plain_leave_out_low": left_out.interval[0],
        "plain_leave_out_high": left_out.interval[1],
        "plain_bootstrap": bootstrap.score + shift,
        "plain_bootstrap_low": low + shift,
        "plain_bootstrap_high": high + shift,
    }


ESTIMATES = ["naive", "leave_out", "bootstrap", "plain_leave_out", "plain_bootstrap"]


def collections(outcomes):
    """Deal the sets in alphabetical order to A and B; "pooled" has all."""
    dealt = _summary.collections(outcomes["dataset"].unique())
    return {
        name: outcomes[outcomes["dataset"].isin(sets)] for name, sets in dealt.items()
    }


def over_sets(outcomes, values):
    """Average searches within cells, cells within sets; one value per set."""
    columns = outcomes[["dataset", "n_train"]].assign(value=values)
    cells = columns.groupby(["dataset", "n_train"])["value"].mean()
    return cells.groupby("dataset").mean().to_numpy()


def biases(outcomes):
    """Bias of every estimate, in points."""
    rows = []
    for name in ESTIMATES:
        by_set = POINTS * over_sets(outcomes, outcomes[name] - outcomes["truth"])
        to_splits = over_sets(outcomes, outcomes[name] - outcomes["split_truth"])
        error = np.sqrt(np.mean((outcomes[name] - outcomes["truth"]) ** 2))
        rows.append(
            {
                "estimate": name,
                "bias": by_set.mean(),
                "se": stats.sem(by_set) if len(by_set) > 1 else np.nan,
                "mean_abs_set_bias": np.abs(by_set).mean(),
                "bias_to_split_truth": POINTS * to_splits.mean(),
                "rmse": POINTS * error,
            }
        )
    return pd.DataFrame(rows)


def coverages(outcomes):
    """Coverage of the 95 % intervals, in percent, and mean half-widths in points."""
    rows = []
    for name in ESTIMATES[1:]:
        low, high = outcomes[f"{name}_low"], outcomes[f"{name}_high"]
        below, above = outcomes[name] - low, high - outcomes[name]
        noise = Z * outcomes["truth_error"]
        miss = outcomes["truth"] - outcomes[name]
        plain = (outcomes["truth"] >= low) & (outcomes["truth"] <= high)
        allowed = (miss <= np.hypot(above, noise)) & (miss >= -np.hypot(below, noise))
        rows.append(
            {
                "estimate": name,
                "coverage": 100 * over_sets(outcomes, allowed).mean(),
                "plain_share": 100 * over_sets(outcomes, plain).mean(),
                "half_width": POINTS * ((high - low) / 2).mean(),
            }
        )
    return pd.DataFrame(rows)
