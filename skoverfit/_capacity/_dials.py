"""The parts of the capacity table: dials, entries and the rules for their ends."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np

from skoverfit._capacity._facts import Facts

NEUTRAL = 0.5
"""The strength at which every estimator keeps its own settings."""

Params = Mapping[str, Any]


@dataclass(frozen=True)
class ComputedValue:
    """An end of a dial that depends on the data.

    Attributes
    ----------
    text : str
        How the table shows it.
    compute : callable
        Takes :class:`Facts` about the training data and the parameters of the
        estimator (a dict) and returns the end, a number.

    Examples
    --------
    >>> from skoverfit.regularization import Facts, ComputedValue
    >>> half = ComputedValue("n / 2", lambda facts, params: facts.n_samples / 2)
    >>> half.compute(Facts(n_samples=50), {})
    25.0
    """

    text: str
    compute: Callable[[Facts, Params], float]


End = float | ComputedValue


def plain_number(value: Any, facts: Facts) -> float | None:
    """Read the own setting; None and infinity mean that no limit is set."""
    if value is None:
        return None
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise TypeError(value)


def _unchanged(number: float, own: Any, params: Params) -> Any:
    return number


def _never(params: Params) -> bool:
    return False


def _always(params: Params) -> bool:
    return True


class Span(NamedTuple):
    """Where a dial stands between its ends for one estimator and its data.

    Positions run from 0, the loose end, to 1, the tight end.
    """

    own: Any
    begin: float
    loose: float
    tight: float
    position: float
    beyond_loose: bool = False
    beyond_tight: bool = False


@dataclass(frozen=True)
class Dial:
    """One parameter that controls the capacity of an estimator.

    Attributes
    ----------
    parameter : str
        Name of the parameter.
    loose, tight : float or ComputedValue
        The least and the most regularized end.
    scale : {"log", "linear", "integer"}, default="log"
        How to move between the ends; "integer" is logarithmic and rounded.
    rises : bool, default=True
        Whether a larger value regularizes more.
    unset : float or ComputedValue, default=None
        The number that the setting None stands for; None means no limit.
    number : callable, default reads numbers
        Turns the estimator's own setting into a number, given the setting and
        :class:`Facts`; None when it sets no limit. Raises TypeError for settings that
        have no place between the ends.
    setting : callable, default keeps the number
        Turns a number into the setting, given the number, the own setting and the
        parameters of the estimator.
    is_off : callable, default never
        Given the parameters, whether others keep this one from having any effect
        until a companion of the capacity switches it on.
    applies : callable, default always
        Given the parameters, whether the parameter has a meaning at all.

    Examples
    --------
    >>> from skoverfit.regularization import Dial, ComputedValue
    >>> rows = ComputedValue("n", lambda facts, params: facts.n_samples)
    >>> Dial("n_neighbors", 1, rows, "integer").parameter
    'n_neighbors'
    """

    parameter: str
    loose: End
    tight: End
    scale: Literal["log", "linear", "integer"] = "log"
    rises: bool = True
    unset: float | ComputedValue | None = None
    number: Callable[[Any, Facts], float | None] = field(
        default_factory=lambda: plain_number
    )
    setting: Callable[[float, Any, Params], Any] = field(
        default_factory=lambda: _unchanged
    )
    is_off: Callable[[Params], bool] = field(default_factory=lambda: _never)
    applies: Callable[[Params], bool] = field(default_factory=lambda: _always)

    def __post_init__(self):
        if not (isinstance(self.parameter, str) and self.parameter.isidentifier()):
            raise ValueError(f"parameter={self.parameter!r} must be a name.")
        if self.scale not in ("log", "linear", "integer"):
            raise ValueError(
                f"scale={self.scale!r} must be 'log', 'linear' or 'integer'."
            )
        for name in ("loose", "tight"):
            self._check_end(name, getattr(self, name))
        self._check_order()

    def _check_end(self, name: str, end: Any) -> None:
        if isinstance(end, ComputedValue):
            return
        if not isinstance(end, Real) or isinstance(end, bool) or not math.isfinite(end):
            raise ValueError(
                f"{name}={end!r} must be a finite number or a ComputedValue."
            )
        if self.scale != "linear" and end <= 0:
            raise ValueError(
                f"{name}={end!r} must be above 0 on the {self.scale} scale."
            )

    def _check_order(self) -> None:
        if isinstance(self.loose, ComputedValue) or isinstance(
            self.tight, ComputedValue
        ):
            return
        if not self._is_tighter(self.tight, self.loose):
            order = "above" if self.rises else "below"
            raise ValueError(
                f"tight={self.tight!r} must be {order} loose={self.loose!r} for "
                f"rises={self.rises}."
            )

    def ends(self, facts: Facts, params: Params) -> tuple[float, float]:
        """Return the least and the most regularized value for these data.

        Parameters
        ----------
        facts : Facts
            Size and spread of the training data.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        loose, tight : float
            The two ends.
        """
        loose, tight = (
            end.compute(facts, params) if isinstance(end, ComputedValue) else end
            for end in (self.loose, self.tight)
        )
        # Tiny data can turn the ends around; a dial must never run backwards.
        return loose, (max if self.rises else min)(loose, tight)

    def read(self, own: Any, facts: Facts, params: Params) -> float | None:
        """Read the own setting.

        Parameters
        ----------
        own : object
            Setting of the parameter.
        facts : Facts
            Size and spread of the training data.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        number : float or None
            The setting as a number, None where it sets no limit.
        """
        if self.is_off(params):
            return None
        if own is not None:
            return self.number(own, facts)
        if isinstance(self.unset, ComputedValue):
            return self.unset.compute(facts, params)
        return self.unset

    def span(self, own: Any, facts: Facts, params: Params) -> Span:
        """Find where the own setting stands between the ends.

        Parameters
        ----------
        own : object
            Setting of the parameter.
        facts : Facts
            Size and spread of the training data.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        span : Span
            The ends, where to begin, and the position there.
        """
        loose, tight = self.ends(facts, params)
        number = self.read(own, facts, params)
        if number is None or self._is_tighter(loose, number):
            return Span(own, loose, loose, tight, 0.0, beyond_loose=True)
        if not self._is_tighter(tight, number):
            beyond = number != tight
            return Span(own, number, loose, tight, 1.0, beyond_tight=beyond)
        place = float if self.scale == "linear" else math.log
        covered = place(number) - place(loose)
        position = covered / (place(tight) - place(loose))
        return Span(own, number, loose, tight, position)

    def moved(self, span: Span, share: float, tighter: bool, params: Params) -> Any:
        """Move from the own setting towards an end.

        Parameters
        ----------
        span : Span
            Where the own setting stands.
        share : float
            Share of the way, from 0 to 1.
        tighter : bool
            Whether the tight end is meant.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        setting : object
            What to set the parameter to.
        """
        if span.beyond_tight if tighter else span.beyond_loose:
            return span.own
        end = span.tight if tighter else span.loose
        return self.setting(self.between(span.begin, end, share), span.own, params)

    def middle(self, facts: Facts, params: Params) -> float:
        """Return the value halfway between the ends.

        Parameters
        ----------
        facts : Facts
            Size and spread of the training data.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        value : float
            The middle on the scale of the dial.
        """
        return self.between(*self.ends(facts, params), 0.5)

    def _is_tighter(self, a: float, b: float) -> bool:
        return a > b if self.rises else a < b

    def between(self, start: float, end: float, share: float) -> Any:
        """Return the number at a share of the way.

        Parameters
        ----------
        start, end : float
            Where the way begins and ends.
        share : float
            Share of the way, from 0 to 1.

        Returns
        -------
        number : float or int
            The number there, rounded on the integer scale.
        """
        if self.scale == "linear":
            return float((1 - share) * start + share * end)
        # The product form keeps both ends exact.
        value = start ** (1 - share) * end**share
        return round(value) if self.scale == "integer" else float(value)


def _nothing(params: Params, settings: Params) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Capacity:
    """What controls the capacity of one class of estimators.

    Attributes
    ----------
    dials : Dial or sequence of Dial
        The parameters that control capacity; they are turned together.
    limit : str, default="a constant"
        What the most regularized end predicts.
    companion : callable, default none
        Further settings that the dials need above the neutral strength, as a dict,
        given the parameters of the estimator and the settings of the dials.
    replaced_by : str, default=None
        Class that takes over, by its dotted name, for a class without a parameter of
        its own. It keeps the parameters that both classes have.
    picked : dict, default={}
        Where `replaced_by` starts: its parameters, each with a number, with the name
        of the fitted attribute of the class in which it is found, or with a function
        that takes the fitted estimator and returns it.
    curve : sequence of float, default=None
        Share of the capacity that is left at positions in equal steps from the loose
        to the tight end, falling from 1 to 0. None moves in equal steps of position.
    exact_curve : callable, default none
        The same where it follows from the data: given :class:`Facts`, the parameters
        and an array of positions, the shares there, or None to use `curve`.

    Examples
    --------
    >>> from skoverfit.regularization import Capacity, Dial
    >>> Capacity(Dial("alpha", 1e-4, 1e4)).parameters
    ('alpha',)
    """

    dials: Any  # a tuple of them from then on
    limit: str = "a constant"
    companion: Callable[[Params, Params], dict[str, Any]] = field(
        default_factory=lambda: _nothing
    )
    replaced_by: str | None = None
    picked: Mapping[str, Any] = field(default_factory=dict)
    curve: tuple[float, ...] | None = None
    exact_curve: Callable[[Facts, Params, np.ndarray], np.ndarray | None] = field(
        default_factory=lambda: _no_curve
    )

    def __post_init__(self):
        dials = (self.dials,) if isinstance(self.dials, Dial) else tuple(self.dials)
        if not dials or not all(isinstance(dial, Dial) for dial in dials):
            raise ValueError(f"dials={self.dials!r} must be one Dial or several.")
        object.__setattr__(self, "dials", dials)
        names = self.parameters
        if len(set(names)) < len(names):
            raise ValueError(f"dials turn a parameter twice: {', '.join(names)}.")
        if self.curve is not None:
            object.__setattr__(self, "curve", _checked_curve(self.curve))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that the dials turn."""
        return tuple(dial.parameter for dial in self.dials)

    def settings(
        self, own: Params, strength: float, facts: Facts, params: Params
    ) -> dict[str, Any]:
        """Return the settings of the dials at a strength.

        Parameters
        ----------
        own : dict
            What the neutral strength means for each dial.
        strength : float
            From 0 to 1.
        facts : Facts
            Size and spread of the training data.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        settings : dict
            Parameters to set.
        """
        if strength == NEUTRAL:
            names = [d.parameter for d in self.dials if d.applies(params)]
            return {name: own[name] for name in names}
        spans = self._spans(own, facts, params)
        start = self.position(own, facts, params)
        tighter = strength > NEUTRAL
        curve = self._curve(facts, params) if 0 < strength < 1 else None
        share = share_of_way(curve, start, strength)
        return {
            dial.parameter: dial.moved(spans[dial.parameter], share, tighter, params)
            for dial in self.dials
            if dial.parameter in spans
        }

    def _curve(self, facts: Facts, params: Params) -> tuple[float, ...] | None:
        exact = self.exact_curve(facts, params, np.linspace(0, 1, N_POSITIONS))
        if exact is None or not exact[0] > exact[-1]:
            return self.curve
        falling = np.minimum.accumulate((exact - exact[-1]) / (exact[0] - exact[-1]))
        return tuple(np.clip(falling, 0, 1).tolist())

    def position(self, own: Params, facts: Facts, params: Params) -> float:
        """Return where the own settings are on average.

        Parameters
        ----------
        own : dict
            What the neutral strength means for each dial.
        facts : Facts
            Size and spread of the training data.
        params : dict
            Parameters of the estimator.

        Returns
        -------
        position : float
            From 0, all at the loose end, to 1, all at the tight end.
        """
        positions = [s.position for s in self._spans(own, facts, params).values()]
        return sum(positions) / max(1, len(positions))

    def _spans(self, own: Params, facts: Facts, params: Params) -> dict[str, Span]:
        return {
            dial.parameter: dial.span(own.get(dial.parameter), facts, params)
            for dial in self.dials
            if dial.applies(params)
        }


def _no_curve(facts: Facts, params: Params, positions: np.ndarray) -> None:
    return None


def _checked_curve(curve: Iterable[float]) -> tuple[float, ...]:
    values = tuple(map(float, curve))
    falls = all(a >= b for a, b in pairwise(values))
    if len(values) < 2 or values[0] != 1 or values[-1] != 0 or not falls:
        raise ValueError(f"curve={curve!r} must fall from 1 to 0.")
    return values


# Positions at which a curve that follows from the data is computed.
N_POSITIONS = 129

# So much of a straight line is mixed into a curve, that it can be inverted.
_STRAIGHT = 0.02


def share_of_way(
    curve: tuple[float, ...] | None, start: float, strength: float
) -> float:
    """Return how far to go from the own settings towards the end of a strength.

    Half-way to strength 1 a quarter of the capacity is given up, at strength 1 all of
    it: what is given up is the square of the distance from the neutral strength. The
    same holds for what is gained below it.
    """
    distance = abs(strength - NEUTRAL) / NEUTRAL
    way = float(strength > NEUTRAL) - start
    if curve is None or distance in (0, 1) or abs(way) < 1e-9:
        return distance
    positions = np.linspace(0, 1, len(curve))
    left = (1 - _STRAIGHT) * np.array(curve) + _STRAIGHT * (1 - positions)
    own = np.interp(start, positions, left)
    end = 0.0 if strength > NEUTRAL else 1.0
    target = own + distance**2 * (end - own)
    place = np.interp(target, left[::-1], positions[::-1])
    return float(np.clip((place - start) / way, 0, 1))
