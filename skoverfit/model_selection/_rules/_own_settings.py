"""A rule that keeps the estimator's own settings unless another candidate is better.

Searches choose by noise where candidates differ by little, and some of them end with
settings that are worse than those that were there before. The rule here takes another
candidate only where the same rows, or the same splits, show that it is better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from skoverfit._compat import Interval
from skoverfit._gap import Estimate
from skoverfit.model_selection._selection import (
    BoolArray,
    PenalizedGap,
    ScoreTable,
    SelectionRule,
    read_scores,
    resolve_metric,
)

__all__ = ["OwnSettingsReport", "OwnSettingsUnlessBetter"]


@dataclass(frozen=True)
class OwnSettingsReport:
    """What another candidate has to show for itself against the own settings.

    Attributes
    ----------
    index : int
        Row of the own settings, whose ``params`` are ``{}``.
    proposed_index : int
        Candidate that the rule within would choose.
    proposed_params : dict
        Its parameters.
    difference : Estimate or None
        Its test score minus that of the own settings, from the same rows where rows
        make up the score, else from the splits. None where the own settings have no
        score, because they failed or racing found them worse, and where it is they
        that the rule within would choose.
    are_kept : bool
        Whether the own settings are chosen.
    """

    index: int
    proposed_index: int
    proposed_params: dict[str, Any]
    difference: Estimate | None
    are_kept: bool


@dataclass(frozen=True)
class OwnSettingsUnlessBetter(SelectionRule):
    """The estimator's own settings, unless another candidate is shown to be better.

    Another rule proposes a candidate. It is chosen if a one-sided paired test finds it
    better than the estimator as it was given: of the same rows where they make up the
    score, else of the splits, as :class:`SmallestGapByPairedTest` does. Else nothing
    is changed.

    :class:`~skoverfit.model_selection.GapAwareSearchCV` makes the own settings a
    candidate, with ``params`` of ``{}``; of several families, that is the first as it
    is. In scikit-learn's searches an empty dict in the list of spaces does:
    ``[{}, {"max_depth": [2, 4]}]``.

    Parameters
    ----------
    rule : SelectionRule, default=None
        What proposes a candidate. None is ``PenalizedGap(0.05)``, the default rule of
        the search.
    significance_level : float, default=0.2
        Level of the test, in (0, 0.5]. Smaller levels keep the own settings more
        often: fewer searches do harm, and fewer do good.
    metric : str, default=None
        Metric to use when several were scored.

    See Also
    --------
    SelectionPath : ``own_settings`` says what was compared.

    Examples
    --------
    >>> from skoverfit.model_selection import OwnSettingsUnlessBetter
    >>> results = {
    ...     "params": [{}, {"max_depth": 2}],
    ...     "split0_test_score": [0.90, 0.89], "split1_test_score": [0.80, 0.82],
    ...     "mean_test_score": [0.85, 0.855], "mean_train_score": [1.0, 0.9],
    ... }
    >>> OwnSettingsUnlessBetter()(results)
    0
    """

    rule: SelectionRule | None = None
    significance_level: float = 0.2
    metric: str | None = None
    needs_rows: ClassVar[bool] = True
    #: Asks the search for a candidate whose parameters are ``{}``.
    needs_own_settings: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rule": [SelectionRule, None],
        "significance_level": [Interval(Real, 0, 0.5, closed="right")],
    }

    @property
    def proposing(self) -> SelectionRule:
        """The rule that proposes a candidate."""
        return PenalizedGap(0.05) if self.rule is None else self.rule

    @property
    def needs_gap(self) -> bool:  # type: ignore[override]
        """Whether the rule that proposes a candidate reads gaps."""
        return self.proposing.needs_gap

    def compare(
        self,
        cv_results: Mapping[str, Any],
        *,
        metric: str | None = None,
        test_train_ratio: float | None = None,
    ) -> OwnSettingsReport:
        """Compare what the rule within proposes with the own settings.

        Parameters
        ----------
        cv_results, metric, test_train_ratio : object
            As in `select`.

        Returns
        -------
        report : OwnSettingsReport
        """
        metric = resolve_metric(cv_results, self.metric or metric)
        table = read_scores(cv_results, metric, test_train_ratio, self.needs_gap)
        own, proposed, difference = self._compared(table)
        return OwnSettingsReport(
            index=own,
            proposed_index=proposed,
            proposed_params=cv_results["params"][proposed],
            difference=difference,
            are_kept=self._kept(own, proposed, difference) == own,
        )

    def _choose(self, table: ScoreTable) -> int:
        return self._kept(*self._compared(table))

    def _compared(self, table: ScoreTable) -> tuple[int, int, Estimate | None]:
        """Return the own settings, the candidate proposed, and how they differ."""
        if table.own_settings is None:
            raise ValueError(
                f"{self!r} needs the estimator's own settings among the candidates, "
                "but none has params of {}. Add an empty dict to the list of spaces: "
                "[{}, space]."
            )
        own, proposed = table.own_settings, self.proposing._choose(table)
        if own == proposed or not np.isfinite(table.test[[own, proposed]]).all():
            return own, proposed, None
        return own, proposed, table.difference(proposed, own)

    def _kept(self, own: int, proposed: int, difference: Estimate | None) -> int:
        if difference is None or difference.pvalue < self.significance_level:
            return proposed
        return own  # also where two splits or rows are not there to be tested

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        return np.arange(len(valid)) == self._choose(table)
