"""Rules for the ends of dials, by families of estimators."""

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from skoverfit._capacity._dials import (
    Capacity,
    ComputedValue,
    Dial,
    Params,
    plain_number,
)
from skoverfit._capacity._facts import Facts

# A penalty is judged on the scale of the mean squared error: `alpha` such that
# mean loss + alpha * penalty. Sums and C = 1 / alpha follow from the total weight.
# A ridge penalty of 1e-5 of the variance shrinks a coefficient by 1e-5 of itself; one
# of 30 times the total variance leaves at most 1/31 of any coefficient.
WEAK, STRONG = 1e-5, 30.0


def _is_centered(params: Params) -> bool:
    return bool(params.get("fit_intercept", True))


def _l1_share(params: Params, default: float = 0.0) -> float:
    """Share of the penalty that is L1, from whichever parameter says so."""
    # `penalty` decides where there are both; "elasticnet" leaves it to the ratio.
    named = {"l1": 1.0, "l2": 0.0, None: 0.0}
    penalty = params.get("penalty", "")
    if penalty in named:
        return named[penalty]
    ratio = params.get("l1_ratio", default)
    return default if ratio is None else float(ratio)


def _strong_alpha(facts: Facts, params: Params, default: float = 0.0) -> float:
    """Smallest of the two penalties that alone leave almost a constant."""
    share, centered = _l1_share(params, default), _is_centered(params)
    # Of an elastic net either part suffices, so the end is where the first one does.
    candidates = []
    if share > 0:
        # Above this value every coefficient of a lasso is zero.
        candidates.append(1.0001 * facts.covariance(centered) / share)
    if share < 1:
        candidates.append(STRONG * facts.feature_power(centered) / (1 - share))
    return min(candidates)


def _weak_alpha(
    facts: Facts, params: Params, default: float = 0.0, weakest: float = WEAK
) -> float:
    """Return a penalty that hardly moves the solution."""
    if _l1_share(params, default) > 0:
        # Coordinate descent hardly converges below this share of the largest.
        return 1e-4 * _strong_alpha(facts, params, default)
    return weakest * facts.mean_power(_is_centered(params))


def mean_alpha(default: float = 0.0, slack: float = 1.0, **options) -> Dial:
    """Penalty added to a mean of losses.

    `default` is the share of L1 where no parameter says so; `slack` strengthens the
    end for solvers that come near the solution only on average.
    """
    return Dial(
        "alpha",
        ComputedValue("almost unpenalized", lambda f, p: _weak_alpha(f, p, default)),
        ComputedValue(
            "almost a constant", lambda f, p: slack * _strong_alpha(f, p, default)
        ),
        **options,
    )


def sum_alpha() -> Dial:
    """Penalty added to a sum of losses."""
    return Dial(
        "alpha",
        ComputedValue(
            "1e-5 * n * variance", lambda f, p: f.total_weight * _weak_alpha(f, p)
        ),
        ComputedValue(
            "30 * n * total variance",
            lambda f, p: f.total_weight * _strong_alpha(f, p),
        ),
    )


def ridge_curve(
    facts: Facts, params: Params, positions: np.ndarray
) -> np.ndarray | None:
    """Return what ridge regression explains of the training data."""
    loose, tight = sum_alpha().ends(facts, params)
    alphas = loose ** (1 - positions) * tight**positions
    return facts.ridge_shares(alphas, _is_centered(params))


def inverse_alpha(
    spread: Callable[[Facts], float] = lambda facts: 1.0,
    weakest: float = WEAK,
    **options,
) -> Dial:
    """C, the inverse of a penalty added to a sum of losses."""
    # C rises as the penalty falls, so the loose end is the large one.
    return Dial(
        "C",
        ComputedValue(
            f"{1 / weakest:.0e} / (n * variance)",
            lambda f, p: spread(f) / (f.total_weight * _weak_alpha(f, p, 0.0, weakest)),
        ),
        ComputedValue(
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
    # A dual coefficient is at most C, so predictions move by at most n * C * kernel.
    return Dial(
        "C",
        ComputedValue(
            "1e3 * spread of y", lambda f, p: 1e3 * f.y_spread / kernel_size(f, p)
        ),
        ComputedValue(
            "spread of y / n",
            lambda f, p: f.y_spread / (f.total_weight * kernel_size(f, p)),
        ),
        rises=False,
    )


def _leaf_number(value: Any, facts: Facts) -> float | None:
    """Rows in a leaf; a fraction below one is a share of the rows."""
    if isinstance(value, Real) and 0 < float(value) < 1:
        return float(math.ceil(float(value) * facts.n_samples))
    return plain_number(value, facts)


# With more than half of the rows in a leaf no split is possible: a constant.
LEAF = Dial(
    "min_samples_leaf",
    1,
    ComputedValue("n // 2 + 1", lambda facts, params: facts.n_samples // 2 + 1),
    "integer",
    number=_leaf_number,
)


def learning_rate(rounds: str, loose: float) -> Dial:
    """Step size; with the smallest one, `rounds` steps do not complete the fit."""
    return Dial(
        "learning_rate",
        loose,
        ComputedValue(f"1 / {rounds}", lambda facts, params: 1 / params[rounds]),
        rises=False,
    )


def is_unpenalized(params: Params) -> bool:
    return params.get("penalty", "") is None


def switch_penalty_on(params: Params, settings: Params) -> dict[str, Any]:
    return {"penalty": "l2"} if is_unpenalized(params) else {}


def default_penalty(params: Params, settings: Params) -> dict[str, Any]:
    """Undo a deprecated penalty=None, under which C has no effect."""
    return {"penalty": "deprecated"} if is_unpenalized(params) else {}


def keep_intercept_free(params: Params, settings: Params) -> dict[str, Any]:
    """Penalize the intercept as little as before, though C fell."""
    # liblinear penalizes the intercept as the weight of a column of this height: its
    # penalty falls with the square of the scaling.
    ratio = math.sqrt(params["C"] / settings["C"])
    return {"intercept_scaling": float(params["intercept_scaling"] * ratio)}


def solver_with_shrinkage(params: Params, settings: Params) -> dict[str, Any]:
    # The solver "svd" of discriminant analysis ignores shrinkage, and refuses it.
    return {"solver": "lsqr"} if params["solver"] == "svd" else {}


def equal_votes(params: Params, settings: Params) -> dict[str, Any]:
    """Make every neighbor count the same.

    Weights by distance let a training row outvote all others about itself.
    """
    return {} if params["weights"] in ("uniform", None) else {"weights": "uniform"}


def smoothing(tight: ComputedValue) -> Capacity:
    return Capacity((Dial("alpha", 1e-3, tight),))


MARGIN = 1.0001
"""Keeps an end on the far side of a bound in spite of rounding."""


def up_to_rows(facts: Facts, params: Params) -> float:
    return facts.n_samples


N_ROWS = ComputedValue("n", up_to_rows)


# ------------------------------------------------------------------ linear regression
def deviance_alpha() -> Dial:
    """Penalty of a generalized linear model, added to a mean of half deviances."""

    def curvature(facts: Facts, params: Params) -> float:
        """Second derivative of the half deviance at the mean of the target."""
        # The variance of a Tweedie distribution is mean**power. A log link multiplies
        # the curvature by the square of the mean; "auto" is log above power 0.
        power = params.get("power", 1.0)
        log_link = {"log": True, "identity": False}.get(
            params.get("link", "log"), power > 0
        )
        return facts.y_size ** (2 - power if log_link else -power)

    return Dial(
        "alpha",
        ComputedValue(
            "almost unpenalized",
            lambda f, p: WEAK * curvature(f, p) * f.mean_power(),
        ),
        ComputedValue(
            "almost a constant",
            lambda f, p: STRONG * curvature(f, p) * f.feature_power(),
        ),
    )


def gamma_alpha() -> Dial:
    """Penalty of a gamma regression, whose deviance has no unit."""
    return Dial(
        "alpha",
        ComputedValue(
            "almost unpenalized",
            lambda f, p: WEAK * f.mean_power(),
        ),
        ComputedValue("almost a constant", lambda f, p: STRONG * f.feature_power()),
    )


def huber_alpha() -> Dial:
    """Penalty added to a sum of losses in units of the residuals' scale."""

    # Huber regression estimates the scale of residuals and divides the loss by it.
    def unit(facts: Facts) -> float:
        return facts.total_weight / facts.y_spread

    return Dial(
        "alpha",
        ComputedValue(
            "1e-5 * n * variance / spread of y",
            lambda f, p: WEAK * unit(f) * f.mean_power(_is_centered(p)),
        ),
        ComputedValue(
            "30 * n * total variance / spread of y",
            lambda f, p: STRONG * unit(f) * f.feature_power(_is_centered(p)),
        ),
    )


def pinball_alpha() -> Dial:
    """L1 penalty added to a mean of absolute losses."""

    def largest(facts: Facts, params: Params) -> float:
        # The loss is at most this steep, so no coefficient can withstand it.
        return max(params["quantile"], 1 - params["quantile"]) * facts.largest_spread

    return Dial(
        "alpha",
        ComputedValue("1e-4 * largest spread", lambda f, p: 1e-4 * largest(f, p)),
        ComputedValue("largest spread", lambda f, p: MARGIN * largest(f, p)),
    )


def components(parameter: str, most: Callable[[Facts], float], **options) -> Dial:
    """Dial for a number of components or features, down to one."""
    # One component rather than none: scikit-learn refuses zero of them.
    return Dial(
        parameter,
        ComputedValue("as many as there are", lambda f, p: max(1, most(f))),
        1,
        "integer",
        rises=False,
        **options,
    )


def smallest_side(facts: Facts) -> float:
    return min(facts.n_samples, facts.n_features)


def smallest_block(facts: Facts) -> float:
    return min(facts.n_samples, facts.n_features, facts.n_outputs)


def tenth_of_features(value: Any, facts: Facts) -> float:
    """Return how many features orthogonal matching pursuit takes."""
    return float(max(1, facts.n_features // 10) if value is None else value)


def without_tolerance(params: Params, settings: Params) -> dict[str, Any]:
    """Let the number of features count, which a tolerance would overrule."""
    return {} if params["tol"] is None else {"tol": None}


# ------------------------------------------------------------------------- neighbors
def radius() -> Dial:
    """Radius up to the size of the data; a smaller one leaves rows alone."""

    def width(facts: Facts, params: Params) -> float:
        return MARGIN * facts.diameter(params.get("p") or 2)

    return Dial(
        "radius",
        ComputedValue("own", lambda f, p: p["radius"]),
        ComputedValue("size of X", width),
    )


def spread_of_labels() -> tuple[Dial, Dial]:
    """Width of the kernel, or number of neighbors, over which labels spread."""
    return (
        Dial(
            "gamma",
            ComputedValue("100 / total variance", lambda f, p: 100 / f.feature_power()),
            ComputedValue(
                "0.001 / total variance", lambda f, p: 1e-3 / f.feature_power()
            ),
            rises=False,
            applies=lambda params: params["kernel"] == "rbf",
        ),
        Dial(
            "n_neighbors",
            1,
            ComputedValue("n - 1", lambda f, p: max(1, f.n_samples - 1)),
            "integer",
            applies=lambda params: params["kernel"] == "knn",
        ),
    )


# ------------------------------------------------------------------ Gaussian processes
def _amplitude(value: Any, facts: Facts) -> float:
    """Return 1: the own kernel is itself with the amplitude 1."""
    return 1.0


def _scaled_kernel(number: float, own: Any, params: Params) -> Any:
    kernel = own
    if own is None:  # the default of Gaussian process classification
        kernel = ConstantKernel(1.0, "fixed") * RBF(1.0, "fixed")
    return ConstantKernel(number, "fixed") * kernel


def kernel_amplitude() -> Dial:
    """Variance of the latent function, as a factor in front of the kernel."""
    return Dial(
        "kernel",
        30.0,
        1e-3,
        rises=False,
        unset=1.0,
        number=_amplitude,
        setting=_scaled_kernel,
    )


# --------------------------------------------------------------------------- boosting
def own_leaf(parameter: str, unset: float, loose: float = 1) -> tuple[Dial, ...]:
    """Smallest leaf by another library's name."""
    return (
        Dial(
            parameter,
            loose,
            LEAF.tight,
            LEAF.scale if loose == 1 else "log",
            unset=unset,
        ),
    )


def own_rate(rounds: str, own: float, default_rounds: int) -> Dial:
    """Step size of a library that takes None for its defaults."""
    base = learning_rate(rounds, 0.3)
    return Dial(
        base.parameter,
        base.loose,
        ComputedValue(
            f"1 / {rounds}", lambda f, p: 1 / (p.get(rounds) or default_rounds)
        ),
        rises=False,
        unset=own,
    )
