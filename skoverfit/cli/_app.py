"""The command line: parse, call the library, print, exit code.

Exit codes: 0 report written, 1 internal error, 2 bad input (one line says what), 130
interrupted.
"""

import contextlib
import functools
import inspect
import os
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from skoverfit import __version__
from skoverfit._compat import import_optional
from skoverfit.exceptions import InputError

__all__ = ["main"]

EXIT_OK, EXIT_INTERNAL, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

_DEFAULT_BUDGET = "60s"
_DEMO_BUDGET = "40s"
_DEMO_CODE = """\
from sklearn.tree import DecisionTreeClassifier

estimator = DecisionTreeClassifier(random_state=0)
"""


@dataclass(frozen=True)
class Output:
    """Where the report goes and how much is said on the way."""

    html: Path | None = None
    json: Path | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Job:
    """What to diagnose: the arguments of `diagnose` and how to build the estimator."""

    estimator: Any
    X: Any
    y: Any
    options: dict[str, Any]
    code: str


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    exit_code : int
        0 report written, 1 internal error, 2 bad input, 130 interrupted.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    debug = "--debug" in arguments
    _tolerate_narrow_encodings()
    try:
        job = _parse(arguments)
        return job() if callable(job) else int(job or EXIT_OK)
    except (InputError, ImportError) as error:
        return _complain(str(error), EXIT_BAD_INPUT, debug)
    except KeyboardInterrupt:
        return _complain("interrupted.", EXIT_INTERRUPTED, False)
    except BrokenPipeError:
        return _leave_broken_pipe()
    except Exception as error:
        if _is_usage_error(error):
            return _complain(_usage(error), EXIT_BAD_INPUT, debug)
        return _complain(_internal(error), EXIT_INTERNAL, debug)


# ---------------------------------------------------------------------------- parsing
def _parse(arguments: list[str]) -> Any:
    """Return the chosen command as a callable, or the exit code of --help and such.

    The work starts after parsing, so that the parser's own handling of interrupts
    and errors never comes between it and `main`.
    """
    typer = import_optional("typer", extra="report")
    command = typer.main.get_command(_build_app(typer))
    return command.main(arguments, prog_name="skoverfit", standalone_mode=False)


def _build_app(typer: Any) -> Any:
    app = typer.Typer(
        name="skoverfit",
        help="Measure, explain and close the gap between train and test scores.",
        add_completion=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_start_command(typer))
    for function, name, summary in _COMMANDS:
        app.command(name, short_help=summary)(_with_options(function, typer))
    return app


def _start_command(typer: Any) -> Callable[..., None]:
    def show_version(wanted: bool) -> None:
        if wanted:
            print(f"skoverfit {__version__}")
            raise typer.Exit

    def start(
        context: typer.Context,
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=show_version,
                is_eager=True,
                help="Show the version and exit.",
            ),
        ] = False,
    ) -> None:
        if context.invoked_subcommand is None:
            print(context.get_help())

    return start


def _with_options(function: Callable[..., Any], typer: Any) -> Callable[..., Any]:
    """Tell Typer what the parameters of a command mean, from the table of options.

    Typer reads annotations. They are attached here, so that this module can be
    imported without Typer.
    """

    @functools.wraps(function)
    def command(**values: Any) -> Any:
        return function(**values)

    signature = inspect.signature(function)
    hints = {
        name: _annotation(_OPTIONS[name], parameter.default, typer)
        for name, parameter in signature.parameters.items()
    }
    parameters = [
        parameter.replace(annotation=hints[name])
        for name, parameter in signature.parameters.items()
    ]
    command.__annotations__ = hints
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=Any
    )
    return command


def _annotation(option: "Option", default: Any, typer: Any) -> Any:
    settings = {"metavar": option.metavar, "help": option.help}
    if not option.flags:
        return Annotated[option.type, typer.Argument(show_default=False, **settings)]
    says_default = isinstance(default, str | int) and not isinstance(default, bool)
    declared = typer.Option(*option.flags, show_default=says_default, **settings)
    return Annotated[option.type, declared]


@dataclass(frozen=True)
class Option:
    """How one parameter of a command is given; an argument if it has no flags."""

    type: Any
    flags: tuple[str, ...]
    metavar: str | None
    help: str


_OPTIONS = {
    "data": Option(Path, (), "DATA", "A CSV, CSV.gz or Parquet file."),
    "target": Option(str, ("--target",), "NAME", "Column to predict."),
    "model": Option(
        str,
        ("--model",),
        "MODEL",
        "A name that 'skoverfit models' lists, or module:callable that returns an "
        "estimator.",
    ),
    "groups": Option(
        str | None,
        ("--groups",),
        "NAME",
        "Column whose equal values belong together, such as patients or speakers; "
        "they stay on one side of each split.",
    ),
    "scoring": Option(
        str | None,
        ("--scoring",),
        "NAME",
        "A scorer of scikit-learn; accuracy or r2 unless given.",
    ),
    "cv": Option(int, ("--cv",), "K", "Cross-validation folds."),
    "budget": Option(
        str, ("--budget",), "TIME", "Time for all of it: 90s, 5m, 1h or none."
    ),
    "task": Option(
        str,
        ("--task",),
        "TASK",
        "classification, regression or auto: texts, booleans, two whole numbers and "
        "few integers are classes.",
    ),
    "html": Option(
        Path | None, ("--html",), "FILE", "Write the report as one web page."
    ),
    "json": Option(Path | None, ("--json",), "FILE", "Write the report as JSON."),
    "jobs": Option(int, ("--jobs",), "N", "Processes; -1 uses every core."),
    "seed": Option(int, ("--seed",), "N", "Seed of all random choices."),
    "quiet": Option(bool, ("--quiet", "-q"), None, "Print the verdict only."),
    "debug": Option(bool, ("--debug",), None, "Show tracebacks."),
}


# --------------------------------------------------------------------------- commands
# Each returns the work to do; `main` runs it.
def _diagnose_command(
    data: Path,
    target: str,
    model: str = "random_forest",
    groups: str | None = None,
    scoring: str | None = None,
    cv: int = 5,
    budget: str = _DEFAULT_BUDGET,
    task: str = "auto",
    html: Path | None = None,
    json: Path | None = None,
    jobs: int = 1,
    seed: int = 0,
    quiet: bool = False,
    debug: bool = False,
) -> Callable[[], int]:
    """Say why a model scores worse on new rows, and what closes the gap."""
    options = _options(cv, scoring, budget, jobs, seed)
    for path in filter(None, (html, json)):
        if _same(path, data):
            raise InputError(f"writing {path} would replace the data.")
    return lambda: _run(
        Output(html, json, quiet),
        lambda: _load(data, target, model, groups, task, options),
    )


def _demo_command(
    html: Path | None = None,
    json: Path | None = None,
    quiet: bool = False,
    debug: bool = False,
) -> Callable[[], int]:
    """Diagnose an unpruned tree on the breast-cancer data of scikit-learn."""
    return lambda: _run(Output(html, json, quiet), _load_demo)


def _models_command() -> Callable[[], int]:
    """List the names that --model takes."""
    return _print_models


_COMMANDS: list[tuple[Callable[..., Any], str, str]] = [
    (_diagnose_command, "diagnose", "Why is there a gap, and what closes it?"),
    (_demo_command, "demo", "The same on data that are built in."),
    (_models_command, "models", "List the names that --model takes."),
]


def _options(
    cv: int, scoring: str | None, budget: str, jobs: int, seed: int
) -> dict[str, Any]:
    if jobs == 0:
        raise InputError("--jobs must not be 0; 1 is one process, -1 every core.")
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed} must be from 0 to {2**32 - 1}.")
    return {
        "cv": cv,
        "scoring": scoring,
        "budget": None if budget.lower() == "none" else budget,
        "n_jobs": jobs,
        "random_state": seed,
    }


# ---------------------------------------------------------------------------- running
def _run(output: Output, load: Callable[[], Job]) -> int:
    _check_writable(output)
    console, messages = _console(), _console(stderr=True)
    with _counted_warnings() as counts:
        job = load()
        report = _diagnose(job, messages, output.quiet)
        _write(report, job, output)
    _show(report, job, output, console)
    _show_warnings(counts, messages, output.quiet)
    for path in filter(None, (output.html, output.json)):
        if not output.quiet:
            messages.print(f"Wrote {path}", markup=False, highlight=False)
    return EXIT_OK


def _load(
    data: Path,
    target: str,
    model: str,
    groups: str | None,
    task: str,
    options: dict[str, Any],
) -> Job:
    from skoverfit.cli._models import check_scorer, resolve_model
    from skoverfit.cli._tables import read_table
    from skoverfit.diagnosis._budget import parse_budget

    parse_budget(options["budget"])
    X, y, members = read_table(data, target, groups)
    kind, y = _with_task(y, task)
    if options["scoring"] is not None:
        check_scorer(options["scoring"], kind, y)
    _make_cwd_importable()
    chosen = resolve_model(model, kind, options["random_state"], X=X)
    return Job(chosen.estimator, X, y, {**options, "groups": members}, chosen.code)


def _with_task(y: Any, task: str) -> tuple[Any, Any]:
    from skoverfit.cli._tables import infer_task, prepare_target

    if task not in ("auto", "classification", "regression"):
        raise InputError(f"--task {task!r} must be classification, regression or auto.")
    kind: Any = infer_task(y) if task == "auto" else task
    return kind, prepare_target(y, kind)


def _load_demo() -> Job:
    from sklearn.datasets import load_breast_cancer
    from sklearn.tree import DecisionTreeClassifier

    import_optional("pandas", extra="report")
    bunch = load_breast_cancer(as_frame=True)
    y = bunch.target.map(dict(enumerate(bunch.target_names))).astype(object)
    options = _options(5, None, _DEMO_BUDGET, 1, 0)
    estimator = DecisionTreeClassifier(random_state=0)
    return Job(estimator, bunch.data, y, options, _DEMO_CODE)


def _make_cwd_importable() -> None:
    """Find the user's modules as ``python -m`` does."""
    cwd = str(Path.cwd())
    if cwd not in sys.path:
        sys.path.insert(0, cwd)


def _diagnose(job: Job, messages: Any, quiet: bool) -> Any:
    from skoverfit.diagnosis import diagnose

    with _progress(messages, quiet) as progress:
        try:
            return diagnose(
                job.estimator, job.X, job.y, **job.options, progress=progress
            )
        except SystemExit as error:  # only a user's own model does that
            raise InputError(f"the model ended the program ({error}).") from error


@contextlib.contextmanager
def _progress(messages: Any, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    rich_progress = import_optional("rich.progress", extra="report")
    if quiet or not messages.is_terminal:
        yield lambda stage, done, total: None
        return
    bar = rich_progress.Progress(
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.TimeElapsedColumn(),
        console=messages,
        transient=True,
    )
    with bar:
        task = bar.add_task("starting", total=None)

        def update(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        yield update


@contextlib.contextmanager
def _counted_warnings() -> Iterator[Counter[str]]:
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
    """Find out before the long work whether the files can be written after it."""
    if output.html and output.json and _same(output.html, output.json):
        raise InputError(f"--html and --json name the same file {output.html}.")
    for path in filter(None, (output.html, output.json)):
        if path.is_dir():
            raise InputError(f"cannot write {path}: it is a directory.")
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}.") from error
        os.close(handle)
        Path(name).unlink()
        if path.exists() and not os.access(path, os.W_OK):
            raise InputError(f"cannot write {path}: it is write-protected.")


def _same(first: Path, second: Path) -> bool:
    return first.absolute() == second.absolute()


def _write(report: Any, job: Job, output: Output) -> None:
    if output.html:
        from skoverfit.diagnosis._html import render_html

        _write_whole(output.html, render_html(report, estimator_code=job.code))
    if output.json:
        _write_whole(output.json, report.to_json())


def _write_whole(path: Path, text: str) -> None:
    """Write all of a file or nothing, whenever the process is stopped."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, _usual_mode(path))
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _usual_mode(path: Path) -> int:
    """Mode of the file that is replaced, or what `open` would give a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _console(*, stderr: bool = False) -> Any:
    return import_optional("rich.console", extra="report").Console(stderr=stderr)


def _show(report: Any, job: Job, output: Output, console: Any) -> None:
    from skoverfit.cli._terminal import print_report, print_verdict

    # Rich exits when the reader of the output has gone, which is no fault here.
    with contextlib.suppress(SystemExit):
        if output.quiet:
            print_verdict(report, console)
        else:
            print_report(report, console, estimator_code=job.code)


def _show_warnings(counts: Counter[str], messages: Any, quiet: bool) -> None:
    if quiet:
        return
    for text, count in counts.most_common(5):
        times = f" ({count} times)" if count > 1 else ""
        messages.print(
            f"note: {text}{times}", markup=False, highlight=False, soft_wrap=True
        )
    if len(counts) > 5:
        messages.print(f"note: {len(counts) - 5} other kinds of warnings.")


def _print_models() -> int:
    from skoverfit.cli._models import DEFAULT_MODEL, model_names

    for name, tasks in model_names().items():
        default = " (default)" if name == DEFAULT_MODEL else ""
        print(f"{name:<24}{' and '.join(tasks)}{default}")
    print(
        f"{'module:callable':<24}your own: a function without arguments that ", end=""
    )
    print("returns an estimator")
    return EXIT_OK


def _tolerate_narrow_encodings() -> None:
    """Write a replacement for what the terminal's encoding lacks, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _complain(message: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"skoverfit: {' '.join(message.split())}", file=sys.stderr)
    return code


def _is_usage_error(error: Exception) -> bool:
    """Recognise the parser's errors, whose class moved between releases of Typer."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _usage(error: Any) -> str:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "skoverfit"
    return f"{message} Try '{path} --help'."


def _internal(error: Exception) -> str:
    hint = "this is a fault of skoverfit; run again with --debug and report it"
    return f"internal error: {type(error).__name__}: {error} ({hint})."


def _leave_broken_pipe() -> int:
    """Stop quietly: that the reader of the output went away is no fault."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OK
