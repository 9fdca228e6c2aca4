"""One idea for every kind of part: a kind makes promises, and each has a check.

A check is a function of a part and of a case, which is what the part is tried on. It
raises AssertionError and says what it found; the first line of its docstring says what
the part must do. The rest is done here, once: on which cases a check runs, which of the
smaller cases shows the same, and the message.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from typing import Any, Protocol

__all__ = ["Case", "Kind", "NoCase", "Promise", "named"]

#: At most so many smaller cases are tried to say more simply what is wrong.
MAX_SMALLER = 200


class Case(Protocol):
    """What a part is tried on; its text tells it to people."""

    def smaller(self) -> Iterable["Case"]:
        """Yield cases of the same kind, the smallest first."""


class NoCase:
    """The case of checks that look at the part alone."""

    def smaller(self) -> Iterator[Case]:
        """Yield nothing: there is nothing to make smaller."""
        return iter(())

    def __str__(self) -> str:
        """Say that nothing is needed."""
        return "the part alone"


def _always(part: Any) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """A kind of part, with the promises that its parts make.

    Attributes
    ----------
    name : str
        The kind in words, such as ``"selection rule"``.
    recognizes : callable
        Whether a part is of this kind.
    cases : callable
        ``cases(part, **options)`` gives what parts are tried on; each has to pass.
    promises : list of Promise
    """

    name: str
    recognizes: Callable[[Any], bool]
    cases: Callable[..., Iterable[Case]]
    promises: list["Promise"] = field(default_factory=list)

    def promise(self, check: Callable, applies: Callable[[Any], bool] = _always) -> Any:
        """Add a check; also a decorator of it."""
        self.promises.append(Promise(check, self, applies))
        return check

    def promise_where(self, applies: Callable[[Any], bool]) -> Callable:
        """Make a decorator that adds a check of parts for which `applies` holds."""
        return partial(self.promise, applies=applies)

    def checks(self, part: Any, **options: Any) -> list[partial]:
        """List the checks of a part, each ready to be called."""
        kept = [promise for promise in self.promises if promise.applies(part)]
        return [_ready(promise, part, options) for promise in kept]

    def check(self, part: Any, **options: Any) -> None:
        """Run all checks of a part."""
        for check in self.checks(part, **options):
            check()


class Promise:
    """A promise of a kind, called with a part; raises AssertionError if it is broken.

    Attributes
    ----------
    says : str
        What a part must do, in the imperative.
    """

    __name__: str

    def __init__(self, check: Callable, kind: Kind, applies: Callable[[Any], bool]):
        update_wrapper(self, check)
        self.check, self.kind, self.applies = check, kind, applies
        self.says = " ".join((check.__doc__ or "").partition("\n\n")[0].split())

    def __call__(self, part: Any, **options: Any) -> None:
        """Check the promise on every case of its kind."""
        for case in self.kind.cases(part, **options):
            self._check_on(part, case)

    def _check_on(self, part: Any, case: Case) -> None:
        try:
            self.check(part, case)
        except AssertionError as error:
            smallest, found = self._smallest(part, case, error)
            told = self._told(
                part, f"Found: {str(found).strip()}\nSmallest input found: {smallest}"
            )
            raise AssertionError(told) from found
        except Exception as error:
            error.add_note(self._told(part, f"Input: {case}"))
            raise

    def _smallest(
        self, part: Any, case: Case, error: AssertionError
    ) -> tuple[Case, AssertionError]:
        """Find the first of the smaller cases that fails, and what it fails with."""
        for smaller, _ in zip(case.smaller(), range(MAX_SMALLER), strict=False):
            try:
                self.check(part, smaller)
            except AssertionError as same:
                return smaller, same
            except Exception:
                continue
        return case, error

    def _told(self, part: Any, evidence: str) -> str:
        duty = self.says[:1].lower() + self.says[1:]
        return (
            f"{named(part)} breaks {self.__name__}, a promise of every "
            f"{self.kind.name}.\nIt must {duty}\n{evidence}"
        )


def named(part: Any) -> str:
    """Name of a part, on one line."""
    name = getattr(part, "__name__", None)
    return name if isinstance(name, str) else " ".join(repr(part).split())


def _ready(promise: Promise, part: Any, options: dict[str, Any]) -> partial:
    """Give a check its part, and a name for lists of tests."""
    ready: Any = partial(promise, part, **options)
    kind = part if isinstance(part, type) else type(part)
    ready.__name__ = f"{promise.__name__}-{kind.__name__}"
    return ready
