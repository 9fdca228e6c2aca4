"""Words that causes about columns share."""

import json
import shlex
from collections.abc import Sequence

from skoverfit.diagnosis._problem import Problem

MAX_NAMED = 5
"""Columns that are named in a sentence."""


def show(value: float) -> str:
    """Write a score with three decimals, or three digits where it is large."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def listed(names: Sequence[str]) -> str:
    """Name some columns, and how many more there are."""
    quoted = [f"'{name}'" for name in names[:MAX_NAMED]]
    more = len(names) - len(quoted)
    if more:
        return f"{', '.join(quoted)} and {more} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)


def flags_of(option: str, names: Sequence[str]) -> str:
    """Write an option of the command line for some columns, as a shell reads it."""
    return " ".join(f"{option} {shlex.quote(name)}" for name in names)


def drop_advice(names: Sequence[str], problem: Problem) -> str:
    """Say how to leave columns out, on the command line and in Python."""
    if not hasattr(problem.X, "columns"):
        places = [int(name.split()[-1]) for name in names]
        return f"np.delete(X, {places}, axis=1)"
    flags = flags_of("--drop", names)
    verb = "drop(columns=" if hasattr(problem.X, "iloc") else "drop("
    return f"X.{verb}{list(names)!r}), or {flags} on the command line"


def column_code(name: str, problem: Problem) -> str:
    """Write Python that takes one column."""
    if hasattr(problem.X, "columns"):
        return f"X[{json.dumps(name, ensure_ascii=False)}]"
    return f"X[:, {name.split()[-1]}]"


def passed(argument: str, name: str, problem: Problem) -> str:
    """Write how one column is passed, in Python and on the command line."""
    code = f"{argument}={column_code(name, problem)}"
    if not hasattr(problem.X, "columns"):
        return code
    return f"{code} ({flags_of(f'--{argument}', [name])})"


def show_p(pvalue: float) -> str:
    """Write a p-value; very small ones by a bound."""
    return "p < 1e-9" if pvalue < 1e-9 else f"p = {pvalue:.1g}"
