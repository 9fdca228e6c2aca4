"""Columns whose unit or scaling differs between the parts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._units import (
    Unit,
    converted,
    scaled_apart,
)
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import changed_score, listed


@dataclass(frozen=True)
class Units:
    """Columns in other units, columns scaled twice, and the scores."""

    found: tuple[Unit, ...]
    scaled: tuple[str, ...]
    scores: tuple[float, float] | None


@register_cause
class UnitsDiffer(Cause):
    """Other units in the test part, or a scaler that was fitted in each part."""

    code, name, kind = "SKO316", "units_differ", "test_part"
    title = "The unit or the scaling of columns differs in the test part"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> Units:
        """Find conversions that make columns agree, and score the converted part."""
        found = lab.units
        scores = None
        if found:
            X = with_units_of_training(lab.problem.X_test, lab.parts.names, found)
            scores = changed_score(
                lab, lambda part: None if X is None else part.score_on(X)
            )
        if scores is not None and _is_worse(scores, lab):
            found, scores = (), None
        return Units(found, () if found else scaled_apart(lab.parts), scores)

    def judge(self, measured: Units, problem: Problem) -> Finding:
        """Name the columns and the factors."""
        if measured.found:
            return self._units(measured)
        if measured.scaled:
            return self._scaled(measured.scaled)
        title = "No column has another unit in the test part"
        return self.finding("absent", title=title)

    def _units(self, measured: Units) -> Finding:
        before, after = measured.scores or (None, None)
        names = tuple(unit.name for unit in measured.found)
        first = measured.found[0]
        return self.finding(
            "present",
            severity="serious",
            effect=None if before is None or after is None else after - before,
            explanation=(
                "These columns agree between the parts after a conversion, and only "
                f"then: {'; '.join(_in_words(unit) for unit in measured.found[:5])}."
            ),
            advice=(
                f"Bring {listed(names)} to one unit, and apply the same fitted "
                "preparation to both parts (a Pipeline does). For "
                f"{first.name}: {_code(first)}."
            ),
            counterfactual=after,
            counterfactual_label="on the test part in the units of training",
            columns=names,
        )

    def _scaled(self, names: tuple[str, ...]) -> Finding:
        return self.finding(
            "present",
            title="A scaler was fitted to each part by itself",
            severity="serious",
            explanation=(
                f"{listed(names)} have mean 0 and spread 1, or range 0 to 1, up to "
                "rounding in the training part and in the test part. A scaler of the "
                "training part leaves other numbers in the test part."
            ),
            advice=(
                "Fit the scaler on the training part alone and only transform the test "
                "part: make_pipeline(StandardScaler(), model) on columns as they were."
            ),
            columns=names,
        )


def _is_worse(scores: tuple[float, float], lab: Lab) -> bool:
    """Whether the model knows the rows better as they are: then it was no unit."""
    before, after = scores
    return bool(after < before - lab.own_part.std_error)


def _in_words(unit: Unit) -> str:
    if unit.offset:
        how = f"{unit.slope:.4g} times that of training {unit.offset:+.4g}"
    elif unit.slope >= 1:
        how = f"{unit.slope:.6g} times that of training"
    else:
        how = f"that of training divided by {1 / unit.slope:.6g}"
    return f"{unit.name} is {how} ({unit.reason})"


def _code(unit: Unit) -> str:
    shift = f" - {unit.offset:.6g}" if unit.offset else ""
    column = f"X_test[{unit.name!r}]"
    value = f"({column}{shift})" if shift else column
    return f"{column} = {value} / {unit.slope:.6g}"


def with_units_of_training(
    X: Any, names: tuple[str, ...], units: tuple[Unit, ...]
) -> Any:
    """Convert columns of a test part; None where its container cannot be written."""
    if issparse(X):
        return None
    if hasattr(X, "iloc"):
        X, own = X.copy(), {str(name): name for name in X.columns}
        for unit in units:
            name = own[unit.name]
            X[name] = converted(X[name].to_numpy(float), unit)
        return X
    if hasattr(X, "with_columns"):
        return X.with_columns(**{u.name: converted(X[u.name], u) for u in units})
    X = np.array(X)
    if X.ndim != 2:
        return None
    X = X.astype(float) if X.dtype.kind in "biu" else X
    for unit in units:
        k = names.index(unit.name)
        X[:, k] = converted(X[:, k].astype(float), unit)
    return X
