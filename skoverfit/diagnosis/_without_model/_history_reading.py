"""Readers of training histories: every form becomes a train and a validation curve."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit.exceptions import InputError

__all__ = ["Curves", "read_history"]

FloatArray = NDArray[np.float64]
Series = dict[str, dict[str, FloatArray]]
"""Curves by part ("train", "validation") and metric."""

TRAIN_NAMES = ("train", "training", "learn", "dtrain", "tr", "fit")
VALIDATION_PREFIXES = ("val_", "valid_", "validation_", "dev_", "test_", "eval_")
NOT_METRICS = (
    "epoch",
    "epochs",
    "iteration",
    "step",
    "dur",
    "time",
    "lr",
    "learning_rate",
    "batches",
    "n_iter",
    "event_lr",
    "batch_count",
)
# Read from left to right: the first that matches decides.
DIRECTIONS = (
    (r"loss|err|deviance|entropy|perplexity|divergence|hinge|leibler|hamming", False),
    (r"nlog|neg_?log|nll", False),
    (r"acc|auc|precision|recall|f1|fbeta|f_beta|r2|ndcg|score|iou|dice|kappa", True),
    (
        r"mcc|matthews|similarity|^map($|@|-)|^pfound|bleu|rouge|gini|lik|^ams|^pre@",
        True,
    ),
    (r"mse|mae|mape|rmsle|msle|^l1$|^l2$|huber|quantile|poisson|gamma|logit", False),
    (r"tweedie|fair|mphe|brier|distance|expectile|multiclass|perplex|pinball", False),
)


@dataclass(frozen=True)
class Curves:
    """A train and a validation curve of one metric.

    Attributes
    ----------
    train, validation : ndarray of shape (n_looks,) or None
        As they were written, so that a loss falls.
    metric : str
        Name of the metric.
    greater_is_better : bool
        Whether the metric rises as the model gets better.
    first : int
        Number of the first iteration.
    """

    train: FloatArray | None
    validation: FloatArray | None
    metric: str
    greater_is_better: bool
    first: int = 1


def read_history(
    history: Any, metric: str | None, greater_is_better: bool | None
) -> Curves:
    """Turn any known form of a history into curves of one metric."""
    own = _of_scikit_learn(history)
    if own is not None:
        return own
    series = _series_of(_as_data(history))
    name = _metric_of(series, metric)
    train, validation = (series.get(p, {}).get(name) for p in ("train", "validation"))
    if greater_is_better is None:
        greater_is_better = _direction(name)
    return Curves(train, validation, name, greater_is_better)


# ----------------------------------------------------------------- fitted estimators


def _of_scikit_learn(model: Any) -> Curves | None:
    """Read what fitted estimators of scikit-learn, and ours, remember of training."""
    curves = {
        "history_": _early_stopping,
        "validation_score_": _hist_boosting,
        "train_score_": _gradient_boosting,
        "loss_curve_": _perceptron,
    }
    for attribute, read in curves.items():
        if getattr(model, attribute, None) is not None:
            return read(model)
    return None


def _early_stopping(model: Any) -> Curves:
    own = model.history_
    if not isinstance(own, Mapping) or "validation_score" not in own:
        return read_history(own, None, None)  # of skorch: a list of epochs
    first = int(np.min(own["iteration"])) if len(own.get("iteration", ())) else 1
    return Curves(
        _numbers(own.get("train_score")),
        _numbers(own["validation_score"]),
        "score",
        True,
        first,
    )


def _hist_boosting(model: Any) -> Curves:
    if not len(model.train_score_):
        raise InputError(
            "history has no scores: fit the model with early_stopping=True, and it "
            "remembers them."
        )
    validation = model.validation_score_ if len(model.validation_score_) else None
    return Curves(_numbers(model.train_score_), _numbers(validation), "score", True, 0)


def _gradient_boosting(model: Any) -> Curves:
    return Curves(
        _numbers(model.train_score_),
        _numbers(getattr(model, "oob_scores_", None)),
        "loss",
        False,
    )


def _perceptron(model: Any) -> Curves:
    scores = getattr(model, "validation_scores_", None)
    if scores is None:
        return Curves(_numbers(model.loss_curve_), None, "loss", False)
    # The train curve is a loss: it has no common scale with the validation score.
    return Curves(None, _numbers(scores), "score", True)


# ---------------------------------------------------------------------- other objects


def _as_data(history: Any) -> Any:
    """Take the data out of what libraries return or fitted models hold."""
    for name in ("evals_result", "get_evals_result"):
        if callable(method := getattr(history, name, None)):
            return method()
    for name in ("evals_result_", "history"):
        value = getattr(history, name, None)
        if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            return value
    if hasattr(history, "columns") and hasattr(history, "to_dict"):
        return {str(name): list(history[name]) for name in history.columns}
    return history


def _series_of(data: Any) -> Series:
    if isinstance(data, Mapping) and data:
        nested = all(isinstance(value, Mapping) for value in data.values())
        return _of_parts(data) if nested else _of_columns(data)
    if (
        isinstance(data, Sequence)
        and data
        and all(isinstance(e, Mapping) for e in data)
    ):
        return _of_columns(_columns_of_epochs(data))
    raise InputError(
        f"history={_short(data)} must be a dict of curves (Keras), a dict of dicts "
        "(xgboost, LightGBM, CatBoost), a list of one dict per epoch (skorch), or a "
        "fitted model that remembers its training scores."
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _columns_of_epochs(epochs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = [name for name, value in epochs[0].items() if _is_number(value)]
    return {name: [epoch.get(name, np.nan) for epoch in epochs] for name in names}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _of_parts(data: Mapping[str, Mapping[str, Any]]) -> Series:
    """Read sets of rows by name: the training rows, and the last of the others."""
    names = list(data)
    train = [name for name in names if _is_train(name)]
    others = [name for name in names if name not in train]
    if not train and len(others) > 1:
        train, others = others[:1], others[1:]  # the usual order of eval_set
    parts = {"train": train[:1], "validation": others[-1:]}
    return {
        part: {str(name): _numbers(values) for name, values in data[of[0]].items()}
        for part, of in parts.items()
        if of
    }


def _is_train(name: str) -> bool:
    return re.split(r"[\W_\d]+", str(name).lower())[0] in TRAIN_NAMES


def _of_columns(data: Mapping[str, Any]) -> Series:
    """Read curves whose names say the part: ``val_loss`` beside ``loss``."""
    series: Series = {"train": {}, "validation": {}}
    for key, values in data.items():
        name = str(key)
        if name.lower() in NOT_METRICS or name.endswith("_best"):
            continue
        part, metric = _part_of(name)
        series[part][metric] = _numbers(values, name)
    return {part: curves for part, curves in series.items() if curves}


def _part_of(name: str) -> tuple[str, str]:
    lower = name.lower()
    for prefix in VALIDATION_PREFIXES:
        if lower.startswith(prefix):
            return "validation", name[len(prefix) :]
    if lower.startswith("train_"):
        return "train", name[len("train_") :]
    if lower.startswith("training_"):
        return "train", name[len("training_") :]
    return "train", name


# ------------------------------------------------------------------- metric and values


def _metric_of(series: Series, metric: str | None) -> str:
    names = list(
        dict.fromkeys(
            name for part in ("validation", "train") for name in series.get(part, {})
        )
    )
    if not names:
        raise InputError("history has no curve of numbers.")
    if metric is not None:
        wanted = _part_of(metric)[1] if metric not in names else metric
        if wanted not in names:
            raise InputError(f"metric={metric!r} must be one of {names}.")
        return wanted
    # A loss sees overfitting before the labels do.
    losses = [name for name in names if "loss" in name.lower()]
    return min(losses, key=len) if losses else names[0]


def _direction(name: str) -> bool:
    lower = name.lower()
    for pattern, greater in DIRECTIONS:
        if re.search(pattern, lower):
            return greater
    raise InputError(
        f"It is not known whether a greater {name!r} is better: pass "
        "greater_is_better=True or False."
    )


def _numbers(values: Any, name: str = "history") -> Any:
    if values is None:
        return None
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must hold numbers: {error}") from error
    if numbers.ndim == 2:  # LightGBM's and xgboost's cv: mean over the folds
        numbers = numbers.mean(axis=1)
    if numbers.ndim != 1 or not len(numbers):
        raise InputError(f"{name} must hold one number for each iteration.")
    return numbers
