"""Tables of the study of treatment: what it gains, over whom, and what it loses."""

import json

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.quality._collect import read_records
from benchmarks.quality._tables import markdown

CELL = ["dataset", "n_train", "family"]
OURS = ("proven", "best")
TOOLS = ("flaml", "mljar", "autogluon")
BESIDE = (*TOOLS, "longer")
PEERS = (
    *("given", "search", "forest", "boosting"),
    *("flaml 1", "flaml 2", "mljar", "autogluon"),
)
MEASURED = ("train", "test", "log_loss", "seconds", "accepted")
WORSE = 0.5
WANTED_GAIN, WANTED_SETS, WANTED_GAP, WANTED_SAFE = 2.0, 90, 1 / 3, 97


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    packed = folder / "treatment.csv"
    if raw.is_file():
        files = [raw, *(raw.with_name(f"treatment_{name}.jsonl") for name in BESIDE)]
        arms = [line for file in files for line in flat(read_records(file))]
        pd.DataFrame(arms).to_csv(packed, index=False, lineterminator="\n")
    table = wide(pd.read_csv(packed))
    page = [
        "# A whole treatment",
        "",
        f"{len(table)} cells of {table.dataset.nunique()} sets, "
        f"{table.budget.iloc[0]:g} seconds of processor time for each arm. The "
        "protocol is in `benchmarks/quality/treatment.py`. Changes are in points of "
        "accuracy or hundredths of R2, with 95 % intervals over sets; gains of log "
        "loss are falls.",
        "",
        "## Against what was wanted",
        "",
        *markdown(["wanted of `proven`", "measured"], wanted(table)),
        "",
        "## Against each peer",
        "",
        *against(table),
        "",
        "## By given model",
        "",
        *by(table, "family"),
        "",
        "## By set",
        "",
        *by(table, "dataset"),
        "",
        "## Losses",
        "",
        f"Cells where `proven` is worse than the given model by {WORSE:g} or more.",
        "",
        *losses(table),
        "",
    ]
    (folder / "treatment.md").write_text("\n".join(page), encoding="utf-8")
    return json.dumps(dict(wanted(table)), indent=1)


def flat(records):
    """One line for each arm of each cell."""
    for record in records:
        for arm, scores in record["arms"].items():
            names = {name: record[name] for name in [*CELL, "task", "budget"]}
            yield {**names, "arm": arm, **scores}


def wide(arms):
    """One row for each cell, with columns such as ``test:proven``."""
    ours = arms[arms.family != "any"]
    keys = [*CELL, "task", "budget"]
    table = spread(ours, keys)
    peers = arms[arms.family == "any"]
    if len(peers):
        table = table.merge(
            spread(peers, ["dataset", "n_train"]), how="left", on=["dataset", "n_train"]
        )
    return table


def spread(arms, keys):
    """Put the arms side by side."""
    values = [c for c in arms.columns if c not in [*keys, *CELL, "arm"]]
    values = [
        c for c in values if c in ("train", "test", "log_loss", "seconds", "accepted")
    ]
    table = arms.pivot(index=keys, columns="arm", values=values)
    table.columns = [f"{value}:{arm}" for value, arm in table.columns]
    return table.reset_index()


def change(table, one, other, score="test"):
    """Gain of one arm over another, in points; NaN where one is missing."""
    if f"{score}:{other}" not in table:
        return pd.Series(np.nan, index=table.index)
    sign = -1 if score == "log_loss" else 100
    return sign * (
        table[f"{score}:{one}"].astype(float) - table[f"{score}:{other}"].astype(float)
    )


def over_sets(values, table):
    """Mean over cells, and a 95 % interval that takes the set as the unit."""
    values = values.dropna()
    means = values.groupby(table.dataset.loc[values.index]).mean()
    if len(means) < 2:
        return f"{values.mean():+.3g} ({len(values)} cells)"
    half = stats.t.ppf(0.975, len(means) - 1) * stats.sem(means)
    return f"{means.mean():+.3g} ± {half:.2g} ({len(means)} sets)"


def gap(table, arm):
    """Train less held-out score, in points."""
    train, test = (table[f"{part}:{arm}"].astype(float) for part in ("train", "test"))
    return 100 * (train - test)


def wanted(table):
    """Set what the protocol asks for against what came out."""
    classes = table[table.task == "classification"]
    gain = change(table, "proven", "given")
    loss = change(classes, "proven", "given", "log_loss").dropna()
    by_set = loss.groupby(classes.dataset.loc[loss.index]).mean()
    before, after = gap(table, "given").mean(), gap(table, "proven").mean()
    return [
        [
            f"mean gain of at least {WANTED_GAIN:g} points of accuracy over given",
            over_sets(change(classes, "proven", "given"), classes),
        ],
        [
            f"lower log loss on at least {WANTED_SETS} % of sets",
            f"{100 * (by_set >= 0).mean():.0f} % of {len(by_set)}, "
            f"{100 * (by_set > 0).mean():.0f} % strictly",
        ],
        [
            "a gap at least a third smaller",
            f"{before:.1f} -> {after:.1f}, {100 * (1 - after / before):.0f} % smaller",
        ],
        [
            f"not worse by {WORSE:g} in more than {WANTED_SAFE} % of cells",
            f"{100 * (gain > -WORSE).mean():.1f} % of {len(gain)}",
        ],
        [
            "better than the randomized search",
            over_sets(change(table, "proven", "search"), table),
        ],
        *(
            [
                f"better than FLAML with twice the time: {score}, `{arm}`",
                over_sets(change(classes, arm, "flaml 2", column), classes),
            ]
            for arm in OURS
            for score, column in (("accuracy", "test"), ("log loss", "log_loss"))
        ),
        *with_longer(table),
    ]


def with_longer(table):
    """Say what 60 seconds prove where the given model was kept."""
    if "test:longer" not in table:
        return []
    again = table[table["test:longer"].notna()]
    accepted = again["accepted:longer"].astype(bool).sum()
    name = "60 seconds where `proven` kept the given model: accepted"
    return [[name, f"{accepted} of {len(again)}"]]


def against(table):
    """Gains of both arms over each peer, in score and in log loss."""
    titles = ["arm", "peer", "accuracy", "R2", "log loss"]
    is_class = table.task == "classification"
    rows = [
        [
            arm,
            peer,
            over_sets(change(table[is_class], arm, peer), table[is_class]),
            over_sets(change(table[~is_class], arm, peer), table[~is_class]),
            over_sets(change(table[is_class], arm, peer, "log_loss"), table[is_class]),
        ]
        for arm in OURS
        for peer in PEERS
    ]
    return markdown(titles, rows)


def by(table, column):
    """Gains over the given model for each value of a column, and its gap."""
    titles = [column, "cells", "given", "proven", "best", "gap", "gap of proven"]
    titles += ["accepted", "seconds of proven"]
    rows = [
        [
            key,
            len(part),
            f"{100 * part['test:given'].astype(float).mean():.1f}",
            *(f"{change(part, arm, 'given').mean():+.2f}" for arm in OURS),
            f"{gap(part, 'given').mean():.1f}",
            f"{gap(part, 'proven').mean():.1f}",
            f"{int(part['accepted:proven'].astype(bool).sum())} of {len(part)}",
            f"{part['seconds:proven'].astype(float).mean():.0f}",
        ]
        for key, part in table.groupby(column)
    ]
    return markdown(titles, rows)


def losses(table):
    """Cells where the treatment harmed."""
    titles = [*CELL, "given", "proven", "best"]
    gain = change(table, "proven", "given")
    rows = [
        [*(row[name] for name in CELL)]
        + [f"{100 * float(row[f'test:{arm}']):.1f}" for arm in ("given", *OURS)]
        for _, row in table[gain <= -WORSE].iterrows()
    ]
    return markdown(titles, rows)
