"""An own test part, a time column and words for splits on the command line."""

import json

import numpy as np
import pandas as pd
import pytest

from skoverfit import cli


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)

    def part(n):
        a = rng.normal(size=n)
        y = np.where(a + rng.normal(size=n) > 0, "yes", "no")
        days = pd.date_range("2024-01-01", periods=n)[rng.permutation(n)]
        return pd.DataFrame({"a": a, "b": rng.normal(size=n), "day": days, "y": y})

    part(80).to_csv("train.csv", index=False)
    part(40).to_csv("test.csv", index=False)
    part(40).drop(columns="b").to_csv("narrow.csv", index=False)
    return tmp_path


def run(*options):
    base = ["diagnose", "train.csv", "--target", "y", "--model", "tree"]
    return cli.main([*base, "--budget", "5s", "--json", "out.json", *options])


def test_the_flags_reach_the_diagnosis(files):
    flags = ["--test", "test.csv", "--time", "day", "--cv", "time:3"]
    assert run(*flags, "--scoring", "roc_auc", "--scoring", "accuracy") == 0
    evidence = json.loads((files / "out.json").read_text())["evidence"]
    assert evidence["decomposition"]["n_test"] == 40
    assert evidence["n_features"] == 2
    assert evidence["cv"] == "TimeSeriesSplit(3), rows in the order of time"
    assert evidence["scoring"] == "roc_auc"
    assert [score["name"] for score in evidence["other_scores"]] == ["accuracy"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--test", "narrow.csv"], "narrow.csv has no column 'b'"),
        (["--test", "absent.csv"], "absent.csv"),
        (["--time", "when"], "'when' is not a column"),
        (["--cv", "sideways"], "--cv 'sideways' must be"),
    ],
)
def test_bad_input_is_one_line(files, capsys, options, message):
    assert run(*options) == 2
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    assert message in shown
