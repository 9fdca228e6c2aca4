"""SKO102: a gap between train and test score."""

import numpy as np
import pytest

from skoverfit.diagnosis.causes._overfitting import overfitting
from tests.diagnosis.made_evidence import (
    assert_status,
    evidence,
    scores,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (evidence(1.0, 0.8), "present"),
        (evidence(0.81, 0.8), "absent"),
    ],
)
def test_status(made, status):
    assert_status(overfitting(made), status)


def test_failed_splits_give_no_finding_of_a_gap():
    nan = scores(np.nan, np.nan)
    assert overfitting(evidence(model=nan)).status == "not_applicable"


def test_effect_is_in_the_units_of_the_score():
    assert overfitting(evidence(1.0, 0.8)).effect == pytest.approx(0.2)
