"""SKO103: a more flexible model scores better."""

import pytest

from skoverfit.diagnosis.causes._underfitting import underfitting
from tests.diagnosis.made_evidence import (
    assert_status,
    dial,
    evidence,
    reference,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (
            evidence(0.7, 0.7, references=(reference("flexible", 1.0, 0.9),)),
            "present",
        ),
        (
            evidence(0.7, 0.7, dial=dial(0.7, weaker=0.8, weaker_train=0.85)),
            "present",
        ),
        # Better on new rows, but not because it fits more: no lack of capacity.
        (
            evidence(1.0, 0.7, references=(reference("flexible", 1.0, 0.9),)),
            "absent",
        ),
        (
            evidence(0.9, 0.9, references=(reference("flexible", 1.0, 0.9),)),
            "absent",
        ),
        (
            evidence(references=(reference("simple", 0.9, 0.95),)),
            "not_applicable",
        ),
    ],
)
def test_status(made, status):
    assert_status(underfitting(made), status)


def test_underfitting_is_serious_where_the_training_rows_are_not_fitted():
    far = evidence(0.7, 0.7, references=(reference("flexible", 1.0, 0.9),))
    near = evidence(0.85, 0.7, references=(reference("flexible", 1.0, 0.8),))
    assert underfitting(far).severity == "serious"
    assert underfitting(near).severity == "warning"
