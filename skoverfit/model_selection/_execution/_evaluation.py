"""Runs (candidate, split) work: plans what shares fits, dispatches it, keeps outcomes.

The unit that a worker gets is a *bundle*: one split and the candidates that one fit
may serve on it. Everything else about the search, which candidates and splits there
are and in which order they run, is decided elsewhere.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.parallel import delayed

from skoverfit._compat import FitCallbacks
from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection._committee._store import ModelStore
from skoverfit.model_selection._execution._bundle import (
    Bundle,
    Job,
    Outcome,
    Params,
    Problem,
    Report,
    Split,
    evaluate,
)
from skoverfit.model_selection._execution._deadline import Deadline
from skoverfit.model_selection._execution._failures import KEY
from skoverfit.model_selection._execution._measured import Measured
from skoverfit.model_selection._execution._workers import Workers
from skoverfit.model_selection._families import narrowed
from skoverfit.model_selection._honest_score._predictions import PredictionStore
from skoverfit.model_selection._journal._digests import candidate_key, split_key
from skoverfit.model_selection._journal._journal import Journal
from skoverfit.model_selection._journal._passing import is_passing
from skoverfit.model_selection._shared_fits import in_common

__all__ = ["Evaluation"]

NEVER = Deadline(None)


class Evaluation(Measured):
    """Outcomes of candidates on splits, and how to get more of them.

    Parameters
    ----------
    problem : Problem
        What candidates are evaluated on.
    callbacks : FitCallbacks
        Callbacks of the search.
    workers : Workers
        Who fits and scores.
    share_fits : bool
        Whether one fit may serve several candidates.
    deadline : Deadline, default=NEVER
        After it no further fit begins.
    journal : Journal, default=None
        Where outcomes are recorded, and taken from if they are there already.
    predictions : PredictionStore, default=None
        Where out-of-fold predictions of the first splits go.
    models : ModelStore, default=None
        Where fitted models go.

    Attributes
    ----------
    candidates, splits, outcomes
        As in :class:`Measured`.
    problem : Problem
        As given.
    families : dict of (int, int) to str or None
        Family of shared fits that served it.
    steps : dict of str to int
        Pipeline steps ``"needed"`` by fresh fits, and ``"fitted"`` in fact, where
        they were shared.
    interrupted : str or None
        Why not everything was run, if so.
    unshared : str or None
        Why fits are not shared although that was asked for, if so.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        callbacks: FitCallbacks,
        workers: Workers,
        share_fits: bool,
        deadline: Deadline = NEVER,
        journal: Journal | None = None,
        predictions: PredictionStore | None = None,
        models: ModelStore | None = None,
    ) -> None:
        super().__init__()
        self.problem, self._callbacks = problem, callbacks
        self._workers = workers
        self._share_fits = share_fits and _is_plain_data(problem.X)
        self._deadline, self._journal = deadline, journal
        self._predictions, self._models = predictions, models
        self._placed: Any = None
        self._keys: dict[int, Hashable] = {}
        # Equal candidates that fit the same: each with the first of its kind.
        self._first_equal: dict[Hashable, int] = {}
        self._twins: dict[int, int] = {}
        self._certain: set[int] = set()
        self._kept_together: set[int] = set()
        # Candidates that differ in their number of rounds alone: each with all of them.
        self._kin: dict[int, range] = {}
        self._recorded = {} if journal is None else journal.load()
        self._candidate_names: dict[int, str] = {}
        self._split_names: dict[int, str] = {}
        self.families: dict[tuple[int, int], str | None] = {}
        self.steps = {"needed": 0, "fitted": 0}
        self.interrupted: str | None = None
        self.unshared: str | None = None

    def add_candidates(self, candidates: Iterable[Params]) -> range:
        """Add candidates, and return their numbers."""
        start = len(self.candidates)
        self.candidates.extend(candidates)
        if self._predictions is not None:
            self._predictions.reserve(len(self.candidates))
        return range(start, len(self.candidates))

    def add_rounds(self, candidates: Iterable[Params]) -> range:
        """Add candidates that differ in their number of rounds alone, which ascends."""
        added = self.add_candidates(candidates)
        if len(added) > 1:
            self._kin |= dict.fromkeys(added, added)
        return added

    def add_splits(self, splits: Iterable[tuple[Any, Any]]) -> range:
        """Add splits, and return their numbers."""
        start = len(self.splits)
        self.splits.extend(
            Split(start + k, train, test) for k, (train, test) in enumerate(splits)
        )
        return range(start, len(self.splits))

    def run(self, candidates: Sequence[int], splits: Sequence[int]) -> None:
        """Evaluate candidates on splits, except where the outcome is known already."""
        wanted = [(candidate, split) for candidate in candidates for split in splits]
        self._take_from_journal(wanted)
        self._take_from_twins(wanted)
        pairs = [pair for pair in wanted if pair not in self.outcomes]
        if self.interrupted or not pairs:
            return
        with self._callbacks.evaluations(len(pairs)) as contexts:
            bundles = self._bundles(dict(zip(pairs, contexts, strict=True)))
            try:
                for report in self._reports(bundles):
                    self._store(report)
            except KeyboardInterrupt:
                self.interrupted = "Ctrl-C"
        if self.interrupted is None and any(p not in self.outcomes for p in pairs):
            self.interrupted = "timeout"

    def _bundles(self, contexts: Mapping[tuple[int, int], Any]) -> list[Bundle]:
        """All splits of one group, then the next: groups become complete in turn."""
        groups: dict[tuple[Hashable, int], list[int]] = {}
        order: dict[Hashable, int] = {}
        for candidate, split in contexts:
            key = self._key(candidate)
            order.setdefault(key, len(order))
            groups.setdefault((key, split), []).append(candidate)
        ranked = sorted(groups, key=lambda group: (order[group[0]], group[1]))
        return [
            Bundle(
                split=self.splits[split],
                jobs=tuple(
                    Job(
                        number,
                        self.candidates[number],
                        contexts[number, split],
                        number in self._certain,
                        self._alike(number),
                    )
                    for number in groups[key, split]
                ),
                n_splits=len(self.splits),
                n_candidates=len(self.candidates),
            )
            for key, split in ranked
        ]

    def _key(self, candidate: int) -> Hashable:
        if candidate not in self._keys:
            self._keys[candidate] = self._new_key(candidate)
        return self._keys[candidate]

    def _alike(self, candidate: int) -> tuple[int, str] | None:
        """Return the first that differs in its rounds alone, and the name of these."""
        kin = self._kin.get(candidate)
        if kin is None or self._key(kin[0]) != self._key(kin[-1]):
            return None  # or they cannot share, or the family tells them apart
        first, last = self.candidates[kin[0]], self.candidates[kin[-1]]
        return kin[0], next(name for name in first if first[name] is not last[name])

    def _take_after(self, candidate: int, first: int, name: str) -> Hashable:
        """Take over what is known of a candidate that differs in its rounds alone."""
        if first in self._certain:
            self._certain.add(candidate)
        number = self.candidates[candidate][name]
        for twin in self._kin.get(self._twins.get(first, -1), ()):
            if self.candidates[twin].get(name) == number:
                self._twins[candidate] = twin
        return self._key(first)

    def _new_key(self, candidate: int) -> Hashable:
        if not self._share_fits:
            return object()
        kin = self._kin.get(candidate, (candidate,))
        if candidate not in (kin[0], kin[-1]) and (alike := self._alike(candidate)):
            return self._take_after(candidate, *alike)
        try:
            estimator = self.problem.candidate(self.candidates[candidate])
            if self._callbacks.follow(estimator):
                return object()
            found = in_common(estimator, self.problem.X)
            *_, family = narrowed(self.problem.estimator, self.candidates[candidate])
            if found.results is not None:
                equal = family, found.results
                first = self._first_equal.setdefault(equal, candidate)
                self._twins[candidate] = first
            if found.is_certain:
                self._certain.add(candidate)
            if found.keeps_together:
                self._kept_together.add(candidate)
            return family, found.fit
        except InternalsChangedError as error:
            self._stop_sharing(str(error))
            return object()
        except Exception:  # such as unknown parameters: the fit itself will tell
            return object()

    def _reports(self, bundles: Sequence[Bundle]) -> Iterator[Report]:
        followed = bundles[0].jobs[0].context is not None
        search = self._callbacks.caller if followed else None

        if self._placed is None:
            self._placed = self._workers.place(self.problem)
        bundles = self._divided(bundles)

        def tasks() -> Iterator[Any]:
            for bundle in bundles:
                if self.interrupted or self._deadline.has_passed:
                    return
                for left in self._left_of(bundle):
                    yield delayed(evaluate)(self._placed, left, self._deadline, search)

        yield from self._workers.run(tasks())

    def _divided(self, bundles: Sequence[Bundle]) -> Sequence[Bundle]:
        """Divide bundles where workers outnumber them, and would have nothing to do."""
        n_parts = self._workers.count // len(bundles)
        if n_parts < 2:
            return bundles
        return [
            part
            for bundle in bundles
            for part in bundle.parts(self._most_parts(bundle, n_parts))
        ]

    def _most_parts(self, bundle: Bundle, n_parts: int) -> int:
        together = any(job.number in self._kept_together for job in bundle.jobs)
        return 1 if together else n_parts

    def _store(self, report: Report) -> None:
        outcomes = {(c, report.split): out for c, out in report.outcomes.items()}
        models = {pair: out.pop("model", None) for pair, out in outcomes.items()}
        for candidate, family in report.families.items():
            self.families[candidate, report.split] = family
        for name, count in report.steps.items():
            self.steps[name] += count
        if report.interrupted:
            self.interrupted = "Ctrl-C"
        if report.unshared is not None:
            self._stop_sharing(report.unshared)
        if self._journal is not None:
            self._journal.record_many(
                (*self._names(pair), outcome)
                for pair, outcome in outcomes.items()
                if not _may_pass(outcome)
            )
            self._recorded |= self._journal.load_new()
        for pair, outcome in outcomes.items():
            if self._recorded:
                self._recorded.pop(self._names(pair), None)  # ours, kept already
            self._keep(pair, outcome, models[pair])
        if self._models is not None:
            self._models.prune()

    def _keep(self, pair: tuple[int, int], outcome: Outcome, model: Any = None) -> None:
        """Keep an outcome, its predictions and its model apart from the rest."""
        response = outcome.pop("predictions", None)
        if response is not None and self._predictions is not None:
            self._predictions.record(*pair, response)
        if self._models is not None:
            self._models.add(pair, model, outcome)
        self.outcomes[pair] = outcome

    def _take_from_journal(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take over what this search has recorded before, or another process since."""
        if self._journal is not None:
            for pair in pairs:
                names = self._names(pair)
                if pair not in self.outcomes and names in self._recorded:
                    self._keep(pair, dict(self._recorded[names]))

    def _take_from_twins(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take over outcomes of equal candidates of an earlier batch."""
        if self._predictions is not None:
            return  # theirs are not at hand any more
        for candidate, split in pairs:
            self._key(candidate)
            twin = self._twins.get(candidate, candidate), split
            if twin in self.outcomes and (candidate, split) not in self.outcomes:
                no_time = {"fit_time": 0.0, "score_time": 0.0}
                self.outcomes[candidate, split] = self.outcomes[twin] | no_time
                self.families[candidate, split] = "equal candidates"
                if self._models is not None:
                    model = self._models.get(twin)
                    self._models.add((candidate, split), model, self.outcomes[twin])

    def _stop_sharing(self, reason: str) -> None:
        self._share_fits, self.unshared = False, self.unshared or reason

    def _left_of(self, bundle: Bundle) -> list[Bundle]:
        """Leave out of a bundle what another process has recorded meanwhile.

        Where fits are no longer shared, each candidate is a bundle of its own.
        """
        split = bundle.split.index
        self._take_from_journal((job.number, split) for job in bundle.jobs)
        left = [job for job in bundle.jobs if (job.number, split) not in self.outcomes]
        parts = [left] if self._share_fits and left else [[job] for job in left]
        return [replace(bundle, jobs=tuple(part)) for part in parts]

    def _names(self, pair: tuple[int, int]) -> tuple[str, str]:
        """Names of a candidate and a split that hold in every process."""
        candidate, split = pair
        if candidate not in self._candidate_names:
            name = candidate_key(self.candidates[candidate])
            self._candidate_names[candidate] = name
        if split not in self._split_names:
            rows = self.splits[split]
            self._split_names[split] = split_key(rows.train, rows.test)
        return self._candidate_names[candidate], self._split_names[split]


def _may_pass(outcome: Outcome) -> bool:
    """Whether the failure may be due to the machine, so that a rerun may succeed."""
    if outcome["fit_error"] is None:
        return KEY in outcome  # why a scorer failed is not kept
    return is_passing(outcome["fit_error"])


def _is_plain_data(X: Any) -> bool:
    """Whether rows lie in the memory of this process and not on another device."""
    return isinstance(X, np.ndarray) or not hasattr(X, "__array_namespace__")
