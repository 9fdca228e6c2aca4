"""``skoverfit treat``: models, code and predictions, and what is said without them."""

import errno
import io
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skoverfit import cli
from skoverfit.cli import _treat

# More time than it takes on any machine: the clock decides nothing.
TREAT = ["treat", "data.csv", "--target", "answer", "--model", "tree", "--budget", "1h"]
QUICK = [*TREAT, "--remedy", "linear"]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of its own with tables that a linear model reads better than a tree."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(260, 4)).round(3)
    answer = np.where(columns.sum(axis=1) + rng.normal(size=260) > 0, "yes", "no")
    table = pd.DataFrame(columns, columns=list("abcd")).assign(answer=answer)
    table[:160].to_csv("data.csv", index=False)
    table[160:].to_csv("test.csv", index=False)
    table[160:].drop(columns="answer").to_csv("new.csv", index=False)
    return table[160:]


def test_code_and_predictions_are_those_of_the_better_model(data, capsys):
    files = ["--code", "model.py", "--predict", "new.csv", "--predictions", "out.csv"]
    assert cli.main([*QUICK, "--test", "test.csv", *files]) == 0
    shown = capsys.readouterr()
    assert "replaced: a proven gain" in shown.out
    assert "regularized linear model" in shown.out
    assert "Wrote model.py\nWrote out.csv" in shown.err
    predicted = pd.read_csv("out.csv")
    names = {}
    exec(Path("model.py").read_text(), names)
    again = names["estimator"].predict(data.drop(columns="answer"))
    assert list(again) == list(predicted["answer"])
    score = np.mean(again == data["answer"])
    assert f"On the test part: {score:.3f} accuracy" in shown.out
    chances = predicted[["P(no)", "P(yes)"]]
    assert chances.sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_column_that_gives_the_answer_away_is_left_out_of_the_code(data, capsys):
    table = pd.read_csv("data.csv")
    table["paid"] = 3.0 * (table["answer"] == "yes") + table["a"] / 10
    table.to_csv("data.csv", index=False)
    files = ["--code", "model.py", "--predict", "data.csv", "--predictions", "out.csv"]
    assert cli.main([*QUICK, *files]) == 0
    shown = capsys.readouterr().out
    assert "Left out of the data: 'paid'." in shown
    assert "(--trust paid)" in shown
    script = Path("model.py").read_text()
    assert "# Left out: 'paid', which gives the answer away." in script
    names = {}
    exec(script, names)
    assert list(names["estimator"].predict(table)) == list(
        pd.read_csv("out.csv")["answer"]
    )
    assert cli.main([*QUICK, "--trust", "paid"]) == 0
    assert "Left out" not in capsys.readouterr().out


def test_the_quiet_command_says_the_result_only(data, capsys):
    assert cli.main([*QUICK, "--quiet"]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert shown.err == ""


def test_one_score_of_the_own_choice_is_raised(data, capsys):
    assert cli.main([*QUICK, "--scoring", "roc_auc"]) == 0
    assert "roc_auc" in capsys.readouterr().out
    several = ["--scoring", "f1", "--scoring", "roc_auc"]
    assert cli.main([*QUICK, *several]) == 2
    assert "--scoring is given 2 times (f1, roc_auc)" in capsys.readouterr().err


@pytest.mark.skipif(find_spec("skops") is None, reason="skops is not installed")
def test_the_model_is_written_by_skops(data):
    import skops.io

    files = ["--predict", "new.csv", "--predictions", "out.csv"]
    assert cli.main([*QUICK, "--out", "model.skops", *files]) == 0
    types = skops.io.get_untrusted_types(file="model.skops")
    assert all(name.startswith(("skoverfit.", "sklearn.", "skrub.")) for name in types)
    model = skops.io.load("model.skops", trusted=types)
    predicted = pd.read_csv("out.csv")["answer"]
    assert list(model.predict(data.drop(columns="answer"))) == list(predicted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--accept", "surely"], "--accept 'surely' must be proven, likely or best"),
        (["--code", "nowhere/model.py"], "cannot write nowhere/model.py"),
        (["--code", "data.csv"], "writing data.csv would replace the data"),
        (["--code", "x", "--out", "x"], "--out and --code name the same file x"),
        (["--predict", "new.csv"], "--predictions OUT.csv go together"),
        (
            ["--predict", "few.csv", "--predictions", "out.csv"],
            "few.csv has no column 'b'",
        ),
        (
            ["--predict", "odd.csv", "--predictions", "out.csv"],
            "odd.csv: column 'b' holds 'tall', but numbers in the data",
        ),
        (["--remedy", "magic"], "names 'magic'; known are scaled"),
        (["--cv", "1"], "--cv 1 must be at least 2 folds"),
        (["--scoring", "f1"], "f1_macro is about all; else call the classes 0 and 1"),
        (["--scoring", "average_precision"], "]. Call the classes 0 and 1"),
        (["--test", "same.csv"], "same.csv: target 'answer' is constant"),
        (["--target", "yes"], "data.csv has no target column 'yes'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(data, capsys, arguments, message):
    new = data.drop(columns="answer")
    new[["a", "c"]].to_csv("few.csv", index=False)
    new.assign(b="tall").to_csv("odd.csv", index=False)
    data.assign(answer="yes").to_csv("same.csv", index=False)
    assert cli.main([*TREAT, *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert message in lines[-1]


def test_names_of_columns_are_no_code(data):
    table = pd.read_csv("data.csv")
    told = 3.0 * (table["answer"] == "yes") + table["a"] / 10
    table.assign(**{"x\nraise SystemExit": told}).to_csv("data.csv", index=False)
    assert cli.main([*QUICK, "--code", "model.py"]) == 0
    code = Path("model.py").read_text()
    assert "Left out of the data: 'x" in code.splitlines()[0]
    exec(code, {})


def test_the_script_reads_what_the_command_read(data, monkeypatch):
    table = pd.read_csv("data.csv").assign(who=[f"0{k % 9}" for k in range(160)])
    table.loc[:4, "answer"] = None
    text = table.to_csv(index=False, sep=";", decimal=",").encode()
    pipe = SimpleNamespace(buffer=io.BytesIO(text), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", pipe)
    piped = [word.replace("data.csv", "-") for word in QUICK]
    assert cli.main([*piped, "--code", "model.py"]) == 0
    pipe.buffer.seek(0)
    names = {}
    exec(Path("model.py").read_text(), names)
    assert names["X"].shape == (155, 5)
    assert pd.api.types.is_string_dtype(names["X"]["who"])


def test_a_missing_skops_is_named_before_the_work(data, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    monkeypatch.setattr(_treat._run, "load_job", lambda wish: pytest.fail("it began"))
    assert cli.main([*TREAT, "--out", "model.skops"]) == 2
    assert "skoverfit[skops]" in capsys.readouterr().err


def test_a_full_disk_is_named_and_leaves_nothing_behind(data, capsys, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    assert cli.main([*QUICK, "--code", "model.py"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "skoverfit: cannot write model.py: No space left on device."
    assert sorted(path.name for path in Path().iterdir()) == [
        "data.csv",
        "new.csv",
        "test.csv",
    ]


def test_times_and_groups_are_no_features(data, capsys):
    table = pd.read_csv("data.csv")
    table = table.assign(when=pd.date_range("2024-01-01", periods=160), who=range(160))
    table["who"] //= 4
    table.to_csv("data.csv", index=False)
    timed = [*QUICK, "--time", "when", "--drop", "who", "--code", "time.py"]
    assert cli.main(timed) == 0
    assert "'when'" not in Path("time.py").read_text()
    grouped = [*QUICK, "--groups", "who", "--drop", "when", "--code", "groups.py"]
    assert cli.main(grouped) == 0
    names = {}
    exec(Path("groups.py").read_text(), names)
    assert "who" not in names["X"].columns
