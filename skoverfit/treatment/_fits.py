"""Fits of candidates on splits: models, what they say of unseen rows, and the cost."""

import multiprocessing
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, Literal

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from skoverfit._row_scorer import row_scorer
from skoverfit.diagnosis._measuring._answers import Answers
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    few_threads,
    fit_rows,
    is_whole,
    score_on,
    seeded,
)
from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.model_selection._committee._average import Ballot, Numbers, OneOutput
from skoverfit.model_selection._shared_fits import quick_fits

__all__ = [
    "Fit",
    "NotPortable",
    "Trial",
    "ballot_of",
    "fits_of",
    "fitted_on_all",
    "one_line",
    "quietly",
    "run_splits",
    "run_tasks",
]

FloatArray = NDArray[np.float64]

TIES = 0.01
"""Share of rows whose label may differ from the most likely class by rounding."""


class NotPortable(RuntimeError):
    """Raised where an estimator cannot be sent to another process, or back."""


@dataclass(frozen=True)
class Fit:
    """A candidate on one split.

    Attributes
    ----------
    model : estimator object or None
        Fitted; None if that failed.
    matrix : ndarray of shape (n_test, n_columns) or None
        Probabilities of all classes, or predicted numbers, of the test rows. None of
        classifiers whose decisions do not follow from probabilities.
    rows : ndarray of shape (n_test,)
        What each test row adds to the score; NaN where rows do not make it up.
    score, train_score : float
        Scores of either side; the latter is known of the given model.
    seconds : float
        Time that it took.
    error : str
        Why it failed, in one line; empty if it did not.
    """

    model: Any
    matrix: FloatArray | None
    rows: FloatArray
    score: float
    train_score: float
    seconds: float
    error: str = ""


@dataclass(eq=False)
class Trial:
    """A candidate with what is known of it so far.

    Attributes
    ----------
    candidate : Candidate
        What is tried.
    kind : str
        Name of the kind of remedy.
    fits : list of Fit
        By split, in order.
    state : {"tried", "dropped", "failed", "skipped"}
        Whether all splits were fitted; if not, why.
    reason : str
        What stands behind the state.
    may_hang : bool
        Whether a fit may take much longer than those of the given model did.
    """

    candidate: Candidate
    kind: str
    fits: list[Fit] = field(default_factory=list)
    state: Literal["tried", "dropped", "failed", "skipped"] = "tried"
    reason: str = ""
    may_hang: bool = False

    @property
    def seconds(self) -> float:
        """Seconds of all its fits."""
        return float(sum(fit.seconds for fit in self.fits))

    @property
    def averages(self) -> bool:
        """Whether its answers can be averaged with those of others."""
        return all(fit.matrix is not None for fit in self.fits)

    @property
    def scores(self) -> FloatArray:
        """Test score of each split."""
        return np.array([fit.score for fit in self.fits])


def fits_of(problem: Problem, outcome: Outcome, ballot: Ballot) -> list[Fit]:
    """Read what was measured elsewhere, with its models, as fits."""
    return [
        _fit_of(problem, outcome, split, ballot) for split in range(len(outcome.tests))
    ]


def _fit_of(problem: Problem, outcome: Outcome, split: int, ballot: Ballot) -> Fit:
    model, test = outcome.fitted[split], outcome.tests[split]
    seconds, scores = float(outcome.seconds[split]), outcome.scores
    if model is None:
        return _failed(test, seconds, "its fit failed")
    try:
        asked = Answers(model, rows_of(problem.X, test), outcome.answers[split])
        matrix = _matrix(problem, asked, ballot)
        score = _known(problem, float(scores.test_scores[split]))
    except Exception as error:  # as in fits
        return _failed(test, seconds, one_line(error))
    on_train = float(scores.train_scores[split])
    return Fit(model, matrix, outcome.rows[split], score, on_train, seconds)


def _failed(test: NDArray, seconds: float, why: str) -> Fit:
    lost = np.full(len(test), np.nan)
    return Fit(None, None, lost, np.nan, np.nan, seconds, why)


def run_splits(
    problem: Problem,
    estimator: Any,
    splits: Sequence[tuple[NDArray, NDArray]],
    ballot: Ballot,
    *,
    timeout: float | None = None,
) -> list[Fit]:
    """Fit an estimator on splits.

    Parameters
    ----------
    problem : Problem
        Rows, targets and score.
    estimator : estimator object
        It is cloned.
    splits : sequence of (ndarray, ndarray)
        Training and test rows.
    ballot : Ballot
        Reads what models say.
    timeout : float or None, default=None
        Seconds that a split may take. It is then fitted in a process of its own, which
        is ended after that.

    Raises
    ------
    TimeoutError
        If a split has taken longer.
    NotPortable
        If the estimator cannot be sent to another process, or back.
    """
    one = partial(_on_split, problem.without_splits(), estimator, ballot)
    tasks = (delayed(one)(train, test) for train, test in splits)
    return run_tasks(problem, tasks, timeout=timeout, elsewhere=timeout is not None)


def run_tasks(
    problem: Problem, tasks: Iterable[Any], *, timeout: float | None, elsewhere: bool
) -> list[Any]:
    """Run what may fit models, in other processes where it has to be.

    Raises
    ------
    TimeoutError
        If a task has taken longer.
    NotPortable
        If a model cannot be sent to another process, or back.
    """
    n_jobs = problem.n_jobs
    if elsewhere:  # joblib ends processes that take longer
        n_jobs = max(2, effective_n_jobs(n_jobs))
    try:
        with quietly(problem):
            return list(Parallel(n_jobs=n_jobs, timeout=timeout)(tasks))
    except multiprocessing.TimeoutError as error:  # not the one that is built in
        raise TimeoutError(f"a fit took more than {timeout} seconds") from error
    except Exception as error:  # fits catch their own: this is about the transport
        if "pickl" not in one_line(error).lower():
            raise
        raise NotPortable(one_line(error)) from error


def ballot_of(problem: Problem) -> Ballot:
    """Find how answers about a problem are read and averaged."""
    if problem.is_classification:
        return OneOutput("predict_proba", np.unique(problem.y))
    return Numbers(is_vector=True)


@contextmanager
def quietly(problem: Problem) -> Iterator[None]:
    """Try things without their warnings, with few threads, and weights by plain names.

    Remedies do not request metadata: where routing is on, the estimator that was given
    has said that it wants the weights, and they are for all.
    """
    routing = config_context(enable_metadata_routing=False)
    with warnings.catch_warnings(), few_threads(problem.n_samples), routing:
        warnings.simplefilter("ignore")
        yield


def _on_split(
    problem: Problem,
    estimator: Any,
    ballot: Ballot,
    train: NDArray,
    test: NDArray,
) -> Fit:
    """Fit on the one side, and ask about the other; whatever is raised is a result."""
    start = perf_counter()
    try:
        model = clone(estimator)
        with quick_fits():
            fit_rows(problem, model, train)
        asked = Answers(model, rows_of(problem.X, test))
        matrix = _matrix(problem, asked, ballot)
        score, rows = _scored(problem, asked, test)
    except Exception as error:  # whatever an estimator raises is a failed fit
        return _failed(test, perf_counter() - start, one_line(error))
    return Fit(model, matrix, rows, score, np.nan, perf_counter() - start)


def _matrix(problem: Problem, asked: Answers, ballot: Ballot) -> FloatArray | None:
    """Read the answers about the test rows.

    Raises
    ------
    ValueError
        If some are missing or infinite.
    """
    said = asked.predict(asked.X)
    if not problem.is_classification:
        return _finite(ballot.read(said, None), "predictions")
    if not hasattr(asked, "predict_proba"):
        return None
    answer = _finite(asked.predict_proba(asked.X), "probabilities")
    matrix = ballot.read(answer, asked.classes_)
    differ = np.mean(np.asarray(ballot.labels(matrix) != np.asarray(said)))
    return matrix if differ <= TIES else None


def _finite(values: Any, what: str) -> FloatArray:
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError(f"some of its {what} are missing or infinite")
    return values


def _scored(
    problem: Problem, asked: Answers, test: NDArray
) -> tuple[float, FloatArray]:
    """Score the test rows, one by one where they make up the score."""
    scorer = row_scorer(problem.scorer, asked.model)
    if scorer is not None:
        rows = scorer(asked, asked.X, problem.y[test])
        if is_whole(rows):
            return _known(problem, float(rows.mean())), rows
    score = score_on(problem, asked, test)
    return _known(problem, float(score)), np.full(len(test), np.nan)


def _known(problem: Problem, score: float) -> float:
    """Check that a score is one.

    Raises
    ------
    ValueError
        If it is not finite.
    """
    if not np.isfinite(score):
        raise ValueError(f"its {problem.scoring} is not a number")
    return score


def fitted_on_all(problem: Problem, estimator: Any) -> Any:
    """Fit a clone on all rows."""
    model = seeded(estimator, problem.seed)
    with quietly(problem), quick_fits():
        fit_rows(problem, model, np.arange(problem.n_samples))
    return model


def one_line(error: BaseException) -> str:
    """Write an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
