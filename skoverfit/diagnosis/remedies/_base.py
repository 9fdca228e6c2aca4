"""What a kind of remedy is, and what it proposes to try."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from skoverfit.diagnosis._estimators._source import code_of
from skoverfit.diagnosis._problem import Problem

__all__ = ["Candidate", "RemedyKind"]


@dataclass(frozen=True)
class Candidate:
    """An estimator to try instead of the one that was given.

    Attributes
    ----------
    name, description : str
        What it is.
    code : str
        Python that builds it.
    estimator : estimator object
        The same, built.
    most_rows : int or None, default=None
        Training rows of a split on which it is fitted at most; None means all.
    regularizes : bool, default=False
        Whether it is the given estimator, regularized, so that the gap does harm if
        it scores better.
    cost : float, default=1.0
        A rough guess of what a fit costs, beside one of a linear model on the same
        rows, or beside one of the given model that is changed: cheap ones are tried
        first.
    is_variant : bool, default=False
        Whether it is a further setting of what another candidate of its kind stands
        for, and worth a try only where that one does well.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skoverfit.diagnosis import Candidate
    >>> candidate = Candidate.of("naive Bayes", "Another model.", GaussianNB())
    >>> print(candidate.code)
    from sklearn.naive_bayes import GaussianNB
    <BLANKLINE>
    estimator = GaussianNB()
    """

    name: str
    description: str
    code: str
    estimator: Any
    most_rows: int | None = None
    regularizes: bool = False
    cost: float = 1.0
    is_variant: bool = False

    @classmethod
    def of(
        cls, name: str, description: str, estimator: Any, **more: Any
    ) -> "Candidate":
        """Make a candidate, and write its code.

        Parameters
        ----------
        name, description : str
            What it is.
        estimator : estimator object
            What is to be tried. Its parameters have to tell all of it.
        **more : object
            Further attributes.

        Returns
        -------
        candidate : Candidate
        """
        return cls(name, description, code_of(estimator), estimator, **more)


class RemedyKind(ABC):
    """One kind of change: when it applies, and what it proposes.

    A subclass says for which problems it is and what is to be tried there. Register it
    with :func:`register_remedy`, and every treatment tries it. What it proposes is
    fitted on the training rows of each split: what has to be learned from the targets
    is learned there, by an estimator, and not while proposing.

    Attributes
    ----------
    name : str
        By which users ask for it, such as ``"pruned_trees"``.
    asked_only : bool
        Whether it is tried only if it is asked for.
    changes_given : bool
        Whether its candidates are the given model, changed: their cost is then in fits
        of that.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skoverfit.diagnosis import Candidate, RemedyKind
    >>> class Bayes(RemedyKind):
    ...     name, changes_given = "bayes", False
    ...
    ...     def applies(self, problem):
    ...         return problem.is_classification and "numeric" in problem.provides
    ...
    ...     def candidates(self, problem):
    ...         return [Candidate.of("naive Bayes", "Another model.", GaussianNB())]
    """

    name: ClassVar[str]
    asked_only: ClassVar[bool] = False
    changes_given: ClassVar[bool] = True

    def applies(self, problem: Problem) -> bool:
        """Whether it can be of use for a problem.

        Parameters
        ----------
        problem : Problem
            The given model and the data: ``estimator``, ``X``, ``y``, ``scoring``,
            ``is_classification``, ``n_samples``, ``n_features``, ``n_classes``, and
            what it ``provides``, as the needs of a :class:`Cause` name it.

        Returns
        -------
        applies : bool
        """
        return True

    @abstractmethod
    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose what to try; the first one stands for the kind.

        Parameters
        ----------
        problem : Problem
            As for :meth:`applies`. Its ``seed`` is for what is random.

        Returns
        -------
        candidates : sequence of Candidate
        """
