"""False alarms and harm on untouched data: what is known of them, and the tables."""

import csv
import gzip
import json
from collections import Counter

import pandas as pd
from scipy import stats

from benchmarks.quality._collect import read_records, search_of
from benchmarks.quality._report import pack
from benchmarks.quality._tables import markdown
from benchmarks.quality._untouched import OWN

BUDGET, OVER = 10, 1.2
MARGIN, AREA = 0.02, 0.7
SAYS = {
    "harmful_gap": "harmful",
    "harmless_gap": "harmless",
    "no_cause_found": "harmless",
    "underfitting": "harmless",
    "too_little_data": "harmless",
}

COPIES = "1 % of the rows of the source or more equal another one"
CONFLICTS = "1 % of its rows or more equal a row of another target"
RARE = "the rarest class has less than half of an even share"
MANY_COPIES = (
    "breast_cancer_ljubljana",
    "caravan",
    "concrete",
    "forest_fires",
    "kc1",
    "phoneme",
    "spambase",
    "titanic",
    "triazines",
    "airline_tweets",
    "notmnist_10k",
    "trec",
)
MANY_CONFLICTS = ("breast_cancer_ljubljana", "caravan", "kc1", "titanic")
IMBALANCED = ("bank_marketing", "caravan", "kc1")
RARE_IN_MANY = ("car", "glass", "trec", "airline_tweets")
NEARLY_SOLVED = ("mushroom", "car", "breast_cancer_wdbc", "vowel", "bundled_digits")
#: Code -> set -> what is known of its source, so that the finding is true.
DOCUMENTED = {
    "SKO204": dict.fromkeys(MANY_COPIES, COPIES),
    "SKO402": dict.fromkeys(MANY_CONFLICTS, CONFLICTS),
    "SKO403": dict.fromkeys((*IMBALANCED, *RARE_IN_MANY), RARE),
    "SKO405": dict.fromkeys(IMBALANCED, RARE),
    "SKO202": {"vowel": "15 speakers"},
    "SKO205": {
        "vowel": "15 speakers",
        "geographical_music": "many tracks of each of 33 places",
        "concrete": "mixtures tested at several ages",
        "airfoil_noise": "one set-up at many frequencies",
        "satimage": "windows of one picture that overlap",
        "kc1": COPIES,
        "caravan": COPIES,
    },
    "SKO209": {
        "airfoil_noise": "columns centred at the source",
        "forest_fires": "columns centred at the source",
        "geographical_music": "columns standardized at the source",
    },
    "SKO213": dict.fromkeys(NEARLY_SOLVED, "nearly solved"),
}
SMALL_PART = "SKO406"
"""True by itself where the own test part has fewer than 200 rows."""

UNSTABLE, SPREAD = "SKO110", 0.03


# -------------------------------------------------------------------------- the summary
def alarms_of(record, codes):
    """Codes that are present without being true of the source."""
    small = record["n_own"] < OWN[1]
    return [
        code
        for code in record["present"]
        if code in codes
        and record["dataset"] not in DOCUMENTED.get(code, ())
        and not (code == SMALL_PART and small)
        and not (code == UNSTABLE and record["seed_spread"] >= SPREAD)
    ]


def share(hits, n):
    """Share with its 95 % interval, as text."""
    if not n:
        return "-"
    low, high = stats.binomtest(hits, n).proportion_ci()
    return f"{hits} of {n}, {100 * hits / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def alarm_rows(records, codes):
    """Rows of a table, one for each code of the counted kinds."""
    rows = []
    for code in codes:
        asked = judged(records, code)
        alarms = [r for r in asked if code in alarms_of(r, codes)]
        true = sum(code in r["present"] for r in asked) - len(alarms)
        unknown = sum(r["status"].get(code) == "not_measured" for r in records)
        sets = ", ".join(sorted({r["dataset"] for r in alarms}))
        rows.append([code, share(len(alarms), len(asked)), true, unknown, sets])
    return rows


def judged(records, code):
    """List the reports that judged a cause; in the others it cannot be present."""
    return [r for r in records if r["status"].get(code) in ("present", "absent")]


def write_rates(records, codes, path):
    """Write the false alarms of each code for the pages of the causes."""
    rows = []
    for code in codes:
        asked = judged(records, code)
        alarms = sum(code in alarms_of(r, codes) for r in asked)
        rows += [(code, "none", alarms, len(asked))] if asked else []
    frame = pd.DataFrame(rows, columns=["code", "dose", "present", "of"])
    frame.to_csv(path, index=False, lineterminator="\n")


def any_alarm(records, codes, severities):
    """Share of reports with any alarm of some severities."""
    hits = sum(
        any(r["present"][code][0] in severities for code in alarms_of(r, codes))
        for r in records
    )
    return share(hits, len(records))


def true_harm(truth):
    """Say what the held-out rows say: harmful, harmless or unknown."""
    large = truth["gain"] >= MARGIN * truth["range"]
    if not large:
        return "harmless"
    return "harmful" if truth["gain"] > 1.96 * truth["std_error"] else "unknown"


def harm_frame(records, flags):
    """Verdict and truth of each report that has both, and what skore says."""
    return pd.DataFrame(
        [
            {
                "dataset": r["dataset"],
                "family": r["family"],
                "verdict": r["verdict"],
                "says": SAYS.get(r["verdict"], "no decision"),
                "truth": true_harm(r["truth"]),
                "gap": r["train"] - r["test"],
                "gain": r["truth"]["gain"],
                "half": 1.96 * r["truth"]["std_error"],
                "range": r["truth"]["range"],
                "area": r["truth"]["auc"],
                "no_signal": "SKO105" in r["present"] or r["verdict"] == "no_signal",
                "skore": flags.get((r["dataset"], r["family"])),
            }
            for r in records
            if "truth" in r
        ]
    )


def skore_flags(path):
    """Set and model -> what skore's check of overfitting says; {} without the file."""
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as stream:
        return {
            (row["dataset"], row["family"]): "harmful"
            if "SKD001" in row["flags"].split()
            else "harmless"
            for row in csv.DictReader(stream)
        }


def balanced_accuracy(frame, says):
    """Say how often harmful and harmless gaps are called so, and the mean of both."""
    known = frame[frame[says].isin(["harmful", "harmless"])]
    known = known[known["truth"] != "unknown"]
    right = (known[says] == known["truth"]).groupby(known["truth"])
    shares = ", ".join(f"{k} {share(int(v.sum()), len(v))}" for k, v in right)
    return f"{right.mean().mean():.2f} ({shares})"


def harm_table(frame):
    """Count verdicts against the truth."""
    counts = pd.crosstab(frame["verdict"], frame["truth"])
    titles = ["verdict", *(f"truly {truth}" for truth in counts.columns)]
    return markdown(titles, [[name, *line] for name, line in counts.iterrows()])


def gain_cell(row):
    """Held-out gain in points with its interval."""
    return f"{100 * row.gain:+.1f} ± {100 * row.half:.1f}"


# ----------------------------------------------------------------------------- the page
def read_all(raw, packed):
    """Read the raw records, which are packed first, or else the packed ones."""
    if raw.is_file():
        pack(raw, packed)
        return read_records(raw)
    with gzip.open(packed, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def write_page(raw, folder, codes, planned):
    """Write the page and the rates of the causes; `planned` is all that should run."""
    records = read_all(raw, folder / "untouched.jsonl.gz")
    frame = harm_frame(records, skore_flags(folder / "untouched_skore.csv"))
    lines = [
        "# False alarms and harm on untouched data",
        "",
        "The protocol is in `benchmarks/quality/untouched.py`.",
        "",
        *coverage_lines(records, planned),
        *alarm_lines(records, codes),
        *(harm_lines(frame) if len(frame) else ()),
        *budget_lines(records),
        *verdict_lines(records),
    ]
    write_rates(records, codes, folder / "cause_false_alarms.csv")
    (folder / "untouched_tables.md").write_text("\n".join(lines), encoding="utf-8")
    return f"{len(records)} reports"


def coverage_lines(records, planned):
    """Say what was run and what was not."""
    done = {search_of(record) for record in records}
    left = [search for search in planned if search not in done]
    models = Counter(search.family for search in left)
    names = ", ".join(f"{n} {family}" for family, n in sorted(models.items()))
    left = f" Not run: {names}." if left else ""
    return [
        f"{len(done)} of {len(done) + sum(models.values())} planned reports.{left}",
        "",
    ]


def alarm_lines(records, codes):
    """Section of false alarms."""
    sets = len({r["dataset"] for r in records})
    severities = ("info", "warning", "serious")
    loud = any_alarm(records, codes, severities[1:])
    titles = ["code", "false alarms", "true", "not measured", "sets with alarms"]
    return [
        f"## False alarms: {len(records)} reports on {sets} sets",
        "",
        f"Reports with any alarm: {any_alarm(records, codes, severities)}; with a "
        f"warning or a serious one: {loud}.",
        "",
        *markdown(titles, alarm_rows(records, codes)),
        "",
    ]


def harm_lines(frame):
    """Section of harm."""
    decides = (frame["says"] != "no decision") & (frame["truth"] != "unknown")
    sees = frame[frame["area"] >= AREA]
    rows = [
        [r.dataset, r.family, f"{100 * r.gap:.1f}", gain_cell(r), r.truth, r.verdict]
        + ([r.skore or "-"] if frame["skore"].notna().any() else [])
        for r in frame.sort_values(["family", "dataset"]).itertuples()
    ]
    titles = ["set", "model", "gap", "held-out gain", "truth", "verdict", "skore"]
    page = [
        f"## Harm: {len(frame)} reports on {frame['dataset'].nunique()} sets",
        "",
        f"{decides.sum()} verdicts decide where the truth is known. Balanced accuracy "
        f"{balanced_accuracy(frame, 'says')}.",
        "",
        f"No signal where the held-out area is {AREA} or more: "
        f"{share(int(sees['no_signal'].sum()), len(sees))}.",
        "",
    ]
    if frame["skore"].notna().any():
        both = frame[decides & frame["skore"].notna()]
        page += [
            "skore's check of overfitting, where a verdict decides: "
            f"{balanced_accuracy(both, 'skore')}; on all: "
            f"{balanced_accuracy(frame, 'skore')}.",
            "",
        ]
    page += [*harm_table(frame), "", "In points (hundredths):", ""]
    return [*page, *markdown(titles[: len(rows[0])], rows), ""]


def budget_lines(records):
    """Section of reports with a budget."""
    short = [r for r in records if r["family"].endswith("10s")]
    late = [r for r in short if r["seconds"] > OVER * BUDGET]
    names = ", ".join(f"{r['dataset']} {r['family']} {r['seconds']} s" for r in late)
    return [
        f"## Budget of {BUDGET} s: {len(short)} reports, {len(late)} late",
        "",
        names or "None was late.",
        "",
    ]


def verdict_lines(records):
    """Section of all verdicts of whole reports."""
    rows = [
        [r["dataset"], r["family"], r["train"], r["test"], r["verdict"], r["headline"]]
        for r in sorted(records, key=lambda r: (r["dataset"], r["family"]))
        if r["whole"]
    ]
    titles = ["set", "model", "train", "test", "verdict", "headline"]
    return ["## Verdicts of whole reports", "", *markdown(titles, rows), ""]
