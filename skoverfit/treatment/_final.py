"""The estimator that a treatment ends with, fitted, and the code that builds it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline

from skoverfit._plain import printable
from skoverfit.diagnosis._estimators._source import WIDTH, code_of
from skoverfit.diagnosis._problem import Problem
from skoverfit.model_selection import CommitteeClassifier, CommitteeRegressor
from skoverfit.model_selection._committee._average import Ballot
from skoverfit.model_selection._committee._members import Members, mean_of_tested
from skoverfit.treatment._audit import Audit
from skoverfit.treatment._data_in._columns_out import leaving_out
from skoverfit.treatment._data_in._problem import drawn
from skoverfit.treatment._engine import Engine, Result
from skoverfit.treatment._fits import Trial, fitted_on_all, quietly
from skoverfit.treatment._pool import MAX_MEMBERS

__all__ = ["Final", "finished", "on_all_columns"]

ONE_MODEL = (
    "The splits test later rows: the best remedy was fitted on all rows, since a "
    "committee of models of earlier rows would be behind."
)

STEP = "model"
"""Name of the step that holds the members of a committee of different models."""


@dataclass(frozen=True)
class Final:
    """What a treatment ends with.

    Attributes
    ----------
    estimator, unfitted : estimator object
        Fitted, and as Python writes it.
    cv : object
        Splits that have no name of their own; they are called cv in the code.
    argument : str
        Argument of ``fit`` that takes groups; empty if it takes none.
    groups : str
        Python for the groups; empty if there are none.
    comments : tuple of str
        What the code says about the data.
    notes : tuple of str
        What the report says about the rows.
    """

    estimator: Any
    unfitted: Any
    cv: Any = None
    argument: str = ""
    groups: str = ""
    comments: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Python that builds it."""
        known = {} if self.cv is None else {id(self.cv): "cv"}
        imports, _, build = code_of(self.unfitted, known=known).partition("\n\n")
        lines = [line for text in self.comments for line in _commented(text)]
        if self.cv is not None:
            lines.append("# cv: the splits that the treatment was given, or drew")
        function = self.groups.partition("(")[0]
        if self.argument and function.endswith("_groups"):
            imports += f"\nfrom skoverfit.diagnosis import {function}"
        return "\n".join([imports, "", *lines, build])

    @property
    def fit_code(self) -> str:
        """Python that fits it."""
        has_groups = self.argument and self.groups
        more = f", {self.argument}={self.groups}" if has_groups else ""
        return f"estimator.fit(X, y{more})"


def _commented(text: str) -> list[str]:
    """Write a text as comments; names in it cannot end a line, or be obeyed."""
    return wrap(printable(text), WIDTH, initial_indent="# ", subsequent_indent="# ")


def finished(engine: Engine, result: Result, whole: Problem) -> Final:
    """Build what a treatment has chosen.

    One model is fitted on all rows. The members of a committee are the fold models
    that are there already; of a sample of the rows, they are fitted again.

    Parameters
    ----------
    engine : Engine
        That has run.
    result : Result
        What it came to.
    whole : Problem
        All rows.
    """
    members = np.flatnonzero(result.weights)
    trials = [result.trials[k] for k in members]
    some = (
        f"Remedies were chosen by {engine.problem.n_samples:,} of {whole.n_samples:,}"
    )
    is_part = whole.n_samples > engine.problem.n_samples
    if not result.accepted or not trials[0].averages or not engine.may_average:
        estimator = trials[0].candidate.estimator
        note = f"{some} rows, drawn at random; the result was fitted on all."
        is_best = result.accepted and not engine.may_average
        notes = (note,) * is_part + (ONE_MODEL,) * is_best
        fitted = fitted_on_all(whole, estimator)
        return Final(fitted, estimator, notes=notes)
    final = _committee(engine, trials, result.weights[members])
    if not is_part:
        return final
    seconds = engine.more_rows * sum(trial.seconds for trial in trials)
    return _on_all_rows(final, engine, whole, some, seconds)


def _on_all_rows(
    final: Final, engine: Engine, whole: Problem, some: str, seconds: float
) -> Final:
    """Fit the members of a committee on all rows, if there is time for it."""
    is_regrouped = engine.groups is not None and whole.groups is None
    if is_regrouped or final.cv is not None or not engine.clock.allows(seconds):
        why = "there is no time for more"
        if is_regrouped or final.cv is not None:
            why = "only their groups are known"
        return replace(final, notes=(f"{some} rows and fitted on these: {why}.",))
    metadata = {"groups": whole.groups, "sample_weight": whole.sample_weight}
    given = {name: own for name, own in metadata.items() if own is not None}
    with quietly(whole):
        fitted = clone(final.unfitted).fit(whole.X, whole.y, **given)
    note = f"{some} rows, drawn at random; the result was fitted on all."
    return replace(final, estimator=fitted, notes=(note,))


def on_all_columns(final: Final, X: Any, audit: Audit) -> Final:
    """Put the step that leaves columns out before a model, and say why in the code."""
    if audit.together is not None:
        final = replace(final, groups=audit.together.code)
    final = replace(final, comments=audit.comments)
    if not audit.names:
        return final
    step = leaving_out(X, audit.names)
    unfitted = make_pipeline(step, final.unfitted)
    whole = make_pipeline(clone(step).fit(X), final.estimator)
    name, argument = whole.steps[-1][0], final.argument
    argument = f"{name}__{argument}" if argument else ""
    return replace(final, estimator=whole, unfitted=unfitted, argument=argument)


def _committee(engine: Engine, trials: list[Trial], weights: NDArray) -> Final:
    """Make a committee of fold models."""
    problem = engine.problem
    estimator, candidates = _parameters(trials)
    counts = as_counts(weights)
    cv = _validation(problem)
    kind = CommitteeClassifier if problem.is_classification else CommitteeRegressor
    members = _members(trials, problem, engine.ballot)
    fitted = kind._of_members(
        estimator,
        candidates,
        counts,
        members,
        _unseen(members, trials, weights, problem, engine.ballot),
        cv=cv,
        n_jobs=problem.n_jobs,
    )
    if len(trials) == 1:
        fitted.set_params(candidates=None, weights=None)
    if cv is problem.splitter:
        groups = "" if problem.groups is None else "groups"
        return Final(fitted, clone(fitted), argument="groups", groups=groups)
    return Final(fitted, fitted, cv=fitted.cv)


def _parameters(trials: list[Trial]) -> tuple[Any, list[Mapping[str, Any]]]:
    """Give the estimator and the candidates of a committee of different models."""
    models = [trial.candidate.estimator for trial in trials]
    if len(models) == 1:
        return models[0], [{}]
    return Pipeline([(STEP, models[0])]), [{STEP: model} for model in models]


def as_counts(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Write shares as the smallest whole numbers that they are proportional to."""
    shares = weights / weights.sum()
    for total in range(1, MAX_MEMBERS + 1):
        counts = shares * total
        if np.allclose(counts, np.rint(counts), atol=1e-6):
            return np.rint(counts)
    return shares


def _validation(problem: Problem) -> Any:
    """Give the splitter where it gives these splits again, else the splits."""
    whole = problem.splits
    seed = getattr(problem.splitter, "random_state", 0)
    if isinstance(seed, int):
        again = drawn(problem.splitter, problem.X, problem.y, problem.groups)
        if len(again) == len(whole) and all(
            np.array_equal(one[1], other[1])
            for one, other in zip(again, whole, strict=True)
        ):
            return problem.splitter
    return whole


def _members(trials: list[Trial], problem: Problem, ballot: Ballot) -> Members:
    """Gather the fold models, by candidate and then by split."""
    places = [(c, s) for c, trial in enumerate(trials) for s in range(len(trial.fits))]
    models = [trials[c].fits[s].model for c, s in places]
    is_class = problem.is_classification
    return Members(
        ballot,
        models,
        [model.classes_ if is_class else None for model in models],
        np.array([c for c, _ in places], dtype=np.intp),
        np.array([s for _, s in places], dtype=np.intp),
        None,
    )


def _unseen(
    members: Members,
    trials: list[Trial],
    weights: NDArray[np.float64],
    problem: Problem,
    ballot: Ballot,
) -> NDArray[np.float64]:
    """Average what members say of rows that they have not seen; NaN of other rows."""
    said = (
        (problem.splits[split][1], trials[own].fits[split].matrix, weights[own])
        for own, split in zip(members.candidate, members.split, strict=True)
    )
    return mean_of_tested(said, ballot.truth(problem.y).shape)
