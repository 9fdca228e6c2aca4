"""``"best"`` in a space: rounds or epochs, tried at many numbers and chosen by rule.

A setting of the space stands for one candidate for each number of rounds that is
tried; one fit serves them all. They compete as all candidates do, and each setting is
shown at the number that the search's own rule chooses among its candidates.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from skoverfit.model_selection._candidates import ParamSpace
from skoverfit.model_selection._execution._bundle import Params, Problem
from skoverfit.model_selection._families import narrowed, setting_of
from skoverfit.model_selection._honest_score._debias import HonestScore
from skoverfit.model_selection._honest_score._split_table import Select, choose
from skoverfit.model_selection._results import Results, ranked
from skoverfit.model_selection._row_scores import RowScores
from skoverfit.model_selection._selection import resolve_metric
from skoverfit.model_selection._shared_fits import (
    Rounds,
    is_count,
    obstacle,
    rounds_family,
)

__all__ = [
    "RoundsChoice",
    "RoundsTried",
    "marked",
    "marks_of",
    "numbers_up_to",
    "pick",
]

#: What stands in a space for the best number of rounds.
WORD = "best"

#: Largest ratio of neighboring numbers of rounds. Each number costs the time that
#: scoring takes, and neighbors among many rounds are much alike.
RATIO = 1.3


class _Best:
    """Stands for numbers of rounds in the candidates of a space."""

    def __repr__(self) -> str:
        return repr(WORD)


BEST = _Best()


def marked(param_space: ParamSpace) -> ParamSpace:
    """Return a space in which "best" is a list of one mark, for any source to copy."""
    if isinstance(param_space, Mapping):
        return _marked_dict(param_space)
    return [_marked_dict(s) if isinstance(s, Mapping) else s for s in param_space]


def _marked_dict(space: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [BEST] if isinstance(values, str) and values == WORD else values
        for name, values in space.items()
    }


def marks_of(param_space: ParamSpace) -> set[str]:
    """Return the parameters that a marked space asks the best number of rounds for."""
    spaces = [param_space] if isinstance(param_space, Mapping) else param_space
    entries = [s.items() for s in spaces if isinstance(s, Mapping)]
    return {name for each in entries for name, values in each if _is_mark(values)}


def _is_mark(values: Any) -> bool:
    return isinstance(values, list) and any(value is BEST for value in values)


def numbers_up_to(most: int) -> list[int]:
    """Return numbers from 1 to `most` that are dense where few rounds matter.

    Examples
    --------
    >>> from skoverfit.model_selection._rounds import numbers_up_to
    >>> numbers_up_to(30)
    [1, 2, 3, 4, 5, 6, 8, 11, 14, 18, 23, 30]
    """
    numbers = [int(most)]
    while numbers[-1] > 1:
        numbers.append(min(numbers[-1] - 1, round(numbers[-1] / RATIO)))
    return numbers[::-1]


class RoundsTried:
    """From a setting to its candidates: one for each number of rounds that is tried.

    Parameters
    ----------
    problem : Problem
        What is searched.
    training_rows : callable
        Gives the training rows of a split.
    share_fits : bool
        Whether one fit is to serve all of them: settings of which none can are refused.
    """

    def __init__(
        self, problem: Problem, training_rows: Callable[[], Any], share_fits: bool
    ) -> None:
        self._problem, self._share_fits = problem, share_fits
        self._training_rows = training_rows

    @cached_property
    def _X_train(self) -> Any:
        return self._training_rows()

    def __call__(self, setting: Params) -> list[Params]:
        """Return the parameters of the candidates of a setting."""
        names = [name for name, value in setting.items() if value is BEST]
        if not names:
            return [setting]
        if len(names) > 1:
            raise ValueError(
                f"param_space asks for the best of {names} together, but one fit gives "
                "the best number of rounds of one estimator. Give lists for the others."
            )
        most = self._most(setting, names[0])
        return [{**setting, names[0]: number} for number in numbers_up_to(most)]

    def most_of(self, param_space: ParamSpace) -> int:
        """Return for how many candidates a setting of a marked space stands at most.

        Estimators that the space itself varies may have others.
        """
        sizes = [1]
        for name in marks_of(param_space):
            with suppress(ValueError):
                own = setting_of(self._problem.estimator, name)
                sizes.append(len(numbers_up_to(self._most(own, name))))
        return max(sizes)

    def _most(self, setting: Params, name: str) -> int:
        """Return the largest number of rounds: the estimator's own."""
        others = {key: value for key, value in setting.items() if key != name}
        _, leaf = self._candidate(others, name)
        parameter = name.rpartition("__")[2]
        family = rounds_family(leaf, parameter)
        if family is None:
            raise ValueError(_not_rounds(name, leaf))
        most = leaf.get_params().get(parameter)
        most = family.default_size if most is None else most
        if self._share_fits or not is_count(most):
            self._check(name, {**setting, name: most}, family)
        return most

    def _check(self, name: str, setting: Params, family: Rounds) -> None:
        """Refuse a setting of which one fit does not give all numbers of rounds."""
        estimator, leaf = self._candidate(setting, name)
        fit_params = self._problem.narrowed(setting).fit_params
        needed = obstacle(estimator, family, leaf, self._X_train, fit_params)
        if needed is not None:
            raise ValueError(
                f"param_space[{name!r}]='best' needs one fit that gives every number "
                f"of rounds up to {setting[name]!r}. For {type(leaf).__name__} that "
                f"takes {needed}. Change the estimator or its other parameters, or "
                "give a list of numbers."
            )

    def _candidate(self, setting: Params, name: str) -> tuple[Any, Any]:
        """Return a candidate, and the part of it whose parameter has a name."""
        *_, family = narrowed(self._problem.estimator, setting)
        estimator = self._problem.candidate(setting)
        path, _, _ = name.removeprefix(f"{family}__").rpartition("__")
        return estimator, _part(estimator, path)


def _part(estimator: Any, path: str) -> Any:
    """Return a part of an estimator by the prefix of its parameters; None if absent."""
    return estimator.get_params().get(path) if path else estimator


def _not_rounds(name: str, leaf: Any) -> str:
    owner = "what is not there" if leaf is None else type(leaf).__name__
    return (
        f"param_space[{name!r}]='best' is for numbers of rounds, and that is none of "
        f"{owner}. It is allowed for n_estimators of GradientBoosting*, AdaBoost*, "
        "XGB* and LGBM*, max_iter of HistGradientBoosting* and MLP*, and the number of "
        "rounds of CatBoost* by any name, also as the last step of a Pipeline. Give a "
        "list of values instead."
    )


# --------------------------------------------------------------------------- the choice
@dataclass(frozen=True)
class RoundsChoice:
    """At which number of rounds each setting of a search is shown.

    Attributes
    ----------
    groups : sequence of range
        Candidates of each setting.
    results : dict of str to ndarray
        ``cv_results_`` of all candidates.
    picked : sequence of int
        The candidate that is chosen of each setting.
    """

    groups: Sequence[range]
    results: Results
    picked: Sequence[int]

    def setting_of(self, candidate: int) -> int:
        """Return the setting that a candidate belongs to."""
        return next(
            setting for setting, group in enumerate(self.groups) if candidate in group
        )

    def select(
        self, select: Select, within: Select, metric: str | None, results: Results
    ) -> int:
        """Choose among all candidates: first within each setting, then among these."""
        firsts = [group[0] for group in self.groups]
        picked = pick(self.groups, results, within, metric, firsts)
        return picked[choose(select, taken(results, picked))]

    def by_settings(self, honest: HonestScore) -> HonestScore:
        """Return an honest score that says which settings were chosen."""
        chosen = tuple(self.setting_of(candidate) for candidate in honest.chosen)
        return replace(honest, chosen=chosen)

    def published(self) -> Results:
        """Return the results of all candidates with the row of their setting."""
        sizes = [len(group) for group in self.groups]
        return self.results | {"candidate": np.repeat(np.arange(len(sizes)), sizes)}


def pick(
    groups: Sequence[range],
    results: Results,
    select: Select,
    metric: str | None,
    otherwise: Sequence[int],
) -> list[int]:
    """Choose one candidate of each setting by the rule.

    Parameters
    ----------
    groups : sequence of range
        Candidates of each setting.
    results : dict of str to array-like
        ``cv_results_`` of all candidates. Repeats of some play no part.
    select : callable
        The rule.
    metric : str or None
        Metric to select by.
    otherwise : sequence of int
        Candidates to take where no mean score is known, or the rule fails.
    """
    means = np.asarray(results[f"mean_test_{resolve_metric(results, metric)}"], float)
    first_pass = {
        key: column
        for key, column in results.items()
        if not key.startswith(("repeat", "refined_"))
    }
    picked = list(otherwise)
    for setting, group in enumerate(groups):
        if len(group) > 1 and np.isfinite(means[group]).any():
            with suppress(Exception):  # which the search itself will meet, and raise
                picked[setting] = group[choose(select, taken(first_pass, group))]
    return picked


def taken(results: Results, candidates: Sequence[int]) -> Results:
    """Return ``cv_results_`` of some candidates, ranked among themselves."""
    rows = list(candidates)
    own = {key: _rows_of(column, rows) for key, column in results.items()}
    for key in own:
        if key.startswith("rank_"):
            own[key] = ranked(np.asarray(own[key.replace("rank_", "mean_", 1)], float))
    return own


def _rows_of(column: Any, rows: list[int]) -> Any:
    if isinstance(column, RowScores):
        return column.of_candidates(rows)
    if isinstance(column, list):
        return [column[row] for row in rows]
    return column[rows]
