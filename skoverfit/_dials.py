"""The parts of the capacity table: dials, entries and the rules for their ends."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any, Literal

from skoverfit._facts import Facts

NEUTRAL = 0.5
"""The strength at which every estimator keeps its own settings."""

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """An end of a dial that depends on the data: its text and its computation."""

    text: str
    compute: Callable[[Facts, Params], float]


End = float | Rule


def _plain(value: Any, facts: Facts) -> float | None:
    """Own setting as a number; None and infinity mean that no limit is set."""
    if value is None:
        return None
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise TypeError(value)


@dataclass(frozen=True)
class Dial:
    """One parameter that controls capacity.

    Attributes
    ----------
    parameter : str
        Name of the parameter.
    loose, tight : float or Rule
        The least and the most regularised end.
    scale : {"log", "linear", "integer"}
        How to move between the ends; "integer" is logarithmic and rounded.
    rises : bool
        Whether a larger value regularises more.
    number : callable
        Turns the estimator's own setting into a number, None when it sets no limit.
    is_off : callable
        Whether other parameters keep this one from having any effect.
    """

    parameter: str
    loose: End
    tight: End
    scale: Literal["log", "linear", "integer"] = "log"
    rises: bool = True
    number: Callable[[Any, Facts], float | None] = _plain
    is_off: Callable[[Params], bool] = lambda params: False

    def ends(self, facts: Facts, params: Params) -> tuple[float, float]:
        """Return the least and the most regularised value for these data."""
        loose, tight = (
            end.compute(facts, params) if isinstance(end, Rule) else end
            for end in (self.loose, self.tight)
        )
        # Tiny data can turn the ends around; a dial must never run backwards.
        return loose, (max if self.rises else min)(loose, tight)

    def value(self, own: Any, strength: float, facts: Facts, params: Params) -> Any:
        """Return the setting at `strength`, given the estimator's own setting."""
        if strength == NEUTRAL:
            return own
        loose, tight = self.ends(facts, params)
        number = None if self.is_off(params) else self.number(own, facts)
        if number is None or self._is_tighter(loose, number):
            # The own setting is beyond the loose end: nothing is left to loosen.
            if strength < NEUTRAL:
                return own
            number = loose
        if strength < NEUTRAL:
            return self._between(loose, number, strength / NEUTRAL)
        if self._is_tighter(number, tight):
            return own
        return self._between(number, tight, (strength - NEUTRAL) / (1 - NEUTRAL))

    def middle(self, facts: Facts, params: Params) -> float:
        """Return the value halfway between the ends."""
        return self._between(*self.ends(facts, params), 0.5)

    def _is_tighter(self, a: float, b: float) -> bool:
        return a > b if self.rises else a < b

    def _between(self, start: float, end: float, share: float) -> Any:
        if self.scale == "linear":
            return float((1 - share) * start + share * end)
        # The product form keeps both ends exact.
        value = start ** (1 - share) * end**share
        return round(value) if self.scale == "integer" else float(value)


def _nothing(params: Params, settings: Params) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Capacity:
    """The entry of one estimator class in the capacity table.

    Attributes
    ----------
    dials : tuple of Dial
        The parameters that control capacity.
    limit : str
        What the most regularised end predicts.
    companion : callable
        Further settings that the dials need above the neutral strength.
    replaced_by : str or None
        Class that takes over above the neutral strength, for a class without a
        parameter of its own.
    """

    dials: tuple[Dial, ...]
    limit: str = "a constant"
    companion: Callable[[Params, Params], dict[str, Any]] = _nothing
    replaced_by: str | None = None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that the dials turn."""
        return tuple(dial.parameter for dial in self.dials)


# --------------------------------------------------------------------------- the rules
# A penalty is judged on the scale of the mean squared error: `alpha` such that
# mean loss + alpha * penalty. Sums and C = 1 / alpha follow from the total weight.
WEAK, STRONG = 1e-5, 30.0


def _is_centred(params: Params) -> bool:
    return bool(params.get("fit_intercept", True))


def _l1_share(params: Params, default: float = 0.0) -> float:
    """Share of the penalty that is L1, from whichever parameter says so."""
    named = {"l1": 1.0, "l2": 0.0, None: 0.0}
    penalty = params.get("penalty", "")
    if penalty in named:
        return named[penalty]
    ratio = params.get("l1_ratio", default)
    return default if ratio is None else float(ratio)


def _strong_alpha(facts: Facts, params: Params, default: float = 0.0) -> float:
    """Smallest of the two penalties that alone leave almost a constant."""
    share, centred = _l1_share(params, default), _is_centred(params)
    candidates = []
    if share > 0:
        # Above this value every coefficient of a lasso is zero.
        candidates.append(1.0001 * facts.covariance(centred) / share)
    if share < 1:
        candidates.append(STRONG * facts.feature_power(centred) / (1 - share))
    return min(candidates)


def _weak_alpha(
    facts: Facts, params: Params, default: float = 0.0, weakest: float = WEAK
) -> float:
    """Return a penalty that hardly moves the solution."""
    if _l1_share(params, default) > 0:
        # Coordinate descent hardly converges below this share of the largest.
        return 1e-4 * _strong_alpha(facts, params, default)
    return weakest * facts.feature_power(_is_centred(params)) / facts.n_features


def mean_alpha(default: float = 0.0, slack: float = 1.0, **options) -> Dial:
    """Penalty added to a mean of losses.

    `default` is the share of L1 where no parameter says so; `slack` strengthens the
    end for solvers that come near the solution only on average.
    """
    return Dial(
        "alpha",
        Rule("almost unpenalised", lambda f, p: _weak_alpha(f, p, default)),
        Rule("almost a constant", lambda f, p: slack * _strong_alpha(f, p, default)),
        **options,
    )


def sum_alpha() -> Dial:
    """Penalty added to a sum of losses."""
    return Dial(
        "alpha",
        Rule("1e-5 * n * variance", lambda f, p: f.total_weight * _weak_alpha(f, p)),
        Rule(
            "30 * n * total variance",
            lambda f, p: f.total_weight * _strong_alpha(f, p),
        ),
    )


def inverse_alpha(
    spread: Callable[[Facts], float] = lambda facts: 1.0,
    weakest: float = WEAK,
    **options,
) -> Dial:
    """C, the inverse of a penalty added to a sum of losses."""
    return Dial(
        "C",
        Rule(
            f"{1 / weakest:.0e} / (n * variance)",
            lambda f, p: spread(f) / (f.total_weight * _weak_alpha(f, p, 0.0, weakest)),
        ),
        Rule(
            "1 / (30 * n * total variance)",
            lambda f, p: spread(f) / (f.total_weight * _strong_alpha(f, p)),
        ),
        rises=False,
        **options,
    )


def kernel_size(facts: Facts, params: Params) -> float:
    """Mean of the kernel's diagonal; the other kernels are about one on scaled data."""
    return facts.feature_power(False) if params["kernel"] == "linear" else 1.0


def kernel_C() -> Dial:
    return Dial(
        "C",
        Rule("1e3 * spread of y", lambda f, p: 1e3 * f.y_spread / kernel_size(f, p)),
        Rule(
            "spread of y / n",
            lambda f, p: f.y_spread / (f.total_weight * kernel_size(f, p)),
        ),
        rises=False,
    )


def _leaf_number(value: Any, facts: Facts) -> float | None:
    """Rows in a leaf; a fraction below one is a share of the rows."""
    if isinstance(value, Real) and 0 < float(value) < 1:
        return float(math.ceil(float(value) * facts.n_samples))
    return _plain(value, facts)


LEAF = Dial(
    "min_samples_leaf",
    1,
    Rule("n // 2 + 1", lambda facts, params: facts.n_samples // 2 + 1),
    "integer",
    number=_leaf_number,
)


def learning_rate(rounds: str, loose: float) -> Dial:
    """Step size; the smallest leaves a fit of `rounds` steps unfinished."""
    return Dial(
        "learning_rate",
        loose,
        Rule(f"1 / {rounds}", lambda facts, params: 1 / params[rounds]),
        rises=False,
    )


def is_unpenalised(params: Params) -> bool:
    return params.get("penalty", "") is None


def switch_penalty_on(params: Params, settings: Params) -> dict[str, Any]:
    return {"penalty": "l2"} if is_unpenalised(params) else {}


def default_penalty(params: Params, settings: Params) -> dict[str, Any]:
    """Undo a deprecated penalty=None, under which C has no effect."""
    return {"penalty": "deprecated"} if is_unpenalised(params) else {}


def keep_intercept_free(params: Params, settings: Params) -> dict[str, Any]:
    """Penalise the intercept as little as before, though C fell."""
    ratio = math.sqrt(params["C"] / settings["C"])
    return {"intercept_scaling": float(params["intercept_scaling"] * ratio)}


def solver_with_shrinkage(params: Params, settings: Params) -> dict[str, Any]:
    return {"solver": "lsqr"} if params["solver"] == "svd" else {}


def equal_votes(params: Params, settings: Params) -> dict[str, Any]:
    """Make every neighbour count the same.

    Weights by distance let a training row outvote all others about itself.
    """
    return {} if params["weights"] in ("uniform", None) else {"weights": "uniform"}


def smoothing(tight: Rule) -> Capacity:
    return Capacity((Dial("alpha", 1e-3, tight),))
