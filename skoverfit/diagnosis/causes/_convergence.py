"""Models that stopped at their limit of iterations, and what more of them change."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone

from skoverfit.diagnosis._comparisons._comparison import Comparison, compare_with
from skoverfit.diagnosis._estimators._steps import parts_of
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate

FACTOR = 10
"""How many times as many iterations are tried."""

SOLVERS = ("sklearn.linear_model", "sklearn.svm", "sklearn.neural_network")
"""Where the classes live for which `max_iter` is a limit, not a size."""


@dataclass(frozen=True)
class Stopped:
    """Which models stopped at their limit.

    Attributes
    ----------
    n_stopped, n_models : int
        Models of the splits that did, of all.
    limits : dict of str to int
        The limit by name of the parameter.
    comparison : Comparison or None
        The same model with more iterations; None if it was not measured.
    """

    n_stopped: int
    n_models: int
    limits: dict[str, int]
    comparison: Comparison | None


def stopped_at_limit(model: Any) -> dict[str, int]:
    """Find the parameters that stopped a fitted model before it had converged.

    Returns
    -------
    limits : dict of str to int
        Value by name of the parameter, such as ``"logisticregression__max_iter"``.
    """
    found = {}
    for name, part in parts_of(model):
        prefix = f"{name}__" if name else ""
        if _is_stopped(part):
            found[f"{prefix}max_iter"] = int(part.max_iter)
        for own, inner in _fitted_inside(part):
            for key, limit in stopped_at_limit(inner).items():
                found[f"{prefix}{own}__{key}"] = limit
    return found


def _fitted_inside(part: Any) -> list[tuple[str, Any]]:
    """Fitted models of a meta-estimator, by the parameter that holds the template."""
    if not hasattr(getattr(part, "estimator", None), "fit"):
        return []
    many = getattr(part, "estimators_", None)
    single = getattr(part, "best_estimator_", getattr(part, "estimator_", None))
    if single is None and isinstance(many, (list, tuple)) and many:
        single = many[0]
    return [("estimator", single)] if hasattr(single, "get_params") else []


def _is_stopped(part: Any) -> bool:
    limit = getattr(part, "max_iter", None)
    if not type(part).__module__.startswith(SOLVERS):
        return False
    if not isinstance(limit, Integral) or limit < 1:
        return False
    if getattr(part, "tol", 0.0) is None:  # no convergence was asked for
        return False
    if hasattr(part, "fit_status_") and not hasattr(part, "coefs_"):
        return bool(part.fit_status_)
    n_done = getattr(part, "n_iter_", None)
    if n_done is None:
        return False
    return bool(np.max(np.asarray(n_done, dtype=float)) >= limit)


def longer(problem: Problem, limits: dict[str, int]) -> Candidate:
    """Build the same model with a higher limit of iterations."""
    values = {name: FACTOR * limit for name, limit in limits.items()}
    return Candidate.of(
        "the same model with more iterations",
        f"The same model with {FACTOR} times as many iterations.",
        clone(problem.estimator).set_params(**values),
    )


@register_cause
class NotConverged(Cause):
    """Models that had not converged when they stopped."""

    code = "SKO109"
    name = "not_converged"
    title = "The model has not converged"
    kind = "model"
    cost = 0.0

    def measure(self, lab: Lab) -> Stopped:
        """Look at the fitted models, and give them more iterations."""
        assert lab.core is not None
        models = [model for model in lab.core.fitted if model is not None]
        limits = [stopped_at_limit(model) for model in models]
        names = {name: limit for part in limits for name, limit in part.items()}
        n_stopped = sum(map(bool, limits))
        if 2 * n_stopped <= len(models):
            return Stopped(n_stopped, len(models), names, None)
        try:
            comparison = compare_with(lab, longer(lab.problem, names))
        except NotMeasured:  # that they stopped is known nevertheless
            comparison = None
        return Stopped(n_stopped, len(models), names, comparison)

    def judge(self, measured: Stopped, problem: Problem) -> Finding:
        """Present if most models stopped at their limit."""
        if 2 * measured.n_stopped <= measured.n_models:
            title = "The models converged, or have no limit of iterations"
            return self.finding("absent", title=title)
        found = measured.comparison
        limits = ", ".join(f"{name}={n}" for name, n in measured.limits.items())
        text = (
            f"{measured.n_stopped} of {measured.n_models} models stopped at their "
            f"limit of iterations ({limits}) before they had converged."
        )
        if found is not None:
            text += f" {found.text}"
        values = ", ".join(f"{n}={FACTOR * v}" for n, v in measured.limits.items())
        improves = found is not None and found.improves
        return self.finding(
            "present",
            title=self.title
            if improves
            else "The model has not converged; the score does not tell",
            severity="warning" if improves else "info",
            explanation=text,
            advice=f"Scale the columns first; then allow more iterations: {values}.",
            **(found.fields if found is not None else {}),
        )

    def remedies(self, measured: Stopped, problem: Problem) -> tuple[Candidate, ...]:
        """Propose more iterations."""
        if measured.comparison is None:
            return ()
        return (longer(problem, measured.limits),)
