"""An estimator on the splits of a problem: scores, scores of rows, and their cost."""

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter, sleep
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from skoverfit._compat._scorers import scorer_parts
from skoverfit._delegation import fit
from skoverfit._gap import Estimate, GapEstimate, GapScores, corrected_estimate
from skoverfit._paired import TRAINING_SHARE, paired_estimate
from skoverfit._row_scorer import RowScorer, row_scorer
from skoverfit.diagnosis._measuring._answers import Answers
from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.exceptions import InputError, InvalidSplitsWarning
from skoverfit.model_selection._shared_fits import only_asks, quick_fits

MANY_ROWS = 20_000
"""Rows from which fits may use several threads of OpenMP or BLAS."""

START_SECONDS = 0.05
"""Seconds that the first task of a worker takes, so that each one gets one."""

RowScores = list[NDArray[np.float64]]


@dataclass(frozen=True)
class Outcome:
    """What one estimator came to on the splits of a problem.

    Attributes
    ----------
    scores : GapScores
        Train and test scores; NaN where a fit or a score failed.
    rows : list of ndarray
        What each test row adds to the score of its split; NaN where rows do not make
        up the score.
    signal : list of ndarray
        The same for a score that sees any signal: ROC AUC, or R2 for numbers.
    train_rows : list of ndarray
        What each training row adds to the train score, where models were kept.
    tests : list of ndarray
        The test rows of each split.
    seconds : ndarray of shape (n_splits,)
        Time of each split, in the process that fitted it.
    fitted : list of estimators
        The fitted estimators, where they were to be kept; None where a fit failed.
    answers : list of dict
        What kept models were asked about their test rows, by the name of the method.
    """

    scores: GapScores
    rows: RowScores
    signal: RowScores
    train_rows: RowScores
    tests: list[NDArray[np.int64]]
    seconds: NDArray[np.float64]
    fitted: list[Any]
    answers: list[dict[str, Any]]


@dataclass(frozen=True)
class _Split:
    """One split of an outcome."""

    train_score: float
    test_score: float
    rows: NDArray[np.float64]
    signal: NDArray[np.float64]
    train_rows: NDArray[np.float64]
    fit_time: float
    seconds: float
    model: Any
    answers: dict[str, Any]
    error: Exception | None


def observe(problem: Problem, estimator: Any, *, keep: bool = False) -> Outcome:
    """Fit and score an estimator on the splits of a problem.

    Parameters
    ----------
    problem : Problem
        Data, splits and scorer.
    estimator : estimator object
        It is cloned, and seeded where it has no seed.
    keep : bool, default=False
        Whether to keep the fitted estimators.

    Raises
    ------
    ValueError
        If no fit succeeds.
    """
    estimator = seeded(estimator, problem.seed)
    one_split = partial(_on_split, estimator, problem.without_splits(), keep=keep)
    with warnings.catch_warnings(), few_threads(problem.n_samples):
        # Probes try settings on purpose that may not converge or fit; the scores say
        # what came of it, and failed splits are counted in the estimates.
        warnings.simplefilter("ignore")
        parts = Parallel(n_jobs=problem.n_jobs)(
            delayed(one_split)(train, test) for train, test in problem.splits
        )
    errors = [part.error for part in parts if part.error is not None]
    if len(errors) == len(parts):
        raise ValueError(f"{type(errors[-1]).__name__}: {errors[-1]}") from errors[-1]
    return _as_outcome(problem.splits, parts)


def measure(problem: Problem, estimator: Any) -> GapScores:
    """Only the scores of :func:`observe`."""
    return observe(problem, estimator).scores


def start_workers(n_jobs: int | None) -> None:
    """Start the processes that will fit, so that no fit pays for it."""
    n_workers = effective_n_jobs(n_jobs)
    if n_workers > 1:
        Parallel(n_jobs=n_jobs)(delayed(_ready)() for _ in range(n_workers))


def _ready() -> None:
    """Nothing to do: a worker that gets this has imported what fits need."""
    sleep(START_SECONDS)


def joined(one: Outcome, other: Outcome) -> Outcome:
    """Put outcomes on different splits together."""
    scores = one.scores, other.scores
    train, test, n_train, n_test, fit_times = (
        np.concatenate([getattr(part, name) for part in scores])
        for name in ("train_scores", "test_scores", "n_train", "n_test", "fit_times")
    )
    return Outcome(
        _gap_scores(train, test, n_train, n_test, fit_times),
        one.rows + other.rows,
        one.signal + other.signal,
        one.train_rows + other.train_rows,
        one.tests + other.tests,
        np.concatenate([one.seconds, other.seconds]),
        one.fitted + other.fitted,
        one.answers + other.answers,
    )


def paired(one: Outcome, other: Outcome, groups: NDArray | None = None) -> Estimate:
    """Paired change of the test score: by rows where they make up the score.

    Returns
    -------
    change : Estimate
        Of `one` minus `other`.
    """
    by_rows = row_change(one.rows, other.rows, one.tests, groups)
    if by_rows is not None:
        return by_rows
    return corrected_estimate(
        one.scores.test_scores - other.scores.test_scores,
        test_train_ratio=other.scores.test_train_ratio,
    )


def row_change(
    one: RowScores,
    other: RowScores,
    tests: Sequence[NDArray],
    groups: NDArray | None,
    *,
    training_share: float = TRAINING_SHARE,
) -> Estimate | None:
    """Paired change by rows; None unless rows make up both on the same splits."""
    whole = [is_whole(a) == is_whole(b) for a, b in zip(one, other, strict=True)]
    if not all(whole) or not any(map(is_whole, one)):
        return None
    return paired_estimate(
        one, other, tests, groups=groups, training_share=training_share
    )


def is_whole(rows: NDArray[np.float64]) -> bool:
    """Whether there is a finite score for every row."""
    return len(rows) > 0 and bool(np.isfinite(rows).all())


# -------------------------------------------------------------------------- one split
def _on_split(
    estimator: Any, problem: Problem, train: NDArray, test: NDArray, *, keep: bool
) -> _Split:
    """Fit on the one side, score on both."""
    start = perf_counter()
    model = clone(estimator)
    seen, asked = (Answers(model, rows_of(problem.X, side)) for side in (train, test))
    # A scorer that may do more than ask could fit the model again.
    known = (seen.X, asked.X) if only_asks(problem.scorer) else ()
    with quick_fits(*known):
        try:
            fit_rows(problem, model, train)
        except Exception as error:  # whatever an estimator raises is a failed fit
            return _failed(train, test, perf_counter() - start, error)
        fit_time = perf_counter() - start
        return _scored(problem, seen, asked, train, test, start, fit_time, keep=keep)


def _failed(train: NDArray, test: NDArray, seconds: float, error: Exception) -> _Split:
    nan, none = np.nan, np.full(len(test), np.nan)
    lost = np.full(len(train), np.nan)
    return _Split(nan, nan, none, none, lost, nan, seconds, None, {}, error)


def _scored(
    problem: Problem,
    seen: Answers,
    asked: Answers,
    train: NDArray,
    test: NDArray,
    start: float,
    fit_time: float,
    *,
    keep: bool,
) -> _Split:
    """Score a fitted model on both sides."""
    model = asked.model
    scorer = row_scorer(problem.scorer, model)
    rows = _row_scores(scorer, asked, problem.y[test])
    train_rows = np.full(len(train), np.nan)
    if keep:
        train_rows = _row_scores(scorer, seen, problem.y[train])
    return _Split(
        _mean_or_score(problem, seen, train, train_rows),
        _mean_or_score(problem, asked, test, rows),
        rows,
        _signal_rows(problem, asked, problem.y[test], rows),
        train_rows,
        fit_time,
        perf_counter() - start,
        model if keep else None,
        asked.known if keep else {},
        None,
    )


def fit_rows(problem: Problem, model: Any, rows: NDArray) -> None:
    """Fit on some rows, with their weights where the model takes them."""
    name = None if problem.sample_weight is None else _weight_name(model)
    weights = {} if name is None else {name: _weights_of(problem, rows)}
    fit(model, rows_of(problem.X, rows), problem.y[rows], **weights)


def _weights_of(problem: Problem, rows: NDArray) -> NDArray[np.float64]:
    assert problem.sample_weight is not None
    return problem.sample_weight[rows]


def _weight_name(model: Any) -> str | None:
    """Name under which `fit` takes weights; the last step's in a pipeline."""
    if hasattr(model, "steps"):
        name, step = model.steps[-1]
        takes = has_fit_parameter(step, "sample_weight")
        return f"{name}__sample_weight" if takes else None
    return "sample_weight" if has_fit_parameter(model, "sample_weight") else None


def _mean_or_score(
    problem: Problem, model: Any, rows: NDArray, scores: NDArray[np.float64]
) -> float:
    """Score some rows, without predicting them again where rows make up the score."""
    return float(scores.mean()) if is_whole(scores) else score_on(problem, model, rows)


def score_on(problem: Problem, model: Any, rows: NDArray, scorer: Any = None) -> float:
    """Score of a fitted model on some rows; NaN where that is not defined.

    Of a model with its :class:`Answers` these rows; scorers that may do more than ask
    for predictions get the model itself.
    """
    scorer = problem.scorer if scorer is None else scorer
    if model is None or not len(rows):
        return np.nan
    if isinstance(model, Answers):
        X = model.X
        model = model if scorer_parts(scorer) is not None else model.model
    else:
        X = rows_of(problem.X, rows)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # undefined metrics give NaN or 0 and warn
            return float(scorer(model, X, problem.y[rows]))
    except Exception:  # scorers of users raise what they like
        return np.nan


def _row_scores(
    scorer: RowScorer | None, model: Answers, y: NDArray
) -> NDArray[np.float64]:
    """Score rows one by one; NaN where rows do not make up the score."""
    nothing = np.full(len(y), np.nan)
    if scorer is None:
        return nothing
    try:
        found = scorer(model, model.X, y)
    except Exception:  # scorers of users raise what they like
        return nothing
    return found if np.isfinite(found).all() else nothing


def scored_rows(
    problem: Problem, model: Any, rows: NDArray
) -> tuple[float, NDArray[np.float64]]:
    """Score of a fitted model on some rows, and what each adds; NaN where unknown."""
    if model is None:
        return np.nan, np.full(len(rows), np.nan)
    asked = Answers(model, rows_of(problem.X, rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scorer = row_scorer(problem.scorer, model)
        scores = _row_scores(scorer, asked, problem.y[rows])
        return _mean_or_score(problem, asked, rows, scores), scores


def _signal_rows(
    problem: Problem, model: Answers, y: NDArray, rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rows of the ROC AUC, or of R2, whatever the score of the problem is."""
    if not problem.is_classification:
        scoring = "r2"
    else:
        scoring = "roc_auc" if problem.n_classes == 2 else "roc_auc_ovr"
    if problem.scoring == scoring:
        return rows
    return _row_scores(row_scorer(scoring), model, y)


def few_threads(n_samples: int) -> Any:
    """One thread on small data, where waiting for more costs more than it saves.

    On a busy machine boosting is then faster by a factor of ten.
    """
    if n_samples > MANY_ROWS:
        return nullcontext()
    return threadpool_limits(1)


def _as_outcome(splits: Sequence[tuple[NDArray, NDArray]], parts: list[_Split]) -> Any:
    train, test, fit_times, seconds = (
        np.array([getattr(part, name) for part in parts])
        for name in ("train_score", "test_score", "fit_time", "seconds")
    )
    n_train, n_test = (np.array([len(pair[i]) for pair in splits]) for i in (0, 1))
    return Outcome(
        _gap_scores(train, test, n_train, n_test, fit_times),
        [part.rows for part in parts],
        [part.signal for part in parts],
        [part.train_rows for part in parts],
        [own for _, own in splits],
        seconds,
        [part.model for part in parts],
        [part.answers for part in parts],
    )


def _gap_scores(
    train: NDArray, test: NDArray, n_train: NDArray, n_test: NDArray, times: NDArray
) -> GapScores:
    gap = GapEstimate.from_scores(train, test, test_train_ratio=n_test / n_train)
    return GapScores(train, test, n_train, n_test, times, gap)


# ---------------------------------------------------------- the estimator as it is
def seeded(estimator: Any, seed: int) -> Any:
    """Clone an estimator and seed what has no seed, so that fits can be repeated."""
    estimator = clone(estimator)
    unseeded = [
        name
        for name, value in estimator.get_params(deep=True).items()
        if name.split("__")[-1] == "random_state" and value is None
    ]
    return (
        estimator.set_params(**dict.fromkeys(unseeded, seed)) if unseeded else estimator
    )


def observe_original(problem: Problem) -> Outcome:
    """Observe the estimator under diagnosis; says why if it has no scores."""
    try:
        outcome = observe(problem, problem.estimator, keep=True)
    except ValueError as error:
        raise _failure(problem) from error
    n_valid = np.count_nonzero(np.isfinite(outcome.scores.gaps))
    if n_valid == 0:
        raise _failure(problem)
    if n_valid < len(problem.splits):
        warnings.warn(
            f"{len(problem.splits) - n_valid} of {len(problem.splits)} splits gave no "
            f"finite {problem.scoring} and are left out.",
            InvalidSplitsWarning,
            stacklevel=6,
        )
    return outcome


def _failure(problem: Problem) -> InputError:
    """Fit and score once more in the open, to learn what went wrong."""
    train, test = problem.splits[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = seeded(problem.estimator, problem.seed)
            fit_rows(problem, model, train)
            score = problem.scorer(model, rows_of(problem.X, test), problem.y[test])
    except Exception as error:  # whatever the estimator or the scorer raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
    else:
        reason = f"its {problem.scoring} is {score}"
    name = type(problem.estimator).__name__
    return InputError(f"{name} cannot be fitted and scored on these data: {reason}")
