"""Turns what a treatment has measured into its report."""

import warnings
from typing import Any

import numpy as np

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._measuring._measurement import score_on
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.causes._wording import listed
from skoverfit.treatment._audit import Audit
from skoverfit.treatment._engine import Engine, Result
from skoverfit.treatment._fits import Trial
from skoverfit.treatment._pool import Scored, change_of
from skoverfit.treatment._report import TreatmentReport, TreatmentStep

__all__ = ["summarized", "unjudged"]


def summarized(
    engine: Engine, result: Result, fitted: Any, audit: Audit
) -> TreatmentReport:
    """Write the report of a treatment.

    Parameters
    ----------
    engine : Engine
        That has run.
    result : Result
        What it came to.
    fitted : estimator object
        What is used in the end, fitted.
    audit : Audit
        What was done to the data before it ran.
    """
    problem = engine.problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        on_train = score_on(problem, fitted, np.arange(problem.n_samples))
    steps = [
        _step(engine, result, trial, float(share))
        for trial, share in zip(result.trials, result.weights, strict=True)
    ]
    given = result.trials[0]
    return TreatmentReport(
        steps=(*_applied(audit), *steps),
        accepted=result.accepted,
        accept=engine.accept,
        scoring=problem.scoring,
        given_score=result.given,
        expected_score=result.expected,
        given_gap=float(np.mean([f.train_score - f.score for f in given.fits])),
        expected_gap=on_train - result.expected.mean,
        gain=None if result.gain is None else result.gain.score,
        brier_gain=None if result.gain is None else result.gain.brier,
        n_splits=len(problem.splits),
        n_passes=result.n_passes,
        budget=engine.clock.seconds,
        seconds=engine.clock.elapsed,
        is_interrupted=result.is_interrupted,
        notes=audit.notes,
        left_out=audit.names,
    )


def _applied(audit: Audit) -> list[TreatmentStep]:
    """Write what was done to the data and the splits as steps."""
    done = [
        _change(
            f"without {listed(own.names)}",
            own.sentence(audit.scoring),
            own.cause,
            own.without,
        )
        for own in audit.left_out
    ]
    kept = audit.together
    if kept is not None:
        name = f"{kept.label} on one side"
        text = kept.sentence(audit.scoring)
        done.append(
            _change(name, text, kept.cause, kept.other, f"groups = {kept.code}")
        )
    later = audit.forward
    if later is not None:
        text = later.sentence(audit.scoring)
        done.append(_change(later.title, text, later.cause, later.other, later.python))
    return done


def _change(
    name: str, description: str, kind: str, score: float, code: str = ""
) -> TreatmentStep:
    return TreatmentStep(
        name=name,
        description=description,
        kind=kind,
        state="applied",
        reason="",
        score=score,
        gain=None,
        share=0.0,
        seconds=0.0,
        code=code,
    )


def unjudged(problem: Problem, accept: str) -> TreatmentReport:
    """Write the report of rows that are too few to judge anything by."""
    unknown = corrected_estimate(np.array([np.nan]))
    note = f"{problem.n_samples} rows are too few for two splits."
    return TreatmentReport(
        steps=(),
        accepted=False,
        accept=accept,
        scoring=problem.scoring,
        given_score=unknown,
        expected_score=unknown,
        given_gap=np.nan,
        expected_gap=np.nan,
        gain=None,
        n_splits=0,
        n_passes=0,
        budget=np.inf,
        seconds=0.0,
        notes=(note,),
    )


def _step(engine: Engine, result: Result, trial: Trial, share: float) -> TreatmentStep:
    fits = [fit for fit in trial.fits if not fit.error]
    return TreatmentStep(
        name=trial.candidate.name,
        description=trial.candidate.description,
        kind=trial.kind,
        state="used" if share > 0 else trial.state,
        reason=trial.reason,
        score=float(np.mean([fit.score for fit in fits])) if fits else np.nan,
        gain=_gain(engine, result.trials[0], trial),
        share=share,
        seconds=trial.seconds,
        code=trial.candidate.code,
    )


def _gain(engine: Engine, given: Trial, trial: Trial) -> Estimate | None:
    """Change of the score from the given model, on the splits of both."""
    if trial is given or not trial.fits or any(fit.error for fit in trial.fits):
        return None
    splits = engine.problem.splits[: len(trial.fits)]
    one, other = Scored.of(trial.fits), Scored.of(given.fits[: len(trial.fits)])
    return change_of(one, other, splits, engine.groups)
