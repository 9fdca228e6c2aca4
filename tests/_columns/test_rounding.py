"""Whole numbers moved by fractions: exact, unbiased, within their limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import from_dtype, integer_dtypes, unsigned_integer_dtypes

from skoverfit._columns import between, moved_integers, rounded_at_random

DTYPES = integer_dtypes(endianness="=") | unsigned_integer_dtypes(endianness="=")
DRAWS = st.sampled_from([0.0, 0.5, float(np.nextafter(1, 0))])


@st.composite
def integers(draw, n):
    dtype = draw(DTYPES)
    return [np.array([draw(from_dtype(dtype))]) for _ in range(n)]


@given(integers(2), st.floats(0, 1), DRAWS)
def test_between_stays_in_the_segment(ends, share, draw):
    start, end = ends
    found = between(start, end, np.array([share]), np.array([draw]))
    assert found.dtype == start.dtype
    assert min(start, end) <= found <= max(start, end)
    assert between(start, end, np.zeros(1), np.array([draw])) == start


@given(integers(3), st.floats(-1e30, 1e30), DRAWS)
def test_moves_and_their_mirror_stay_within_the_limits(numbers, way, draw):
    low, value, high = sorted(numbers)
    found = moved_integers(value, np.array([way]), np.array([draw]), low, high)
    assert found.dtype == value.dtype
    assert low <= found <= high
    mirrored = 2 * int(value[0]) - int(found[0])
    assert low[0] <= mirrored <= high[0]


@given(integers(1), st.integers(-3, 3), DRAWS)
def test_whole_moves_are_exact(values, way, draw):
    (value,) = values
    limits = np.iinfo(value.dtype)
    low, high = np.array([[limits.min], [limits.max]], dtype=value.dtype)
    found = moved_integers(value, np.array([float(way)]), np.array([draw]), low, high)
    exact, mirrored = int(value[0]) + way, int(value[0]) - way
    inside = all(limits.min <= each <= limits.max for each in (exact, mirrored))
    assert int(found[0]) == (exact if inside else int(value[0]))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_mean_is_kept(dtype, share):
    n = 20_000
    draws = np.random.default_rng(0).random((n, 3))
    start, end = np.array([[0, 7, 203]], dtype), np.array([[1, 2, 200]], dtype)
    error = between(start, end, share, draws).mean(axis=0) - (
        start[0] + share * (end[0].astype(float) - start[0])
    )
    assert (abs(error) < 5 * 0.5 / np.sqrt(n)).all()
    values, limits = np.full(n, 9, dtype), np.array([0, 100], dtype)
    moves = moved_integers(values, np.full(n, share), draws[:, 0], *limits) - values
    assert abs(moves.mean() - share) < 5 * 0.5 / np.sqrt(n)
    assert abs(rounded_at_random(share, draws).mean() - share) < 0.02
