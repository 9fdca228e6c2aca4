"""The clock of a diagnosis."""

import math
import time

from skoverfit.diagnosis._budget import Clock


def test_clock_counts_down():
    now = iter([0.0, 1.0, 7.0, 9.0])
    clock = Clock(10, now=lambda: next(now))
    assert clock.elapsed == 1
    assert clock.allows(3)
    assert not clock.allows(2)


def test_without_a_budget_optional_work_ends_after_ten_units_or_some_seconds():
    clock = Clock(math.inf)
    clock.limit(3.0, in_process=False)
    assert (clock.seconds, clock.is_given) == (30.0, False)
    given = Clock(2.0)
    given.limit(3.0, in_process=False)
    assert given.seconds == 2.0


def test_time_that_other_work_takes_does_not_count_without_a_budget():
    """The wall clock runs a thousand times faster than the processor's."""
    started = time.perf_counter()
    clock = Clock(math.inf, now=lambda: 1000 * (time.perf_counter() - started))
    clock.limit(0.0, in_process=True)
    while clock.elapsed < 16:
        pass
    assert clock.left > 14
    assert clock.allows(1000)
