"""The clock of a diagnosis."""

import math
import time

from skoverfit.diagnosis._budget import OWN_SECONDS, OWN_UNITS, Clock


def test_clock_counts_down():
    now = iter([0.0, 1.0, 7.0, 9.0])
    clock = Clock(10, now=lambda: next(now))
    assert clock.elapsed == 1
    assert clock.allows(3)
    assert not clock.allows(2)


def test_without_a_budget_optional_work_ends_after_some_units_or_seconds():
    clock = Clock(math.inf)
    clock.limit(8.0, in_process=False)
    assert (clock.seconds, clock.is_given) == (8 * OWN_UNITS, False)
    quick = Clock(math.inf)
    quick.limit(0.1, in_process=False)
    assert quick.seconds == OWN_SECONDS
    given = Clock(2.0)
    given.limit(3.0, in_process=False)
    assert given.seconds == 2.0


def test_time_that_other_work_takes_does_not_count_without_a_budget():
    """The wall clock runs a thousand times faster than the processor's."""
    started = time.perf_counter()
    clock = Clock(math.inf, now=lambda: 1000 * (time.perf_counter() - started))
    clock.limit(0.0, in_process=True)
    while clock.elapsed < OWN_SECONDS + 1:
        pass
    assert clock.left > OWN_SECONDS - 1
    assert clock.allows(1000)
