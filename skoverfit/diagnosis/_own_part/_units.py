"""Columns whose unit or scaling differs between a training part and a test part."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit.diagnosis._own_part._part_tests import column_shifts
from skoverfit.diagnosis._own_part._parts import Parts

__all__ = ["Unit", "converted", "in_training_units", "scaled_apart", "unit_changes"]

FloatArray = NDArray[np.float64]
Columns = dict[str, tuple[FloatArray, FloatArray]]

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
HOTTEST = 300.0
"""Spread that temperatures rarely have; in wider columns offsets fit by chance."""

STANDARDIZED = ("the test part is standardized", "the training part is standardized")
"""Where a scaler saw one part only."""

APART = 0.35
"""Distance (Kolmogorov and Smirnov) of columns in different units."""

CLOSER = 0.4
"""Share of that distance that may be left after the conversion."""

LARGE = 100.0
"""Factor from which on no other difference of the parts looks like a unit."""

FAR = 5.0
"""Mean, or ratio of the spreads, that no standardized column has elsewhere."""

DISJOINT = 0.9
"""Distance of columns that differ by an offset between units, such as 273.15."""

FEWEST_LEVELS = 5
"""Distinct values below which these are compared, and not their distributions."""

FEWEST = 50
"""Values of each part below which no distribution proves a small factor."""

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

    @property
    def is_scaler(self) -> bool:
        """Whether one part is standardized."""
        return self.reason in STANDARDIZED


def unit_changes(parts: Parts) -> tuple[Unit, ...]:
    """Find columns that agree between the parts after a conversion, and only then."""
    columns = {
        name: (one[np.isfinite(one)], other[np.isfinite(other)])
        for name, one, other in parts.numeric()
    }
    close = {name: _close_units(name, *sides) for name, sides in columns.items()}
    sure = _kept(close, columns, _is_sure)
    alike = _kept(close, columns, _is_alike)
    if not _are_all_explained(parts, columns, sure, alike):
        alike = {key: [] for key in columns}
    chosen = (
        _likeliest(sure[name] or alike[name], *sides) for name, sides in columns.items()
    )
    return tuple(unit for unit in chosen if unit is not None)


def _kept(
    units: dict[str, list[Unit]], columns: Columns, holds: Callable[..., bool]
) -> dict[str, list[Unit]]:
    return {
        name: [unit for unit in own if holds(unit, *columns[name])]
        for name, own in units.items()
    }


def _close_units(name: str, one: FloatArray, other: FloatArray) -> list[Unit]:
    """Conversions after which a column comes close."""
    if not (len(one) and len(other)):
        return []
    distance = _distance(one, other)
    n_levels = [len(np.unique(side)) for side in (one, other)]
    if min(n_levels) < FEWEST_LEVELS <= max(n_levels):
        return []
    if max(n_levels) < FEWEST_LEVELS:
        return [
            Unit(name, slope, 0.0, why, distance, _distance(slope * one, other))
            for slope, why in _large_factors()
            if _are_multiples(other, one, slope)
        ]
    if distance < APART:
        return []
    units = (
        Unit(name, a, b, why, distance, _distance(a * one + b, other))
        for a, b, why in _conversions(one, other)
    )
    return [unit for unit in units if unit.distance_after <= CLOSER * distance]


def _large_factors() -> Iterator[tuple[float, str]]:
    for factor, why in FACTORS.items():
        if factor >= LARGE:
            yield from ((factor, why), (1 / factor, why))


def _are_multiples(values: FloatArray, known: FloatArray, slope: float) -> bool:
    """Whether a few values are those of training times a factor, and else new."""
    levels, known = (np.unique(side[side != 0]) for side in (values, known))
    return (
        len(levels) > 0
        and _share_of_known(levels / slope, known) == 1
        and _share_of_known(levels, known) == 0
    )


def _is_sure(unit: Unit, one: FloatArray, other: FloatArray) -> bool:
    """Whether nothing but a conversion explains a column.

    The factor is larger than those between rows of training, or training knows the
    converted values to the digit.
    """
    factor = max(unit.slope, 1 / unit.slope)
    is_large = unit.offset == 0 and factor >= max(LARGE, _largest_ratio(one))
    return is_large or _is_known(unit, one, other)


def _is_known(unit: Unit, one: FloatArray, other: FloatArray) -> bool:
    """Whether training knows the converted values; multiples of known ones it may."""
    if unit.slope < 1 and _share_of_known(other, one) >= SURE:
        return False
    return _share_of_known(converted(other, unit), one) >= SURE


def _largest_ratio(values: FloatArray) -> float:
    """Ratio of large to small values of a column, outliers and zeros aside."""
    sizes = np.abs(values[values != 0])
    if not len(sizes):
        return np.inf
    low, high = np.quantile(sizes, [0.05, 0.95])
    return float(high / low)


def _is_alike(unit: Unit, one: FloatArray, other: FloatArray) -> bool:
    """Whether a small factor or an offset explains a column, and a mere shift does not.

    These look like rows of another kind: the converted column must agree in every
    respect.
    """
    if min(len(one), len(other)) < FEWEST:
        return False
    if not _agree(unit.slope * one + unit.offset, other):
        return False
    if unit.slope == 1:
        return unit.distance >= DISJOINT
    return not _agree(one - np.median(one), other - np.median(other))


def _are_all_explained(
    parts: Parts,
    columns: Columns,
    sure: dict[str, list[Unit]],
    alike: dict[str, list[Unit]],
) -> bool:
    """Whether conversions explain all that differs, so that rows may be of one kind.

    Among rows of another kind a few columns look converted by chance, and others differ
    in other ways. A conversion that was found may explain further columns.
    """
    conversions = {(u.slope, u.offset) for units in alike.values() for u in units}
    if not conversions or any(u.is_scaler for units in alike.values() for u in units):
        return True
    return all(
        sure.get(shift.name)
        or any(_is_close(pair, *columns[shift.name]) for pair in conversions)
        for shift in column_shifts(parts)
        if shift.name in columns
    )


def _is_close(
    conversion: tuple[float, float], one: FloatArray, other: FloatArray
) -> bool:
    after = _distance(conversion[0] * one + conversion[1], other)
    return after <= max(_noise(one, other), CLOSER * _distance(one, other))


def _noise(one: FloatArray, other: FloatArray) -> float:
    """Distance that columns of one distribution rarely have."""
    size = np.sqrt(1 / len(one) + 1 / len(other))
    return float(stats.kstwobign.isf(LEVEL) * size)


def _agree(one: FloatArray, other: FloatArray) -> bool:
    """Whether columns may have one distribution: its shape, place and spread."""
    tests = (
        stats.ks_2samp(one, other, method="asymp"),
        stats.mannwhitneyu(one, other),
        stats.levene(one, other),
    )
    return all(test.pvalue >= LEVEL for test in tests)


def _is_like(unit: Unit, best: Unit, most: float) -> bool:
    """Whether it is of the same kind, a factor or not, and fits about as well."""
    return unit is best or (
        unit.offset == 0 == best.offset and unit.distance_after <= most
    )


def _likeliest(units: list[Unit], one: FloatArray, other: FloatArray) -> Unit | None:
    """Choose the best conversion, among those that fit about as well.

    The one whose values are those of training to the digit, else the most usual.
    """
    best = min(units, key=lambda unit: unit.distance_after, default=None)
    if best is None:
        return None
    most = min(max(best.distance_after, _noise(one, other)), CLOSER * best.distance)
    units = [unit for unit in units if _is_like(unit, best, most)]
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
            off = [abs(np.log(ratio / slope)) for ratio in ratios]
            if off and min(off) < np.log(1.5) and max(off) < np.log(4):
                yield slope, 0.0, why
    if max(map(_spread, (one, other))) < HOTTEST:
        for slope, offset, why in OFFSETS:
            yield slope, offset, why
            yield 1 / slope, -offset / slope, why
    if _is_standard(other) and not _is_standard(one):
        spread = one.std()
        yield 1 / spread, -one.mean() / spread, STANDARDIZED[0]
    if _is_standard(one) and _is_far_from_standard(other):
        yield other.std(), other.mean(), STANDARDIZED[1]


def _spread(values: FloatArray) -> float:
    return float(np.subtract(*np.quantile(values, [0.9, 0.1])))


def _ratios(one: FloatArray, other: FloatArray) -> list[float]:
    """Ratios of the spreads and of the typical sizes, where there are any."""
    sizes = [(_spread(part), np.median(np.abs(part))) for part in (one, other)]
    return [float(b / a) for a, b in zip(*sizes, strict=True) if min(a, b) > 0]


def _is_standard(values: FloatArray) -> bool:
    return bool(abs(values.mean()) < 0.5 and 0.5 < values.std() < 2)


def _is_far_from_standard(values: FloatArray) -> bool:
    """Whether other rows than those that a scaler was fitted to cannot explain it."""
    return bool(abs(values.mean()) > FAR or not 1 / FAR < values.std() < FAR)


def converted(values: FloatArray, unit: Unit) -> FloatArray:
    """Bring a column of the test part to the unit of the training part."""
    return (values - unit.offset) / unit.slope


def in_training_units(parts: Parts, units: tuple[Unit, ...]) -> Parts:
    """Bring the columns of the test part to the units of the training part."""
    test = parts.test.copy()
    for unit in units:
        k = parts.names.index(unit.name)
        test[:, k] = converted(test[:, k], unit)
    return replace(parts, test=test)


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
