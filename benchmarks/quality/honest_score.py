"""Measure how honest ``best_score_`` and its corrections are.

python -m benchmarks.quality.honest_score collect --minutes 25
python -m benchmarks.quality.honest_score summarize
"""

import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._collect import read_packed
from benchmarks.quality._honest_collect import (
    planned_searches,
    run_search,
    smoke_searches,
)
from benchmarks.quality._honest_summary import (
    N_BOOTSTRAPS,
    biases,
    collections,
    coverages,
    judge,
)
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import markdown

ABOUT = f"""Bias: estimate minus held-out accuracy of the refitted choice, in points,
with the standard error over sets (`se`) and the mean over sets of the set's absolute
bias; beside it the bias against the held-out accuracy of the five split models.
Coverage of 95 % intervals in percent, allowing for the noise of the held-out accuracy,
and the plain share. `naive` is the score that the search reports, `leave_out` and
`bootstrap` are the library's estimates ({N_BOOTSTRAPS} bootstrap samples); the plain
ones are without adding back what choosing by less evidence costs, and leave one split
out with the Nadeau-Bengio interval of the left-out scores alone."""


def report(raw, folder):
    """Summarize the raw scores of this machine, or else the committed ones."""
    records = read_packed(raw, folder / "honest_score.jsonl.xz")
    outcomes = judge(records)
    (folder / "honest_score.md").write_text(page(outcomes), encoding="utf-8")
    return f"{len(records)} searches"


def page(outcomes):
    """All tables as one page."""
    parts = ["# Bias and coverage of honest scores", ABOUT]
    for name, part in collections(outcomes).items():
        parts += section(f"{name}, all searches", part)
    for key in ("n_train", "family"):
        for value, part in outcomes.groupby(key):
            parts += section(f"pooled, {key} = {value}", part)
    return "\n\n".join(parts) + "\n"


def section(title, outcomes):
    """Bias and coverage of some searches, by rule."""
    n_searches, n_sets = len(outcomes) // 2, outcomes["dataset"].nunique()
    parts = [f"## {title}: {n_searches} searches on {n_sets} sets"]
    for rule, part in outcomes.groupby("rule"):
        table = biases(part).merge(coverages(part), how="left")
        rows = [[cell(value) for value in row] for row in table.itertuples(index=False)]
        lines = "\n".join(markdown(list(table.columns), rows))
        parts += [f"Chosen by {rule}:", lines]
    return parts


def cell(value):
    """Text, or a number with two decimals; nothing for a missing one."""
    if isinstance(value, str):
        return value
    return "" if value != value else f"{value:.2f}"


if __name__ == "__main__":
    study = Study("honest_score", planned_searches, smoke_searches, run_search, report)
    sys.exit(study.execute(command_line(__doc__, minutes=25).parse_args()))
