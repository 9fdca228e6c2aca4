"""Scores along the dial over splits, and the strength that they speak for."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline, make_pipeline

from skoverfit._capacity._lookup import Leaf, require_dials
from skoverfit._compat import (
    _BaseScorer,
    _check_method_params,
    _safe_indexing,
)
from skoverfit._folds import last_close_to_best
from skoverfit._gap import GapEstimate, corrected_estimate
from skoverfit.regularization._dial._learner import DialOptions, Learner
from skoverfit.regularization._dial._path_fits import fit_along
from skoverfit.regularization._trees._shrinkage_path import takes_weights

__all__ = ["STRENGTHS", "check_strengths", "chosen", "score_path"]

#: The path of strength="cv": both ends, the own settings and equal steps between.
STRENGTHS = np.linspace(0, 1, 21).round(2)

Rows = np.ndarray
Score = Callable[[Any, Any, Any, dict], float]


def check_strengths(strength: Any) -> np.ndarray:
    """Return the strengths to choose from, in ascending order."""
    if isinstance(strength, str):
        return STRENGTHS.copy()
    try:
        strengths = np.asarray(strength, dtype=np.float64)
    except (TypeError, ValueError):
        strengths = np.array(np.nan)
    inside = (strengths >= 0) & (strengths <= 1)
    if strengths.ndim != 1 or not len(strengths) or not inside.all():
        raise ValueError(
            f"strength={strength!r} must be a number in [0, 1], 'cv' or a "
            "one-dimensional sequence of such numbers to choose from."
        )
    return np.unique(strengths)


class Evaluation(NamedTuple):
    """What is evaluated: the estimator, the strengths and how to score."""

    estimator: Any
    options: DialOptions
    strengths: np.ndarray
    score: "Scoring"
    #: Builds the estimator with the dial inside, for those that share nothing.
    build: Callable[[list[Leaf], float], Any]


class Scoring:
    """The scorer, given weights where it takes them."""

    def __init__(self, scoring: Any, estimator: Any):
        self.scorer: Any = None
        if scoring is not None:
            self.scorer = check_scoring(estimator, scoring)

    @property
    def sees_rows(self) -> bool:
        """Whether the scorer may look at the rows themselves."""
        return self.scorer is not None and not isinstance(self.scorer, _BaseScorer)

    def weighted(self, estimator: Any) -> bool:
        """Whether the score of an estimator takes weights of rows."""
        if self.scorer is not None:
            return takes_weights(self.scorer)
        return "sample_weight" in inspect.signature(estimator.score).parameters

    def __call__(self, model: Any, X: Any, y: Any, params: dict) -> float:
        """Score a fitted model on some rows."""
        if self.scorer is None:
            return float(model.score(X, y, **params))
        return float(self.scorer(model, X, y, **params))


def score_path(
    evaluation: Evaluation,
    X: Any,
    y: Any,
    splits: list[tuple[Rows, Rows]],
    fit_params: dict,
    score_params: dict,
    *,
    n_jobs: int | None,
    verbose: int,
) -> dict[str, np.ndarray]:
    """Return train and test scores of each strength on each split, and summaries."""
    scores = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_scores_on_split)(evaluation, X, y, split, fit_params, score_params)
        for split in splits
    )
    train, test = np.moveaxis(np.array(scores, dtype=float), 0, 2)
    ratios = np.array([len(test) / len(train) for train, test in splits])
    return _summary(evaluation.strengths, train, test, ratios)


def _summary(strengths: Any, train: Any, test: Any, ratios: Any) -> dict:
    """Columns with one row for each strength; scores of splits in two of them."""
    gaps = [
        GapEstimate.from_scores(a, b, test_train_ratio=ratios)
        for a, b in zip(train, test, strict=True)
    ]
    tests = [corrected_estimate(row, test_train_ratio=ratios) for row in test]
    return {
        "strength": strengths,
        "mean_train_score": train.mean(axis=1),
        "std_train_score": train.std(axis=1),
        "mean_test_score": test.mean(axis=1),
        "std_test_score": test.std(axis=1),
        "test_score_low": np.array([each.interval[0] for each in tests]),
        "test_score_high": np.array([each.interval[1] for each in tests]),
        "mean_gap": np.array([gap.mean for gap in gaps]),
        "gap_low": np.array([gap.interval[0] for gap in gaps]),
        "gap_high": np.array([gap.interval[1] for gap in gaps]),
        "train_scores": train,
        "test_scores": test,
    }


def chosen(path: dict[str, np.ndarray], n_se: float) -> int:
    """Return the number of the strength to use; ties go to the stronger one."""
    if np.isnan(path["mean_test_score"]).all():
        raise ValueError(
            "scoring gave no number on some split for every strength; use splits "
            "or a score for which it does."
        )
    return last_close_to_best(path["test_scores"], n_se)


# ------------------------------------------------------------------------- one split
def _scores_on_split(
    evaluation: Evaluation,
    X: Any,
    y: Any,
    split: tuple[Rows, Rows],
    fit_params: dict,
    score_params: dict,
) -> tuple[list[float], list[float]]:
    """Train and test scores of all strengths on one split."""
    train = _rows(X, y, split[0], fit_params)
    models = _models(evaluation, *train)
    scores = []
    for rows in split:
        X_part, y_part, params = _rows(X, y, rows, score_params)
        if not evaluation.score.weighted(evaluation.estimator):
            params.pop("sample_weight", None)
        scores.append(models.scores(evaluation.score, X_part, y_part, params))
    return scores[0], scores[1]


def _rows(X: Any, y: Any, rows: Rows, params: dict) -> tuple[Any, Any, dict]:
    return (
        _safe_indexing(X, rows),
        _safe_indexing(y, rows),
        dict(_check_method_params(X, params=params, indices=rows)),
    )


class _Models:
    """Fitted models behind what they share: steps of a pipeline and a scaler."""

    def __init__(self, fitted: list[Any], shared: list[Any]):
        self.fitted, self.shared = fitted, shared

    def scores(self, score: Scoring, X: Any, y: Any, params: dict) -> list[float]:
        if score.sees_rows:
            models = [make_pipeline(*self.shared, model) for model in self.fitted]
        else:
            models = self.fitted
            for step in self.shared:
                X = step.transform(X)
        found = {id(model): score(model, X, y, params) for model in _unique(models)}
        return [found[id(model)] for model in models]


def _unique(models: Iterable[Any]) -> Iterable[Any]:
    return {id(model): model for model in models}.values()


def _models(evaluation: Evaluation, X: Any, y: Any, params: dict) -> _Models:
    """Fit the estimator at all strengths on the training rows of a split."""
    # Looked up where the split is worked on: entries hold functions without a name,
    # which not every backend can send to its workers.
    leaves = require_dials(evaluation.estimator)
    head: list[Any] = []
    if leaves[0].path:
        if not _can_share_steps(evaluation.estimator, leaves, params):
            fits = [
                evaluation.build(leaves, strength).fit(X, y, **params)
                for strength in evaluation.strengths
            ]
            return _Models(fits, [])
        steps = clone(Pipeline(evaluation.estimator.steps[:-1]))
        X, head = steps.fit_transform(X, y), [steps]
    learner = Learner(leaves[0], evaluation.options, X, y, params)
    candidates = [learner.candidate(s)[0] for s in evaluation.strengths]
    scaler = [] if learner.scaler is None else [learner.scaler]
    return _Models(fit_along(candidates, learner.X, y, params), head + scaler)


def _can_share_steps(estimator: Any, leaves: list[Leaf], params: dict) -> bool:
    """Whether the steps before the learner can be fitted once for all strengths."""
    return (
        type(estimator) is Pipeline
        and len(leaves) == 1
        and len(leaves[0].path) == 1
        and len(estimator.steps) > 1
        and not params
    )
