"""Train while scores on held-out rows get better: scores, history, when to stop."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from skoverfit._compat import PIPELINES
from skoverfit.regularization._iterations._adapters import Iterative, Rows, adapter_of
from skoverfit.regularization._iterations._adapters_external import ALL_ADAPTERS

__all__ = ["Monitor", "Training", "final_step", "log_likelihood", "watch"]

Scorer = Callable[..., float]


def final_step(estimator: Any) -> Any:
    """Return the step that is trained: the last one of a pipeline, or itself."""
    return estimator.steps[-1][1] if isinstance(estimator, PIPELINES) else estimator


def log_likelihood(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    """Mean logarithm of the probability that was given to the true class.

    Unlike the log-loss of scikit-learn it needs no row of every class.
    """
    probabilities = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    classes, y = np.asarray(estimator.classes_), np.asarray(y).ravel()
    codes = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    given = np.where(classes[codes] == y, probabilities[np.arange(len(y)), codes], 0)
    smallest = np.finfo(np.float64).eps
    logs = np.log(np.clip(given, smallest, 1))
    return float(np.average(logs, weights=sample_weight))


class Training:
    """One model in training, with the rows that it learns and those held out.

    Transformers of a pipeline are fitted once, on the training rows.

    Parameters
    ----------
    estimator : estimator object
        A clone, or a pipeline of clones whose last step is trained.
    train : Rows
        Training rows, with the metadata of `fit`.
    seed : int
        For shuffling.
    classes : ndarray or None
        All labels.
    split_params : callable
        From metadata to those of the transformers and those of the final step.
    """

    def __init__(
        self,
        estimator: Any,
        train: Rows,
        seed: int,
        classes: Any,
        split_params: Callable[..., tuple[dict, dict]],
    ):
        self.pipeline, self.head = None, None
        if isinstance(estimator, PIPELINES):
            self.pipeline = estimator
            head_params, params = split_params(estimator, train.params)
            X = train.X
            if len(estimator.steps) > 1:
                self.head = estimator[:-1]
                X = self.head.fit_transform(train.X, train.y, **head_params)
            train = Rows(X, train.y, params)
            estimator = estimator.steps[-1][1]
        adapter = adapter_of(estimator, ALL_ADAPTERS)
        self.adapter: Iterative = adapter(estimator, train, seed, classes)
        self.train = train
        self.held: Rows | None = None

    def hold_out(self, rows: Rows, train_params: Any) -> None:
        """Set the rows to watch, and the metadata for scoring both parts."""
        X = rows.X if self.head is None else self.head.transform(rows.X)
        self.held = rows._replace(X=X)
        self._scored = self.train._replace(params=train_params)

    def scores(self, n: int, scorer: Scorer, train_score: bool) -> tuple[float, float]:
        """Return train and validation score after `n` iterations."""
        assert self.held is not None
        parts = [self._scored, self.held] if train_score else [self.held]
        found = [
            float(scorer(self.adapter.stage(n, part.X), part.X, part.y, **part.params))
            for part in parts
        ]
        return (found[0], found[1]) if train_score else (math.nan, found[0])

    def result(self) -> Any:
        """Return the fitted estimator, in its pipeline."""
        model = self.adapter.result()
        if self.pipeline is None:
            return model
        self.pipeline.steps[-1] = (self.pipeline.steps[-1][0], model)
        return self.pipeline


class Monitor:
    """Keeps the scores and says when to stop.

    Parameters
    ----------
    n_iter_no_change : int or None
        Iterations without improvement after which to stop.
    tol : float
        What counts as an improvement must exceed it.
    max_gap : float or None
        Largest gap at which to go on without improvement.
    limit, step : int
        Largest number of iterations, and how many lie between two looks.
    """

    def __init__(
        self,
        n_iter_no_change: int | None,
        tol: float,
        max_gap: float | None,
        limit: int,
        step: int,
    ):
        self.n_iter_no_change, self.tol, self.max_gap = n_iter_no_change, tol, max_gap
        self.limit, self.step = limit, step
        self.best_iteration, self.best_score = 0, -math.inf
        self.stopped_by: str | None = None
        self.rows: list[tuple[int, np.ndarray, np.ndarray]] = []

    def certain(self, n: int) -> int:
        """Return how many iterations after the `n`-th are needed whatever they show."""
        if self.max_gap is not None:
            return min(self.step, self.limit - n)
        if self.n_iter_no_change is None:
            return self.limit - n
        # The first look is an improvement, whatever it shows.
        best = self.best_iteration or self.step
        wanted = best + math.ceil(self.n_iter_no_change / self.step) * self.step
        return min(max(wanted - n, self.step), self.limit - n)

    def looks(self, n: int, k: int) -> list[int]:
        """After which of the next `k` iterations scores are taken."""
        due = [i for i in range(n + 1, n + k + 1) if i % self.step == 0]
        return due if n + k in due else [*due, n + k]

    def record(self, n: int, train: list[float], held: list[float]) -> bool:
        """Keep the scores of all folds; return whether they are the best so far."""
        self.rows.append((n, np.array(train), np.array(held)))
        score, gap = float(np.mean(held)), float(np.mean(train) - np.mean(held))
        improved = score > self.best_score + self.tol or not self.best_iteration
        if improved:
            self.best_iteration = n
            self.best_score = -math.inf if math.isnan(score) else score
        elif self.max_gap is not None and gap > self.max_gap:
            self.stopped_by = "max_gap"
        elif (
            self.n_iter_no_change is not None
            and n - self.best_iteration >= self.n_iter_no_change
        ):
            self.stopped_by = "n_iter_no_change"
        if self.stopped_by is None and n >= self.limit:
            self.stopped_by = "max_iter"
        return improved

    @property
    def n_iterations(self) -> int:
        """Iterations so far."""
        return self.rows[-1][0] if self.rows else 0

    def history(self, train_score: bool) -> dict[str, list]:
        """Return the scores as columns, averaged over folds."""
        columns: dict[str, list] = {"iteration": [n for n, _, _ in self.rows]}
        train = [float(np.mean(scores)) for _, scores, _ in self.rows]
        held = [float(np.mean(scores)) for _, _, scores in self.rows]
        if train_score:
            columns["train_score"] = train
        columns["validation_score"] = held
        if train_score:
            columns["gap"] = [a - b for a, b in zip(train, held, strict=True)]
        if self.rows and len(self.rows[0][2]) > 1:
            columns["validation_std"] = [
                float(np.std(scores, ddof=1)) for _, _, scores in self.rows
            ]
        return columns


def watch(
    trainings: list[Training],
    monitor: Monitor,
    scorer: Scorer,
    *,
    train_score: bool,
    keep_best: bool,
    report: Callable[[int, Monitor], None],
) -> None:
    """Train all models in step until the mean of their scores says to stop.

    With `keep_best` the first model is taken back to its best iteration.
    """
    snapshot: Any = None
    looks_back = all(each.adapter.looks_back for each in trainings)
    for training in trainings:
        training.adapter.portion = monitor.step
        training.adapter.ceiling = monitor.limit
    while monitor.stopped_by is None:
        n = monitor.n_iterations
        k = min(monitor.certain(n), monitor.limit if looks_back else monitor.step)
        for training in trainings:
            training.adapter.advance(k)
        reached = n + k
        if _finished(trainings):
            reached = max(each.adapter.n_iterations for each in trainings)
        for look in monitor.looks(n, reached - n):
            found = [_clipped(each, look, scorer, train_score) for each in trainings]
            train, held = zip(*found, strict=True)
            if monitor.record(look, list(train), list(held)) and keep_best:
                snapshot = _snapshot(trainings[0].adapter, look)
            report(look, monitor)
        if monitor.stopped_by is None and _finished(trainings):
            monitor.stopped_by = "converged"
    if keep_best and monitor.best_iteration < monitor.n_iterations:
        trainings[0].adapter.restore(snapshot)


def _finished(trainings: list[Training]) -> bool:
    return all(training.adapter.finished for training in trainings)


def _clipped(
    training: Training, n: int, scorer: Scorer, train_score: bool
) -> tuple[float, float]:
    """Scores after `n` iterations, or after all where training ended earlier."""
    return training.scores(min(n, training.adapter.n_iterations), scorer, train_score)


def _snapshot(adapter: Iterative, n: int) -> Any:
    """Return what brings an adapter back to iteration `n`."""
    return n if adapter.looks_back else adapter.snapshot()
