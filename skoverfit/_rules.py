"""Ends of dials for families of estimators, where a rule of their own is needed."""

from collections.abc import Callable
from typing import Any

from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from skoverfit._dials import LEAF, STRONG, WEAK, Dial, Params, Rule, learning_rate
from skoverfit._facts import Facts

MARGIN = 1.0001
"""Keeps an end on the far side of a bound in spite of rounding."""


def up_to_rows(facts: Facts, params: Params) -> float:
    return facts.n_samples


N_ROWS = Rule("n", up_to_rows)


# ------------------------------------------------------------------ linear regression
def deviance_alpha() -> Dial:
    """Penalty of a generalised linear model, added to a mean of half deviances."""

    def curvature(facts: Facts, params: Params) -> float:
        """Second derivative of the half deviance at the mean of the target."""
        power = params.get("power", 1.0)
        log_link = {"log": True, "identity": False}.get(
            params.get("link", "log"), power > 0
        )
        return facts.y_size ** (2 - power if log_link else -power)

    return Dial(
        "alpha",
        Rule(
            "almost unpenalised",
            lambda f, p: (
                WEAK * curvature(f, p) * f.feature_power() / max(1, f.n_features)
            ),
        ),
        Rule(
            "almost a constant",
            lambda f, p: STRONG * curvature(f, p) * f.feature_power(),
        ),
    )


def gamma_alpha() -> Dial:
    """Penalty of a gamma regression, whose deviance has no unit."""
    return Dial(
        "alpha",
        Rule(
            "almost unpenalised",
            lambda f, p: WEAK * f.feature_power() / max(1, f.n_features),
        ),
        Rule("almost a constant", lambda f, p: STRONG * f.feature_power()),
    )


def huber_alpha() -> Dial:
    """Penalty added to a sum of losses in units of the residuals' scale."""

    def unit(facts: Facts, params: Params) -> float:
        centred = bool(params["fit_intercept"])
        return facts.total_weight * facts.feature_power(centred) / facts.y_spread

    return Dial(
        "alpha",
        Rule(
            "1e-5 * n * variance / spread of y",
            lambda f, p: WEAK * unit(f, p) / max(1, f.n_features),
        ),
        Rule(
            "30 * n * total variance / spread of y",
            lambda f, p: STRONG * unit(f, p),
        ),
    )


def pinball_alpha() -> Dial:
    """L1 penalty added to a mean of absolute losses."""

    def largest(facts: Facts, params: Params) -> float:
        # The loss is at most this steep, so no coefficient can withstand it.
        return max(params["quantile"], 1 - params["quantile"]) * facts.largest_spread

    return Dial(
        "alpha",
        Rule("1e-4 * largest spread", lambda f, p: 1e-4 * largest(f, p)),
        Rule("largest spread", lambda f, p: MARGIN * largest(f, p)),
    )


def components(parameter: str, most: Callable[[Facts], float], **options) -> Dial:
    """Turn a number of components or features; one is the fewest."""
    return Dial(
        parameter,
        Rule("as many as there are", lambda f, p: max(1, most(f))),
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


# ------------------------------------------------------------------------- neighbours
def radius() -> Dial:
    """Radius up to the size of the data; a smaller one leaves rows alone."""

    def width(facts: Facts, params: Params) -> float:
        return MARGIN * facts.diameter(params.get("p") or 2)

    return Dial(
        "radius", Rule("own", lambda f, p: p["radius"]), Rule("size of X", width)
    )


def spread_of_labels() -> tuple[Dial, Dial]:
    """Width of the kernel, or number of neighbours, over which labels spread."""
    return (
        Dial(
            "gamma",
            Rule("100 / total variance", lambda f, p: 100 / f.feature_power()),
            Rule("0.001 / total variance", lambda f, p: 1e-3 / f.feature_power()),
            rises=False,
            applies=lambda params: params["kernel"] == "rbf",
        ),
        Dial(
            "n_neighbors",
            1,
            Rule("n - 1", lambda f, p: max(1, f.n_samples - 1)),
            "integer",
            applies=lambda params: params["kernel"] == "knn",
        ),
    )


# ------------------------------------------------------------------ Gaussian processes
def _amplitude(value: Any, facts: Facts) -> float:
    """Every kernel counts as one times itself."""
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
        Rule(f"1 / {rounds}", lambda f, p: 1 / (p.get(rounds) or default_rounds)),
        rises=False,
        unset=own,
    )
