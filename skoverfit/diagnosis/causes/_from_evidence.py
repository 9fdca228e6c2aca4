"""Causes that are judged from the evidence about capacity, rows and signal."""

from typing import Any, ClassVar

from skoverfit.diagnosis._judgment import _findings as findings
from skoverfit.diagnosis._judgment._judging import CODES
from skoverfit.diagnosis._judgment._signal import no_signal
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Evidence, Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause


class EvidenceCause(Cause):
    """A cause that reads what was measured for several of them together."""

    after_evidence = True
    judgment: ClassVar[Any]
    """Function of the evidence."""

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        cls.code = CODES[cls.name]

    def measure(self, lab: Lab) -> Evidence:
        """Read the evidence."""
        if lab.evidence is None:
            raise NotMeasured("nothing was measured")
        return lab.evidence

    def judge(self, measured: Evidence, problem: Problem) -> Finding:
        """Judge the evidence."""
        finding: Finding = self.judgment(measured)
        return finding


@register_cause
class ExcessCapacity(EvidenceCause):
    """Memorization that costs test score, as a stronger setting of the dial shows."""

    name, kind = "excess_capacity", "model"
    title = "Less capacity scores better"
    reads = frozenset({"dial"})
    judgment = staticmethod(findings.excess_capacity)


@register_cause
class Gap(EvidenceCause):
    """A train score reliably above the test score, harmful or not."""

    name, kind = "overfitting", "model"
    title = "The model scores better on its training rows"
    reads = frozenset()
    judgment = staticmethod(findings.overfitting)


@register_cause
class Underfitting(EvidenceCause):
    """Too little capacity."""

    name, kind = "underfitting", "model"
    title = "A more flexible model scores better"
    reads = frozenset({"dial", "references", "shuffled"})
    judgment = staticmethod(findings.underfitting)


@register_cause
class TooLittleData(EvidenceCause):
    """A learning curve that still rises."""

    name, kind = "too_little_data", "data"
    title = "More rows would still raise the test score"
    reads = frozenset({"learning_curve"})
    judgment = staticmethod(findings.too_little_data)


@register_cause
class NoSignal(EvidenceCause):
    """Nothing beats a dummy."""

    name, kind = "no_signal", "data"
    title = "No signal was found"
    reads = frozenset({"ranking", "dial", "references", "permuted"})
    judgment = staticmethod(no_signal)
