"""The work of a command: read, call the library, write and print."""

import contextlib
import os
import shlex
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from itertools import combinations
from pathlib import Path
from typing import Any

from skoverfit import __version__
from skoverfit._optional import import_optional
from skoverfit.cli._names import one_line
from skoverfit.cli._recipe import Recipe
from skoverfit.exceptions import InputError

__all__ = [
    "Job",
    "Output",
    "Wish",
    "check_options",
    "check_writable",
    "console_of",
    "counted_warnings",
    "demo_job",
    "load_job",
    "progress_on",
    "run",
    "same_file",
    "say",
    "say_understood",
    "show_warnings",
    "write_whole",
]

_DEMO_BUDGET = "40s"
_DEMO_CODE = """\
from sklearn.tree import DecisionTreeClassifier

estimator = DecisionTreeClassifier(random_state=0)
"""
_NAMED_VERSIONS = ("scikit-learn", "pandas", "numpy")


@dataclass(frozen=True)
class Output:
    """Where the report goes and how much is said on the way."""

    html: Path | None = None
    json: Path | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Wish:
    """What a user asks to diagnose.

    Attributes
    ----------
    data, target, model : str
        File, column to predict, name of the model.
    groups, positive : str or None
        Column of groups; class that scores are about.
    task : str
        "classification", "regression" or "auto".
    drop, text : tuple of str
        Columns to leave out, and to read as texts.
    reading : dict
        Arguments of `Reading`.
    options : dict
        Arguments of `diagnose`.
    test, time : str or None
        File of the own test part; column that says when a row was recorded.
    takes_positive : bool
        Whether the command has an option that names the class of scores.
    """

    data: str
    target: str
    model: str
    groups: str | None = None
    positive: str | None = None
    task: str = "auto"
    drop: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    reading: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    test: str | None = None
    time: str | None = None
    takes_positive: bool = True


@dataclass(frozen=True)
class Job:
    """What to diagnose: the arguments of `diagnose`, and what to say about them.

    Attributes
    ----------
    estimator, X, y : object
        Arguments of `diagnose`.
    options : dict
        Its other arguments.
    code : str
        Lines that build the estimator.
    subject : dict of str to str
        What the report says about its data: parts of a `Subject`.
    notes : tuple of str
        What was guessed on the way.
    classes : dict of int to str
        Names of the classes that numbers stand for in `y`.
    recipe : Recipe
        How plain pandas reads the file.
    """

    estimator: Any
    X: Any
    y: Any
    options: dict[str, Any]
    code: str
    subject: dict[str, str]
    notes: tuple[str, ...] = ()
    classes: dict[int, str] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)


def run(output: Output, load: Callable[[], Job], arguments: list[str]) -> int:
    """Diagnose, write the files, print the report; return the exit code."""
    _check_writable(output)
    console, messages = console_of(), console_of(stderr=True)
    with counted_warnings() as counts:
        job = load()
        if not output.quiet:
            say_understood(job, messages)
        report = _diagnose(job, messages, output.quiet)
        report.subject = _subject(job, arguments)
        _write(report, job, output)
    _show(report, job, output, console)
    if not output.quiet:
        show_warnings(counts, messages)
        for path in filter(None, (output.html, output.json)):
            say(messages, f"Wrote {path}")
    if report.is_interrupted:
        say(messages, "skoverfit: interrupted; the report is of what was measured.")
        return 130
    return 0


def say_understood(job: Job, messages: Any) -> None:
    """Say how the file was read before the long work on it."""
    if "reading" in job.subject:
        say(messages, job.subject["reading"])
    for note in job.notes:
        say(messages, f"note: {note}")


# ------------------------------------------------------------------------------ loading
def check_options(
    cv: str, scoring: list[str] | None, budget: str, jobs: int, seed: int
) -> dict[str, Any]:
    """Give the options of the command as arguments of `diagnose`, or refuse them."""
    if jobs == 0:
        raise InputError("--jobs must not be 0; 1 is one process, -1 every core.")
    is_count = cv.lstrip("-").isdigit()
    if is_count and int(cv) < 2:
        raise InputError(f"--cv {cv} must be at least 2 folds.")
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed} must be from 0 to {2**32 - 1}.")
    return {
        "cv": int(cv) if is_count else cv,
        "scoring": _one_or_more(scoring),
        "budget": None if budget.lower() == "none" else budget,
        "n_jobs": jobs,
        "random_state": seed,
    }


def _check_word(cv: int | str) -> None:
    """Refuse words that name no splits; after parsing, as it imports scikit-learn."""
    from skoverfit.diagnosis._inputs import CV_WORDS

    if isinstance(cv, str) and cv.partition(":")[0].lower() not in CV_WORDS:
        raise InputError(
            f"--cv {cv!r} must be a number of folds or one of {', '.join(CV_WORDS)}, "
            "with :k for k folds."
        )


def _one_or_more(scoring: list[str] | None) -> Any:
    return scoring[0] if scoring and len(scoring) == 1 else scoring or None


def load_job(wish: Wish) -> Job:
    """Read the table, decide on the task and build the model."""
    from skoverfit.cli._models import check_scorer, resolve_model
    from skoverfit.cli._task import understood
    from skoverfit.diagnosis._budget import parse_budget

    parse_budget(wish.options["budget"])
    _check_word(wish.options["cv"])
    table = _read(wish.data, wish)
    kind, y = _with_task(table.y, wish)
    scoring = wish.options["scoring"]
    for each in [scoring] if isinstance(scoring, str) else scoring or []:
        check_scorer(
            each,
            kind,
            y,
            positive=wish.positive,
            takes_positive=wish.takes_positive,
        )
    part = _test_part(wish, kind, table.X)
    _make_cwd_importable()
    seed = wish.options["random_state"]
    chosen = resolve_model(wish.model, kind, seed, X=table.X)
    subject = {
        "data": table.name,
        "target": wish.target,
        "model": wish.model,
        "reading": understood(table, kind, wish.task == "auto"),
    }
    return Job(
        chosen.estimator,
        table.X,
        y,
        {**wish.options, "groups": table.groups, "time": wish.time, **part},
        chosen.code,
        subject,
        table.notes,
        _class_names(table.y, y, wish.positive),
        table.recipe,
    )


def _read(source: str, wish: Wish) -> Any:
    """Read a file in the way that is wished."""
    from skoverfit.cli._formats import Reading
    from skoverfit.cli._tables import read_table

    return read_table(
        source,
        wish.target,
        wish.groups,
        drop=wish.drop,
        text=wish.text,
        reading=Reading(**wish.reading),
    )


def _test_part(wish: Wish, kind: Any, X: Any) -> dict[str, Any]:
    """Read the own test part: the columns of the data, and their target."""
    if wish.test is None:
        return {}
    try:
        part = _read(wish.test, wish)
    except InputError as error:
        own = "" if str(error).startswith(wish.test) else f"{wish.test}: "
        raise InputError(f"{own}{error}") from error
    missing = [name for name in X.columns if name not in part.X.columns]
    if missing:
        raise InputError(
            f"{wish.test} has no column {missing[0]!r}, but the data have."
        )
    y_test = _with_task(part.y, replace(wish, task=kind))[1]
    return {"X_test": part.X[list(X.columns)], "y_test": y_test}


def _with_task(y: Any, wish: Wish) -> tuple[Any, Any]:
    from skoverfit.cli._task import infer_task, mark_positive, prepare_target

    if wish.task not in ("auto", "classification", "regression"):
        raise InputError(
            f"--task {wish.task!r} must be classification, regression or auto."
        )
    cv = wish.options["cv"]
    n_splits = cv if isinstance(cv, int) else 5
    kind: Any = infer_task(y, n_splits) if wish.task == "auto" else wish.task
    if wish.positive is not None:
        if kind != "classification":
            raise InputError("--positive needs classes, but the task is regression.")
        return kind, mark_positive(y, wish.positive)
    return kind, prepare_target(y, kind)


def _class_names(y: Any, marked: Any, positive: str | None) -> dict[int, str]:
    """Name the classes again that --positive turned into numbers."""
    if positive is None:
        return {}
    return dict(zip(marked.tolist(), y.map(str).tolist(), strict=True))


def demo_job() -> Job:
    """Give the data and the model of the demonstration."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.tree import DecisionTreeClassifier

    import_optional("pandas", extra="report")
    bunch = load_breast_cancer(as_frame=True)
    y = bunch.target.map(dict(enumerate(bunch.target_names))).astype(object)
    options = check_options("5", None, _DEMO_BUDGET, 1, 0)
    estimator = DecisionTreeClassifier(random_state=0)
    subject = {
        "data": "breast-cancer data of scikit-learn",
        "target": "diagnosis",
        "model": "unpruned tree",
    }
    return Job(estimator, bunch.data, y, options, _DEMO_CODE, subject)


def _make_cwd_importable() -> None:
    """Find the user's modules as ``python -m`` does."""
    cwd = str(Path.cwd())
    if cwd not in sys.path:
        sys.path.insert(0, cwd)


# --------------------------------------------------------------------------- diagnosing
def _diagnose(job: Job, messages: Any, quiet: bool) -> Any:
    from skoverfit.diagnosis import diagnose

    with progress_on(messages, quiet) as progress:
        try:
            report = diagnose(
                job.estimator, job.X, job.y, **job.options, progress=progress
            )
        except SystemExit as error:  # only a user's own model does that
            raise InputError(f"the model ended the program ({error}).") from error
    if job.classes:
        report.evidence = _with_class_names(report.evidence, job.classes)
    return report


def _with_class_names(evidence: Any, names: dict[int, str]) -> Any:
    counts = {names[int(label)]: n for label, n in evidence.class_counts.items()}
    return replace(evidence, class_counts=counts)


def _subject(job: Job, arguments: list[str]) -> Any:
    from skoverfit.diagnosis._records import Subject

    versions = {"skoverfit": __version__}
    for name in _NAMED_VERSIONS:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return Subject(
        **job.subject,
        command=shlex.join(["skoverfit", *arguments]),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        versions=versions,
    )


@contextlib.contextmanager
def progress_on(
    messages: Any, quiet: bool
) -> Iterator[Callable[[str, int, int], None]]:
    from skoverfit.diagnosis._progress import bar_on

    if quiet or not messages.is_terminal:
        yield lambda stage, done, total: None
        return
    with bar_on(messages) as update:
        yield lambda stage, done, total: update(one_line(stage), done, total)


@contextlib.contextmanager
def counted_warnings() -> Iterator[Counter[str]]:
    """Count warnings instead of flooding the terminal with them."""
    counts: Counter[str] = Counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield counts
        finally:
            counts.update(_described(warning) for warning in caught)


def _described(warning: warnings.WarningMessage) -> str:
    first_line = str(warning.message).strip().splitlines()[:1]
    text = first_line[0] if first_line else ""
    name = warning.category.__name__
    return text if name == "UserWarning" else f"{name}: {text}"


# ----------------------------------------------------------------------------- output
def _check_writable(output: Output) -> None:
    check_writable({"--html": output.html, "--json": output.json})


def check_writable(named: Mapping[str, Path | None]) -> None:
    """Find out before the long work whether files can be written after it.

    Parameters
    ----------
    named : mapping of str to (Path or None)
        The files by the options that name them.

    Raises
    ------
    InputError
        If one cannot be written, or two options name the same.
    """
    given = {flag: path for flag, path in named.items() if path is not None}
    for (flag, path), (other, second) in combinations(given.items(), 2):
        if same_file(path, second):
            raise InputError(f"{flag} and {other} name the same file {path}.")
    for path in given.values():
        _check_one(path)


def _check_one(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a directory.")
    if _is_stream(path):
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}.") from error
    os.close(handle)
    Path(name).unlink()
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"cannot write {path}: it is write-protected.")


def same_file(first: Path, second: Path) -> bool:
    return first.absolute() == second.absolute()


def _write(report: Any, job: Job, output: Output) -> None:
    if output.html:
        from skoverfit.diagnosis._report._html import render_html

        write_whole(output.html, render_html(report, estimator_code=job.code))
    if output.json:
        write_whole(output.json, report.to_json())


def write_whole(path: Path, content: str | bytes) -> None:
    """Write all of a file or nothing, whenever the process is stopped.

    Raises
    ------
    InputError
        If it cannot be written, as on a full disk.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    name = None
    try:
        if _is_stream(path):
            with open(path, "ab") as stream:
                stream.write(data)
            return
        real = path.resolve()  # what a link points to, not the link
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{path.name}.")
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(name, _usual_mode(real))
        os.replace(name, real)
    except BaseException as error:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {path}: {error.strerror}.") from error
        raise


def _is_stream(path: Path) -> bool:
    """Whether it is a device, a pipe or an open file, which nothing may replace."""
    is_open = str(path.absolute()).startswith(("/dev/", "/proc/"))
    return path.exists() and (is_open or not path.is_file())


def _usual_mode(path: Path) -> int:
    """Mode of the file that is replaced, or what `open` would give a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def console_of(*, stderr: bool = False) -> Any:
    return import_optional("rich.console", extra="report").Console(stderr=stderr)


def _show(report: Any, job: Job, output: Output, console: Any) -> None:
    from skoverfit.cli._terminal import print_report, print_verdict

    # Rich exits when the reader of the output has gone, which is not an error here.
    with contextlib.suppress(SystemExit):
        if output.quiet:
            print_verdict(report, console)
        else:
            print_report(report, console, estimator_code=job.code)


def show_warnings(counts: Counter[str], messages: Any) -> None:
    for text, count in counts.most_common(5):
        times = f" ({count} times)" if count > 1 else ""
        say(messages, f"note: {text}{times}")
    if len(counts) > 5:
        say(messages, f"note: {len(counts) - 5} other kinds of warnings.")


def say(messages: Any, text: str) -> None:
    """Print one line; names in it are neither markup nor control codes."""
    messages.print(
        one_line(text), markup=False, highlight=False, emoji=False, soft_wrap=True
    )
