"""Targets and predictions of two parts, scored as a model would be."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer
from sklearn.utils.multiclass import type_of_target

from skoverfit._row_scorer import row_scorer
from skoverfit.exceptions import InputError

__all__ = ["GivenPart", "GivenParts", "scored"]

FloatArray = NDArray[np.float64]

SURE = 2.6
"""Standard errors from which on a gap counts: a false alarm in a hundred."""


class _Given(BaseEstimator):
    """Stands for the model: the rows are their own numbers."""

    def __init__(self, predictions: Any = None, classes: Any = None):
        self.predictions = predictions
        self.classes = classes

    def __sklearn_is_fitted__(self) -> bool:
        return True


class _GivenNumbers(RegressorMixin, _Given):
    def predict(self, X: Any) -> Any:
        """Give the predictions of these rows."""
        return self.predictions[np.asarray(X).ravel()]


class _GivenLabels(ClassifierMixin, _Given):
    @property
    def classes_(self) -> Any:
        """Labels of all parts."""
        return self.classes

    def predict(self, X: Any) -> Any:
        """Give the labels of these rows."""
        return self.predictions[np.asarray(X).ravel()]


class _GivenProbabilities(_GivenLabels):
    def predict(self, X: Any) -> Any:
        """Give the most probable labels."""
        return self.classes[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> Any:
        """Give the probabilities of these rows."""
        return self.predictions[np.asarray(X).ravel()]


@dataclass(frozen=True)
class GivenPart:
    """Targets and predictions of one part, with their score."""

    y: NDArray
    model: Any
    score: float
    std_error: float

    @property
    def interval(self) -> tuple[float, float] | None:
        return _interval(self.score, self.std_error)

    @property
    def labels(self) -> NDArray:
        """Predicted labels or numbers."""
        return np.asarray(self.model.predict(np.arange(len(self.y))))

    @property
    def positive(self) -> FloatArray | None:
        """Probability of the greater of two classes, where it is known."""
        if not hasattr(self.model, "predict_proba") or len(self.model.classes) != 2:
            return None
        return self.model.predictions[:, 1]


@dataclass(frozen=True)
class GivenParts:
    """Both parts and the score."""

    train: GivenPart
    test: GivenPart
    scorer: Any
    scoring: str
    is_classification: bool
    chance: float

    @classmethod
    def of(cls, y_train: Any, p_train: Any, y_test: Any, p_test: Any, scoring: Any):
        """Check what was given and score it."""
        ys = [
            _target(y, name) for y, name in ((y_train, "y_train"), (y_test, "y_test"))
        ]
        ps = [_known(p, name) for p, name in ((p_train, "p_train"), (p_test, "p_test"))]
        for y, p, name in zip(ys, ps, ("train", "test"), strict=True):
            if len(y) != len(p):
                raise InputError(
                    f"y_{name} has {len(y)} rows and p_{name} has {len(p)}: there must "
                    "be one prediction for each row."
                )
        classes = np.unique(np.concatenate(ys))
        is_classification = _is_classes(ys, ps, classes)
        name = scoring or ("accuracy" if is_classification else "r2")
        scorer = _scorer(name)
        models = [_model(p, classes, is_classification) for p in ps]
        parts = [
            scored(y, model, scorer, name) for y, model in zip(ys, models, strict=True)
        ]
        constant = _constant(ys[0], len(ys[1]), models[1], classes, is_classification)
        chance = scored(ys[1], constant, scorer, name).score
        train, test = parts
        return cls(train, test, scorer, name, is_classification, chance)

    @property
    def gap(self) -> float:
        return self.train.score - self.test.score

    @property
    def gap_error(self) -> float:
        return float(np.hypot(self.train.std_error, self.test.std_error))

    @property
    def gap_interval(self) -> tuple[float, float] | None:
        return _interval(self.gap, self.gap_error)

    @property
    def is_sure(self) -> bool:
        """Whether the gap is more than noise; True where that is not known."""
        error = self.gap_error
        return not np.isfinite(error) or abs(self.gap) > SURE * error

    @property
    def span(self) -> float:
        """A perfect score minus that of a constant prediction."""
        perfect = 0.0 if self.scoring.startswith("neg_") else 1.0
        return max(perfect - self.chance, 1e-12)


def _interval(mean: float, error: float) -> tuple[float, float] | None:
    if not np.isfinite(error):
        return None
    half = float(stats.norm.ppf(0.975)) * error
    return mean - half, mean + half


def _target(y: Any, name: str) -> NDArray:
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.ravel()
    if values.ndim != 1 or len(values) < 2:
        raise InputError(f"{name} must hold one target for each of at least two rows.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError(f"{name} holds missing or infinite values.")
    return values


def _known(p: Any, name: str) -> NDArray:
    values = np.asarray(p)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.ravel()
    if values.ndim not in (1, 2):
        raise InputError(f"{name} must have one or two axes, not {values.ndim}.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError(f"{name} holds missing or infinite values.")
    return values


def _is_classes(ys: list[NDArray], ps: list[NDArray], classes: NDArray) -> bool:
    if any(p.ndim == 2 for p in ps) or ys[0].dtype.kind in "OUSb":
        return True
    if type_of_target(np.concatenate(ys)) == "continuous":
        return False
    if len(classes) == 2 and all(_is_probability(p) for p in ps):
        return True
    # Counts have many values, and their predictions are not among them.
    return all(np.isin(p, classes).mean() > 0.9 for p in ps) and len(classes) <= 50


def _is_probability(p: NDArray) -> bool:
    return p.dtype.kind in "fiub" and bool(p.min() >= 0 and p.max() <= 1)


def _scorer(name: Any) -> Any:
    try:
        return get_scorer(name)
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"scoring={name!r} must be the name of a scorer of scikit-learn."
        ) from error


def _model(p: NDArray, classes: NDArray, is_classification: bool) -> Any:
    if not is_classification:
        return _GivenNumbers(p.astype(float))
    if p.ndim == 2:
        if p.shape[1] != len(classes):
            raise InputError(
                f"The predictions have {p.shape[1]} columns of probabilities, but the "
                f"targets have {len(classes)} classes."
            )
        return _GivenProbabilities(p.astype(float), classes)
    if p.dtype.kind == "f" and len(classes) == 2 and not np.isin(p, classes).all():
        if not _is_probability(p):
            raise InputError("Probabilities must be between 0 and 1.")
        return _GivenProbabilities(np.column_stack([1 - p, p]), classes)
    return _GivenLabels(p, classes)


def scored(y: NDArray, model: Any, scorer: Any, name: str) -> GivenPart:
    rows = np.arange(len(y)).reshape(-1, 1)
    try:
        score = float(scorer(model, rows, y))
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"scoring={name!r} cannot be computed from these predictions: {error}"
        ) from error
    by_row = row_scorer(scorer, model)
    values = np.array([np.nan]) if by_row is None else by_row(model, rows, y)
    known = bool(np.isfinite(values).all())
    noise = float(np.std(values, ddof=1) / np.sqrt(len(y))) if known else np.nan
    return GivenPart(y, model, score, noise)


def _constant(
    y: NDArray, n: int, like: Any, classes: NDArray, is_classification: bool
) -> Any:
    """Predict the same for all rows: the mean, or the shares of the classes."""
    if not is_classification:
        return _GivenNumbers(np.full(n, float(np.mean(y.astype(float)))))
    shares = np.array([(y == label).mean() for label in classes])
    if hasattr(like, "predict_proba"):
        return _GivenProbabilities(np.tile(shares, (n, 1)), classes)
    return _GivenLabels(np.repeat(classes[[shares.argmax()]], n), classes)
