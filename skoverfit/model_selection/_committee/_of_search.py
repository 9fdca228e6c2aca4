"""Which candidates of a fitted search become members."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import Interval, validate_parameter_constraints
from skoverfit.model_selection._committee._greedy import OutOfFold
from skoverfit.model_selection._committee._rules import (
    DEFAULT_RULE,
    MemberRule,
    cut_to,
)
from skoverfit.model_selection._selection import resolve_metric

__all__ = ["Choice", "checked_weights"]

Results = Mapping[str, Any]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Rule = Callable[..., Any]


@dataclass(frozen=True)
class Choice:
    """A member rule and the results that it chooses by.

    Attributes
    ----------
    results : dict of str to ndarray
        ``cv_results_``.
    metric : str
        Metric to choose by.
    rule : callable
        The rule.
    max_members : int
        Largest number of models.
    """

    results: Results
    metric: str
    rule: Rule
    max_members: int

    @classmethod
    def of(cls, search: Any, rule: Rule | None, max_members: int) -> "Choice":
        """Read a fitted search."""
        validate_parameter_constraints(
            {
                "members": [callable, None],
                "max_members": [Interval(Integral, 1, None, closed="left")],
            },
            {"members": rule, "max_members": max_members},
            caller_name="from_search",
        )
        check_is_fitted(search, "cv_results_")
        results = _last_round(search.cv_results_)
        chosen = DEFAULT_RULE if rule is None else rule
        named = getattr(chosen, "metric", None) or _metric_of(search)
        return cls(results, resolve_metric(results, named), chosen, max_members)

    @property
    def params(self) -> list[dict[str, Any]]:
        """Parameters of all candidates of the search."""
        return list(self.results["params"])

    @property
    def needs_answers(self) -> bool:
        """Whether candidates must be fitted before the rule can weigh them."""
        return bool(getattr(self.rule, "needs_out_of_fold", False))

    @cached_property
    def pool(self) -> IntArray:
        """Numbers of the candidates that are worth fitting."""
        if self.needs_answers and isinstance(self.rule, MemberRule):
            mask = self.rule.contenders(self.results, metric=self.metric)
        else:
            mask = self.by_scores > 0
        return np.flatnonzero(mask)

    @cached_property
    def by_scores(self) -> FloatArray:
        return checked_weights(self._ask(), self.rule, len(self.params))

    def _ask(self, **options: Any) -> Any:
        if isinstance(self.rule, MemberRule):
            return self.rule(self.results, metric=self.metric, **options)
        return self.rule(self.results)

    def shortlist(self, n_splits: int) -> list[int]:
        """Give the candidates that may be members, the most important first."""
        test = self._test
        if self.needs_answers:
            return self.pool[np.argsort(-test[self.pool], kind="stable")].tolist()
        weights = cut_to(self.by_scores, test, self.max_members // n_splits)
        order = np.lexsort((-test, -weights))
        return order[: np.count_nonzero(weights)].tolist()

    def weights(
        self,
        answers: Callable[[], OutOfFold],
        n_splits: int,
        candidates: IntArray | None = None,
    ) -> FloatArray:
        """Weigh candidates.

        Parameters
        ----------
        answers : callable
            Returns what they say of rows not seen, numbered by their places among
            `candidates`.
        n_splits : int
            Models of a candidate.
        candidates : ndarray of int, default=None
            Their numbers in the search; the pool by default.
        """
        own = self.pool if candidates is None else candidates
        weights = self._weighed(answers, own)
        return cut_to(weights, self._test[own], self.max_members // n_splits)

    def _weighed(self, answers: Callable[[], OutOfFold], own: IntArray) -> FloatArray:
        if not self.needs_answers:
            return self.by_scores[own]
        given = answers()
        known = OutOfFold(own[given.candidates], given.values, given.truth)
        weights = self._ask(out_of_fold=known)
        return checked_weights(weights, self.rule, len(self.params))[own]

    @property
    def _test(self) -> FloatArray:
        name = f"test_{self.metric}"
        scores = self.results.get(f"refined_mean_{name}", self.results[f"mean_{name}"])
        return np.asarray(scores, dtype=float)


def checked_weights(weights: Any, rule: Any, n_candidates: int) -> FloatArray:
    """Refuse what a rule must not return."""
    values = np.asarray(weights, dtype=float)
    if values.shape != (n_candidates,) or not (
        np.isfinite(values).all() and (values >= 0).all() and (values > 0).any()
    ):
        raise ValueError(
            f"members={rule!r} returned {weights!r} instead of one finite number of at "
            f"least 0 for each of the {n_candidates} candidates, and more than 0 for "
            "one of them."
        )
    return values / values.sum()


def _last_round(results: Results) -> Results:
    """Leave only the last round of successive halving with scores."""
    if "iter" not in results:
        return results
    rounds = np.asarray(results["iter"])
    last = rounds == rounds.max()
    scores = {
        name: np.where(last, np.asarray(values, dtype=float), np.nan)
        for name, values in results.items()
        if name.startswith(("mean_test_", "mean_train_", "split"))
    }
    return {**results, **scores}


def _metric_of(search: Any) -> str | None:
    """Name of the metric that a search selected by, None where none is known."""
    if (metric := getattr(search, "selection_metric_", None)) is not None:
        return metric
    several = getattr(search, "multimetric_", False)
    refit = getattr(search, "refit", None)
    return refit if several and isinstance(refit, str) else None
