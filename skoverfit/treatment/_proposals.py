"""What a treatment tries: remedies of the given model, then of the models that lead."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any

from skoverfit.diagnosis._estimators._source import code_of
from skoverfit.diagnosis._lab import USED_UP
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.treatment._fits import one_line

__all__ = ["Proposals", "Proposed", "in_turns"]

Proposed = tuple[str, Candidate]
"""Name of a kind of remedy, and what it proposes."""


class Proposals:
    """Asks kinds of remedies, and never gives the same estimator twice.

    Parameters
    ----------
    problem : Problem
        The given model and the rows.
    kinds : sequence of RemedyKind
        Whom to ask.
    refuse : callable
        Called as ``refuse(kind, candidate, state, why)`` where a kind raises, or is not
        asked for want of time.
    has_time : callable
        Whether there is time to ask a further kind.
    """

    def __init__(
        self,
        problem: Problem,
        kinds: Sequence[RemedyKind],
        refuse: Callable[[str, Candidate, str, str], Any],
        has_time: Callable[[], bool],
    ) -> None:
        self.problem = problem
        self.kinds = kinds
        self._refuse = refuse
        self._has_time = has_time
        # Of each model, the kinds that have changed it: none does so twice.
        given = repr(problem.estimator), code_of(problem.estimator)
        self._known: dict[str, frozenset[str]] = dict.fromkeys(given, frozenset())

    def for_given(self, given: Candidate) -> list[Proposed]:
        """Ask all kinds for remedies of the given model."""
        return self._new(given, self.kinds)

    def for_leader(self, leader: Candidate) -> list[Proposed]:
        """Ask for changes of a model that does well, as if it were the given one."""
        done = self._known.get(_text(leader), frozenset())
        changing = [
            kind for kind in self.kinds if kind.changes_given and kind.name not in done
        ]
        found = [
            (kind, replace(own, name=_name_of_both(leader, own), is_variant=False))
            for kind, own in self._new(leader, changing)
        ]
        return sorted(found, key=lambda own: own[1].cost)

    def _new(self, model: Candidate, kinds: Iterable[RemedyKind]) -> list[Proposed]:
        """Keep what is new, with the costs of fits of the model that is changed."""
        problem = replace(self.problem, estimator=model.estimator)
        found = []
        done = self._known.get(_text(model), frozenset())
        for kind in kinds:
            unit = model.cost if kind.changes_given else 1.0
            for own in self._asked(kind, problem):
                text = _text(own)
                if text not in self._known:
                    self._known[text] = done | {kind.name}
                    found.append((kind.name, replace(own, cost=own.cost * unit)))
        return found

    def _asked(self, kind: RemedyKind, problem: Problem) -> Sequence[Candidate]:
        """Ask one kind; one that raises, or is late, is not asked again."""
        try:
            if not kind.applies(problem):
                return []
            if self._has_time():
                return list(kind.candidates(problem))
        except Exception as error:
            self._leave(kind, problem, "failed", one_line(error))
        else:
            self._leave(kind, problem, "skipped", USED_UP)
        return []

    def _leave(self, kind: RemedyKind, problem: Problem, state: str, why: str) -> None:
        """Say why a kind is not asked, now and again."""
        nobody = Candidate(kind.name, "", "", problem.estimator)
        self._refuse(kind.name, nobody, state, why)
        self.kinds = [own for own in self.kinds if own is not kind]


def _name_of_both(leader: Candidate, change: Candidate) -> str:
    """Name a changed leader: "the same model" is the leader then."""
    return f"{leader.name}: {change.name.removeprefix('the same model').lstrip(', ')}"


def _text(candidate: Candidate) -> str:
    """Tell a model: its code is whole where repr leaves the middle of long ones out."""
    return candidate.code or repr(candidate.estimator)


def in_turns(queues: Iterable[Sequence[Proposed]]) -> list[Proposed]:
    """Take the first of each queue, then the second of each, and so on."""
    return [own for own in chain(*zip_longest(*queues)) if own is not None]
