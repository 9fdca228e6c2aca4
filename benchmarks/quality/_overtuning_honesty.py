"""Is the honest score of the guard honest? Bias and coverage, beside argmax."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier

from benchmarks.quality._honest_summary import HIT, over_sets
from benchmarks.quality._overtuning_collect import N_SPLITS
from benchmarks.quality._tables import interval, markdown
from skoverfit.model_selection import BestScore, OwnSettingsUnlessBetter
from skoverfit.model_selection._honest_score._debias import (
    bootstrap_corrected_score,
    leave_one_split_out,
)
from skoverfit.model_selection._honest_score._predictions import PredictionStore

EVERY = 12
N_BOOTSTRAPS = 40
POINTS = 100
GUARDS = {
    "argmax": BestScore(),
    **{
        f"own settings unless argmax better, {level}": OwnSettingsUnlessBetter(
            BestScore(), level
        )
        for level in (0.4, 0.2, 0.05)
    },
}


def table_of_honesty(searches):
    """Lines of a table: bias of each estimate in points, coverage in percent."""
    chosen = [t for t in searches if t.identity["seed"] % EVERY == 0]
    outcomes = pd.DataFrame(
        row for tried in chosen for row in estimates(tried.with_own)
    )
    rows = []
    for (rule, kind), part in outcomes.groupby(["rule", "estimate"], sort=False):
        bias = POINTS * over_sets(part, part["score"] - part["truth"])
        rows.append(
            [
                rule,
                kind,
                interval(bias),
                f"{POINTS * over_sets(part, part['covers']).mean():.0f} %",
            ]
        )
    about = (
        f"{len(chosen)} searches; estimate minus held-out accuracy, in points, and "
        f"share of 95 % intervals that hold it, allowing for its own noise "
        f"({N_BOOTSTRAPS} bootstrap samples)."
    )
    return [about, "", *markdown(["rule", "estimate", "bias", "coverage"], rows)]


def estimates(tried):
    """Yield the estimates of one search under each rule."""
    store, y = _store(tried)
    results = tried.results
    for name, rule in GUARDS.items():
        select = partial(
            rule.select, metric="score", test_train_ratio=1 / (N_SPLITS - 1)
        )
        index = select(results)
        held = tried.held[tried.pool[index]]
        common = {**tried.identity, "rule": name, "truth": held}
        naive = results["mean_test_score"][index]
        yield {**common, "estimate": "mean test score", "score": naive, "covers": 0.0}
        found = {
            "leave one split out": leave_one_split_out(results, select),
            "bootstrap": bootstrap_corrected_score(
                store, y, results, select, HIT, n_bootstraps=N_BOOTSTRAPS
            ),
        }
        for kind, honest in found.items():
            covers = _covers(honest, held, tried)
            yield {
                **common,
                "estimate": kind,
                "score": honest.score,
                "covers": float(covers),
            }


def _covers(honest, held, tried):
    noise = 1.96 * np.sqrt(held * (1 - held) / tried.more["held_out"])
    below, above = honest.score - honest.interval[0], honest.interval[1] - honest.score
    miss = held - honest.score
    return -np.hypot(below, noise) <= miss <= np.hypot(above, noise)


def _store(tried):
    """Predictions that have these hits, for any labels."""
    y = np.arange(len(tried.fold)) % 2
    splits = [
        (np.flatnonzero(tried.fold != k), np.flatnonzero(tried.fold == k))
        for k in range(N_SPLITS)
    ]
    store = PredictionStore("predict", DummyClassifier(), y, splits, len(tried.pool))
    for place, candidate in enumerate(tried.pool):
        predicted = np.where(tried.hits[candidate], y, 1 - y)
        for split, (_, test) in enumerate(splits):
            store.record(place, split, predicted[test])
    return store, y
