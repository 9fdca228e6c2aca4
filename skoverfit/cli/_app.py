"""The command line: parse, call the library, print, exit code.

Exit codes: 0 report written, 1 internal error, 2 bad input (one line says what), 130
interrupted.
"""

import functools
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from skoverfit import __version__
from skoverfit._optional import import_optional
from skoverfit._plain import printable
from skoverfit.cli._names import one_line
from skoverfit.exceptions import InputError

__all__ = ["run_command"]

EXIT_OK, EXIT_INTERNAL, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

_DEFAULT_BUDGET = "60s"
_DEFAULT_MAX_BYTES = "1GB"


def run_command(argv: list[str] | None = None) -> int:
    """Parse and run a command; see `skoverfit.cli.main`."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    debug = "--debug" in arguments
    _tolerate_narrow_encodings()
    try:
        job = _parse(arguments)
        return job(arguments) if callable(job) else int(job or EXIT_OK)
    except (InputError, ImportError) as error:
        if _was_interrupted(error):
            return _complain("interrupted.", EXIT_INTERRUPTED, False)
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
    and errors never comes between it and `run_command`.
    """
    typer = import_optional("typer", extra="report")
    command = typer.main.get_command(_build_app(typer))
    try:
        return command.main(arguments, prog_name="skoverfit", standalone_mode=False)
    except SystemExit as error:
        if error.code == EXIT_INTERRUPTED:  # how Typer ends on Ctrl-C
            raise KeyboardInterrupt from error
        raise


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
    "data": Option(
        str,
        (),
        "DATA",
        "A table: CSV or other text, Excel, JSON, Parquet or Feather, compressed or "
        "not; - reads standard input.",
    ),
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
        list[str] | None,
        ("--scoring",),
        "NAME",
        "A scorer of scikit-learn; accuracy or r2 unless given. diagnose takes several "
        "and judges the first.",
    ),
    "positive": Option(
        str | None,
        ("--positive",),
        "LABEL",
        "The class that scores such as f1 are about; the target must have two.",
    ),
    "drop": Option(
        list[str] | None, ("--drop",), "NAME", "Column to leave out; repeatable."
    ),
    "text": Option(
        list[str] | None,
        ("--text",),
        "NAME",
        "Column of texts, even if they look like numbers; repeatable.",
    ),
    "sep": Option(
        str | None,
        ("--sep",),
        "CHAR",
        "Between the columns: one character, tab or blanks; found out by default.",
    ),
    "decimal": Option(
        str | None,
        ("--decimal",),
        "MARK",
        "Decimal mark, . or , where the file leaves it open.",
    ),
    "encoding": Option(
        str | None,
        ("--encoding",),
        "NAME",
        "Of a text file, such as cp1252; UTF-8 is recognized.",
    ),
    "sheet": Option(
        str | None, ("--sheet",), "NAME", "Sheet of a workbook; the first by default."
    ),
    "max_bytes": Option(
        str,
        ("--max-bytes",),
        "SIZE",
        "Largest table, decompressed, that is read, such as 500MB.",
    ),
    "cv": Option(
        str,
        ("--cv",),
        "KIND",
        "Number of folds, or kfold, shuffled, stratified, group or time, with :k for "
        "k folds.",
    ),
    "test": Option(
        str | None,
        ("--test",),
        "FILE",
        "Your own test part, a table with the same columns; - is not possible.",
    ),
    "time": Option(
        str | None,
        ("--time",),
        "NAME",
        "Column that says when a row was recorded; splits then test on later rows.",
    ),
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
    "accept": Option(
        str,
        ("--accept",),
        "WHEN",
        "What a gain must be to replace the model: proven, likely or best (a guess).",
    ),
    "remedy": Option(
        list[str] | None,
        ("--remedy",),
        "KIND",
        "Kind of remedy to try, such as linear; repeatable; all unless given.",
    ),
    "trust": Option(
        list[str] | None,
        ("--trust",),
        "NAME",
        "Column that is kept though it seems to give the answer away; repeatable.",
    ),
    "trust_all": Option(
        bool, ("--trust-all",), None, "Trust all columns and splits; ask nothing."
    ),
    "out": Option(
        Path | None, ("--out",), "FILE", "Write the model, by skops (never pickle)."
    ),
    "code": Option(Path | None, ("--code",), "FILE", "Write Python that builds it."),
    "predict": Option(
        str | None, ("--predict",), "NEW", "A table of new rows to predict."
    ),
    "predictions": Option(
        Path | None, ("--predictions",), "FILE", "Write these predictions as CSV."
    ),
}


# --------------------------------------------------------------------------- commands
# Each returns the work to do; `run_command` runs it.
def _diagnose_command(
    data: str,
    target: str,
    model: str = "random_forest",
    test: str | None = None,
    groups: str | None = None,
    time: str | None = None,
    scoring: list[str] | None = None,
    positive: str | None = None,
    cv: str = "5",
    budget: str = _DEFAULT_BUDGET,
    task: str = "auto",
    drop: list[str] | None = None,
    text: list[str] | None = None,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    max_bytes: str = _DEFAULT_MAX_BYTES,
    html: Path | None = None,
    json: Path | None = None,
    jobs: int = 1,
    seed: int = 0,
    quiet: bool = False,
    debug: bool = False,
) -> Callable[[list[str]], int]:
    """Say why a model scores worse on new rows, and what closes the gap."""
    from skoverfit.cli import _run

    for path in filter(None, (html, json)):
        if _run.same_file(path, Path(data)):
            raise InputError(f"writing {path} would replace the data.")
    wish = _run.Wish(
        data,
        target,
        model,
        groups,
        positive,
        task,
        tuple(drop or ()),
        tuple(text or ()),
        reading=_reading(sep, decimal, encoding, sheet, max_bytes),
        options=_run.check_options(cv, scoring, budget, jobs, seed),
        test=test,
        time=time,
    )
    output = _run.Output(html, json, quiet)
    return lambda arguments: _run.run(output, lambda: _run.load_job(wish), arguments)


def _treat_command(
    data: str,
    target: str,
    model: str = "random_forest",
    test: str | None = None,
    groups: str | None = None,
    time: str | None = None,
    scoring: list[str] | None = None,
    cv: str = "5",
    budget: str = _DEFAULT_BUDGET,
    accept: str = "proven",
    remedy: list[str] | None = None,
    trust: list[str] | None = None,
    trust_all: bool = False,
    out: Path | None = None,
    code: Path | None = None,
    predict: str | None = None,
    predictions: Path | None = None,
    task: str = "auto",
    drop: list[str] | None = None,
    text: list[str] | None = None,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    max_bytes: str = _DEFAULT_MAX_BYTES,
    jobs: int = 1,
    seed: int = 0,
    quiet: bool = False,
    debug: bool = False,
) -> Callable[[list[str]], int]:
    """Try what closes the gap of a model, and write what is shown to be better."""
    from skoverfit.cli import _run, _treat

    if accept not in ("proven", "likely", "best"):
        raise InputError(f"--accept {accept!r} must be proven, likely or best.")
    if scoring and len(scoring) > 1:
        raise InputError(
            f"--scoring is given {len(scoring)} times ({', '.join(scoring)}); treat "
            "raises one score."
        )
    wish = _run.Wish(
        data,
        target,
        model,
        groups,
        None,
        task,
        tuple(drop or ()),
        tuple(text or ()),
        reading=_reading(sep, decimal, encoding, sheet, max_bytes),
        options=_run.check_options(cv, scoring, budget, jobs, seed),
        test=test,
        time=time,
        takes_positive=False,
    )
    files = _treat.Files(out, code, predict, predictions)
    options = {
        "accept": accept,
        "remedies": remedy or None,
        "trust": trust_all or trust or False,
    }
    return lambda arguments: _treat.run(wish, files, options, quiet)


def _reading(
    sep: str | None,
    decimal: str | None,
    encoding: str | None,
    sheet: str | None,
    max_bytes: str,
) -> dict[str, Any]:
    """Give the options of reading a file as arguments of `Reading`."""
    from skoverfit.cli._files import parse_bytes

    return {
        "sep": sep,
        "decimal": decimal,
        "encoding": encoding,
        "sheet": sheet,
        "max_bytes": parse_bytes(max_bytes),
    }


def _demo_command(
    html: Path | None = None,
    json: Path | None = None,
    quiet: bool = False,
    debug: bool = False,
) -> Callable[[list[str]], int]:
    """Diagnose an unpruned tree on the breast-cancer data of scikit-learn."""
    from skoverfit.cli import _run

    output = _run.Output(html, json, quiet)
    return lambda arguments: _run.run(output, _run.demo_job, arguments)


def _models_command() -> Callable[[list[str]], int]:
    """List the names that --model takes."""
    return lambda arguments: _print_models()


_COMMANDS: list[tuple[Callable[..., Any], str, str]] = [
    (_diagnose_command, "diagnose", "Why is there a gap, and what closes it?"),
    (_treat_command, "treat", "Try what closes the gap, and write the better model."),
    (_demo_command, "demo", "The same on data that are built in."),
    (_models_command, "models", "List the names that --model takes."),
]


# ------------------------------------------------------------------------------- output
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
        print(printable(traceback.format_exc()), file=sys.stderr)
    print(f"skoverfit: {one_line(message)}", file=sys.stderr)
    return code


def _was_interrupted(error: BaseException | None) -> bool:
    """Recognize an interrupt that some module reports as a failed import of its own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_usage_error(error: Exception) -> bool:
    """Recognize the parser's errors, whose class moved between releases of Typer."""
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
    """Stop quietly: that the reader of the output went away is not an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OK
