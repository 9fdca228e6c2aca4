"""The kit finds what is broken, by the right check, and lets through what is sound."""

import re

import pytest

from skoverfit.testing import checks_of
from tests.testing.broken import BROKEN
from tests.testing.sound import SOUND


def failing_checks(part, kind=None, **options):
    """Names of the checks that a part fails, with what they say."""
    failures = {}
    for check in checks_of(part, kind=kind, **options):
        try:
            check()
        except Exception as error:
            failures[check.func.__name__] = error
    return failures


@pytest.mark.parametrize("row", BROKEN, ids=lambda row: row.name)
def test_a_broken_promise_is_found_by_the_right_check(row):
    failures = failing_checks(row.part, row.kind, **row.options)
    assert sorted(failures) == sorted(row.caught_by), failures
    failure = failures[row.caught_by[0]]
    assert type(failure) is AssertionError
    assert re.search(rf"breaks {row.caught_by[0]}, a promise of every", str(failure))
    assert re.search(r"\nIt must [a-z].*\.\n", str(failure))
    assert re.search(r"\nSmallest input found: .", str(failure))


@pytest.mark.parametrize("part", SOUND, ids=repr)
def test_sound_parts_of_other_libraries_pass(part):
    assert failing_checks(part) == {}


def test_every_promise_is_broken_by_somebody():
    caught = {row.caught_by[0] for row in BROKEN}
    checks = [checks_of(row.part, kind=row.kind, **row.options) for row in BROKEN]
    promised = {check.func.__name__ for each in checks for check in each}
    assert promised - caught == set()


def test_the_smallest_input_is_small():
    row = next(row for row in BROKEN if row.name == "CopiesFirst")
    message = str(failing_checks(row.part)["check_originals_first"])
    assert "Smallest input found: 2 rows of 1 column\n" in message
    row = next(row for row in BROKEN if row.name == "first_within_a_point")
    message = str(failing_checks(row.part, row.kind)["check_order_of_candidates"])
    assert "Smallest input found: 2 candidates\n" in message
