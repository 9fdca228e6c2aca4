"""Treat cells again with a longer budget, where the study kept the given model.

python -m benchmarks.quality._treatment_longer collect --minutes 30

With 200 rows a gain is often there but not proven, and within 20 seconds there is time
for one or two of the four passes that a proof may take. What of these gains do 60
seconds prove? The arm is `longer`, in the tables of `benchmarks.quality.treatment`.
"""

import sys
import warnings

import pandas as pd

from benchmarks.quality import _treatment as treatment
from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import BUNDLED
from benchmarks.quality._study import Study, command_line, places
from benchmarks.quality._treatment_summary import flat
from benchmarks.quality.treatment import BUDGET, SMOKE_BUDGET, measured, treated

LONGER = 60.0


def run(search, X, y):
    """Scores with the longer budget."""
    data = treatment.draw(X, y, search)
    budget = SMOKE_BUDGET if search.dataset in BUNDLED else LONGER
    model = treated(search, treatment.given_model(search), "proven", budget)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {"arms": {"longer": measured(model, data)}, "budget": BUDGET}


def planned_searches():
    """Cells of the study whose given model was kept, in its order."""
    raw, results = places(smoke=False)
    raw = raw / "treatment.jsonl"
    if raw.is_file():
        table = pd.DataFrame(flat(read_records(raw)))
    else:
        table = pd.read_csv(results / "treatment.csv")
    kept = table[(table.arm == "proven") & (table.accepted.astype(str) == "False")]
    return [
        Search(*row, seed=0, task=task)
        for *row, task in kept[["dataset", "family", "n_train", "task"]].values
    ]


def report(raw, folder):
    """Say what is there; the tables are those of the study."""
    return f"{raw} is summarized by benchmarks.quality.treatment"


if __name__ == "__main__":
    study = Study(
        "treatment_longer",
        planned_searches,
        treatment.smoke_cells,
        run,
        report,
        treatment.load,
    )
    sys.exit(study.execute(command_line(__doc__, minutes=30).parse_args()))
