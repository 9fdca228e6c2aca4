"""The work of ``skoverfit treat``: read, treat, write model, code and predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skoverfit._optional import import_optional
from skoverfit.cli import _run
from skoverfit.cli._names import one_line
from skoverfit.exceptions import InputError

__all__ = ["Files", "run"]


@dataclass(frozen=True)
class Files:
    """Where the results go.

    Attributes
    ----------
    out, code, predictions : Path or None
        The model, the Python that builds it, and the predictions for `predict`.
    predict : str or None
        A table of new rows.
    """

    out: Path | None = None
    code: Path | None = None
    predict: str | None = None
    predictions: Path | None = None

    @property
    def named(self) -> dict[str, Path | None]:
        """What is written, by the option that names it."""
        return {
            "--out": self.out,
            "--code": self.code,
            "--predictions": self.predictions,
        }


def run(wish: _run.Wish, files: Files, options: Mapping[str, Any], quiet: bool) -> int:
    """Treat a model, write the files, print the report; return the exit code."""
    _check(wish, files)
    console, messages = _run.console_of(), _run.console_of(stderr=True)
    with _run.counted_warnings() as counts:
        job = _run.load_job(wish)
        new = _new_rows(wish, files, job)
        if not quiet:
            _run.say_understood(job, messages)
        treated = _treated(job, options, messages, quiet)
    _run.say(console, treated.report_.headline)
    if not quiet:
        _show(treated, console)
        _run.show_warnings(counts, messages)
    _say_test_score(treated, job, _columns(job, wish), console)
    for path in _written(treated, wish, files, new, job):
        if not quiet:
            _run.say(messages, f"Wrote {path}")
    return 130 if treated.report_.is_interrupted else 0


def _check(wish: _run.Wish, files: Files) -> None:
    """Find out before the long work what cannot be done after it."""
    if (files.predict is None) != (files.predictions is None):
        raise InputError("--predict NEW.csv and --predictions OUT.csv go together.")
    _run.check_writable(files.named)
    for path in filter(None, files.named.values()):
        for source in filter(None, (wish.data, wish.test, files.predict)):
            if _run.same_file(path, Path(source)):
                raise InputError(f"writing {path} would replace the data.")
    if files.out is not None:
        import_optional("skops.io", extra="skops")


def _new_rows(wish: _run.Wish, files: Files, job: _run.Job) -> Any:
    """Read the rows to predict: the columns of the data, in their order."""
    from skoverfit.cli._formats import Reading
    from skoverfit.cli._tables import read_rows

    if files.predict is None:
        return None
    reading = Reading(**wish.reading)
    return read_rows(files.predict, job.X[_columns(job, wish)], wish.text, reading)


def _treated(
    job: _run.Job, options: Mapping[str, Any], messages: Any, quiet: bool
) -> Any:
    from skoverfit.treatment import treat

    given = dict(job.options)
    for name in ("X_test", "y_test"):
        given.pop(name, None)
    given["cv"] = _splitter(job)
    with _run.progress_on(messages, quiet) as progress:
        try:
            return treat(
                job.estimator,
                job.X,
                job.y,
                progress=progress,
                **given,
                **options,
            )
        except SystemExit as error:  # only a user's own model does that
            raise InputError(f"the model ended the program ({error}).") from error


def _splitter(job: _run.Job) -> Any:
    """Find the splits behind a word."""
    from sklearn.base import is_classifier

    from skoverfit.diagnosis._inputs import check_time, splitter_of_word

    cv, time = job.options["cv"], job.options["time"]
    if isinstance(cv, int):
        return cv
    return splitter_of_word(
        cv,
        is_classification=is_classifier(job.estimator),
        groups=job.options["groups"],
        time=None if time is None else check_time(job.X[time], len(job.y)),
    )


# ----------------------------------------------------------------------------- output
def _show(treated: Any, console: Any) -> None:
    """Print the report; its first line was printed already."""
    for line in str(treated.report_).splitlines()[1:]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _say_test_score(
    treated: Any, job: _run.Job, columns: list[str], console: Any
) -> None:
    """Score the result on the own test part."""
    from sklearn.metrics import get_scorer

    X, y = job.options.get("X_test"), job.options.get("y_test")
    if X is None:
        return
    name = treated.report_.scoring
    score = get_scorer(name)(treated, X[columns], y)
    _run.say(console, f"On the test part: {score:.3f} {name}.")


def _columns(job: _run.Job, wish: _run.Wish) -> list[str]:
    """Name the features; a time is none of them."""
    return [name for name in job.X.columns if name != wish.time]


def _written(
    treated: Any, wish: _run.Wish, files: Files, new: Any, job: _run.Job
) -> list[Path]:
    """Write what was asked for."""
    if files.code is not None:
        _run.write_whole(files.code, code_of_file(treated, wish, job))
    if files.out is not None:
        skops = import_optional("skops.io", extra="skops")
        _run.write_whole(files.out, skops.dumps(treated.best_estimator_))
    if files.predictions is not None:
        table = predictions_of(treated, wish.target, new)
        _run.write_whole(files.predictions, table.to_csv(index=False))
    return [path for path in files.named.values() if path is not None]


def predictions_of(treated: Any, target: str, new: Any) -> Any:
    """Predict new rows, with the probability of each class where there are any."""
    pandas = import_optional("pandas", extra="report")
    table = {target: treated.predict(new)}
    if hasattr(treated, "predict_proba"):
        chances = treated.predict_proba(new)
        table |= {
            f"P({label})": chances[:, k] for k, label in enumerate(treated.classes_)
        }
    return pandas.DataFrame(table)


_CODE = """\
# Written by skoverfit treat. {headline}
import pandas as pd
{imports}

{reading}
y = data[{target!r}]{kind}
X = data[{columns!r}]
{groups}
{build}
{fit}
# Score to expect on new rows: {score:.3f} {scoring} ({low:.3f} to {high:.3f}).
"""


def code_of_file(treated: Any, wish: _run.Wish, job: _run.Job) -> str:
    """Write a script that reads the file, and builds and fits the model."""
    imports, _, build = treated.code_.partition("\n\n")
    expected = treated.score_to_expect_
    is_piped = wish.data == "-"
    return _CODE.format(
        headline=one_line(treated.report_.headline),
        imports=f"import sys\n{imports}" if is_piped else imports,
        reading=job.recipe.code("sys.stdin.buffer" if is_piped else repr(wish.data)),
        target=wish.target,
        kind=_kind_of_target(job.y, is_shortened=job.recipe.is_shortened),
        columns=_columns(job, wish),
        build=build,
        groups="" if wish.groups is None else f"groups = data[{wish.groups!r}]\n",
        fit=treated.fit_code_,
        score=expected.mean,
        scoring=treated.report_.scoring,
        low=expected.interval[0],
        high=expected.interval[1],
    )


def _kind_of_target(y: Any, *, is_shortened: bool) -> str:
    """Undo what missing targets made of whole numbers and booleans."""
    if not is_shortened or y.dtype.kind not in "ib":
        return ""
    return f'.astype("{y.dtype}")'
