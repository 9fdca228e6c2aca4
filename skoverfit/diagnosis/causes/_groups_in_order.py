"""Rows in blocks of alike ones that shuffled splits tear apart."""

from skoverfit.diagnosis._comparisons._row_sequences import SequenceScores, block_scores
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause


@register_cause
class GroupsInOrder(Cause):
    """A file in the order of groups, such as persons or machines."""

    code, name, kind = "SKO303", "groups_in_order", "validation"
    title = "Rows next to one another belong together: the file is in order of groups"
    cost = 1.0

    def measure(self, lab: Lab) -> SequenceScores:
        """Measure on shuffled splits and on contiguous ones."""
        return block_scores(lab)

    def judge(self, measured: SequenceScores, problem: Problem) -> Finding:
        """Present where contiguous splits score reliably less."""
        pair = measured.pair
        if pair is None or not measured.is_present:
            return self.finding(
                "absent",
                title="The rows are not in the order of groups, or it does no harm",
                explanation=_absence(measured, problem),
            )
        kind = "StratifiedGroupKFold" if problem.is_classification else "GroupKFold"
        return self.finding(
            "present",
            severity="warning" if measured.own == "in order" else "serious",
            effect=pair.effect,
            interval=pair.interval,
            pvalue=pair.pvalue,
            explanation=(
                "Rows next to one another are more alike than others. "
                f"{problem.scoring} {pair.score:.3f} on shuffled splits, "
                f"{pair.other:.3f} on splits that keep neighbors together."
            ),
            advice=(
                "Do not shuffle. Pass the group of each row (person, machine, place): "
                f"groups=..., with cv={kind}({len(problem.splits)}); or time=..., if "
                "the order is that of time. Until it is known, splits in row order "
                "come closer to the score for new groups."
            ),
            counterfactual=pair.other,
            counterfactual_label="on contiguous blocks of rows",
        )


def _absence(measured: SequenceScores, problem: Problem) -> str:
    if measured.sequence.kind != "blocks":
        return "Rows do not come in blocks, or SKO205 or SKO302 explain why."
    if measured.pair is None:
        return "The own splits keep groups together."
    return (
        f"{problem.scoring} {measured.pair.score:.3f} on shuffled splits, "
        f"{measured.pair.other:.3f} on contiguous ones: no reliable fall."
    )
