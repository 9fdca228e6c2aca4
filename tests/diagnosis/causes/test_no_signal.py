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
    scores,
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


def told(made):
    found = no_signal(made)
    assert found.unit == "score above the baseline"
    assert found.severity == ("serious" if found.status == "present" else "info")
    return found.title, found.explanation.partition(" tried).")[2].strip(), found.advice


def test_what_is_told():
    found = no_signal(evidence(1.0, 0.5, references=CHANCE))
    assert found.explanation == (
        "The model is 0.000 (-0.029 to 0.029) above a dummy that ignores the features "
        "(accuracy 0.500); the best of 2 measured models is the model: 0.000 (-0.037 "
        "to 0.037; corrected for 2 tried)."
    )
    assert told(evidence(1.0, 0.5, references=CHANCE)) == (
        "No signal was found",
        "",
        "Look for better features before tuning any model.",
    )
    assert told(evidence(1.0, 0.5)) == (
        "Cannot tell whether there is signal",
        "One kind of model says too little, and no other was measured.",
        "",
    )
    ranked = corrected_estimate(0.2 + WIGGLE)
    assert told(evidence(0.9, 0.8, ranking=ranked)) == ("There is signal", "", "")
    assert told(evidence(1.0, 0.45, ranking=ranked)) == (
        "There is signal, but no reliable lead",
        "But with the model, rows are ranked better than chance (ROC AUC 0.70): "
        "accuracy does not show the signal there is.",
        "Try a score that sees ranking or rare classes, such as roc_auc or "
        "balanced_accuracy.",
    )
    permuted = {"permuted": np.full(39, 0.3)}
    but = (
        "There is signal, but no reliable lead",
        "But the model scores better than with every permutation of the target "
        "(p = 0.025): the features do say something.",
        "Regularize: noise in the fit hides what signal there is.",
    )
    assert told(evidence(1.0, 0.45, **permuted)) == but
    numbers = evidence(1.0, 0.45, task="regression", ranking=ranked, **permuted)
    assert told(numbers)[2] == but[2]
    assert "rows are ranked better than chance (by R2)" in told(numbers)[1]


def test_without_a_baseline_there_is_nothing_to_tell():
    nan = scores(np.nan, np.nan)
    found = no_signal(evidence(model=nan, baseline=np.nan, score_range=1.0))
    assert (found.status, found.title) == ("not_applicable", "No signal")
    assert found.explanation == "The baseline could not be measured."


@pytest.mark.parametrize(
    ("n_as_good", "n_permuted", "is_signal"), [(0, 39, True), (1, 39, False)]
)
def test_permutations_that_score_as_well_count(n_as_good, n_permuted, is_signal):
    permuted = np.full(n_permuted, 0.3)
    permuted[:n_as_good] = 0.45 + 1e-9
    found = no_signal(evidence(1.0, 0.45, permuted=permuted, references=CHANCE))
    assert (found.status == "absent") == is_signal


def test_no_score_beyond_a_perfect_one_is_called_possible():
    found = no_signal(evidence(signals=signals(5.0), references=CHANCE))
    assert "a ROC AUC of 1.00 would" in found.explanation
