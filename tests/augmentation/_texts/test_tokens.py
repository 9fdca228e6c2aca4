"""Texts as tokens, and draws among them."""

import numpy as np
import pytest

from skoverfit.augmentation._texts._tokens import (
    draw,
    pick,
)
from tests.augmentation._texts.text_samples import words


def test_pick_draws_uniformly_and_never_twice():
    rows = np.repeat(np.arange(2000), 4)
    chosen = pick(rows, np.full(2000, 2), np.random.default_rng(0))
    assert (rows[chosen] == np.repeat(np.arange(2000), 2)).all()
    local = (chosen % 4).reshape(-1, 2)
    assert (local[:, 0] != local[:, 1]).all()
    np.testing.assert_allclose(np.bincount(local.ravel()) / 4000, 0.25, atol=0.03)
    np.testing.assert_allclose(np.bincount(local[:, 0]) / 2000, 0.25, atol=0.045)


@pytest.mark.parametrize("n_wanted", [1, 2, 3, 5])
def test_draw_is_uniform_over_ordered_samples(n_wanted):
    sizes = np.tile([5, 0, 7], 3000)
    wanted = np.minimum(np.tile([n_wanted, 0, 2], 3000), sizes)
    rows, numbers = draw(sizes, wanted, np.random.default_rng(0))
    assert (rows == np.repeat(np.arange(9000), wanted)).all()
    first = numbers[rows % 3 == 0].reshape(-1, n_wanted)
    assert all(len(set(row)) == n_wanted for row in first.tolist())
    for column in first.T:
        np.testing.assert_allclose(np.bincount(column) / 3000, 0.2, atol=0.04)
    pairs = numbers[rows % 3 == 2].reshape(-1, 2)
    counts = np.bincount(7 * pairs[:, 0] + pairs[:, 1], minlength=49).reshape(7, 7)
    assert (counts.diagonal() == 0).all()
    off = counts[~np.eye(7, dtype=bool)] / 3000
    np.testing.assert_allclose(off, 1 / 42, atol=5 * np.sqrt(1 / 42 / 3000))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It 's 3.14, isn't it?", ["It", "'s", "3.14", "isn't", "it"]),
        ("फ़िल्म है।", ["फ़िल्म", "है"]),
        ("e\u0301tude self-made a_b", ["e\u0301tude", "self-made", "a_b"]),
        ("'quoted' \u2014 dash", ["quoted", "dash"]),
        ("?! — …", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected
