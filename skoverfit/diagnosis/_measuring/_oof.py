"""Out-of-fold predictions of the models that were fitted on the splits."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._measuring._answers import Answers, some_of
from skoverfit.diagnosis._measuring._measurement import Outcome
from skoverfit.diagnosis._problem import Problem, rows_of


@dataclass(frozen=True)
class OutOfFold:
    """What models that have not seen a row say about it.

    Attributes
    ----------
    rows : ndarray of shape (n_tested,)
        The rows that were on a test side, ascending; each once.
    y : ndarray of shape (n_tested,)
        Their targets.
    predictions : ndarray of shape (n_tested,)
        Predicted labels or numbers, of the first split that tests the row.
    probabilities : ndarray of shape (n_tested, n_classes) or None
        For classifiers that have them, else None.
    decisions : ndarray of shape (n_tested,) or (n_tested, n_classes), or None
        Decision values where the classifier has them, else None.
    classes : ndarray of shape (n_classes,) or None
        The columns of `probabilities`; None for numbers.
    split : ndarray of shape (n_tested,)
        The split whose model predicted the row.
    """

    rows: NDArray[np.int64]
    y: NDArray
    predictions: NDArray
    probabilities: NDArray[np.float64] | None
    decisions: NDArray[np.float64] | None
    classes: NDArray | None
    split: NDArray[np.int64]


def out_of_fold(problem: Problem, outcome: Outcome) -> OutOfFold | None:
    """Collect the predictions of fitted models for their test rows.

    Returns
    -------
    found : OutOfFold or None
        None if no model was kept or none predicts.
    """
    seen = np.zeros(problem.n_samples, dtype=bool)
    parts = []
    for number, (model, test, answers) in enumerate(
        zip(outcome.fitted, outcome.tests, outcome.answers, strict=True)
    ):
        is_new = ~seen[test]
        rows, known = test[is_new], some_of(answers, is_new)
        seen[rows] = True
        if model is not None and len(rows):
            parts.append((rows, *predicted(problem, model, rows, known=known), number))
    if not parts:
        return None
    rows = np.concatenate([part[0] for part in parts])
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    splits = np.concatenate([np.full(len(part[0]), part[4]) for part in parts])
    return OutOfFold(
        rows,
        problem.y[rows],
        np.concatenate([part[1] for part in parts])[order],
        _joined([part[2] for part in parts], order),
        _joined([part[3] for part in parts], order),
        np.unique(problem.y) if problem.is_classification else None,
        splits[order],
    )


def _joined(parts: list[NDArray | None], order: NDArray) -> NDArray | None:
    """Put parts together if all are there and of one width."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or len({part.shape[1:] for part in known}) > 1:
        return None
    return np.concatenate(known)[order]


def predicted(
    problem: Problem,
    model: Any,
    rows: NDArray,
    X: Any = None,
    known: Mapping[str, NDArray] | None = None,
) -> tuple[NDArray, NDArray | None, NDArray | None]:
    """Labels or numbers, probabilities and decision values for rows of the data."""
    asked = Answers(model, rows_of(problem.X if X is None else X, rows), known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictions = np.asarray(asked.predict(asked.X))
        if not problem.is_classification:
            return predictions, None, None
        return (
            predictions,
            _probabilities(problem, asked),
            _answer(asked, "decision_function"),
        )


def _probabilities(problem: Problem, asked: Answers) -> NDArray | None:
    """Probabilities of all classes; a class that a split lacks has none."""
    found = _answer(asked, "predict_proba")
    own = getattr(asked.model, "classes_", None)
    if found is None or own is None or found.ndim != 2:
        return None
    classes = np.unique(problem.y)
    full = np.zeros((len(found), len(classes)))
    full[:, np.searchsorted(classes, own)] = found
    return full


def _answer(asked: Answers, method: str) -> NDArray | None:
    if not hasattr(asked, method):
        return None
    try:
        return np.asarray(getattr(asked, method)(asked.X), dtype=float)
    except Exception:  # estimators offer methods that raise when asked
        return None
