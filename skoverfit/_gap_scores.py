"""Cross-validate an estimator and estimate its gap, from rows where they tell more."""

import warnings
from dataclasses import dataclass
from traceback import format_exc
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import check_scoring
from sklearn.model_selection import cross_validate
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed

from skoverfit._compat import (
    _num_samples,
    _routing_enabled,
    _safe_split,
    check_scalar_in,
)
from skoverfit._gap import GapEstimate, GapScores
from skoverfit._paired import gap_estimate
from skoverfit._row_scorer import RowScorer, row_scorer
from skoverfit._types import ScoringLike
from skoverfit.exceptions import InvalidSplitsWarning

__all__ = ["gap_scores"]

#: Scores of rows on one side of each split.
RowScores = list[NDArray[np.float64]]

SIDES = ("train", "test")

#: Name of the score that says whether a fit went well.
FITTED = "_fitted"


@overload
def gap_scores(
    estimator: Any,
    X: Any,
    y: Any = ...,
    *,
    cv: Any = ...,
    scoring: ScoringLike = ...,
    params: dict[str, Any] | None = ...,
    n_jobs: int | None = ...,
    tolerance: float = ...,
    confidence_level: float = ...,
) -> GapScores: ...
@overload
def gap_scores(
    estimator: Any,
    X: Any,
    y: Any = ...,
    *,
    cv: Any = ...,
    scoring: list[str] | tuple[str, ...] | dict[str, Any],
    params: dict[str, Any] | None = ...,
    n_jobs: int | None = ...,
    tolerance: float = ...,
    confidence_level: float = ...,
) -> dict[str, GapScores]: ...
def gap_scores(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    cv: Any = None,
    scoring: Any = None,
    params: dict[str, Any] | None = None,
    n_jobs: int | None = None,
    tolerance: float = 0.0,
    confidence_level: float = 0.95,
) -> GapScores | dict[str, GapScores]:
    """Cross-validate an estimator and estimate its train/test gap.

    Where rows make up the score (accuracy, balanced accuracy, log loss, Brier score,
    squared and absolute errors, R2, the areas under ROC and precision-recall curves),
    the interval comes from the scores of rows; each row, or each of the ``groups`` in
    `params`, is one observation. Else it comes from the splits.

    Parameters
    ----------
    estimator : estimator object
        Anything with ``fit`` that the scorer can score. It is cloned.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The data.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        The target.
    cv : int, cross-validation splitter or iterable, default=None
        As in :func:`sklearn.model_selection.cross_validate`; 5 folds by default.
    scoring : str, callable, list, tuple or dict, default=None
        As in :func:`sklearn.model_selection.cross_validate`. Greater must be
        better.
    params : dict, default=None
        Metadata for the estimator's ``fit``, the scorer and the splitter, such as
        ``sample_weight`` or ``groups``, routed by scikit-learn.
    n_jobs : int, default=None
        Number of splits fitted in parallel, as in joblib.
    tolerance : float, default=0.0
        Gap that counts as none in the one-sided test.
    confidence_level : float, default=0.95
        Level of the interval, in (0, 1).

    Returns
    -------
    scores : GapScores, or dict of str to GapScores
        One per metric if `scoring` names several.

    Raises
    ------
    ValueError
        If all fits fail, or a parameter is out of range.

    Warns
    -----
    InvalidSplitsWarning
        If some splits gave no finite score. They are left out; a failed fit is never
        counted as a gap of 0.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import gap_scores
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> scores = gap_scores(DecisionTreeClassifier(random_state=0), X, y, cv=5)
    >>> print(f"{scores.gap.mean_train:.2f} - {scores.gap.mean_test:.2f}")
    1.00 - 0.92
    """
    check_scalar_in(confidence_level, "confidence_level", 0, 1, closed=False)
    scorers = _scorers_of_rows(estimator, scoring, params or {})
    result = cross_validate(
        estimator,
        X,
        y,
        cv=cv,
        scoring=_other_scores(scoring, scorers),
        params=params,
        n_jobs=n_jobs,
        return_train_score=True,
        return_indices=True,
        return_estimator=bool(scorers),
        error_score=np.nan,
    )
    _check_rows(result, X)
    by_rows = _scores_of_rows(scorers, result, X, y, n_jobs)
    options = {"tolerance": tolerance, "confidence_level": confidence_level}
    groups = (params or {}).get("groups")
    scores = {
        name: _scores_of_metric(result, name, by_rows.get(name), groups, options)
        for name in (_named(scoring) if scorers else _names(result))
    }
    return scores["score"] if list(scores) == ["score"] else scores


def _named(scoring: Any) -> dict[str, Any]:
    """Scorings by the names of their scores."""
    if isinstance(scoring, dict):
        return dict(scoring)
    if isinstance(scoring, (list, tuple, set)):
        return {name: name for name in scoring}
    return {"score": scoring}


def _names(result: dict[str, Any]) -> list[str]:
    return [key[len("test_") :] for key in result if key.startswith("test_")]


@dataclass(frozen=True)
class _Scorers:
    """A scorer, and what scores rows in its place."""

    whole: Any
    rows: RowScorer


def _scorers_of_rows(
    estimator: Any, scoring: Any, params: dict[str, Any]
) -> dict[str, _Scorers]:
    """Scorers by name of the score, for scores that rows make up."""
    check_scoring(estimator, scoring=scoring)  # refuses what cross_validate refuses
    found = {}
    for name, each in _named(scoring).items():
        scorer = check_scoring(estimator, scoring=each)
        by_rows = row_scorer(scorer, estimator)
        if by_rows is not None and not _takes_metadata(scorer, params):
            found[name] = _Scorers(scorer, by_rows)
    return found


def _other_scores(scoring: Any, scorers: dict[str, _Scorers]) -> Any:
    """Leave to cross_validate the scores that rows do not make up.

    So that no model predicts a part twice.
    """
    if not scorers:
        return scoring
    named = _named(scoring).items()
    others = {name: each for name, each in named if name not in scorers}
    return {**others, FITTED: _one}


def _one(estimator: Any, X: Any, y: Any = None) -> float:
    """Score a model that was fitted; cross_validate gives NaN to others."""
    return 1.0


def _takes_metadata(scorer: Any, params: dict[str, Any]) -> bool:
    """Whether a scorer gets more than rows and targets, such as weights."""
    if not params or not _routing_enabled():
        return False
    return bool(get_routing_for_object(scorer).consumes("score", list(params)))


def _scores_of_rows(
    scorers: dict[str, _Scorers], result: dict[str, Any], X: Any, y: Any, n_jobs: Any
) -> dict[str, tuple[RowScores, RowScores]]:
    """Scores of training and test rows of each split, by name of the score.

    Puts what they make up into `result`, where cross_validate puts scores.
    """
    if not scorers:
        return {}
    pairs = zip(result["estimator"], result["test_" + FITTED], strict=True)
    models = [None if np.isnan(one) else model for model, one in pairs]
    trains = result["indices"]["train"]
    sides = [
        [
            _Part(model, X, y, rows, train)
            for model, rows, train in zip(
                models, result["indices"][side], trains, strict=True
            )
        ]
        for side in SIDES
    ]
    by_rows = {name: each.rows for name, each in scorers.items()}
    scored = Parallel(n_jobs=n_jobs)(
        delayed(_rows_of_part)(by_rows, part) for part in (*sides[0], *sides[1])
    )
    parts = scored[: len(models)], scored[len(models) :]
    for name, each in scorers.items():
        for side, own, found in zip(SIDES, sides, parts, strict=True):
            result[f"{side}_{name}"] = [
                _score_of(scores[name], each.whole, part)
                for scores, part in zip(found, own, strict=True)
            ]
    train, test = parts
    return {
        name: ([p[name] for p in train], [p[name] for p in test]) for name in scorers
    }


class _Part(NamedTuple):
    """One side of a split, with the model of that split; None where its fit failed."""

    model: Any
    X: Any
    y: Any
    rows: Any
    train: Any

    def data(self) -> tuple[Any, Any]:
        """Rows and targets; kernels and distances are those to the training rows."""
        X, y = _safe_split(self.model, self.X, self.y, self.rows, self.train)
        return X, y


def _rows_of_part(
    scorers: dict[str, RowScorer], part: _Part
) -> dict[str, NDArray[np.float64]]:
    """Score rows, each response asked once for all scores; NaN where there is none."""
    nothing = np.full(len(part.rows), np.nan)
    if part.model is None:
        return dict.fromkeys(scorers, nothing)
    named = {name: each.scorer for name, each in scorers.items()}
    found = check_scoring(scoring=named, raise_exc=False)(part.model, *part.data())
    return {
        name: nothing if isinstance(own, str) else np.asarray(own, dtype=float)
        for name, own in found.items()
    }


def _score_of(scores: NDArray[np.float64], scorer: Any, part: _Part) -> float:
    """Return the score that rows make up; if they do not, what the scorer says."""
    if part.model is None or np.isfinite(scores).all():
        return float(scores.mean())
    try:
        return float(scorer(part.model, *part.data()))
    except Exception:  # whatever a model or a scorer raises, as in cross_validate
        warnings.warn(
            f"Scoring {len(part.rows)} rows failed; their score is NaN. Details:\n"
            f"{format_exc()}",
            UserWarning,
            stacklevel=4,
        )
        return np.nan


def _check_rows(result: dict[str, Any], X: Any) -> None:
    """Refuse splits without rows on one side, for which no gap is defined."""
    for side in ("train", "test"):
        if min(len(rows) for rows in result["indices"][side]) == 0:
            raise ValueError(
                f"cv gives a split without {side} rows out of {_num_samples(X)} rows."
            )


def _scores_of_metric(
    result: dict[str, Any],
    name: str,
    by_rows: tuple[RowScores, RowScores] | None,
    groups: Any,
    options: dict[str, float],
) -> GapScores:
    sides = train, test = [
        np.asarray(result[f"{side}_{name}"], dtype=float) for side in ("train", "test")
    ]
    rows = result["indices"]["train"], result["indices"]["test"]
    n_train, n_test = (np.array([len(own) for own in side]) for side in rows)
    if by_rows is not None and all(map(_is_made_of, sides, by_rows)):
        gap = gap_estimate(
            by_rows[0], rows[0], by_rows[1], rows[1], groups=groups, **options
        )
    else:
        gap = GapEstimate.from_scores(
            train, test, test_train_ratio=n_test / n_train, **options
        )
    if gap.n_invalid:
        warnings.warn(
            f"{gap.n_invalid} of {train.size} splits gave no finite {name} and are "
            "left out of the gap.",
            InvalidSplitsWarning,
            stacklevel=3,
        )
    return GapScores(train, test, n_train, n_test, result["fit_time"], gap)


def _is_made_of(scores: NDArray[np.float64], rows: RowScores) -> bool:
    """Whether scores are the means of the scores of rows, as they should be."""
    return np.allclose(scores, [part.mean() for part in rows], equal_nan=True)
