"""Summarize the study of planted causes: hits, and what was named instead."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.quality._collect import read_records
from benchmarks.quality._planted import DOSES, all_situations
from benchmarks.quality._planted_tools import ABOUT, names_it
from benchmarks.quality._tables import markdown

#: What the user came with; takes no place where it is not what was planted.
SYMPTOMS = ("SKO102", "SKO213")
KEEP = ["dataset", "family", "seed", "task", "table", "seconds", "verdict"]


def places(record):
    """Codes that are present, as the report listed them, without the symptoms."""
    situation = all_situations()[record["dataset"]]
    own = (*situation.codes, *situation.equal)
    codes = [one["code"] for one in record["present"]]
    return [code for code in codes if code in own or code not in SYMPTOMS]


def judged(record):
    """Say where in the report the planted causes stand."""
    situation = all_situations()[record["dataset"]]
    if len(situation.codes) > 1:
        wanted = [{code} for code in situation.codes]
    else:
        wanted = [{*situation.codes, *situation.equal}]
    codes = places(record)
    return {
        **{name: record[name] for name in KEEP},
        "found": " ".join(codes),
        **standing(codes, wanted),
    }


def standing(codes, wanted):
    """Whether what is wanted leads, is among three, or is there at all."""
    return {
        "first": any(codes[:1] and codes[0] in names for names in wanted),
        "three": all(names.intersection(codes[:3]) for names in wanted),
        "present": all(names.intersection(codes) for names in wanted),
    }


def share(hits):
    """Share of hits, in per cent, with the interval of Clopper and Pearson."""
    k, n = int(np.sum(hits)), len(hits)
    if not n:
        return "-"
    low = stats.beta.ppf(0.025, k, n - k + 1) if k else 0.0
    high = stats.beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return f"{k / n:.0%} ({low:.0%} to {high:.0%})"


def by_dose(table):
    """Rows of a table: hits of each dose and seed, all situations alike."""
    kinds = ("first", "three", "present")
    for dose in DOSES:
        part = table[table["family"] == dose]
        for name, rows in parts_of(part, dose):
            yield [name, len(rows), *(share(rows[kind]) for kind in kinds)]


def parts_of(part, dose):
    """Divide reports of a dose: all, and by seed."""
    if not len(part):
        return
    yield dose, part
    if part["seed"].nunique() > 1:
        for seed in sorted(part["seed"].unique()):
            yield f"{dose}, {seed}", part[part["seed"] == seed]


def by_situation(table, tools):
    """Rows of a table: what each situation is, and its hits at each dose."""
    for name, situation in all_situations().items():
        part = table[table["dataset"] == name]
        if not len(part):
            continue
        codes = " + ".join(situation.codes)
        equal = f" (or {', '.join(situation.equal)})" if situation.equal else ""
        named = [
            counted([names_it(one) for one in records if one["dataset"] == name])
            for records in tools.values()
        ]
        yield [name, codes + equal, *(cell(part, dose) for dose in DOSES), *named]


def counted(hits):
    """How many of how many; a dash for none."""
    return f"{sum(hits)} of {len(hits)}" if hits else "-"


def cell(part, dose):
    """First, among three, anywhere, of how many."""
    rows = part[part["family"] == dose]
    counts = [str(int(rows[kind].sum())) for kind in ("first", "three", "present")]
    return f"{' / '.join(counts)} of {len(rows)}" if len(rows) else "-"


def beside(table, tools):
    """Rows of a table: other tools, and the report on the cases that they had."""
    for tool, records in tools.items():
        cases = {(one["dataset"], one["seed"]) for one in records}
        high = table[table["family"] == "high"]
        keys = list(zip(high["dataset"], high["seed"], strict=True))
        same = high[[key in cases for key in keys]]
        own = [one for one in records if (one["dataset"], one["seed"]) in set(keys)]
        yield [
            tool,
            len(own),
            share([names_it(one) for one in own]),
            counted([bool(one["error"]) for one in own]),
            share(same["present"]),
            share(same["first"]),
        ]


def losses(table):
    """Rows of a table: reports at the high dose in which the cause does not lead."""
    lost = table[(table["family"] == "high") & ~table["first"]]
    for row in lost.itertuples():
        codes = " + ".join(all_situations()[row.dataset].codes)
        yield [row.dataset, row.table, row.seed, codes, row.found or "nothing"]


def page(table, tools):
    """Lines of the page of results."""
    kinds = ["first", "among three", "present"]
    yield "# Does the report name a planted cause?"
    yield ""
    yield (
        "Reports in which the planted cause leads, is among the first three, or is "
        "present at all, with intervals of Clopper and Pearson. The protocol is in "
        "`benchmarks/quality/planted_causes.py`; figures are of the tables that "
        "confirm. What is missing was not run."
    )
    yield ""
    yield from markdown(["dose, seed", "reports", *kinds], by_dose(table))
    yield ""
    if tools:
        yield (
            "Other tools on the same cases at the high dose: how often any check that "
            "fails is about the planted cause (`ABOUT` in `_planted_tools.py`), beside "
            "this report on these cases. Their checks have no order."
        )
        yield ""
        own = ["present here", "first here"]
        titles = ["tool", "cases", "names it", "errors", *own]
        yield from markdown(titles, beside(table, tools))
        yield ""
    yield "By situation: first / among three / present, of the reports of that dose."
    yield ""
    titles = ["situation", "planted", *DOSES, *(f"named by {tool}" for tool in tools)]
    yield from markdown(titles, by_situation(table, tools))
    yield ""
    yield "Reports at the high dose in which it does not lead, and what they found:"
    yield ""
    yield from markdown(
        ["situation", "table", "seed", "planted", "in the order of the report"],
        losses(table),
    )
    yield ""


def power(records):
    """Count, for each code and dose, how often it was planted and is present."""
    counts = {}
    for record in records:
        found = {one["code"] for one in record["present"]}
        for code in all_situations()[record["dataset"]].codes:
            if code in record["asked"]:
                counts.setdefault((code, record["family"]), []).append(code in found)
    return [
        [code, dose, sum(counts[code, dose]), len(counts[code, dose])]
        for code in sorted({code for code, _ in counts})
        for dose in DOSES
        if (code, dose) in counts
    ]


def packed(raw, committed):
    """Read what was collected, and keep it; or else what was kept before."""
    if raw.is_file():
        records = read_records(raw)
        lines = [json.dumps(one, separators=(",", ":")) + "\n" for one in records]
        committed.write_text("".join(lines), encoding="utf-8")
    return read_records(committed)


def report(raw: Path, folder: Path) -> str:
    """Write the tables and return a line about them."""
    records = packed(raw, folder / "planted_causes.jsonl")
    table = pd.DataFrame([judged(record) for record in records])
    others = packed(
        raw.with_name("planted_tools.jsonl"), folder / "planted_tools.jsonl"
    )
    tools = {
        tool: [one for one in others if one["family"] == tool]
        for tool in ABOUT
        if any(one["family"] == tool for one in others)
    }
    text = "\n".join(page(table, tools))
    (folder / "planted_causes.md").write_text(text, encoding="utf-8")
    rates = pd.DataFrame(power(records), columns=["code", "dose", "present", "of"])
    rates.to_csv(folder / "cause_power.csv", index=False, lineterminator="\n")
    return f"{len(table)} reports"
