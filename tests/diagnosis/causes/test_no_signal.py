"""SKO105: nothing beats a dummy."""

import numpy as np
import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis.causes._no_signal import no_signal
from tests.diagnosis.made_evidence import (
    CHANCE,
    WIGGLE,
    assert_status,
    evidence,
    reference,
    signals,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (evidence(1.0, 0.5, references=CHANCE), "present"),
        # One kind of model, one split or few rows say too little.
        (evidence(1.0, 0.5), "not_applicable"),
        (
            evidence(1.0, 0.5, references=CHANCE, n_splits=1),
            "not_applicable",
        ),
        (evidence(1.0, 0.5, signals=signals(0.1)), "not_applicable"),
        (evidence(1.0, 0.5, signals=signals(0.01)), "present"),
        (evidence(0.9, 0.8), "absent"),
        (
            evidence(1.0, 0.45, permuted=np.full(39, 0.3)),
            "absent",
        ),
        (
            evidence(1.0, 0.45, permuted=np.full(39, 0.5), references=CHANCE),
            "present",
        ),
        (
            evidence(1.0, 0.45, ranking=corrected_estimate(0.2 + WIGGLE)),
            "absent",
        ),
        (
            evidence(1.0, 0.45, references=(reference("simple", 0.7, 0.7),)),
            "absent",
        ),
    ],
)
def test_status(made, status):
    assert_status(no_signal(made), status)


def test_no_score_beyond_a_perfect_one_is_called_possible():
    found = no_signal(evidence(signals=signals(5.0), references=CHANCE))
    assert "a ROC AUC of 1.00 would" in found.explanation
