"""Summarize the study of committees: gains over argmax, by collection and by family."""

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.quality._collect import read_packed
from benchmarks.quality._summary import collections
from benchmarks.quality._tables import interval, markdown

CELL = ["task", "dataset", "family", "n_train"]
MEASURES = ("held", "auc", "log_loss", "gap")
COMMITTEES = (
    "winner's folds",
    "within .5",
    "within 1",
    "low gap",
    "low gap .5",
    "penalized 5",
    "greedy",
)
CONTROLS = (
    "three repeats",
    "equal forest",
    "default forest",
    "default boosting",
)
ARMS = ("default rule", "own settings", *COMMITTEES, *CONTROLS)
HURT = 0.005
#: What the choice asks for: harm to a family, and lower end of the gain over all sets.
MOST_HARM, LEAST_GAIN = 0.001, 0.003
#: When the rows let a committee stand: from mean and error of hits, and of the loss.
GUARDS = {
    "none": lambda hits, hits_se, loss, loss_se: True,
    "loss smaller": lambda hits, hits_se, loss, loss_se: loss > 0,
    "more hits": lambda hits, hits_se, loss, loss_se: (
        hits > 0 or (not hits_se and loss > 0)
    ),
    "loss smaller by 1 se": lambda hits, hits_se, loss, loss_se: loss > loss_se,
}


def frame_of(records):
    """One row for each arm of each search."""
    rows = []
    controls = {
        (r["task"], r["dataset"], r["n_train"], r["seed"]): r["arms"]
        for r in records
        if r["family"] == "controls"
    }
    for record in records:
        if record["family"] == "controls":
            continue
        names = (record["task"], record["dataset"], record["n_train"], record["seed"])
        arms = record["arms"] | controls.get(names, {})
        base = arms["argmax"]
        for arm, own in arms.items():
            rows.append(
                {
                    **{name: record[name] for name in (*CELL, "seed")},
                    "arm": arm,
                    **_against(own, base),
                    "members": own.get("members", 1),
                    "better": own.get("better"),
                    "own": arms["own settings"]["held"],
                    "level": own["held"],
                }
            )
    return pd.DataFrame(rows)


def _against(own, base):
    found = {
        name: own.get(name, np.nan) - base.get(name, np.nan)
        for name in ("held", "auc", "log_loss")
    }
    gaps = [each["train"] - each["held"] for each in (own, base)]
    return found | {"gap": gaps[0] - gaps[1], "base_gap": gaps[1]}


def by_set(frame, columns):
    """Average seeds within cells, then cells within sets."""
    cells = frame.groupby(CELL, sort=False)[columns].mean()
    return cells.groupby(level=["task", "dataset"]).mean()


def points(values):
    """Return a mean in points, with its interval."""
    values = 100 * np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return interval(values) if len(values) else "-"


def halves(frame):
    """Name the sets of both collections, dealt within each task."""
    found = {"A": [], "B": []}
    for _, part in frame.groupby("task"):
        dealt = collections(part["dataset"].unique())
        for name in found:
            found[name] += dealt[name]
    return found


def table_of_arms(frame):
    """Gain of each arm, by collection, with what else changes."""
    sides = halves(frame)
    for arm in ARMS:
        part = frame[frame["arm"] == arm]
        if not len(part):
            continue
        means = by_set(part, [*MEASURES, "members", "base_gap"])
        held = means["held"]
        names = means.index.get_level_values("dataset")
        yield [
            arm,
            len(part),
            *(points(held[names.isin(sides[side])]) for side in "AB"),
            points(held),
            points(means["auc"]),
            points(means["log_loss"]),
            f"{means['gap'].mean() / means['base_gap'].mean():+.0%}",
            f"{means['members'].mean():.0f}",
        ]


def table_of_parts(frame, column):
    """Gain of each committee by family, size or task."""
    for name, part in frame.groupby(column, sort=False):
        cells = []
        for arm in (*COMMITTEES, "three repeats", "equal forest"):
            own = part[part["arm"] == arm]
            cells.append(points(by_set(own, ["held"])["held"]) if len(own) else "-")
        yield [name, *cells]


def guarded(frame, arm, guard):
    """Gains of an arm that falls back to argmax where the guard says so."""
    part = frame[frame["arm"] == arm].copy()
    stands = np.array([GUARDS[guard](*each) for each in part["better"]], dtype=bool)
    part.loc[~stands, list(MEASURES)] = 0.0
    return part.assign(stands=stands)


def table_of_guards(frame):
    """Say what guards do to each committee: gain, worst family, how often it stands."""
    for arm in COMMITTEES:
        for guard in GUARDS:
            part = guarded(frame, arm, guard)
            family, worst = worst_family(part)
            means = by_set(part, ["held", "gap", "base_gap"])
            yield [
                arm,
                guard,
                points(means["held"]),
                f"{100 * worst:+.2f} ({family})",
                f"{means['gap'].mean() / means['base_gap'].mean():+.0%}",
                f"{part['stands'].mean():.0%}",
            ]


def table_of_choice(frame):
    """Judge each committee with each guard by the protocol: on A, then on B.

    Guards come in the order in which they are tried.
    """
    sides = halves(frame)
    on = {side: frame["dataset"].isin(names) for side, names in sides.items()}
    for guard in GUARDS:
        for arm in COMMITTEES:
            parts = {side: guarded(frame[on[side]], arm, guard) for side in "AB"}
            means = {side: by_set(part, list(MEASURES)) for side, part in parts.items()}
            first, second = (means[side]["held"].mean() for side in "AB")
            gap = means["A"]["gap"].mean()
            family, worst = worst_family(parts["A"])
            low = lower_end(pd.concat(means.values())["held"])
            chosen = gap <= 0 and worst >= -MOST_HARM
            holds = low > LEAST_GAIN and first > 0 and second >= first / 2
            yield [
                guard,
                arm,
                f"{100 * first:+.2f}",
                f"{100 * gap:+.2f}",
                f"{100 * worst:+.2f} ({family})",
                "yes" if chosen else "no",
                f"{100 * second:+.2f}",
                f"{100 * low:+.2f}",
                "yes" if chosen and holds else "no",
            ]


def worst_family(part):
    """Return the family that an arm gains least on, and what it gains."""
    gains = {
        name: by_set(own, ["held"])["held"].mean()
        for name, own in part.groupby("family")
    }
    worst = min(gains, key=gains.get)
    return worst, gains[worst]


def lower_end(values):
    """Lower end of the 95 % interval of a mean over sets."""
    values = np.asarray(values, dtype=float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    return values.mean() - stats.t.ppf(0.975, len(values) - 1) * error


def table_of_harm(frame):
    """How often an arm is worse than the own settings, and its gain over argmax."""
    index = [*CELL, "seed"]
    argmax = frame[frame["arm"] == "argmax"].set_index(index)
    for arm in ("argmax", "default rule", *COMMITTEES):
        part = frame[frame["arm"] == arm]
        worse = part["level"] < part["own"] - HURT
        yield [arm, "-", f"{worse.mean():.1%}", points(by_set(part, ["held"])["held"])]
    own = frame[frame["arm"] == "own settings"].set_index(index)
    for name, taken in _guards_of_own(own):
        held = np.where(taken, argmax["level"].reindex(own.index), own["level"])
        gain = pd.DataFrame({"held": held - argmax["level"].reindex(own.index)})
        worse = held < own["level"] - HURT
        means = by_set(gain.reset_index(), ["held"])["held"]
        yield ["argmax", name, f"{np.mean(worse):.1%}", points(means)]


def _guards_of_own(own):
    """Where rows find argmax better than the own settings, by several standards."""
    better = np.array(own["better"].tolist(), dtype=float)
    is_class = own.index.get_level_values("task") == "classification"
    hits, hits_se, loss, loss_se = better.T
    gain = np.where(is_class, -hits, -loss)
    error = np.where(is_class, hits_se, loss_se)
    for n_errors in (0.0, 0.5, 1.0, 1.645):
        yield f"own settings unless better by {n_errors:g} se", gain > n_errors * error


def report(raw, results):
    """Write the page, and return it."""
    records = read_packed(raw, results / "committee.jsonl.xz")
    if not records:
        return "Nothing collected."
    frame = frame_of(records)
    arms = ["arm", "searches", "A", "B", "all", "AUC", "log loss", "gap", "members"]
    parts = [*COMMITTEES, "three repeats", "equal forest"]
    lines = [
        "# Committees of fold models against argmax",
        "",
        "Change against argmax refitted in points (hundredths): accuracy or R2 of rows "
        "held out, by collection and for all sets with 95 % intervals; area under the "
        "curve; log loss (less is better); gap, relative. Protocol: "
        "`benchmarks/quality/committee.py`.",
        "",
        *markdown(arms, table_of_arms(frame)),
    ]
    for column in ("family", "n_train", "task"):
        lines += ["", f"By {column}:", ""]
        lines += markdown([column, *parts], table_of_parts(frame, column))
    lines += [
        "",
        "Guards hand argmax over unless the rows show that the committee is better:",
        "",
        *markdown(
            ["committee", "guard", "gain", "worst family", "gap", "stands"],
            table_of_guards(frame),
        ),
        "",
        "The choice, in points: the gap on A must not be larger than that of argmax, "
        f"and no family there lose more than {100 * MOST_HARM:g}; then the lower end "
        f"of the interval over all sets must be above {100 * LEAST_GAIN:g}, and the "
        "gain on B at least half of that on A.",
        "",
        *markdown(
            [
                "guard",
                "committee",
                "gain on A",
                "gap on A",
                "worst family on A",
                "may be chosen",
                "gain on B",
                "lower end, all",
                "confirmed",
            ],
            table_of_choice(frame),
        ),
        "",
        f"Searches that end worse than the own settings by {100 * HURT:g} points or "
        "more:",
        "",
        *markdown(["arm", "guard", "worse", "against argmax"], table_of_harm(frame)),
    ]
    page = "\n".join(lines) + "\n"
    (results / "committee.md").write_text(page, encoding="utf-8")
    return page
