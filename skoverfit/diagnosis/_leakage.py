"""Does preparation outside the splits change the score? Both ways, side by side."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse, vstack
from sklearn.pipeline import Pipeline

from skoverfit._gap import Estimate, GapScores, corrected_estimate
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    joined,
    observe,
    paired,
    seeded,
)
from skoverfit.diagnosis._problem import Problem, Splits, make_problem, rows_of
from skoverfit.exceptions import InputError

__all__ = ["LeakageCheck", "check_no_leakage"]

ONE_SIDED = 0.025
"""P-value of "preparation outside does not raise the score" that says it does."""


@dataclass(frozen=True)
class LeakageCheck:
    """Scores with the preparation inside and outside the splits.

    Attributes
    ----------
    inside : GapScores
        Prepared on the training rows of each split: what new rows will see.
    outside : GapScores
        Prepared on all rows first, then split.
    difference : Estimate
        Outside minus inside: how much the preparation leaks into the test score.
    scoring : str
        Name of the scorer; greater is better.
    is_paired : bool
        Whether both ways tested the same rows. A preparation that adds or drops rows
        is compared split by split.
    steps : tuple of str
        What was prepared.
    """

    inside: GapScores
    outside: GapScores
    difference: Estimate
    scoring: str
    is_paired: bool
    steps: tuple[str, ...] = field(default=())

    @property
    def leaks(self) -> bool:
        """Whether preparation outside the splits reliably raises the score."""
        return bool(self.difference.pvalue < ONE_SIDED)

    def __str__(self) -> str:
        """Both scores and what they mean, for people."""
        low, high = self.difference.interval
        verdict = (
            "The preparation leaks: keep it inside the splits."
            if self.leaks
            else "No leak was seen; inside the splits is the safe place."
        )
        return (
            f"{self.scoring} with the preparation inside the splits "
            f"{self.inside.gap.mean_test:.3f}, outside "
            f"{self.outside.gap.mean_test:.3f}: a difference of "
            f"{self.difference.mean:+.3f} ({low:+.3f} to {high:+.3f}). {verdict}"
        )


def check_no_leakage(
    preparation: Any,
    X: Any,
    y: Any,
    cv: Any = None,
    *,
    estimator: Any = None,
    scoring: Any = None,
    groups: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
) -> LeakageCheck:
    """Score a model with its preparation inside and outside the splits.

    Scaling, selection, encoding, filling or resampling on all rows before the split
    lets the model see the test rows. This measures by how much that raises the score.

    Parameters
    ----------
    preparation : Pipeline, transformer, sampler or callable
        A Pipeline that ends in a model; or one step, with the model in `estimator`;
        or ``preparation(X_train, y_train, X_new)`` that returns the prepared
        ``X_train, X_new``, or ``X_train, y_train, X_new`` where it adds or drops
        training rows.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The raw features.
    y : array-like of shape (n_samples,)
        The target.
    cv : int, cross-validation splitter or iterable, default=None
        As in :func:`diagnose`.
    estimator : classifier or regressor, default=None
        The model, unless `preparation` is a Pipeline that ends in it.
    scoring : str or callable, default=None
        One scorer, greater is better. Accuracy or R2 by default.
    groups : array-like of shape (n_samples,), default=None
        Group of each row; passed to the splitter.
    n_jobs : int, default=None
        Splits fitted in parallel, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seeds all that is random.

    Returns
    -------
    check : LeakageCheck
        Both scores and their difference; ``print(check)`` says what it means.

    Raises
    ------
    InputError
        If the parts cannot be used together; the message is one line.

    See Also
    --------
    skoverfit.testing.check_no_leakage : Prove that nothing of the test rows gets in.

    Examples
    --------
    Columns of noise, of which the best are selected:

    >>> import numpy as np
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skoverfit.diagnosis import check_no_leakage
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 1000)), rng.integers(2, size=100)
    >>> pipeline = make_pipeline(SelectKBest(k=20), LogisticRegression())
    >>> check = check_no_leakage(pipeline, X, y, random_state=0)
    >>> check.leaks, bool(check.outside.gap.mean_test > 0.8)
    (True, True)
    """
    steps, model = _parts(preparation, estimator)
    problem = make_problem(
        model,
        X,
        y,
        cv=cv,
        scoring=scoring,
        groups=groups,
        n_jobs=n_jobs,
        random_state=random_state,
    )
    prepare, names = _as_function(steps, problem.seed)
    inside = _prepared_inside(problem, prepare)
    outside, is_paired = _prepared_outside(problem, prepare, cv)
    return LeakageCheck(
        inside.scores,
        outside.scores,
        _difference(outside, inside, is_paired, problem.groups),
        problem.scoring,
        is_paired,
        names,
    )


Prepare = Callable[[Any, NDArray, Any], tuple[Any, NDArray, Any]]


# ---------------------------------------------------------------------- what was given
def _parts(preparation: Any, estimator: Any) -> tuple[Any, Any]:
    """Split what was given into the preparation and the model."""
    if estimator is not None:
        return preparation, estimator
    if isinstance(preparation, Pipeline):
        if len(preparation.steps) < 2:
            raise InputError("preparation is a Pipeline without a step before its end.")
        return preparation[:-1], preparation[-1]
    raise InputError(
        "estimator=None needs a Pipeline that ends in a model; preparation="
        f"{type(preparation).__name__} is none. Pass the model as estimator."
    )


def _as_function(preparation: Any, seed: int) -> tuple[Prepare, tuple[str, ...]]:
    """One function that prepares training rows and new rows, and names of its steps."""
    if isinstance(preparation, Pipeline):
        steps = [step for _, step in preparation.steps]
        _check_steps(steps)
        return _of_steps(steps, seed), tuple(name for name, _ in preparation.steps)
    if hasattr(preparation, "fit"):
        _check_steps([preparation])
        return _of_steps([preparation], seed), (type(preparation).__name__,)
    if callable(preparation):
        name = getattr(preparation, "__name__", type(preparation).__name__)
        return _of_function(preparation), (name,)
    raise InputError(
        f"preparation={preparation!r} must be a Pipeline, a transformer, a sampler or "
        "a function of X_train, y_train and X_new."
    )


def _check_steps(steps: list[Any]) -> None:
    for step in steps:
        able = hasattr(step, "transform") or hasattr(step, "fit_resample")
        if not able and step not in (None, "passthrough"):
            raise InputError(
                f"preparation has the step {type(step).__name__}, which neither "
                "transforms nor resamples."
            )


def _of_steps(steps: list[Any], seed: int) -> Prepare:
    def prepare(X: Any, y: NDArray, X_new: Any) -> tuple[Any, NDArray, Any]:
        for step in steps:
            if step in (None, "passthrough"):
                continue
            fitted = seeded(step, seed)
            if hasattr(fitted, "fit_resample"):  # new rows are never resampled
                X, y = fitted.fit_resample(X, y)
                continue
            X, old = fitted.fit_transform(X, y), X_new
            X_new = fitted.transform(old)
        return X, np.asarray(y), X_new

    return prepare


def _of_function(function: Callable[..., Any]) -> Prepare:
    def prepare(X: Any, y: NDArray, X_new: Any) -> tuple[Any, NDArray, Any]:
        parts = function(X, y, X_new)
        if not isinstance(parts, tuple) or len(parts) not in (2, 3):
            raise InputError(
                "preparation must return X_train and X_new, or X_train, y_train and "
                f"X_new; got {type(parts).__name__}."
            )
        if len(parts) == 2:
            return parts[0], y, parts[1]
        return parts[0], np.asarray(parts[1]), parts[2]

    return prepare


# --------------------------------------------------------------------------- both ways
def _prepared_inside(problem: Problem, prepare: Prepare) -> Outcome:
    """Prepare on the training rows of each split."""
    parts = [_one_split(problem, prepare, *split) for split in problem.splits]
    whole = parts[0]
    for part in parts[1:]:
        whole = joined(whole, part)
    return whole


def _one_split(
    problem: Problem, prepare: Prepare, train: NDArray, test: NDArray
) -> Outcome:
    X, y = rows_of(problem.X, train), problem.y[train]
    X, y, X_new = prepare(X, y, rows_of(problem.X, test))
    n_train, n_test = len(y), len(test)
    _check_lengths(X, n_train, X_new, n_test)
    rows = np.arange(n_train + n_test)
    part = replace(
        problem,
        X=_stacked(X, X_new),
        y=np.concatenate([y, problem.y[test]]),
        groups=None,
        splits=[(rows[:n_train], rows[n_train:])],
    )
    return replace(_observed(part), tests=[test])


def _prepared_outside(
    problem: Problem, prepare: Prepare, cv: Any
) -> tuple[Outcome, bool]:
    """Prepare on all rows, then split; the same splits where the rows are the same."""
    X, y, X_new = prepare(problem.X, problem.y, problem.X)
    _check_lengths(X, len(y), X_new, problem.n_samples)
    same = len(y) == problem.n_samples and np.array_equal(y, problem.y)
    if same:  # what the training rows became: cross-fitted steps treat them apart
        return _observed(replace(problem, X=X)), True
    splits = _splits_of_more(problem, X, y, cv)
    other = replace(problem, X=X, y=y, groups=None, splits=splits)
    return _observed(other), False


def _splits_of_more(problem: Problem, X: Any, y: NDArray, cv: Any) -> Splits:
    if problem.groups is not None or not hasattr(problem.splitter, "get_n_splits"):
        raise InputError(
            "groups cannot be followed through a preparation that adds or drops rows."
        )
    if cv is not None and not isinstance(cv, int) and not hasattr(cv, "split"):
        raise InputError(
            "cv holds row numbers, which do not fit a preparation that adds or drops "
            "rows; pass a number of folds or a splitter."
        )
    return [
        (np.asarray(train), np.asarray(test))
        for train, test in problem.splitter.split(X, y)
    ]


def _observed(problem: Problem) -> Outcome:
    try:
        return observe(problem, problem.estimator)
    except ValueError as error:
        raise InputError(
            f"{type(problem.estimator).__name__} cannot be fitted on the prepared "
            f"data: {' '.join(str(error).split())}"
        ) from error


def _check_lengths(X: Any, n_train: int, X_new: Any, n_new: int) -> None:
    for name, part, wanted in (("X_train", X, n_train), ("X_new", X_new, n_new)):
        found = part.shape[0] if hasattr(part, "shape") else len(part)
        if found != wanted:
            raise InputError(
                f"preparation returned {found} rows of {name}; {wanted} are needed."
            )


def _stacked(one: Any, other: Any) -> Any:
    """Rows of two parts in one container of the same kind."""
    if issparse(one):
        return vstack([one, other], format="csr")
    if hasattr(one, "iloc"):
        import pandas as pd

        return pd.concat([one, other], ignore_index=True)
    if hasattr(one, "vstack"):
        return one.vstack(other)
    return np.concatenate([np.asarray(one), np.asarray(other)])


def _difference(
    outside: Outcome, inside: Outcome, is_paired: bool, groups: NDArray | None
) -> Estimate:
    if is_paired:
        return paired(outside, inside, groups)
    one, other = outside.scores, inside.scores
    if len(one.test_scores) != len(other.test_scores):
        raise InputError("cv gives another number of splits after the preparation.")
    return corrected_estimate(
        one.test_scores - other.test_scores, test_train_ratio=other.test_train_ratio
    )
