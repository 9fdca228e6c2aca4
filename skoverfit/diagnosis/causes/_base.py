"""What a cause is, and the list of those that a report asks about."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, TypeVar

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured, Severity, Status
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.exceptions import InputError

__all__ = [
    "Cause",
    "NotMeasured",
    "choose_causes",
    "is_same_class",
    "register_cause",
    "registered_causes",
]

Kind = Literal["validation", "model", "data", "target", "test_part", "selection"]
Registered = TypeVar("Registered", bound="type[Cause]")

PAGES = "https://github.com/skoverfit/skoverfit/blob/main/docs/causes"
"""Where the pages of the codes are."""


class Cause(ABC):
    """One possible reason why a score is low, or too good to be true.

    A subclass names what it looks for, measures it, and says what the measurement
    means. Register it with :func:`register_cause`, and every report asks about it.

    Attributes
    ----------
    code : str
        Code that never changes its meaning, such as ``"SKO201"``; own causes choose
        another prefix.
    name : str
        The same in words, such as ``"leaking_column"``.
    title : str
        The cause in one short sentence, as if it were present.
    kind : {"validation", "model", "data", "target", "test_part", "selection"}
        What it lies in. A serious cause in the validation makes the verdict
        "validation_misleading".
    needs : frozenset of str
        What a problem must have: "classification", "regression", "binary",
        "numeric", "table", "frame", "test_part", "time", "groups", "search",
        "sample_weight", "given_model" or "splits". Where it lacks one, the finding
        is "not_applicable".
    cost : float
        Cross-validations of the model that measuring takes in any case; the cheap
        causes come first.
    question : str
        What only the user can answer, with the argument to pass; asked where the
        cause is not present. Empty if there is none.
    after_evidence : bool
        Whether it is measured after what causes share about capacity, rows and
        signal: ``lab.evidence``.
    reads : frozenset of str or None
        Fields of that evidence that it reads; None means all.
    explains : {"effect", "rest", "last", "nothing"}
        How many score points it explains, by which findings are ranked: its effect;
        what of it no particular finding of its kind explains, for what is general,
        such as too little capacity; last, where no finding of its kind explains any
        and none puts the score itself in doubt, for what is dearest to mend, such as
        too few rows; or nothing, for what is itself to be explained, such as the gap,
        or only tells how well a score is known.

    Examples
    --------
    >>> from skoverfit.diagnosis import Cause
    >>> class FewRows(Cause):
    ...     code, name, kind = "OWN001", "few_rows", "data"
    ...     title = "There are fewer than 50 rows"
    ...
    ...     def measure(self, lab):
    ...         return lab.problem.n_samples
    ...
    ...     def judge(self, measured, problem):
    ...         if measured >= 50:
    ...             return self.finding("absent", title="There are 50 rows or more")
    ...         return self.finding("present", severity="warning", effect=measured)
    >>> FewRows().judge(20, None).status
    'present'
    """

    code: ClassVar[str]
    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]
    needs: ClassVar[frozenset[str]] = frozenset()
    cost: ClassVar[float] = 0.0
    question: ClassVar[str] = ""
    after_evidence: ClassVar[bool] = False
    reads: ClassVar[frozenset[str] | None] = None
    explains: ClassVar[Literal["effect", "rest", "last", "nothing"]] = "effect"

    @abstractmethod
    def measure(self, lab: Lab) -> Any:
        """Measure what the judgment rests on.

        Parameters
        ----------
        lab : Lab
            The data and the model, and what causes share: the table, nearest rows,
            out-of-fold predictions, the model without a column or on other splits.

        Returns
        -------
        measured : object
            Any plain record.

        Raises
        ------
        NotMeasured
            If it cannot be measured; the message says why.
        """

    @abstractmethod
    def judge(self, measured: Any, problem: Problem) -> Finding:
        """Say what a measurement means.

        Parameters
        ----------
        measured : object
            Result of :meth:`measure`.
        problem : Problem
            The data and the model.

        Returns
        -------
        finding : Finding
        """

    def remedies(self, measured: Any, problem: Problem) -> tuple[Candidate, ...]:
        """Propose estimators to try.

        Those of a cause that is absent are kept only if :meth:`measure` has scored
        them (``lab.with_model`` under the name of the candidate).

        Parameters
        ----------
        measured : object
            Result of :meth:`measure`.
        problem : Problem
            The data and the model.

        Returns
        -------
        candidates : tuple of Candidate
        """
        return ()

    def finding(
        self,
        status: Status,
        *,
        title: str = "",
        severity: Severity = "info",
        effect: float | None = None,
        interval: tuple[float, float] | None = None,
        unit: str = "score",
        explanation: str = "",
        advice: str = "",
        **more: Any,
    ) -> Finding:
        """Make a finding of this cause.

        Parameters
        ----------
        status : {"present", "absent", "not_measured", "not_applicable"}
            Whether the cause is there.
        title : str, default=""
            The conclusion; the title of the cause by default.
        severity : {"info", "warning", "serious"}, default="info"
            How much it matters.
        effect : float, default=None
            Its size.
        interval : tuple of (float, float), default=None
            Confidence interval of the effect.
        unit : str, default="score"
            Unit of the effect.
        explanation : str, default=""
            The evidence, with numbers.
        advice : str, default=""
            What to do.
        **more : object
            Further fields of :class:`Finding`.

        Returns
        -------
        finding : Finding
        """
        return Finding(
            code=self.code,
            name=self.name,
            title=title or self.title,
            status=status,
            severity=severity,
            effect=effect,
            interval=interval,
            unit=unit,
            explanation=explanation,
            advice=advice,
            **{"url": self.url, **more},
        )

    @property
    def url(self) -> str:
        """Page of the documentation; empty for causes of others."""
        return f"{PAGES}/{self.code}.rst" if self.code.startswith("SKO") else ""


_REGISTRY: dict[str, Cause] = {}


def register_cause(cause: Registered) -> Registered:
    """Make every report ask about a cause; also a decorator of the class.

    Parameters
    ----------
    cause : subclass of Cause
        Registering a class of the same module and name again replaces it.

    Returns
    -------
    cause : the same class

    Raises
    ------
    InputError
        If it is not such a class, lacks a code, name, title or kind, or another cause
        has its code.

    Examples
    --------
    >>> from skoverfit.diagnosis import Cause, register_cause
    >>> register_cause(int)
    Traceback (most recent call last):
        ...
    skoverfit.exceptions.InputError: cause=<class 'int'> must be a subclass of Cause.
    """
    if not (isinstance(cause, type) and issubclass(cause, Cause)):
        raise InputError(f"cause={cause!r} must be a subclass of Cause.")
    lacking = [
        part for part in ("code", "name", "title", "kind") if not hasattr(cause, part)
    ]
    if lacking:
        raise InputError(f"cause={cause.__name__} has no {', '.join(lacking)}.")
    known = _REGISTRY.get(cause.code)
    if known is not None and not is_same_class(type(known), cause):
        raise InputError(
            f"The code {cause.code} of {cause.__name__} is taken by "
            f"{type(known).__name__}."
        )
    _REGISTRY[cause.code] = cause()
    return cause


def is_same_class(one: type, other: type) -> bool:
    """Whether a class is another, or the same defined again, as in a notebook."""
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


def registered_causes() -> tuple[Cause, ...]:
    """List all causes that reports ask about, by code."""
    return tuple(_REGISTRY[code] for code in sorted(_REGISTRY))


def choose_causes(causes: Iterable[str | Cause] | None) -> tuple[Cause, ...]:
    """Find causes by their codes or names; all registered ones by default.

    Raises
    ------
    InputError
        If there is no such cause.
    """
    if causes is None:
        return registered_causes()
    if isinstance(causes, (str, Cause)) or not hasattr(causes, "__iter__"):
        raise InputError(f"causes={causes!r} must be a list of codes, or None.")
    return tuple(dict.fromkeys(_one_cause(cause) for cause in causes))


def _one_cause(cause: Any) -> Cause:
    if isinstance(cause, Cause):
        return cause
    for known in registered_causes():
        if cause in (known.code, known.name):
            return known
    codes = ", ".join(_REGISTRY)
    raise InputError(f"causes has {cause!r}; known codes are {codes}.")
