"""Means of the target that were computed on all rows before the split."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from skoverfit._columns import columns_of
from skoverfit._compat import seeded_target_encoder
from skoverfit._gap import Estimate
from skoverfit.diagnosis._columns._encodings import (
    Encoded,
    encoded_columns,
    possible_columns,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import listed, show, show_p

MAX_CLASSES = 10
"""Classes whose shares are looked for at most: the most frequent ones."""

SECONDS_PER_CELL, PER_PAIR = 1e-8, 20_000
"""What it costs to compare the levels of a column with others: of each row of each of
these, and as many more as that many rows for each target."""


class EncodedInside(TransformerMixin, BaseEstimator):
    """Encode columns again, from the training rows alone, in place of what they hold.

    Parameters
    ----------
    pairs : sequence of (int, int)
        Position of the column to replace, and of the one whose levels it describes.
    classes : sequence, default=()
        The class whose share stood in each column; numbers have none.
    """

    def __init__(self, pairs: Any = (), classes: Any = ()):
        self.pairs = pairs
        self.classes = classes

    def fit(self, X: Any, y: Any) -> "EncodedInside":
        """Learn the means of the levels."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any, **params: Any) -> Any:
        """Learn them, and encode each row without its own target (cross-fitting)."""
        self.encoders_, columns = [], []
        for (_, by), own in zip(self.pairs, self.classes, strict=True):
            target = np.asarray(y, float) if own is None else (y == own).astype(float)
            encoder = seeded_target_encoder()
            columns.append(encoder.fit_transform(_levels(X, by), target)[:, 0])
            self.encoders_.append(encoder)
        return self._replaced(X, columns)

    def transform(self, X: Any) -> Any:
        """Encode new rows."""
        return self._replaced(
            X,
            [
                encoder.transform(_levels(X, by))[:, 0]
                for (_, by), encoder in zip(self.pairs, self.encoders_, strict=True)
            ],
        )

    def _replaced(self, X: Any, columns: list[NDArray]) -> Any:
        places = [column for column, _ in self.pairs]
        if not hasattr(X, "columns"):
            X = np.array(X, dtype=float)
            X[:, places] = np.column_stack(columns)
            return X
        names = [X.columns[place] for place in places]
        if hasattr(X, "iloc"):
            return X.assign(**dict(zip(names, columns, strict=True)))
        made = [type(X[n])(n, c) for n, c in zip(names, columns, strict=True)]
        return X.with_columns(made)


def _levels(X: Any, by: int) -> NDArray:
    """One column of texts or numbers, as the encoder takes it."""
    if not hasattr(X, "columns"):
        return np.asarray(X)[:, [by]]
    column = columns_of(X).column(by)
    values = np.asarray(column)
    if values.dtype.kind not in "biuf":
        values = np.array([str(value) for value in values], dtype=object)
    return values[:, np.newaxis]


@dataclass(frozen=True)
class Encodings:
    """Columns that hold means of the target.

    Attributes
    ----------
    columns, by : tuple of str
        Their names, and the names of the columns whose levels they describe; the
        same name where that column is not in the table.
    ways : tuple of str
        How each was made.
    pvalue : float
        The largest p-value of "made without the targets of these rows".
    score : float
        Test score of the model.
    inside : float or None
        Test score with the means computed inside each split.
    lost : Estimate or None
        By how much it is lower.
    """

    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    pvalue: float = 1.0
    score: float = float("nan")
    inside: float | None = None
    lost: Estimate | None = None


@register_cause
class TargetEncoded(Cause):
    """A column of target means for the levels of a category, from all rows."""

    code, name, kind = "SKO207", "target_encoded_before_split", "validation"
    title = "Target means were computed before the split"
    needs = frozenset({"table"})

    def measure(self, lab: Lab) -> Encodings:
        """Compare columns with the means of the target; encode inside the splits."""
        table, model = lab.table, lab.model
        if table is None or model is None:
            raise NotMeasured("the data are not a table")
        if len(table.rows) < lab.problem.n_samples:
            raise NotMeasured(f"it takes all of the {lab.problem.n_samples:,} rows")
        classes, targets = _targets(lab.problem)
        found = _encoded(lab, table.matrix, targets)
        score = float(model.scores.gap.mean_test)
        if not found:
            return Encodings(score=score)
        known = Encodings(
            tuple(table.names[one.column] for one in found),
            tuple(table.names[one.by] for one in found),
            tuple(one.way for one in found),
            max(one.pvalue for one in found),
            score,
        )
        pairs = tuple((one.column, one.by) for one in found)
        own = tuple(classes[one.target] for one in found)
        encoder = EncodedInside(pairs, own)
        pipeline = make_pipeline(encoder, lab.problem.estimator)
        try:
            outcome = lab.with_model(_LABEL, pipeline)
        except NotMeasured:
            return known
        inside = float(outcome.scores.gap.mean_test)
        lost = lab.compare(model, outcome)
        return Encodings(**{**vars(known), "inside": inside, "lost": lost})

    def judge(self, measured: Encodings, problem: Problem) -> Finding:
        """Say which columns hold target means, and the score with them inside."""
        if not measured.columns:
            return self.finding(
                "absent",
                title="No column holds means of the target",
                explanation="No column comes closer to the mean target of the levels "
                "of a column than one made without these rows would.",
            )
        more: dict = {}
        if measured.lost is not None:
            more = {
                "effect": measured.lost.mean,
                "interval": measured.lost.interval,
                "counterfactual": measured.inside,
                "counterfactual_label": _LABEL,
            }
        return self.finding(
            "present",
            title=_title(measured),
            severity="serious",
            explanation=_explanation(measured),
            advice=_advice(measured, problem),
            pvalue=measured.pvalue,
            columns=measured.columns,
            **more,
        )


_LABEL = "target means computed inside each split"


def _targets(problem: Problem) -> tuple[list[Any], NDArray]:
    """Numbers of which means may have been taken: a class each, or the target."""
    y = problem.y
    if not problem.is_classification:
        return [None], y[:, np.newaxis].astype(float)
    labels, counts = np.unique(y, return_counts=True)
    classes = list(labels[np.argsort(-counts, kind="stable")[:MAX_CLASSES]])
    targets = np.column_stack([(y == own).astype(float) for own in classes])
    if y.dtype.kind in "biuf" and len(classes) > 2:
        return [*classes, None], np.column_stack([targets, y])
    return classes, targets


def _encoded(lab: Lab, matrix: NDArray, targets: NDArray) -> list[Encoded]:
    """Find encoded columns, if the budget allows to compare all with all."""
    what = "columns as means over the levels of others"
    possible = possible_columns(matrix, targets)
    n_rows, n_columns = matrix.shape
    n_cells = n_rows * len(set().union(*possible)) + PER_PAIR * targets.shape[1]
    if not lab.allows_seconds(what, SECONDS_PER_CELL * n_columns * n_cells):
        raise NotMeasured(lab.reason_of(what))
    return encoded_columns(matrix, targets, possible)


def _title(found: Encodings) -> str:
    verb = "hold" if found.columns[1:] else "holds"
    return f"{listed(found.columns)} {verb} target means of all rows"


def _explanation(found: Encodings) -> str:
    parts = []
    for column, by, way in zip(found.columns, found.by, found.ways, strict=True):
        levels = "its own levels" if by == column else f"the levels of '{by}'"
        parts.append(f"'{column}' equals {way} of the target over {levels}")
    text = (
        f"{'; '.join(parts[:3])}: closer than a column could come that was made "
        f"without the targets of these rows ({show_p(found.pvalue)})."
    )
    if found.inside is None:
        return text
    return (
        f"{text} With the means computed inside each split the test score is "
        f"{show(found.inside)} instead of {show(found.score)}."
    )


def _advice(found: Encodings, problem: Problem) -> str:
    column, by = found.columns[0], found.by[0]
    if column == by:
        return (
            f"Go back to the column that '{column}' was made of and encode it in the "
            "Pipeline: make_pipeline(TargetEncoder(), model). Test targets are in "
            f"'{column}' now."
        )
    return (
        f"Leave '{column}' out and encode '{by}' inside the splits: make_pipeline("
        f'make_column_transformer((TargetEncoder(), ["{by}"]), '
        'remainder="passthrough"), model).'
    )
