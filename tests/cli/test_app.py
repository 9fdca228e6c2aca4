"""The command line: exit codes, messages, files, interrupts."""

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skoverfit import __version__, cli, diagnosis
from skoverfit.cli import _app, _run
from skoverfit.diagnosis import OverfitReport

ROOT = Path(__file__).parents[2]
FAST = ["--model", "tree", "--budget", "0.01s"]
# More than `core_alone` takes on any machine: the clock decides nothing.
STEADY = ["--model", "tree", "--budget", "1h"]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    return pd.DataFrame(
        {
            "x": x.round(3),
            "color": rng.choice(["red", "blue"], 60),
            "patient": np.arange(60) // 4,
            "amount": (x + rng.normal(size=60)).round(3),
            "answer": np.where(x + 0.5 * rng.normal(size=60) > 0, "yes", "no"),
            "rare": ["a"] * 57 + ["b"] * 3,
            "holes": [np.nan, *[1.0, 2.0] * 29, 1.0],
            "constant": "same",
        }
    )


@pytest.fixture
def data(tmp_path, monkeypatch, table):
    """A folder of its own with a table in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    table.to_csv("data.csv", index=False)
    return tmp_path


@pytest.fixture
def core_alone(monkeypatch):
    """Ask about one cause, so that hardly more is measured than the scores."""
    whole = diagnosis.diagnose
    monkeypatch.setattr(
        diagnosis, "diagnose", lambda *a, **k: whole(*a, **k, causes=["SKO204"])
    )


def _files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_report_is_printed_and_written(data, core_alone, capsys, table):
    arguments = ["data.csv", "--target", "answer", *STEADY]
    files = ["--html", "out.html", "--json", "out.json"]
    code = cli.main(["diagnose", *arguments, *files])
    shown = capsys.readouterr()
    assert code == 0
    assert "Verdict" in shown.out
    assert "60 rows · 7 features · 2 classes · 5 splits" in shown.out
    assert "\x1b" not in shown.out
    assert "Wrote out.html\nWrote out.json" in shown.err
    report = OverfitReport.from_json(Path("out.json"))
    assert report.verdict.headline in shown.out.replace("\n", " ")
    assert report.evidence.class_counts == table["answer"].value_counts().to_dict()
    page = Path("out.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert _files(data) == ["data.csv", "out.html", "out.json"]


def test_same_seed_gives_the_same_scores(data, core_alone):
    scores = []
    for name in ("first.json", "second.json"):
        arguments = ["--target", "answer", *STEADY, "--seed", "3", "-q"]
        assert cli.main(["diagnose", "data.csv", *arguments, "--json", name]) == 0
        scores.append(json.loads(Path(name).read_text())["evidence"]["model"])
    for record in scores:
        record.pop("fit_times")
    assert scores[0] == scores[1]


def test_regression_groups_folds_and_scorer_reach_the_diagnosis(data, core_alone):
    arguments = ["data.csv", "--target", "amount", "--groups", "patient", *STEADY]
    scorer = ["--scoring", "neg_mean_absolute_error"]
    code = cli.main(
        ["diagnose", *arguments, *scorer, "--cv", "3", "-q", "--json", "out.json"]
    )
    evidence = json.loads(Path("out.json").read_text())["evidence"]
    assert code == 0
    assert evidence["task"] == "regression"
    assert evidence["scoring"] == "neg_mean_absolute_error"
    assert evidence["n_splits"] == 3
    assert evidence["n_features"] == 6
    assert "GroupKFold" in evidence["cv"]


def test_task_can_be_chosen_and_quiet_prints_the_verdict_alone(data, capsys):
    options = ["--target", "patient", "--task", "regression", *FAST, "-q"]
    assert cli.main(["diagnose", "data.csv", *options, "--json", "out.json"]) == 0
    assert json.loads(Path("out.json").read_text())["evidence"]["task"] == "regression"
    shown = capsys.readouterr()
    assert shown.out.count("\n") == 1
    assert shown.err == ""


def test_own_model_from_the_current_folder(data):
    Path("my_own_model.py").write_text(
        "from sklearn.dummy import DummyClassifier\n"
        "def make(): return DummyClassifier(strategy='most_frequent')\n"
    )
    options = ["--target", "answer", "--model", "my_own_model:make", "-q"]
    code = cli.main(
        ["diagnose", "data.csv", *options, "--budget", "0.01", "--json", "out.json"]
    )
    sys.modules.pop("my_own_model", None)
    evidence = json.loads(Path("out.json").read_text())["evidence"]
    assert code == 0
    assert evidence["estimator"] == "DummyClassifier(strategy='most_frequent')"


def test_demo_answers(monkeypatch, capsys):
    monkeypatch.setattr(_run, "_DEMO_BUDGET", "0.01s")
    assert cli.main(["demo"]) == 0
    assert "569 rows · 30 features · 2 classes" in capsys.readouterr().out


def test_notes_are_counted_not_repeated(data, capsys, table):
    table.to_csv("with_index.csv")
    options = ["diagnose", "with_index.csv", "--target", "answer", *FAST]
    assert cli.main(options) == 0
    notes = [
        line
        for line in capsys.readouterr().err.splitlines()
        if line.startswith("note: ")
    ]
    assert notes == [
        "note: The nameless first column counts the rows and was left out."
    ]


def test_what_was_understood_is_said_and_kept(data, capsys, table):
    table = table.copy()
    table["share"] = [f"{x:.1f}%".replace(".", ",") for x in table["x"]]
    table.to_csv("euro.csv", sep=";", decimal=",", index=False, encoding="cp1252")
    arguments = ["diagnose", "euro.csv", "--target", "answer", "--drop", "rare", *FAST]
    assert cli.main([*arguments, "--json", "out.json"]) == 0
    first, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "Read 60 rows and 7 features (5 numbers, 2 texts) from euro.csv; target "
        "'answer' has 2 classes, so the task is classification (--task changes it); "
        "read as numbers: "
    )
    assert "'x' (decimal commas)" in first
    assert "'share' (percent)" in first
    subject = OverfitReport.from_json(Path("out.json")).subject
    assert subject.reading == first
    assert subject.command == " ".join(["skoverfit", *arguments, "--json out.json"])
    assert (subject.data, subject.target, subject.model) == (
        "euro.csv",
        "answer",
        "tree",
    )
    assert subject.versions["skoverfit"] == __version__


def test_positive_class_of_a_score(data):
    arguments = ["data.csv", "--target", "answer", "--scoring", "f1", *FAST, "-q"]
    arguments += ["--cv", "2"]
    scores = []
    for label in ("yes", "no"):
        files = ["--positive", label, "--json", "out.json"]
        assert cli.main(["diagnose", *arguments, *files]) == 0
        evidence = json.loads(Path("out.json").read_text())["evidence"]
        assert set(evidence["class_counts"]) == {"yes", "no"}
        scores.append(evidence["model"]["gap"]["mean_test"])
    assert scores[0] != scores[1]


HOSTILE = "a\x1b]0;title\x07\u202eb"


def test_names_never_reach_the_terminal_as_control_codes(data, capsys, table):
    table.assign(**{HOSTILE: np.nan}).to_csv(f"{HOSTILE}.csv")
    shown = ""
    for target, files in (("answer", ["--html", f"{HOSTILE}.html"]), (HOSTILE, [])):
        options = ["--target", target, *files, *FAST, "--debug"]
        cli.main(["diagnose", f"{HOSTILE}.csv", *options])
        shown += "".join(capsys.readouterr())
    cli.main(["diagnose", f"{HOSTILE}.nothing", "--target", "answer"])
    shown += capsys.readouterr().err
    assert shown.count("a\ufffd]0;title\ufffd\ufffdb") >= 5
    assert not set("\x1b\x07\u202e") & set(shown)
    page = Path(f"{HOSTILE}.html").read_text(encoding="utf-8")
    assert not set("\x1b\x07\u202e") & set(page)


# -------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv", "--target", "answer"], "missing.csv does not exist"),
        (["datta.csv", "--target", "answer"], "Did you mean 'data.csv'?"),
        ([".", "--target", "answer"], "is a directory"),
        (["junk.csv", "--target", "answer"], "not a table"),
        (["data.csv", "--target", "anwser"], "Did you mean 'answer'?"),
        (["data.csv", "--target", "constant"], "is constant"),
        (["https://x.org/data.csv", "--target", "answer"], "is a URL"),
        (["data.csv", "--target", "answer", "--drop", "colur"], "mean 'color'?"),
        (["data.csv", "--target", "answer", "--drop", "answer"], "the target column"),
        (["data.csv", "--target", "answer", "--text", "colur"], "mean 'color'?"),
        (["data.csv", "--target", "answer", "--positive", "Yes"], "no, yes"),
        (["data.csv", "--target", "amount", "--positive", "1"], "regression"),
        (["data.csv", "--target", "answer", "--scoring", "f1"], "--positive yes"),
        (["data.csv", "--target", "answer", "--sep", "abc"], "--sep"),
        (["data.csv", "--target", "answer", "--decimal", ";"], "--decimal"),
        (["data.csv", "--target", "answer", "--encoding", "x"], "--encoding"),
        (["data.csv", "--target", "answer", "--max-bytes", "x"], "--max-bytes"),
        (["data.csv", "--target", "answer", "--max-bytes", "1kB"], "1,000 bytes"),
        (["data.csv", "--target", "rare"], "'b' has 3 rows, fewer than"),
        (["data.csv", "--target", "answer", "--cv", "61"], "fewer than"),
        (["data.csv", "--target", "amount", "--cv", "61"], "60 rows, fewer than"),
        (["data.csv", "--target", "answer", "--cv", "1"], "at least 2"),
        (["data.csv", "--target", "answer", "--cv", "x"], "--cv"),
        (["data.csv", "--target", "answer", "--groups", "pat"], "no groups column"),
        (["data.csv", "--target", "answer", "--groups", "rare"], "2 groups, fewer"),
        (["data.csv", "--target", "answer", "--model", "tre"], "mean 'tree'?"),
        (["data.csv", "--target", "amount", "--model", "logistic"], "only"),
        (["data.csv", "--target", "answer", "--model", "nope:f"], "cannot import"),
        (["data.csv", "--target", "answer", "--model", "sklearn.svm:SVR"], "--task"),
        (["data.csv", "--target", "answer", "--scoring", "acuracy"], "'accuracy'"),
        (["data.csv", "--target", "amount", "--scoring", "accuracy"], "cannot score"),
        (["data.csv", "--target", "answer", "--task", "regression"], "not numbers"),
        (["data.csv", "--target", "amount", "--task", "classification"], "fractions"),
        (["data.csv", "--target", "answer", "--task", "guess"], "auto"),
        (["data.csv", "--target", "answer", "--budget", "soon"], "budget"),
        (["data.csv", "--target", "answer", "--budget", "-5s"], "budget"),
        (["data.csv", "--target", "answer", "--jobs", "0"], "--jobs"),
        (["data.csv", "--target", "answer", "--seed", "-1"], "--seed"),
        (["data.csv", "--target", "answer", "--html", "."], "it is a directory"),
        (["data.csv", "--target", "answer", "--html", "no/x.html"], "cannot write"),
        (["data.csv", "--target", "answer", "--json", "data.csv/x"], "cannot write"),
        (["data.csv", "--target", "answer", "--json", "data.csv"], "replace the data"),
        (
            ["data.csv", "--target", "answer", "--json", "o", "--html", "./o"],
            "the same file",
        ),
        (["data.csv"], "Missing option '--target'"),
        ([], "Missing argument 'DATA'"),
        (["data.csv", "--target", "answer", "--verbose"], "--verbose"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(data, capsys, arguments, message):
    Path("junk.csv").write_bytes(bytes(range(256)))
    before = _files(data)
    assert cli.main(["diagnose", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    *before_it, error = shown.err.splitlines()
    assert error.startswith("skoverfit: ")
    assert message in error
    # how the table was read is no part of the error
    assert [line for line in before_it if not line.startswith("Read ")] == []
    assert _files(data) == before


@pytest.mark.parametrize("arguments", [["dignose"], ["--nope"], ["demo", "extra"]])
def test_bad_commands_are_one_line_and_exit_code_2(capsys, arguments):
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "--help'" in shown.err


def test_outputs_are_checked_before_any_work(data, capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "diagnose", _must_not_run)
    arguments = ["missing.csv", "--target", "y", "--html", "no/such/folder/x.html"]
    assert cli.main(["diagnose", *arguments]) == 2
    assert "cannot write no/such/folder/x.html" in capsys.readouterr().err


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="this user may write everywhere",
)
def test_write_protected_output(data, capsys):
    Path("old.html").write_text("old")
    Path("old.html").chmod(0o444)
    arguments = ["data.csv", "--target", "answer", "--html", "old.html"]
    assert cli.main(["diagnose", *arguments]) == 2
    assert "write-protected" in capsys.readouterr().err


def test_a_model_that_cannot_be_fitted_is_bad_input(data, capsys):
    # the raw table has text columns, and a bare tree takes numbers only
    options = ["--target", "answer", "--model", "sklearn.tree:DecisionTreeClassifier"]
    assert cli.main(["diagnose", "data.csv", *options]) == 2
    _, error = capsys.readouterr().err.splitlines()
    assert "could not convert string to float" in error


def test_a_model_that_ends_the_program_is_bad_input(data, capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "diagnose", _raiser(SystemExit(0)))
    assert cli.main(["diagnose", "data.csv", "--target", "answer", *FAST]) == 2
    assert "ended the program" in capsys.readouterr().err


# ------------------------------------------------------- internal errors, interrupts
def _raiser(error):
    def raise_it(*args, **kwargs):
        raise error

    return raise_it


_must_not_run = _raiser(AssertionError("no work was expected"))


@pytest.mark.parametrize("debug", [False, True])
def test_internal_errors_are_one_line_with_traceback_on_demand(
    data, capsys, monkeypatch, debug
):
    monkeypatch.setattr(diagnosis, "diagnose", _raiser(RuntimeError("oh\nno")))
    arguments = ["data.csv", "--target", "answer", *FAST, "--html", "x.html"]
    assert cli.main(["diagnose", *arguments, *["--debug"] * debug]) == 1
    error = capsys.readouterr().err
    assert "internal error: RuntimeError: oh no" in error
    assert ("Traceback" in error) == debug
    assert debug or error.count("\n") == 2
    assert _files(data) == ["data.csv"]


def test_interrupt_is_exit_code_130(data, capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "diagnose", _raiser(KeyboardInterrupt()))
    arguments = ["data.csv", "--target", "answer", *FAST, "--html", "x.html"]
    assert cli.main(["diagnose", *arguments]) == 130
    assert capsys.readouterr().err.endswith(".\nskoverfit: interrupted.\n")
    assert _files(data) == ["data.csv"]


def test_interrupted_diagnosis_is_reported_as_far_as_it_came(data, capsys, monkeypatch):
    def stop(stage, done, total):
        if stage == "leaking column":
            raise KeyboardInterrupt

    whole = diagnosis.diagnose
    early = {"causes": ["SKO201"], "progress": stop}
    monkeypatch.setattr(diagnosis, "diagnose", lambda *a, **k: whole(*a, **(k | early)))
    arguments = ["data.csv", "--target", "answer", *STEADY, "--html", "x.html"]
    assert cli.main(["diagnose", *arguments]) == 130
    out, error = capsys.readouterr()
    assert "accuracy" in out
    assert error.endswith(
        "skoverfit: interrupted; the report is of what was measured.\n"
    )
    assert _files(data) == ["data.csv", "x.html"]


def test_interrupt_while_writing_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("old")
    monkeypatch.setattr(os, "replace", _raiser(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        _run.write_whole(target, "new")
    assert target.read_text() == "old"
    assert _files(tmp_path) == ["report.html"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file modes")
def test_written_files_have_usual_modes(tmp_path):
    plain, report, old = (tmp_path / name for name in ("plain", "report", "old"))
    plain.write_text("x")
    old.write_text("x")
    old.chmod(0o600)
    _run.write_whole(report, "é")
    _run.write_whole(old, "y")
    assert report.stat().st_mode == plain.stat().st_mode
    assert old.stat().st_mode & 0o777 == 0o600
    assert report.read_text(encoding="utf-8") == "é"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_is_written_to_and_a_link_is_followed(tmp_path):
    pipe, link, file = (tmp_path / name for name in ("pipe", "link", "file"))
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    _run.write_whole(pipe, "piped")
    assert os.read(reader, 10) == b"piped"
    os.close(reader)
    file.write_text("old")
    link.symlink_to(file)
    _run.write_whole(link, "new")
    assert (link.is_symlink(), file.read_text()) == (True, "new")


SLOW_MODEL = """
import pathlib, time
from sklearn.dummy import DummyClassifier

class Slow(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        pathlib.Path("started").write_text("")
        time.sleep(60)
        return super().fit(X, y)
"""


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers no SIGINT to a child")
def test_ctrl_c_leaves_no_file(data):
    Path("slow_model.py").write_text(SLOW_MODEL)
    command = [sys.executable, "-m", "skoverfit", "diagnose", "data.csv"]
    command += ["--target", "answer", "--model", "slow_model:Slow"]
    command += ["--html", "x.html", "--json", "x.json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**_environment(), "PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:
        deadline = time.monotonic() + 90
        while not Path("started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert error.startswith("Read 60 rows")
    assert error.splitlines()[1:] == ["skoverfit: interrupted."]
    assert _files(data) == ["data.csv", "slow_model.py", "started"]


@pytest.mark.parametrize("error", ["raise KeyboardInterrupt", "fail_in_c()"])
def test_interrupt_while_importing(data, error):
    code = f"""
import sys

def fail_in_c():
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise ImportError("numpy is broken")

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "sklearn":
            {error}

sys.meta_path.insert(0, Finder())
from skoverfit.cli import main
sys.exit(main(["diagnose", "data.csv", "--target", "answer"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=_environment(),
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "skoverfit: interrupted.\n"


# ----------------------------------------------------------------- help, version, parts
def test_models_are_listed(capsys):
    assert cli.main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = " ".join(lines[0].split())
    assert first == "random_forest classification and regression (default)"
    names = [line.split()[0] for line in lines]
    assert {"tree", "lasso", "naive_bayes", "module:callable"} <= set(names)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help(capsys, arguments):
    assert cli.main(arguments) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("diagnose", "demo", "models", "--version"))


@pytest.mark.parametrize("number", range(len(_app._COMMANDS)))
def test_the_help_of_a_command_names_its_options(capsys, monkeypatch, number):
    monkeypatch.setenv("COLUMNS", "100")
    function, name, _ = _app._COMMANDS[number]
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    for parameter in inspect.signature(function).parameters:
        assert all(flag in shown for flag in _app._OPTIONS[parameter].flags)


def test_version_of_the_module_and_lean_import():
    code = (
        "import sys, skoverfit.cli;"
        "heavy = {'typer', 'matplotlib', 'skrub', 'jinja2', 'sklearn', 'numpy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "sys.exit(skoverfit.cli.main(['--version']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=_environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"skoverfit {__version__}\n"


def test_running_the_package_runs_the_command_line(monkeypatch, capsys):
    import runpy

    monkeypatch.setattr(sys, "argv", ["skoverfit", "models"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("skoverfit", run_name="__main__")
    assert caught.value.code == 0
    assert "random_forest" in capsys.readouterr().out


@pytest.mark.parametrize("library", ["typer", "rich.console", "pandas", "skrub"])
def test_missing_libraries_name_the_extra(data, capsys, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    assert cli.main(["diagnose", "data.csv", "--target", "answer", *FAST]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "skoverfit[report]" in error
