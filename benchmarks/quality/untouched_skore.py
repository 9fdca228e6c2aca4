"""Ask skore's check of overfitting about the models of the study of untouched tables.

python -m benchmarks.quality.untouched_skore RECORDS.jsonl untouched_skore.csv

It runs in an environment of its own, with skore and what it needs, and without
skoverfit. The same rows are diagnosed, the own test part is the test part: one
`EstimatorReport`, asked for its check of overfitting, SKD001, alone.
Sets and models are those of the records.
"""

import csv
import json
import sys
import warnings

from benchmarks.quality import _untouched as untouched

OVERFITTING = "SKD001"
FIELDS = ("dataset", "family", "seed", "flags", "version")


def flags(family, task, kind, data):
    """Codes of the checks asked about that find an issue in a model."""
    import skore

    model = untouched.prepared(untouched.base_model(family, task), kind)
    report = skore.EstimatorReport(
        model,
        X_train=data.X,
        y_train=data.y,
        X_test=data.X_test,
        y_test=data.y_test,
    )
    for one in report.checks.available():
        code = one.split(" - ")[0]
        if code != OVERFITTING:  # some fail on some tables
            report.checks.remove(code)
    found = report.checks.summarize().frame(section="issue")
    return sorted(set(found["code"]))


def main(records, target):
    """Ask about each model that has a truth."""
    import skore

    with open(records, encoding="utf-8") as stream:
        asked = [json.loads(line) for line in stream]
    with open(target, "w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(FIELDS)
        for record in (one for one in asked if "truth" in one):
            name, task, seed = (record[key] for key in ("dataset", "task", "seed"))
            X, y = untouched.load(name)
            data = untouched.cut(X, y, name=name, task=task, seed=seed)
            found = flags(record["family"], task, untouched.kind_of(name), data)
            codes = " ".join(found)
            rows.writerow([name, record["family"], seed, codes, skore.__version__])
            stream.flush()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
