"""Columns whose unit or scaling differs between a training part and a test part."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit.diagnosis._own_part._parts import Parts

__all__ = ["Unit", "converted", "scaled_apart", "unit_changes"]

FloatArray = NDArray[np.float64]

FACTORS = {
    10.0: "a power of ten",
    100.0: "per cent, or centimeters for meters",
    1000.0: "a thousand, such as grams for kilograms",
    10_000.0: "a power of ten",
    100_000.0: "a power of ten",
    1_000_000.0: "a million",
    1_000_000_000.0: "a thousand million, such as nanoseconds for seconds",
    2.54: "inches and centimeters",
    25.4: "inches and millimeters",
    3.280839895: "feet and meters",
    12.0: "feet and inches, or months and years",
    1.609344: "miles and kilometers",
    2.20462262: "pounds and kilograms",
    28.349523: "ounces and grams",
    3.785411784: "gallons and liters",
    4.184: "calories and joules",
    60.0: "seconds, minutes and hours",
    3600.0: "seconds and hours",
    24.0: "hours and days",
    86400.0: "seconds and days",
    7.0: "days and weeks",
    365.25: "days and years",
    1024.0: "powers of 1024",
    57.29577951: "radians and degrees",
    18.0182: "mmol/l and mg/dl of glucose",
}
"""Factors between units in use, and where they come from."""

OFFSETS = (
    (1.8, 32.0, "degrees Celsius and Fahrenheit"),
    (1.0, 273.15, "degrees Celsius and kelvins"),
)
APART = 0.35
"""Distance (Kolmogorov and Smirnov) of columns in different units."""

CLOSER = 0.4
"""Share of that distance that may be left after the conversion."""

LEVEL = 0.01
"""Level at which the distributions of columns tell two conversions apart."""

SURE = 0.5
"""Share of values that training knows to the digit that proves a conversion."""

EXACT = 1e-6
"""Deviation of means and spreads that a scaler leaves by rounding."""


@dataclass(frozen=True)
class Unit:
    """A column that has another unit in the test part.

    Attributes
    ----------
    name : str
        The column.
    slope, offset : float
        ``test = slope * as_in_training + offset``.
    reason : str
        What the numbers speak for, and what else would fit as well.
    distance, distance_after : float
        Distance of the parts as they are and after the conversion.
    """

    name: str
    slope: float
    offset: float
    reason: str
    distance: float
    distance_after: float


def unit_changes(parts: Parts) -> tuple[Unit, ...]:
    """Find columns that agree between the parts after a conversion, and only then."""
    found = []
    for name, *columns in parts.numeric():
        one, other = (column[np.isfinite(column)] for column in columns)
        if len(np.unique(one)) < 5 or len(np.unique(other)) < 5:
            continue
        unit = _unit_of(name, one, other)
        if unit is not None:
            found.append(unit)
    return tuple(found)


def _unit_of(name: str, one: FloatArray, other: FloatArray) -> Unit | None:
    distance = _distance(one, other)
    if distance < APART:
        return None
    units = [
        Unit(name, a, b, why, distance, _distance(a * one + b, other))
        for a, b, why in _conversions(one, other)
    ]
    best = min(units, key=lambda unit: unit.distance_after, default=None)
    if best is None or best.distance_after > CLOSER * distance:
        return None
    noise = stats.kstwobign.isf(LEVEL) * np.sqrt(1 / len(one) + 1 / len(other))
    most = min(max(best.distance_after, noise), CLOSER * distance)
    similar = [unit for unit in units if _is_like(unit, best, most)]
    return _likeliest(similar, one, other)


def _is_like(unit: Unit, best: Unit, most: float) -> bool:
    """Whether it is of the same kind, a factor or not, and fits about as well."""
    return unit is best or (
        unit.offset == 0 == best.offset and unit.distance_after <= most
    )


def _likeliest(units: list[Unit], one: FloatArray, other: FloatArray) -> Unit:
    """Choose among conversions that the distributions cannot tell apart.

    The one whose values are those of training to the digit, else the most usual.
    """
    shares = [_share_of_known(converted(other, unit), one) for unit in units]
    chosen = units[int(np.argmax(shares))]
    rest = [f"{unit.slope:.6g}" for unit in units if unit is not chosen]
    if not rest or max(shares) >= SURE:
        return chosen
    also = f"{chosen.reason}; a factor of {' or '.join(rest)} would fit as well"
    return replace(chosen, reason=also)


def _share_of_known(values: FloatArray, known: FloatArray) -> float:
    """Share of values that are among the known ones up to rounding."""
    digits = 9 - int(np.ceil(np.log10(np.abs(known).max(initial=1.0))))
    return float(np.isin(values.round(digits), known.round(digits)).mean())


def _distance(one: FloatArray, other: FloatArray) -> float:
    return float(stats.ks_2samp(one, other, method="asymp").statistic)


def _conversions(
    one: FloatArray, other: FloatArray
) -> Iterator[tuple[float, float, str]]:
    ratios = _ratios(one, other)
    for factor, why in FACTORS.items():
        for slope in (factor, 1 / factor):
            if any(abs(np.log(ratio / slope)) < np.log(1.5) for ratio in ratios):
                yield slope, 0.0, why
    for slope, offset, why in OFFSETS:
        yield slope, offset, why
        yield 1 / slope, -offset / slope, why
    if _is_standard(other) and not _is_standard(one):
        spread = one.std()
        yield 1 / spread, -one.mean() / spread, "the test part is standardized"
    if _is_standard(one) and not _is_standard(other):
        yield other.std(), other.mean(), "the training part is standardized"


def _ratios(one: FloatArray, other: FloatArray) -> list[float]:
    """Ratios of the spreads and of the typical sizes, where there are any."""
    sizes = [
        (np.subtract(*np.quantile(part, [0.9, 0.1])), np.median(np.abs(part)))
        for part in (one, other)
    ]
    return [float(b / a) for a, b in zip(*sizes, strict=True) if min(a, b) > 0]


def _is_standard(values: FloatArray) -> bool:
    return bool(abs(values.mean()) < 0.5 and 0.5 < values.std() < 2)


def converted(values: FloatArray, unit: Unit) -> FloatArray:
    """Bring a column of the test part to the unit of the training part."""
    return (values - unit.offset) / unit.slope


def scaled_apart(parts: Parts) -> tuple[str, ...]:
    """Find columns that a scaler was fitted to twice, once in each part.

    Both parts then have mean 0 and spread 1, or range 0 to 1, up to rounding. A scaler
    of the training part alone leaves other numbers in the test part.

    Returns
    -------
    names : tuple of str
        At least two columns, or the only one.
    """
    n_numeric = int((~parts.is_category).sum())
    for is_scaled in (_is_standardized, _is_min_max):
        found = [
            name
            for name, train, test in parts.numeric()
            if is_scaled(train) and is_scaled(test)
        ]
        if len(found) >= max(1, min(2, n_numeric), 0.3 * n_numeric):
            return tuple(found)
    return ()


def _is_standardized(values: FloatArray) -> bool:
    own = values[np.isfinite(values)]
    if len(np.unique(own)) < 3:
        return False
    spreads = np.array([own.std(), own.std(ddof=1)])
    return bool(abs(own.mean()) < EXACT and np.abs(spreads - 1).min() < EXACT)


def _is_min_max(values: FloatArray) -> bool:
    """Range exactly 0 to 1, of values that do not repeat at the ends."""
    own = values[np.isfinite(values)]
    if len(np.unique(own)) < 0.5 * len(own) or len(own) < 10:
        return False
    at_ends = [int(np.sum(np.abs(own - end) < EXACT)) for end in (0, 1)]
    outside = (own < -EXACT).any() or (own > 1 + EXACT).any()
    return bool(not outside and at_ends == [1, 1])
