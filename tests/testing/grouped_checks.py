"""The checks of one estimator as one test, which names every check that fails."""

from unittest import SkipTest


def on_one_line(estimator):
    """Name of an estimator for lists of tests."""
    return " ".join(repr(estimator).split())


def run_checks(checks, *, expected_failures=(), expected_skips=()):
    """Run every check, then raise the errors of all that failed, as one group.

    Parameters
    ----------
    checks : iterable of functools.partial
        Checks that take no more argument; the names of their functions name them.
    expected_failures, expected_skips : collection of str
        Names of the checks that must fail, and of those that may skip themselves.
    """
    ends = [
        (check, _error_of(check, expected_failures, expected_skips)) for check in checks
    ]
    assert ends, "There is nothing to check."
    failed = {_told(check): error for check, error in ends if error is not None}
    if failed:
        for what, error in failed.items():
            error.add_note(f"This was {what}.")
        summary = f"{len(failed)} of {len(ends)} checks failed: {', '.join(failed)}"
        raise ExceptionGroup(summary, list(failed.values()))


def _told(check):
    """Name of a check with its options: scikit-learn has several of one name."""
    options = [f"{name}={value}" for name, value in check.keywords.items()]
    return " ".join([check.func.__name__, *options])


def _error_of(check, expected_failures, expected_skips):
    """The error that a check ends with, or None where it ends as expected."""
    name = check.func.__name__
    try:
        check()
    except SkipTest as skip:
        return None if name in expected_skips else AssertionError(f"It skipped: {skip}")
    except Exception as error:
        return None if name in expected_failures else error
    if name in expected_failures:
        return AssertionError("It passed, but is listed as one that must fail.")
    return None
