"""How much capacity is left along the range of each class, measured.

Written by ``python -m benchmarks.quality.calibration curves`` from the committed train
scores in benchmarks/quality/results/calibration.csv; not to be edited by hand. Each
curve has the share of the train score above that of the tight end that is left at
positions in equal steps from the loose to the tight end of the range.
"""

CURVES: dict[str, tuple[float, ...]] = {}
