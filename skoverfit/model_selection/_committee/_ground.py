"""What a search is asked for a committee, and what it gives to make one of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from sklearn.base import is_classifier, is_regressor

from skoverfit.model_selection._committee._members import Task
from skoverfit.model_selection._committee._rules import DEFAULT_RULE, MemberRule
from skoverfit.model_selection._committee._spec import Committee
from skoverfit.model_selection._committee._store import ModelStore
from skoverfit.model_selection._families import estimator_of

__all__ = ["Ground", "check_committee", "spec_of", "store_for"]


def spec_of(committee: bool | Committee | None) -> Committee | None:
    """Return what a search's parameter asks for."""
    if isinstance(committee, Committee):
        return committee
    return Committee() if committee else None


def check_committee(search: Any) -> None:
    """Refuse a committee that cannot work before the first fit."""
    estimator = estimator_of(search)
    if not (is_classifier(estimator) or is_regressor(estimator)):
        raise ValueError(
            f"committee={search.committee!r} needs a classifier or a regressor, but "
            f"estimator={search.estimator!r} is neither."
        )
    if not search.refit:
        raise ValueError(
            f"committee={search.committee!r} makes the best_estimator_ of a search, "
            f"but refit={search.refit!r}; set refit=True or the name of a metric."
        )
    spec = spec_of(search.committee)
    needs_gap = getattr(spec.members, "needs_gap", False) if spec else False
    if needs_gap and not search.return_train_score:
        raise ValueError(
            f"committee={search.committee!r} needs train scores, but "
            "return_train_score=False. Set return_train_score=True or take "
            "MembersWithinNoise()."
        )


def store_for(
    spec: Committee | None, metric: str | None, n_splits: int
) -> ModelStore | None:
    """Return what keeps the models of a search that is to make a committee.

    Parameters
    ----------
    spec : Committee or None
        What was asked for.
    metric : str or None
        Metric that the search chooses by; None where there is one only.
    n_splits : int
        Splits of the first pass.
    """
    if spec is None:
        return None
    rule = DEFAULT_RULE if spec.members is None else spec.members
    known = rule if isinstance(rule, MemberRule) else None
    metric = getattr(rule, "metric", None) or metric
    return ModelStore(known, metric, n_splits, spec.max_bytes)


@dataclass(frozen=True)
class Ground:
    """What a run gives to its committee.

    Attributes
    ----------
    task : Task
        What members are fitted on; its splits are those of all passes.
    store : ModelStore
        Models that the run has kept.
    ran : mapping of int to list of int
        Splits that each candidate was fitted on.
    n_splits : int
        Splits of the first pass.
    metric : str or None
        Metric that the search has chosen by.
    scorer : callable
        Scorer of it, or of several metrics by name.
    score_params : dict
        Metadata for it.
    groups : array-like or None
        Groups of rows that belong together.
    test_train_ratio : float or None
        Test rows over training rows of the splits.
    with_train_scores : bool
        Whether training rows are scored.
    cv, n_jobs : object
        As the search has them.
    """

    task: Task
    store: ModelStore
    ran: Mapping[int, Sequence[int]]
    n_splits: int
    metric: str | None
    scorer: Any
    score_params: Mapping[str, Any]
    groups: Any
    test_train_ratio: float | None
    with_train_scores: bool
    cv: Any
    n_jobs: int | None

    @cached_property
    def test_rows(self) -> Callable[[int], tuple[Any, Any]]:
        """Gives the rows that a split tests, and their targets, cut out once."""
        return cache(self.task.test_rows)

    def ask(self, model: Any, split: int, method: str) -> Any:
        """Ask a model about the test rows of its split."""
        return getattr(model, method)(self.test_rows(split)[0])
