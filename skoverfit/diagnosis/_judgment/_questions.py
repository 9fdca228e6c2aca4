"""What no measurement can tell: questions for the user, with the argument to pass."""

from collections.abc import Iterable

from skoverfit.diagnosis._records import Evidence, Finding

__all__ = ["open_questions"]

COLUMNS = (
    "Is there a column that is known only after the outcome? No data can prove it: "
    "leave it out with X.drop(columns=[...]) (--drop NAME) and compare."
)
GROUPS = (
    "Do rows belong together, such as those of one person or machine? Pass groups=... "
    "(--groups COLUMN)."
)
TIME = (
    "Will the model predict later rows than it was fitted on? Pass time=... "
    "(--time COLUMN)."
)
PREPARATION = (
    "Was anything fitted, selected, encoded, scaled or resampled on all rows before "
    "this? Put that step into a Pipeline, so that each split repeats it."
)


def open_questions(evidence: Evidence, findings: Iterable[Finding]) -> tuple[str, ...]:
    """List the questions that the report leaves to the user."""
    present = {finding.code for finding in findings if finding.status == "present"}
    asked = {
        COLUMNS: not present & {"SKO201"},
        GROUPS: "Group" not in evidence.cv and not present & {"SKO205"},
        TIME: "TimeSeries" not in evidence.cv and not present & {"SKO302"},
        PREPARATION: not present & {"SKO207", "SKO208", "SKO209", "SKO210"},
    }
    return tuple(question for question, is_open in asked.items() if is_open)
