"""A fitted model that knows the test part from its own fit."""

from dataclasses import dataclass

import numpy as np

from skoverfit._gap import Estimate
from skoverfit._paired import paired_estimate
from skoverfit.diagnosis._judgment._judging import SMALL_CHANGE
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import is_whole, scored_rows
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis._test_part import own_problem
from skoverfit.diagnosis.causes._base import Cause, register_cause

LEVEL = 0.01
"""Level at which the fitted model must be better on the test part than its refit."""

CLOSED = 0.7
"""Share of the refit's gap to the test part that the fitted model must close.

More rows or a lucky seed close a little of it; rows that were fitted close all."""


@dataclass(frozen=True)
class Seen:
    """The fitted model against the same one fitted on the training part.

    Attributes
    ----------
    given, refit : float
        Scores on the test part.
    train : float
        Mean train score of the refits.
    gain : Estimate
        By rows, of the fitted model over the refit.
    score_range : float
        From a constant prediction to a perfect one.
    """

    given: float
    refit: float
    train: float
    gain: Estimate
    score_range: float

    @property
    def is_told_apart(self) -> bool:
        """Whether a model that has seen the rows would score clearly better."""
        return self.train - self.refit >= 4 * SMALL_CHANGE * self.score_range

    @property
    def has_seen(self) -> bool:
        """Whether the fitted model knows the rows as only fitted ones are known."""
        closes = self.given - self.refit >= CLOSED * (self.train - self.refit)
        return self.is_told_apart and closes and self.gain.pvalue < LEVEL


@register_cause
class FittedOnTestPart(Cause):
    """The model that was given was fitted on rows of the test part."""

    code, name, kind = "SKO215", "fitted_on_test_part", "validation"
    title = "The fitted model has seen the test part"
    needs = frozenset({"test_part", "given_model"})

    def measure(self, lab: Lab) -> Seen:
        """Score the model as it is, and the same one fitted on the training part."""
        core, problem = lab.core, lab.problem
        assert core is not None
        own = own_problem(problem)
        everything = np.arange(len(own.y))
        refit, refit_rows = scored_rows(own, lab.own_part.model, everything)
        given, given_rows = scored_rows(own, lab.given.given_model, everything)
        if not is_whole(refit_rows) or not is_whole(given_rows):
            raise NotMeasured(f"rows do not make up the {problem.scoring}")
        gain = paired_estimate(
            [given_rows], [refit_rows], [everything], training_share=0.0
        )
        return Seen(given, refit, core.model.gap.mean_train, gain, core.score_range)

    def judge(self, measured: Seen, problem: Problem) -> Finding:
        """Present if it scores on the test part as models score on their own rows."""
        text = (
            f"As it was given, the model has the {problem.scoring} "
            f"{measured.given:.3f} on the test part. Fitted on the training part alone "
            f"it has {measured.refit:.3f} there, and {measured.train:.3f} on its "
            "training rows."
        )
        if not measured.is_told_apart:
            raise NotMeasured(f"it cannot be seen: {text[:1].lower()}{text[1:-1]}")
        if not measured.has_seen:
            title = "The fitted model does not know the test part better than its refit"
            return self.finding("absent", title=title, explanation=text)
        return self.finding(
            "present",
            severity="serious",
            effect=measured.gain.mean,
            interval=measured.gain.interval,
            pvalue=measured.gain.pvalue,
            explanation=f"{text} Models score so only on rows they were fitted on.",
            advice=(
                "Fit it on the training part only: "
                "clone(model).fit(X, y), then .score(X_test, y_test). "
                "If it was fitted on many more rows than these, that may be why."
            ),
            counterfactual=measured.refit,
            counterfactual_label="of the model fitted on the training part alone",
        )
