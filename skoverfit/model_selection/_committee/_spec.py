"""What a search is told of a committee, and what it tells of the one it has made."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

from skoverfit._compat import Interval, StrOptions, validate_parameter_constraints
from skoverfit._gap import Estimate
from skoverfit.model_selection._honest_score._debias import HonestScore

__all__ = ["Committee", "CommitteeReport"]


@dataclass(frozen=True)
class Committee:
    """Let models that a search has fitted predict together, instead of fitting one.

    Parameters
    ----------
    members : callable, default=None
        A member rule, or any callable from ``cv_results_`` to a weight for each
        candidate. None is ``GreedyMembers()``.
    max_members : int, default=100
        Largest number of models, in [1, inf). Of candidates that are too many, those
        that weigh least are left out; one is always kept.
    max_bytes : int, default=2**30
        Memory that models may take, as far as it can be estimated, in [1, inf): those
        that are kept while the search runs, and those of the committee.
    guard : bool or float, default=True
        Whether to fall back to the chosen candidate, fitted on all rows, where the
        committee does not do better on rows that its members have not seen. A number
        in (0, 1) is the level of the one-sided test that it does; True is 0.5, which
        asks for a better mean.
    guard_by : {"loss", "score"}, default="loss"
        What must be better: the quadratic loss (Brier score of averaged probabilities,
        squared error in regression), or the score of the search. The loss sees smaller
        differences than hits do. Where the models of the chosen candidate are not at
        hand, the score counts.

    See Also
    --------
    skoverfit.CommitteeClassifier : What ``best_estimator_`` is then.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import GapAwareSearchCV
    >>> from skoverfit.model_selection import Committee, GreedyMembers
    >>> X, y = load_wine(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> space = {"max_depth": [2, 3, 5], "min_samples_leaf": [1, 3, 9]}
    >>> committee = Committee(GreedyMembers(), max_members=20)
    >>> search = GapAwareSearchCV(tree, space, committee=committee).fit(X, y)
    >>> len(search.best_estimator_.estimators_)
    20
    """

    members: Callable[..., Any] | None = None
    max_members: int = 100
    max_bytes: int = 2**30
    guard: bool | float = True
    guard_by: Literal["loss", "score"] = "loss"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "members": [callable, None],
        "max_members": [Interval(Integral, 1, None, closed="left")],
        "max_bytes": [Interval(Integral, 1, None, closed="left")],
        "guard": ["boolean", Interval(Real, 0, 1, closed="neither")],
        "guard_by": [StrOptions({"loss", "score"})],
    }

    def __post_init__(self) -> None:
        """Refuse bad values at once rather than after the search."""
        validate_parameter_constraints(
            self._parameter_constraints, vars(self), caller_name=type(self).__name__
        )

    @property
    def level(self) -> float:
        """Level of the guard's test; 1 lets everything pass."""
        if isinstance(self.guard, bool):
            return 0.5 if self.guard else 1.0
        return float(self.guard)


@dataclass(frozen=True)
class CommitteeReport:
    """The committee of a search: what it is worth and what it costs.

    Attributes
    ----------
    is_used : bool
        Whether it is the ``best_estimator_``; else the guard preferred the chosen
        candidate, fitted on all rows.
    score : float
        Mean score over the splits, each row predicted by members that have not seen it.
    train_score : float
        The same of rows that were seen: each row is predicted by one model of each
        candidate that was fitted on it, of one split or another. NaN without train
        scores.
    gap : float
        ``train_score`` minus ``score``.
    gain : float
        ``score`` minus the best mean test score of a single candidate.
    difference : Estimate
        ``score`` minus that of the chosen candidate, from the same rows where rows make
        up the score, else from the splits.
    loss_difference : Estimate or None
        Quadratic loss of the chosen candidate minus that of the committee, on the same
        rows; None where the models of that candidate are not at hand.
    honest_score : HonestScore or None
        ``score`` without what choosing the members made of noise; None where there are
        too few splits. It is a lower estimate: a row is left out by one model of each
        candidate, while new rows are predicted by the models of all splits. What that
        adds, one or two points of accuracy for trees, no row of one pass can tell.
    n_candidates, n_members : int
        How many candidates and models it has.
    nbytes : int
        Estimate of the memory that the models take.
    prediction_time : float
        Seconds to predict as many rows as a split tests, estimated from some of the
        members.
    n_fitted_again : int
        Models that had to be fitted again, because they were not kept: those of a
        search that was resumed, or beyond the memory allowed.
    """

    is_used: bool
    score: float
    train_score: float
    gap: float
    gain: float
    difference: Estimate
    loss_difference: Estimate | None
    honest_score: HonestScore | None
    n_candidates: int
    n_members: int
    nbytes: int
    prediction_time: float
    n_fitted_again: int
