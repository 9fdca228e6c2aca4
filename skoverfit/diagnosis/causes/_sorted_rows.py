"""Rows sorted by their target, and splits in that order."""

from skoverfit.diagnosis._judgment import _findings as findings
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._from_evidence import EvidenceCause


@register_cause
class RowOrder(EvidenceCause):
    """Splits in the order of the rows score worse, for no other reason."""

    name, kind = "row_order", "validation"
    title = "The score depends on the order of the rows"
    reads = frozenset({"shuffled"})

    def judge(self, measured: Evidence, problem: Problem) -> Finding:
        """Present where rows next to each other do not belong together."""
        if measured.row_order == "related":
            return self.finding(
                "absent",
                title="The rows are not merely sorted by their target",
                explanation=(
                    "Rows next to each other are alike. See SKO302 (time), SKO303 "
                    "(groups), SKO204 and SKO205 (copies)."
                ),
            )
        return findings.row_order(measured)
