"""Columns that were scaled on all rows before the split."""

from dataclasses import dataclass

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from skoverfit._gap import Estimate
from skoverfit.diagnosis._columns._encodings import scaled_columns
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import listed, show

SCALERS = {
    "standardized": StandardScaler,
    "scaled to 0 and 1": MinMaxScaler,
    "scaled by median and quartiles": RobustScaler,
}


@dataclass(frozen=True)
class Scaled:
    """Columns that were scaled on exactly these rows.

    Attributes
    ----------
    way : str
        How; empty if they were not.
    columns : tuple of str
        Which.
    score : float
        Test score of the model.
    inside : float or None
        Test score of the model behind a scaler that is fitted inside the splits.
    lost : Estimate or None
        By how much it is lower.
    """

    way: str
    columns: tuple[str, ...]
    score: float
    inside: float | None = None
    lost: Estimate | None = None


@register_cause
class ScaledBeforeSplit(Cause):
    """Means and spreads over all rows, test rows included, are exactly 0 and 1."""

    code, name, kind = "SKO209", "scaled_before_split", "validation"
    title = "The columns were scaled before the split"
    needs = frozenset({"numeric", "table"})

    def measure(self, lab: Lab) -> Scaled:
        """Look at the moments of the columns; scale inside the splits."""
        table, model = lab.table, lab.model
        if table is None or model is None:
            raise NotMeasured("the data are not a table")
        if len(table.rows) < lab.problem.n_samples:
            raise NotMeasured(f"it takes all of the {lab.problem.n_samples:,} rows")
        way, places = scaled_columns(table.matrix)
        score = float(model.scores.gap.mean_test)
        found = Scaled(way, tuple(table.names[j] for j in places), score)
        if len(places) < len(table.names):  # the others may not be scaled again
            return found
        try:
            pipeline = make_pipeline(SCALERS[way](), lab.problem.estimator)
            outcome = lab.with_model(_LABEL, pipeline)
        except NotMeasured:
            return found
        inside = float(outcome.scores.gap.mean_test)
        return Scaled(way, found.columns, score, inside, lab.compare(model, outcome))

    def judge(self, measured: Scaled, problem: Problem) -> Finding:
        """Say how the columns were scaled, and what scaling inside the splits does."""
        if not measured.columns:
            return self.finding(
                "absent",
                title="The columns were not scaled on exactly these rows",
                explanation="Means, spreads and ranges over all rows are not exactly "
                "those of scaled columns.",
            )
        lost = measured.lost
        more: dict = {}
        if lost is not None:
            more = {
                "effect": lost.mean,
                "interval": lost.interval,
                "counterfactual": measured.inside,
                "counterfactual_label": _LABEL,
            }
        scaler = SCALERS[measured.way].__name__
        return self.finding(
            "present",
            title=f"The columns were {measured.way} before the split",
            explanation=_explanation(measured),
            advice=(
                "It hardly changes a score, but new rows must be scaled by the same "
                "numbers, never by their own. Pass the raw columns and let the "
                f"Pipeline scale them: make_pipeline({scaler}(), model)."
            ),
            columns=measured.columns,
            **more,
        )


_LABEL = "scaled inside each split"


def _explanation(found: Scaled) -> str:
    text = (
        f"{listed(found.columns)} are {found.way} over all rows exactly: test rows "
        "took part."
    )
    if found.inside is None:
        return text
    return (
        f"{text} Scaled inside each split, the test score is {show(found.inside)} "
        f"instead of {show(found.score)}."
    )
