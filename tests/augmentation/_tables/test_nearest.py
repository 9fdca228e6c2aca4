"""The search of neighbors against distances of all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skoverfit.augmentation._tables import _nearest
from skoverfit.augmentation._tables._nearest import CodedColumns, nearest


def all_squared(points, codes, penalty):
    """Squared distances of all pairs; infinite from a row to itself."""
    result = ((points[:, np.newaxis] - points) ** 2).sum(axis=2)
    for each in codes:
        result += penalty**2 * (each[:, np.newaxis] != each)
    np.fill_diagonal(result, np.inf)
    return result


def table(n_rows, n_numbers, levels, seed=0):
    rng = np.random.default_rng(seed)
    codes = [rng.integers(-1, n - 1, n_rows) for n in levels]
    return rng.normal(size=(n_rows, n_numbers)), codes


@given(
    n_rows=st.integers(2, 40),
    n_numbers=st.integers(0, 9),
    levels=st.lists(st.integers(1, 16), max_size=4),
    k=st.integers(1, 6),
    whole=st.booleans(),
)
def test_distances_are_the_smallest(n_rows, n_numbers, levels, k, whole):
    points, codes = table(n_rows, n_numbers, levels)
    if whole:  # many ties and duplicates
        points = np.rint(points)
    k = min(k, n_rows - 1)
    found = nearest(points, CodedColumns(codes, 1.3), k)
    truth = all_squared(points, codes, 1.3)
    assert found.shape == (n_rows, k)
    assert not (found == np.arange(n_rows)[:, np.newaxis]).any()
    assert all(len(set(row)) == k for row in found)
    np.testing.assert_allclose(
        np.sort(np.take_along_axis(truth, found, axis=1), axis=1),
        np.sort(truth, axis=1)[:, :k],
        atol=1e-9,
    )


@pytest.mark.parametrize("levels", [[], [5, 2, 16]])
@pytest.mark.parametrize("n_rows", [90, 700])
def test_grouped_search_is_exact(monkeypatch, levels, n_rows):
    monkeypatch.setattr(_nearest, "_MAX_PLAIN_ROWS", 1)
    monkeypatch.setattr(_nearest, "_TILE", 128)
    points, codes = table(n_rows, 8, levels)
    found = nearest(points, CodedColumns(codes, 0.7), 5)
    truth = np.argsort(all_squared(points, codes, 0.7), axis=1)[:, :5]
    np.testing.assert_array_equal(found, truth)


@pytest.mark.parametrize("n_numbers", [0, 3, 8])
@pytest.mark.parametrize("levels", [[5, 2, 16], [30, 1, 4], [9, 3, 2, 2, 2, 2, 2]])
def test_rows_that_agree_are_searched_together(monkeypatch, levels, n_numbers):
    monkeypatch.setattr(_nearest, "_MAX_PLAIN_ROWS", 1)
    monkeypatch.setattr(_nearest, "_MAX_TREE_COLUMNS", 2)
    monkeypatch.setattr(_nearest, "_TILE", 128)
    monkeypatch.setattr(_nearest, "_ALIKE", 10)
    points, codes = table(700, n_numbers, levels)
    coded = CodedColumns(codes, 0.7)
    columns, labels = coded.shared()
    assert columns
    assert len(np.unique(labels)) <= 70
    for j in columns:
        assert all(len(set(codes[j][labels == each])) == 1 for each in labels)
    found = nearest(points, coded, 5)
    truth = all_squared(points, codes, 0.7)
    np.testing.assert_allclose(
        np.take_along_axis(truth, found, axis=1),
        np.sort(truth, axis=1)[:, :5],
        atol=1e-6,
    )


def test_grouped_search_sees_where_single_precision_fails(monkeypatch):
    # One column is so large that the others vanish beside it in single precision.
    monkeypatch.setattr(_nearest, "_MAX_PLAIN_ROWS", 1)
    points, _ = table(300, 8, [])
    points[:, 0] = 1e6 * (np.arange(300) % 3)
    search = _nearest._GroupedSearch(points, CodedColumns([], 1.0), [], 5)
    assert not search.query(np.arange(300))[1].any()
    truth = np.argsort(all_squared(points, [], 1.0), axis=1)[:, :5]
    np.testing.assert_array_equal(nearest(points, CodedColumns([], 1.0), 5), truth)


def test_grouped_search_among_duplicates(monkeypatch):
    monkeypatch.setattr(_nearest, "_MAX_PLAIN_ROWS", 1)
    points = np.repeat(table(40, 8, [])[0], 10, axis=0)
    found = nearest(points, CodedColumns([], 1.0), 5)
    np.testing.assert_array_equal(points[found], np.repeat(points[:, None], 5, axis=1))
    assert not (found == np.arange(400)[:, np.newaxis]).any()


def test_many_levels_are_nearly_exact():
    points, codes = table(1500, 6, [300, 200, 4])
    coded = CodedColumns(codes, 1.0)
    assert not coded.exact
    found = nearest(points, coded, 5)
    truth = np.argsort(all_squared(points, codes, 1.0), axis=1)[:, :5]
    shared = [len(set(a) & set(b)) for a, b in zip(found, truth, strict=True)]
    assert np.mean(shared) > 0.98 * 5


def test_more_neighbors_than_the_grouped_search_takes(monkeypatch):
    monkeypatch.setattr(_nearest, "_MAX_PLAIN_ROWS", 1)
    points, _ = table(150, 8, [])
    found = nearest(points, CodedColumns([], 1.0), 120)
    truth = np.argsort(all_squared(points, [], 1.0), axis=1)[:, :120]
    np.testing.assert_array_equal(np.sort(found), np.sort(truth))
