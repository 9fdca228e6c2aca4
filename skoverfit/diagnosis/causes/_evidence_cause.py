"""Causes that read what was measured for several of them together."""

from typing import Any, ClassVar

import numpy as np

from skoverfit.diagnosis._judgment._judging import CODES
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Curve, Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause


class EvidenceCause(Cause):
    """A cause that reads what was measured for several of them together."""

    after_evidence = True
    judgment: ClassVar[Any]
    """Function of the evidence."""

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        cls.code = CODES[cls.name]

    def measure(self, lab: Lab) -> Any:
        """Read the evidence."""
        if lab.evidence is None:
            raise NotMeasured("nothing was measured")
        return lab.evidence

    def judge(self, measured: Any, problem: Problem) -> Finding:
        """Judge the evidence."""
        finding: Finding = self.judgment(measured)
        return finding


def dial_changes(curve: Curve, *, stronger: bool) -> dict[str, np.ndarray]:
    """Change of the test score at each setting on one side of the own one."""
    own = curve.test_scores[curve.x == 0.5]
    if not len(own):
        return {}
    side = curve.x > 0.5 if stronger else curve.x < 0.5
    pairs = zip(curve.x[side], curve.test_scores[side], strict=True)
    return {f"{x:g}": scores - own[0] for x, scores in pairs}
