"""What all judgments share: sizes that matter, and words for scores and claims."""

import math
from typing import Any

from skoverfit.diagnosis._judgment._claims import LEVEL, Claim
from skoverfit.diagnosis._records import Evidence, Finding, Status

ONE_SIDED = LEVEL / 2
"""Level of one-sided tests, so that they agree with the two-sided intervals."""

SMALL_CHANGE = 0.01
"""Share of the score range below which a change of the test score is called none."""

SMALL_GAP = 0.02
"""Share of the score range below which a gap is called none."""


CODES = {
    "excess_capacity": "SKO101",
    "overfitting": "SKO102",
    "underfitting": "SKO103",
    "too_little_data": "SKO104",
    "no_signal": "SKO105",
    "duplicates": "SKO204",
    "row_order": "SKO301",
}
"""Codes of the causes that are judged from the evidence, by name."""


def finding(name: str, **fields: Any) -> Finding:
    """Make the finding of a cause that is judged from the evidence."""
    return Finding(code=CODES[name], name=name, **fields)


def show_score(value: float, score_range: float) -> str:
    """Write a score with the decimals that matter in a range.

    One far outside it, such as an R2 of a model that diverged, gets four digits.
    """
    if not math.isfinite(value):
        return "unknown"
    if abs(value) > 1e5 * score_range:
        return f"{value:.4g}"
    decimals = max(0, 3 - round(math.log10(score_range)))
    return f"{value:.{decimals}f}"


def show(value: float, evidence: Evidence) -> str:
    """Write a score with the decimals that matter in the range of its evidence."""
    return show_score(value, evidence.score_range)


def show_interval(interval: tuple[float, float], evidence: Evidence) -> str:
    """Write an interval of scores."""
    return f"{show(interval[0], evidence)} to {show(interval[1], evidence)}"


_ARTICLES = (
    ("forest", "a"),
    ("regularized linear", "a"),
    ("dial", "the"),
)
"""First words of names of models that need an article in a sentence -> which."""


def named(model: str) -> str:
    """Write the name of a model, of one or of many things, inside a sentence."""
    for beginning, article in _ARTICLES:
        if model.startswith(beginning):
            return f"{article} {model}"
    return model


def small_change(evidence: Evidence) -> float:
    """Change of the score below which it counts as none."""
    return SMALL_CHANGE * evidence.score_range


def status_of(present: bool) -> Status:
    """Turn a yes or no into a status."""
    return "present" if present else "absent"


def not_applicable(
    name: str, title: str, explanation: str, unit: str = "score"
) -> Finding:
    """Make a finding that could not be judged."""
    return finding(
        name,
        title=title,
        status="not_applicable",
        severity="info",
        effect=None,
        interval=None,
        unit=unit,
        explanation=explanation,
        advice="",
    )


def why_skipped(evidence: Evidence, what: str) -> str:
    """Say why a measurement is missing."""
    reasons = [s.reason for s in evidence.skipped if s.what.startswith(what)]
    return f"Not measured: {reasons[0]}." if reasons else "Not measured."


def signed(claim: Claim, evidence: Evidence) -> str:
    """Write a claimed change with its interval."""
    sign = "+" if claim.mean > 0 else ""
    return (
        f"{sign}{show(claim.mean, evidence)} "
        f"({show_interval(claim.interval, evidence)}; corrected for "
        f"{claim.n_tried} tried)"
    )
