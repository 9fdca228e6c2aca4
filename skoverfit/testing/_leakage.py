"""What keeps test rows out of a model, for estimators, Pipelines and plain functions.

:func:`skoverfit.diagnosis.check_no_leakage` measures what a preparation of all rows
adds to the score. Here it is proven that nothing of the test rows gets in, and the same
measurement says what it bought where something does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline

from skoverfit import diagnosis
from skoverfit._compat import _num_samples, _safe_indexing
from skoverfit.exceptions import InputError
from skoverfit.testing._cases import table_of
from skoverfit.testing._estimators import (
    Call,
    answers,
    check_same_answers,
    inner_estimators,
    model_table,
    seeded_model,
    spied,
)
from skoverfit.testing._kit import Kind
from skoverfit.testing._randomness import global_states
from skoverfit.testing._shared_fits import difference

__all__ = ["ESTIMATOR", "PREPARATION", "check_no_leakage"]

#: Rows of smaller splits.
SIZES = (4, 6, 8, 12, 16, 24, 32, 48)
#: Relative difference up to which what was learned counts as the same.
SAME = 1e-6


@dataclass(frozen=True)
class Split:
    """A split into training and test rows.

    Attributes
    ----------
    X, y : data
        All rows.
    train, test : ndarray of int
        Positions of the training and of the test rows.
    """

    X: Any
    y: Any
    train: np.ndarray
    test: np.ndarray

    @property
    def training(self) -> tuple[Any, Any]:
        """Training rows and their targets."""
        return _safe_indexing(self.X, self.train), _safe_indexing(self.y, self.train)

    @property
    def X_test(self) -> Any:
        """Test rows."""
        return _safe_indexing(self.X, self.test)

    @property
    def unseen(self) -> np.ndarray:
        """Positions of test rows of which no training row is a copy."""
        known = row_keys(self.training[0])
        keys = [row_keys(_safe_indexing(self.X, [row])) for row in self.test]
        return self.test[[not key <= known for key in keys]]

    def smaller(self) -> Iterator["Split"]:
        """Yield the first training and test rows of both parts, the fewest first."""
        for size in SIZES:
            if size < len(self.train):
                yield replace(
                    self, train=self.train[:size], test=self.test[: max(2, size // 2)]
                )

    def __str__(self) -> str:
        """Tell the size of both parts."""
        return f"{len(self.train)} training rows and {len(self.test)} test rows"


def row_keys(X: Any) -> set[str]:
    """Texts of rows, by which the same row is known again."""
    rows = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return {repr(row) for row in rows.reshape(len(rows), -1).tolist()}


def _splits(part: Any, X: Any = None, y: Any = None, cv: Any = None) -> list[Split]:
    """Make the first and the last split of the data that were given, or of a table."""
    if X is None:
        table = model_table(part) if hasattr(part, "fit") else table_of(60, 3)
        X, y = table.X, table.y
    splitter = check_cv(cv, y, classifier=_is_classifier(part))
    rows = [*splitter.split(np.zeros((_num_samples(X), 1)), y)]
    chosen = rows[:1] if len(rows) == 1 else [rows[0], rows[-1]]
    return [Split(X, y, np.asarray(train), np.asarray(test)) for train, test in chosen]


def _is_classifier(part: Any) -> bool:
    return hasattr(part, "fit") and is_classifier(part)


def _is_estimator(part: Any) -> bool:
    if isinstance(part, type) or not hasattr(part, "get_params"):
        return False
    return hasattr(part, "fit") and not hasattr(part, "fit_resample")


ESTIMATOR = Kind("estimator", _is_estimator, _splits)
PREPARATION = Kind("preparation", lambda part: False, _splits)


def check_no_leakage(part: Any, X: Any = None, y: Any = None, cv: Any = None) -> None:
    """Check that nothing of the test rows gets into a model.

    Of an estimator or Pipeline: no row of the test part reaches a method that fits,
    neither of it nor of a step, an augmenter or an encoder inside; it learns nothing
    when it predicts; it predicts each row for itself; it holds no test rows; the model
    is the same whatever is in the test rows; and no step has been fitted on all rows
    before. Of a function that prepares data: new rows change nothing about the training
    rows, nor about other new rows.

    Parameters
    ----------
    part : estimator, Pipeline or callable
        What is fitted, or ``preparation(X_train, y_train, X_new)`` that returns the
        prepared ``X_train, X_new`` or ``X_train, y_train, X_new``, as for
        :func:`skoverfit.diagnosis.check_no_leakage`.
    X : {array-like, sparse matrix, DataFrame}, default=None
        All rows, as they are before any preparation. A small table by default.
    y : array-like of shape (n_samples,), default=None
        Their target.
    cv : int, cross-validation splitter or iterable, default=None
        The splits; the first and the last one are tried.

    Raises
    ------
    AssertionError
        If something gets in; the message says which way, and the smallest split found
        that shows it. Where a step had seen all rows, it says by how much that raises
        the score.

    See Also
    --------
    skoverfit.diagnosis.check_no_leakage : How much a preparation of all rows before
        the split adds to the score.
    parametrize_with_checks : One test for each promise, for use with pytest.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skoverfit.testing import check_no_leakage
    >>> check_no_leakage(make_pipeline(StandardScaler(), LogisticRegression()))
    """
    kind = ESTIMATOR if hasattr(part, "fit") else PREPARATION
    kind.check(part, X=X, y=y, cv=cv)


def _fit(estimator: Any, X: Any, y: Any) -> Any:
    return seeded_model(estimator).fit(X, y)


def _told(call: Call) -> str:
    return f"{call.cls.__name__}.{call.method}"


# --------------------------------------------------------------- estimators, Pipelines
@ESTIMATOR.promise
def check_test_rows_reach_no_fit(estimator, split):
    """Fit on the training rows alone; steps, augmenters and encoders, too."""
    model = seeded_model(estimator)
    unseen = (
        row_keys(_safe_indexing(split.X, split.unseen)) if len(split.unseen) else ()
    )
    with spied(inner_estimators(model)) as fitting:
        model.fit(*split.training)
    for call in fitting:
        reached = [] if call.X is None else row_keys(call.X) & {*unseen}
        assert not reached, f"{_told(call)} was given {len(reached)} test rows."
    with spied(inner_estimators(model)) as asking:
        answers(model, split.X_test)
    names = sorted({_told(call) for call in asking})
    assert not names, f"{', '.join(names)} was called with what had to be predicted."


@ESTIMATOR.promise
def check_asking_teaches_nothing(estimator, split):
    """Stay the same model when it transforms and predicts."""
    model = _fit(estimator, *split.training)
    before = answers(model, split.training[0])
    answers(model, split.X_test)
    told = answers(model, split.training[0])
    check_same_answers(before, told, "once the test rows have been asked")


@ESTIMATOR.promise
def check_test_rows_one_by_one(estimator, split):
    """Treat each new row for itself, whatever other rows come with it."""
    model = _fit(estimator, *split.training)
    middle = len(split.test) // 2
    parts = [
        answers(model, _safe_indexing(split.X, rows))
        for rows in (split.test[:middle], split.test[middle:])
    ]
    apart = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    together = answers(model, split.X_test)
    check_same_answers(together, apart, "for test rows that come in two parts")


@ESTIMATOR.promise
def check_holds_no_test_rows(estimator, split):
    """Hold no rows of the test part, neither in parameters nor in what is learned."""
    if not len(split.unseen):
        return
    unseen = row_keys(_safe_indexing(split.X, split.unseen))
    for each in inner_estimators(seeded_model(estimator)):
        for name, value in vars(each).items():
            rows = row_keys(value) & unseen if _is_table_like(value, split.X) else ()
            assert not rows, (
                f"{type(each).__name__}.{name} holds {len(rows)} of the test rows."
            )


def _is_table_like(value: Any, X: Any) -> bool:
    """Whether a value may hold rows of X: it has as many columns."""
    shape, wanted = getattr(value, "shape", ()), np.shape(X)
    if not isinstance(shape, tuple):  # a class has no shape of its own
        return False
    return len(shape) == 2 == len(wanted) and shape[1] == wanted[1]


@ESTIMATOR.promise
def check_test_rows_change_no_model(estimator, split):
    """Give the same model whatever is in the test rows, in earlier fits as well."""
    first = _learned_from_training_rows(estimator, split)
    _fit(estimator, *_with_changed_test_rows(split))
    again = _learned_from_training_rows(estimator, split)
    check_same_answers(first, again, "once other rows have been fitted on")


def _learned_from_training_rows(estimator: Any, split: Split) -> dict[str, np.ndarray]:
    """Fit, with the same draws each time: some models have no seed to be given."""
    with global_states(0):
        return answers(_fit(estimator, *split.training), split.training[0])


def _with_changed_test_rows(split: Split) -> tuple[Any, Any]:
    """All rows; the test rows come three times more, with targets of one another."""
    more = np.concatenate([split.train, np.repeat(split.test, 3)])
    targets = np.concatenate([split.train, np.repeat(split.test[::-1], 3)])
    return _safe_indexing(split.X, more), _safe_indexing(split.y, targets)


@ESTIMATOR.promise
def check_steps_are_fitted_inside(estimator, split):
    """Fit every step on the training rows, none on all rows before the split."""
    for number, step in enumerate(_steps(estimator)):
        inner = _unfrozen(step)
        if _learned(inner) and _saw_all_rows(inner, estimator, number, split):
            name = type(inner).__name__
            raise AssertionError(
                f"{name} had been fitted on all {_num_samples(split.X)} rows, the test "
                f"rows included.{_bought(estimator, name, split)}"
            )


def _steps(estimator: Any) -> list[Any]:
    """List clones of the steps of a Pipeline, or of the estimator alone."""
    copy = clone(estimator)
    return [step for _, step in copy.steps] if isinstance(copy, Pipeline) else [copy]


def _unfrozen(step: Any) -> Any:
    """Return what is in a FrozenEstimator, which clone does not make fresh."""
    return step.estimator if type(step).__name__ == "FrozenEstimator" else step


def _thawed(estimator: Any) -> Any:
    """Return a copy whose steps are all to be fitted."""
    if isinstance(estimator, Pipeline):
        steps = [(name, _fresh(step)) for name, step in estimator.steps]
        return Pipeline(steps)
    return _fresh(estimator)


def _fresh(step: Any) -> Any:
    inner = _unfrozen(step)
    if not hasattr(inner, "get_params"):
        return inner  # "passthrough"
    return type(inner)(**clone(inner).get_params(deep=False))


def _learned(step: Any) -> dict[str, np.ndarray]:
    """Numbers that a step has learned, those in lists one by one."""
    found = {k: v for k, v in getattr(step, "__dict__", {}).items() if k.endswith("_")}
    parts = {
        f"{k}{place}": part
        for k, v in found.items()
        if k[0] != "_"
        for place, part in _parts(v)
    }
    return {k: v for k, v in parts.items() if v.ndim and v.dtype.kind == "f"}


def _parts(value: Any) -> list[tuple[str, np.ndarray]]:
    """Give what was learned as arrays; of a list of arrays, each of them."""
    if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
        return [(f"[{k}]", np.asarray(part)) for k, part in enumerate(value)]
    try:
        return [("", np.asarray(value))]
    except ValueError:  # lists of different lengths
        return []


def _saw_all_rows(step: Any, estimator: Any, number: int, split: Split) -> bool:
    """Whether a step is as if fitted on all rows, and not as if on training rows."""
    everything = _learned_on(estimator, number, split.X, split.y)
    training = _learned_on(estimator, number, *split.training)
    own = _learned(step)
    same_as_all = difference(own, everything, SAME) is None
    return same_as_all and difference(own, training, SAME) is not None


def _learned_on(estimator: Any, number: int, X: Any, y: Any) -> dict[str, np.ndarray]:
    """Return what a step of a thawed Pipeline learns of rows."""
    for step in _steps(_thawed(estimator))[:number]:
        X = step.fit_transform(X, y) if hasattr(step, "transform") else X
    step = _steps(_thawed(estimator))[number]
    return _learned(step.fit(X, y))


def _bought(estimator: Any, name: str, split: Split) -> str:
    """Say what a preparation of all rows adds to the score, where that is measured."""
    thawed = _thawed(estimator)
    if not isinstance(thawed, Pipeline) or not hasattr(thawed[-1], "predict"):
        return ""
    try:
        found = diagnosis.check_no_leakage(thawed, split.X, split.y, random_state=0)
    except InputError:
        return ""
    return (
        f" That bought {found.difference.mean:+.3f} of {found.scoring}: "
        f"{found.outside.gap.mean_test:.3f} where all rows are prepared before the "
        f"split, {found.inside.gap.mean_test:.3f} where {name} is fitted inside it."
    )


# --------------------------------------------------------------------- plain functions
def _prepared(preparation: Any, split: Split, X_new: Any) -> tuple[np.ndarray, ...]:
    X, y = split.training
    parts = preparation(X, y, X_new)
    assert isinstance(parts, tuple), f"It returned {type(parts).__name__}, not a tuple."
    assert len(parts) in (2, 3), f"It returned {len(parts)} parts, not 2 or 3."
    return tuple(
        part.toarray() if hasattr(part, "toarray") else np.asarray(part)
        for part in parts
    )


@PREPARATION.promise
def check_new_rows_change_no_training_row(preparation, split):
    """Prepare training rows the same way whatever the new rows are."""
    here = _prepared(preparation, split, split.X_test)
    there = _prepared(preparation, split, _safe_indexing(split.X, split.train[:1]))
    for one, other in zip(here[:-1], there[:-1], strict=True):
        what = "for training rows when the new rows are others"
        check_same_answers({"The preparation": one}, {"The preparation": other}, what)


@PREPARATION.promise
def check_new_rows_one_by_one(preparation, split):
    """Prepare each new row for itself, whatever other new rows come with it."""
    together = _prepared(preparation, split, split.X_test)[-1]
    first = _prepared(preparation, split, _safe_indexing(split.X, split.test[:1]))[-1]
    one, other = {"The preparation": first}, {"The preparation": together[:1]}
    check_same_answers(one, other, "for a new row that comes alone")
