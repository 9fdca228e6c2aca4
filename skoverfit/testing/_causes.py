"""What causes of a bad score promise, which a report asks about."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

import joblib
import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression, Ridge

from skoverfit.diagnosis import Cause
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence, measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem, make_problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis._runner import NEEDS, ask, judge
from skoverfit.diagnosis.causes._base import Kind as CauseKind
from skoverfit.testing._kit import Kind
from skoverfit.testing._randomness import check_repeats

__all__ = ["CAUSE", "check_cause"]

#: Of clean tables, an alarm is false in at most this share.
FALSE_ALARMS = 0.05
#: Rows of smaller problems.
SIZES = (20, 30, 40)
NAMED = ("code", "name", "title", "kind")


@dataclass(frozen=True)
class Clean:
    """Tables in which nothing is wrong: a model that suits them, and rows enough.

    Attributes
    ----------
    needs : frozenset of str
        What the tables must have besides.
    n_rows : int
        Rows of each.
    n_tables : int
        How many there are, for what is counted.
    """

    needs: frozenset[str]
    n_rows: int = 80
    n_tables: int = 20

    def problem(self, seed: int = 0, **changes: Any) -> Problem:
        """Make one of the tables, a problem of a diagnosis."""
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(self.n_rows, 3))
        score = 2 * X[:, 0] + X[:, 1] + 0.5 * rng.normal(size=self.n_rows)
        is_number = "regression" in self.needs
        y = score if is_number else (score > 0).astype(int)
        model = Ridge() if is_number else LogisticRegression()
        given = {**self._given(X, y, rng), **changes}
        return make_problem(model, self._as_given(X), y, random_state=seed, **given)

    def _as_given(self, X: np.ndarray) -> Any:
        if "frame" not in self.needs:
            return X
        import pandas as pd

        return pd.DataFrame(X, columns=["a", "b", "c"])

    def _given(self, X: np.ndarray, y: np.ndarray, rng: Any) -> dict[str, Any]:
        """Arguments that bring what is needed."""
        order, n_rows = rng.permutation(self.n_rows), self.n_rows
        parts: dict[str, dict[str, Any]] = {
            "groups": {"groups": np.arange(n_rows) // 4},
            "time": {"time": np.arange(n_rows)},
            "sample_weight": {"sample_weight": np.ones(n_rows)},
            "test_part": {
                "X_test": self._as_given(X[order[: n_rows // 2]] + 1e-3),
                "y_test": y[order[: n_rows // 2]],
            },
        }
        chosen = [given for name, given in parts.items() if name in self.needs]
        return {key: value for given in chosen for key, value in given.items()}

    def smaller(self) -> Iterator["Clean"]:
        """Yield tables of fewer rows."""
        for size in SIZES:
            if size < self.n_rows:
                yield replace(self, n_rows=size)

    def __str__(self) -> str:
        """Tell the size."""
        return f"clean tables of {self.n_rows} rows and 3 columns"


def _cases(cause: Any, *, n_tables: int = 20) -> list[Clean]:
    return [Clean(_instance(cause).needs, n_tables=n_tables)]


def _instance(cause: Any) -> Cause:
    return cause() if isinstance(cause, type) else cause


def _is_cause(part: Any) -> bool:
    return isinstance(part, Cause) or (
        isinstance(part, type) and issubclass(part, Cause)
    )


CAUSE = Kind("cause", _is_cause, _cases)


def check_cause(cause: Any, *, n_tables: int = 20) -> None:
    """Check a cause of a bad score against what reports rely on.

    It is described; its findings are its own and well formed; its judgment depends on
    what was measured alone; the same data give the same finding; the data, the model
    and global state stay as they are; the user's test part is not read unless it is
    needed; what cannot be measured is said so; and of clean tables, hardly any has it.

    Parameters
    ----------
    cause : Cause or subclass of Cause
        The cause; it need not be registered.
    n_tables : int, default=20
        Clean tables that are asked about. Findings that are present with severity
        "warning" or "serious" may be as many as a rate of 5 % leads to in 99 of 100
        such checks.

    Raises
    ------
    AssertionError
        If a promise is broken; the message says which.

    See Also
    --------
    skoverfit.diagnosis.register_cause : Make reports ask about it.
    parametrize_with_checks : One test for each promise, for use with pytest.

    Examples
    --------
    >>> from skoverfit.diagnosis import Cause
    >>> from skoverfit.testing import check_cause
    >>> class FewRows(Cause):
    ...     code, name, kind = "OWN001", "few_rows", "data"
    ...     title = "There are fewer than 50 rows"
    ...
    ...     def measure(self, lab):
    ...         return lab.problem.n_samples
    ...
    ...     def judge(self, measured, problem):
    ...         if measured >= 50:
    ...             return self.finding("absent", title="There are 50 rows or more")
    ...         return self.finding("present", severity="warning", effect=measured)
    >>> check_cause(FewRows)
    """
    CAUSE.check(cause, n_tables=n_tables)


def _lab(cause: Cause, problem: Problem) -> Lab:
    """Prepare a lab as a report does before it asks."""
    lab = Lab(problem, Clock(math.inf))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tables that are small on purpose
        measure_core(lab)
    if cause.after_evidence:
        collect_evidence(lab, cause.reads)
    return lab


def _finding(cause: Any, problem: Problem) -> Finding:
    """Ask about a cause as a report does."""
    cause = _instance(cause)
    lab = _lab(cause, problem)
    return judge(ask(lab, [cause]), lab.problem)[0]


@CAUSE.promise
def check_is_described(cause, clean):
    """Have a code, a name, a title, a known kind, and needs that reports know."""
    lacking = [part for part in NAMED if not getattr(cause, part, "")]
    assert not lacking, f"It has no {', '.join(lacking)}."
    kinds = get_args(CauseKind)
    assert cause.kind in kinds, f"Its kind {cause.kind!r} is none of {kinds}."
    unknown = sorted({*cause.needs} - NEEDS.keys())
    assert not unknown, f"It needs {', '.join(unknown)}; known are {sorted(NEEDS)}."


@CAUSE.promise
def check_finding_is_its_own(cause, clean):
    """Give findings of its code, with a known status and the effect in its interval."""
    finding = _finding(cause, clean.problem())
    assert finding.code == cause.code, f"The finding has the code {finding.code}."
    known = ("present", "absent", "not_measured", "not_applicable")
    assert finding.status in known, f"The status is {finding.status!r}."
    if finding.effect is not None:
        assert np.isfinite(finding.effect), f"The effect is {finding.effect}."
    if finding.interval is not None and finding.effect is not None:
        low, high = finding.interval
        assert low <= finding.effect <= high, (
            f"The effect {finding.effect} is not in its interval {low} to {high}."
        )


@CAUSE.promise
def check_judgment_is_pure(cause, clean):
    """Judge by what was measured alone: the same each time, and nothing is changed."""
    cause = _instance(cause)
    lab = _lab(cause, clean.problem())
    asked = ask(lab, [cause])[0]
    if asked.status is not None:
        return
    before = joblib.hash(asked.measured)
    first, *again = (cause.judge(asked.measured, lab.problem) for _ in range(3))
    assert all(other == first for other in again), (
        "It judged differently the next time."
    )
    assert joblib.hash(asked.measured) == before, "judge changed what was measured."


@CAUSE.promise
def check_measuring_repeats(cause, clean):
    """Find the same in the same data; leave global random state alone."""
    problem = clean.problem()
    check_repeats(
        lambda: np.array(repr(_finding(cause, problem))),
        "the finding",
        "seed by lab.problem.seed",
    )


@CAUSE.promise
def check_problem_not_changed(cause, clean):
    """Leave the data and the estimator as they are."""
    problem = clean.problem()
    before = _fingerprint(problem)
    _finding(cause, problem)
    changed = [
        name for name, key in _fingerprint(problem).items() if key != before[name]
    ]
    assert not changed, f"It changed {', '.join(changed)} of the problem."


def _fingerprint(problem: Problem) -> dict[str, Any]:
    names = ("X", "y", "groups", "time", "sample_weight", "X_test", "y_test", "splits")
    parts = {name: joblib.hash(getattr(problem, name)) for name in names}
    return {**parts, "estimator": repr(sorted(vars(problem.estimator).items()))}


def _leaves_test_part(cause: Any) -> bool:
    return "test_part" not in cause.needs


@CAUSE.promise_where(_leaves_test_part)
def check_test_part_not_read(cause, clean):
    """Find the same whatever is in the user's test part, unless it needs that."""
    problem = clean.problem()
    found = [
        _finding(cause, replace(problem, X_test=X_test, y_test=problem.y[:20]))
        for X_test in (problem.X[:20], problem.X[20:40] * 3 + 1)
    ]
    assert found[0] == found[1], "With another test part it found something else."


@CAUSE.promise
def check_says_not_measured(cause, clean):
    """Raise NotMeasured where something cannot be measured, and fail nowhere."""
    few = replace(clean, n_rows=12)
    for problem in (clean.problem(), few.problem(), _with_constant_column(few)):
        told = _finding(cause, problem).explanation
        assert not told.lower().startswith("failed:"), f"It failed: {told[8:]}"


def _with_constant_column(clean: Clean) -> Problem:
    problem = clean.problem()
    X = problem.X.copy()
    if hasattr(X, "iloc"):
        X["c"] = 1.0
    else:
        X[:, -1] = 1.0
    return replace(problem, X=X)


@CAUSE.promise
def check_false_alarms(cause, clean):
    """Be present in hardly any clean table: in one of twenty, chance allowed for."""
    ask_about = partial(_finding, cause)
    found = [ask_about(clean.problem(seed)) for seed in range(clean.n_tables)]
    alarms = sum(f.status == "present" and f.severity != "info" for f in found)
    limit = stats.binom.ppf(0.99, clean.n_tables, FALSE_ALARMS)
    assert alarms <= limit, (
        f"{alarms} of {clean.n_tables} clean tables have it; {limit:.0f} may."
    )
