"""What families of ensembles have in common: prefixes and running sums."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from skoverfit.model_selection._shared_fits._contract import (
    AskedOnly,
    OncePerRows,
    Remembered,
    SharedFit,
    TrainingSet,
    remember,
)

__all__ = [
    "Prefixes",
    "Rounds",
    "RunningSums",
    "ascending",
    "by_method",
    "is_count",
    "is_seed",
    "remember_all",
]

#: By the names of methods: from a view and known rows to what the method returns.
Answers = Mapping[str, Callable[[Any, Any], Any]]


def is_count(value: Any) -> bool:
    """Whether a parameter is a whole number of at least 1, and not a flag."""
    return (
        isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1
    )


def is_seed(value: Any) -> bool:
    """Whether a `random_state` gives every fit the same random numbers.

    A generator does not: each fit goes on where the one before has stopped.
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def ascending(estimators: Sequence[Any], parameter: str) -> list[int]:
    """Return the positions of candidates, the smallest value of a parameter first."""
    return sorted(
        range(len(estimators)), key=lambda i: getattr(estimators[i], parameter)
    )


def by_method(
    fitted: Any, names: Iterable[str], answer: Callable[[str, Any, Any], Any]
) -> Answers:
    """Return an answer for each method that an estimator has."""
    return {name: partial(answer, name) for name in names if hasattr(fitted, name)}


def remember_all(view: Any, answers: Answers, rows: Sequence[Any]) -> None:
    """Let methods of a view answer for known rows."""
    for name, answer in answers.items():
        remember(view, name, partial(answer, view), rows)


class Prefixes(SharedFit):
    """Ensembles that differ in their size: a larger one begins with the smaller ones.

    The size is the first parameter in `free`.
    """

    def size(self, estimator: Any) -> Any:
        """Return how many members an estimator asks for, which may be invalid."""
        return getattr(estimator, self.free[0])

    def cost(self, estimator: Any) -> float:
        """Return the number of members."""
        return float(self.size(estimator))

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Fit the largest ensemble and yield its prefixes, the smallest first."""
        # Ascending, because running sums only go forward.
        order = sorted(range(len(estimators)), key=lambda i: self.size(estimators[i]))
        largest = estimators[order[-1]]
        if not self.serves_on(largest, data.X, data.fit_params):
            return
        fitted = self.fitted(largest, data, {self.size(each) for each in estimators})
        show = self._shown(fitted, data)
        for position in order:
            if self.has_prefix(fitted, estimators[position]):
                yield position, show(estimators[position])

    def _shown(self, fitted: Any, data: TrainingSet) -> Callable[[Any], Any]:
        """Return what makes views, in ascending order."""
        if isinstance(data, AskedOnly):
            answers = self.shell_answers(fitted, data.rows)
            return partial(self._shell_with, fitted, answers, data.rows)
        answers = self.answers(fitted, data.rows)
        return partial(self._prefix_with, fitted, answers, data.rows)

    def _prefix_with(
        self, fitted: Any, answers: Answers, rows: Sequence[Any], estimator: Any
    ) -> Any:
        view = self.prefix(fitted, estimator)
        remember_all(view, answers, rows)
        return view

    def _shell_with(
        self, fitted: Any, answers: Answers, rows: Sequence[Any], estimator: Any
    ) -> Any:
        view = self.shell(fitted, estimator)
        whole = partial(self.prefix, fitted, estimator)
        for name, answer in answers.items():
            own = partial(answer, view)
            vars(view)[name] = Remembered(view, name, own, rows, whole)
        return view

    def fitted(self, estimator: Any, data: TrainingSet, sizes: Set[int]) -> Any:
        """Return the largest ensemble, fitted; prefixes of these sizes are wanted."""
        return clone(estimator).fit(data.X, data.y, **data.fit_params)

    def has_prefix(self, fitted: Any, estimator: Any) -> bool:
        """Whether the fitted ensemble certainly begins with a smaller one."""
        return True

    def serves_on(self, estimator: Any, X: Any, fit_params: Mapping[str, Any]) -> bool:
        """Whether members are independent of later ones on these rows, too."""
        return True

    def shell(self, fitted: Any, estimator: Any) -> Any:
        """Return what need not be more than its answers for known rows."""
        return self.prefix(fitted, estimator)

    @abstractmethod
    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return the first members of an ensemble as an ensemble."""

    def answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return what methods of prefixes answer for known rows."""
        return {}

    def shell_answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return what methods of shells answer for known rows."""
        return self.answers(fitted, rows)


class Rounds(Prefixes):
    """Prefixes whose size is a number of rounds, of which more may be worse.

    A search may be asked to choose the size itself, up to that of the estimator.

    Attributes
    ----------
    default_size : int
        Size of an estimator that leaves it open.
    needs : str
        Which settings `serves` takes, in words.
    """

    default_size: ClassVar[int] = 100
    needs: ClassVar[str]

    @abstractmethod
    def knows(self, estimator: Any) -> bool:
        """Whether an estimator is of a class of the family, whatever its settings."""

    def resized(self, estimator: Any, parameter: str, size: int) -> Any:
        """Return an unfitted estimator of another size, None where that takes a clone.

        It has the other parameters in common with the one given.
        """
        other = object.__new__(type(estimator))
        vars(other).update({**vars(estimator), parameter: size})
        return other


class _Sum:
    """What the first stages add up to on one set of rows."""

    def __init__(self) -> None:
        self.stage = 0
        self.value: np.ndarray | None = None


class RunningSums:
    """Sums over the stages of an ensemble, continued from prefix to prefix.

    One array for each known set of rows is kept, not one for each prefix: views are
    yielded and scored in ascending order. A prefix shorter than the last one starts
    again from the first stage.

    Parameters
    ----------
    rows : sequence of array-like
        The known rows.
    """

    def __init__(self, rows: Sequence[Any]) -> None:
        self._sums = OncePerRows(lambda X: _Sum(), rows)

    def resume(self, X: Any, stage: int) -> tuple[int, np.ndarray | None]:
        """Return the stage to continue from and the sum up to it.

        The sum is the caller's until it is given back, so that an error on the way
        leaves nothing half done behind.
        """
        known = self._sums(X)
        start, value = known.stage, known.value
        known.stage, known.value = 0, None
        return (start, value) if start <= stage else (0, None)

    def keep(self, X: Any, stage: int, value: np.ndarray) -> None:
        """Take the sum of the first `stage` stages."""
        known = self._sums(X)
        known.stage, known.value = stage, value
