"""The command line's path over every table of the shared collection.

All sets run on a sample of their rows within a short budget, which leaves little more
than the core measurements: no crash, a verdict, a valid report. Where something is
known about a set, it is asked for on all its rows.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from skoverfit import OverfitReport, diagnose
from skoverfit.cli._models import resolve_model
from skoverfit.cli._tables import read_table
from skoverfit.cli._task import infer_task
from skoverfit.diagnosis import report_schema

N_SETS = 34
N_ROWS = 240
N_SPLITS = 3


def _names():
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SKOVERFIT_DATA", default))
    index = folder / "index.csv"
    if not index.exists():
        return ["collection"]  # the fixture skips the one test with its reason
    table = pd.read_csv(index)
    return table.loc[table.iloc[:, 1] == "tabular"].iloc[:, 0].tolist()


class _Table(NamedTuple):
    X: pd.DataFrame
    y: pd.Series
    task: str


def _read(folder, name):
    table = read_table(str(folder / "tabular" / f"{name}.csv.gz"), "target")
    return _Table(table.X, table.y, infer_task(table.y, N_SPLITS))


@pytest.mark.collection
@pytest.mark.parametrize("name", _names())
@pytest.mark.filterwarnings("ignore")  # of the models on small samples; the CLI counts
def test_every_table_gets_a_report(shared_data, name):
    table = _read(shared_data, name)
    rows = table.X.sample(min(N_ROWS, len(table.X)), random_state=0).index
    X, y = table.X.loc[rows].reset_index(drop=True), table.y.loc[rows]
    if table.task == "classification":  # a sample may leave too little of a class
        kept = (y.groupby(y).transform("size") >= 5).to_numpy()
        X, y = X[kept], y[kept]
    model = resolve_model("random_forest", table.task, X=X)
    report = diagnose(model.estimator, X, y, cv=N_SPLITS, budget="1s", random_state=0)
    assert report.verdict.code
    document = json.loads(report.to_json())
    jsonschema.validate(document, report_schema())
    assert OverfitReport.from_dict(document).to_dict() == document


@pytest.mark.slow
def test_the_collection_is_whole(shared_data):
    assert len(_names()) == N_SETS


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_almost_no_signal_is_said(shared_data):
    table = _read(shared_data, "forest_fires")
    model = resolve_model("random_forest", table.task, X=table.X)
    options = {"causes": ["no_signal"], "budget": "15s", "random_state": 0}
    report = diagnose(model.estimator, table.X, table.y, **options)
    assert report.verdict.code in {"no_signal", "cannot_tell"}
    assert report.evidence.over_baseline.mean < 0.05


@pytest.mark.slow
def test_repeated_rows_are_found(shared_data):
    table = _read(shared_data, "kc1")
    X = table.X.to_numpy()
    tree = DecisionTreeClassifier(random_state=0)
    report = diagnose(tree, X, table.y, causes=["SKO204"], random_state=0)
    found = {f.name: f for f in report.findings}["duplicates"]
    assert found.status == "present"
    assert report.evidence.duplicates.n_duplicated >= 890


@pytest.mark.slow
def test_groups_change_the_answer(shared_data):
    """Rows of one speaker on both sides of a split flatter the score."""
    X, y, _ = _read(shared_data, "vowel")
    speakers = X["Speaker_Number"]
    X = X.select_dtypes("number")
    tree = DecisionTreeClassifier(random_state=0)
    mixed = diagnose(
        tree,
        X,
        y,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        causes=["SKO102"],
        random_state=0,
    )
    options = {"groups": speakers, "causes": ["SKO102"], "random_state": 0}
    grouped = diagnose(tree, X, y, **options)
    lost = mixed.evidence.model.gap.mean_test - grouped.evidence.model.gap.mean_test
    assert lost > 0.1
