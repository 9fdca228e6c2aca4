"""The cases as asv benchmarks: ``asv run --config benchmarks/speed/asv.conf.json``."""

from .cases import CASES
from .ratios import measure


class RatioToPeer:
    """Time of ours over time of the peer, median of five turns."""

    params = (list(range(len(CASES))),)
    param_names = ("case",)
    timeout = 300
    unit = "ratio"

    def track_ratio(self, number):
        case = CASES[number]
        return measure(case, case.size, turns=5).median

    track_ratio.unit = "ratio"
