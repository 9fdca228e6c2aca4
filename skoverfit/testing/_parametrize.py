"""The checks of any part, by what kind of part it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from skoverfit._optional import import_optional
from skoverfit.exceptions import InputError
from skoverfit.testing._augmenters import AUGMENTER
from skoverfit.testing._causes import CAUSE
from skoverfit.testing._kit import Kind, named
from skoverfit.testing._leakage import ESTIMATOR, PREPARATION
from skoverfit.testing._remedies import REMEDY
from skoverfit.testing._rules import MEMBER_RULE, SELECTION_RULE
from skoverfit.testing._samplers import SAMPLER
from skoverfit.testing._shared_fits import SHARED_FIT
from skoverfit.testing._wrappers import WRAPPER

__all__ = [
    "KINDS",
    "checks_of",
    "parametrize_with_augmenter_checks",
    "parametrize_with_checks",
]

#: All kinds of parts; of those that recognize a part, the first one has it.
KINDS = (
    CAUSE,
    REMEDY,
    MEMBER_RULE,
    SELECTION_RULE,
    SHARED_FIT,
    AUGMENTER,
    SAMPLER,
    WRAPPER,
    ESTIMATOR,
    PREPARATION,
)

ExpectedFailures = Callable[[Any], Mapping[str, str]]


def checks_of(part: Any, *, kind: str | None = None, **options: Any) -> list[partial]:
    """List the checks of a part of any kind, each ready to be called.

    Parameters
    ----------
    part : object
        What is to be checked. It is not changed.
    kind : str, default=None
        What it is: "augmenter", "sampler", "selection rule", "member rule", "wrapper",
        "shared fit", "cause", "kind of remedy", "estimator" (does anything leak into
        it?) or "preparation" (a function that prepares data). Found out where it is
        None; a plain function needs it. With `X` among the options, a wrapper is taken
        for an estimator: whether it leaks is what data are for.
    **options : object
        What the checks of this kind take, such as `X` and `y`.

    Returns
    -------
    checks : list of functools.partial
        Each takes no argument and raises AssertionError, or lets an error of the
        part pass. ``check.func.__name__`` names the promise, ``check.func.says`` says
        what it is.

    See Also
    --------
    parametrize_with_checks : One pytest test for each.

    Examples
    --------
    >>> from skoverfit.model_selection import BestScore
    >>> from skoverfit.testing import checks_of
    >>> for check in checks_of(BestScore()):
    ...     check()
    >>> checks_of(max, kind="selection rule")[-1].func.says
    'Return 0 for a table in which every candidate has failed.'
    """
    return _kind_of(part, kind, options).checks(part, **options)


def parametrize_with_checks(
    parts: Sequence[Any],
    *,
    kind: str | None = None,
    expected_failed_checks: ExpectedFailures | None = None,
) -> Any:
    """Make a pytest test for each promise of each part, whatever kind it is of.

    As scikit-learn's function of this name does for estimators. The tests are named
    after the part, with the parameters that are not the default, and the check:
    ``test_promises[SwapNoise(p=0.5)-check_labels_kept]``.

    Parameters
    ----------
    parts : sequence
        Parts, or tuples of a part and a dict of options of its checks, such as
        ``(pipeline, {"X": X, "y": y})``.
    kind : str, default=None
        What all of them are; found out for each where it is None.
    expected_failed_checks : callable, default=None
        ``expected_failed_checks(part)`` gives a dict of names of checks that are
        expected to fail for the part, with the reasons. They are marked as xfail.

    Returns
    -------
    decorator : pytest.MarkDecorator
        Its tests get the arguments `part` and `check`.

    See Also
    --------
    checks_of : The same without pytest.

    Examples
    --------
    >>> from skoverfit.augmentation import SwapNoise
    >>> from skoverfit.model_selection import PenalizedGap
    >>> from skoverfit.testing import parametrize_with_checks
    >>> @parametrize_with_checks([SwapNoise(p=0.5), PenalizedGap(0.1)])
    ... def test_promises(part, check):
    ...     check(part)
    """
    pytest = import_optional("pytest", extra="test")
    cases = [
        pytest.param(part, check, id=f"{named(part)}-{check.__name__}", marks=marks)
        for part, check, marks in _cases(parts, kind, expected_failed_checks, pytest)
    ]
    return pytest.mark.parametrize(("part", "check"), cases)


def parametrize_with_augmenter_checks(augmenters: Sequence[Any]) -> Any:
    """Make a test for each check of the contract of some augmenters.

    For use with pytest, as a decorator of a function of an augmenter and a check;
    :func:`parametrize_with_checks` does the same for parts of every kind.

    Parameters
    ----------
    augmenters : sequence of augmenter
        Instances, as for :func:`augmenter_checks`.

    Returns
    -------
    decorator : pytest.MarkDecorator
        Its tests get the arguments `augmenter` and `check`.

    See Also
    --------
    check_augmenter : All checks at once, without pytest.

    Examples
    --------
    >>> from skoverfit.augmentation import SwapNoise
    >>> from skoverfit.testing import parametrize_with_augmenter_checks
    >>> @parametrize_with_augmenter_checks([SwapNoise(), SwapNoise(p=0.5)])
    ... def test_contract(augmenter, check):
    ...     check(augmenter)
    """
    decorator = parametrize_with_checks(augmenters, kind=AUGMENTER.name)
    pytest = import_optional("pytest", extra="test")
    return pytest.mark.parametrize(("augmenter", "check"), decorator.args[1])


def _cases(
    parts: Sequence[Any],
    kind: str | None,
    expected: ExpectedFailures | None,
    pytest: Any,
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each part with each check, and what is expected of it."""
    for given in parts:
        part, options = given if isinstance(given, tuple) else (given, {})
        reasons = expected(part) if expected is not None else {}
        for ready in checks_of(part, kind=kind, **options):
            reason = reasons.get(ready.func.__name__)
            marks = [] if reason is None else [pytest.mark.xfail(reason=reason)]
            yield part, _with_options(ready.func, options), marks


def _with_options(promise: Any, options: Mapping[str, Any]) -> Any:
    """Give a check its options; the part comes later."""
    if not options:
        return promise
    check: Any = partial(promise, **options)
    check.__name__ = promise.__name__
    return check


def _kind_of(part: Any, name: str | None, options: Mapping[str, Any]) -> Kind:
    if name is not None:
        return _kind_named(name)
    for kind in KINDS:
        if kind.recognizes(part) and not (kind is WRAPPER and "X" in options):
            return kind
    raise InputError(
        f"part={named(part)} is of no known kind; pass kind, one of {_all_names()}."
    )


def _kind_named(name: str) -> Kind:
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise InputError(f"kind={name!r} must be one of {_all_names()}.")


def _all_names() -> str:
    return ", ".join(repr(kind.name) for kind in KINDS)
