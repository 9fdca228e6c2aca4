"""Scores in words."""

import pytest

from skoverfit.diagnosis._judgment._judging import show_score


@pytest.mark.parametrize(
    ("value", "score_range", "text"),
    [
        (0.83251, 1.0, "0.833"),
        (-1234.5678, 1.0, "-1234.568"),
        (83.251, 100.0, "83.3"),
        (83251.4, 1e5, "83251"),
        (-4.66985e48, 1.0, "-4.67e+48"),
        (float("nan"), 1.0, "unknown"),
    ],
)
def test_scores_have_the_decimals_that_matter(value, score_range, text):
    assert show_score(value, score_range) == text
