"""SKO204: copies of test rows among the training rows."""

from dataclasses import replace

import pytest

from skoverfit.diagnosis.causes._duplicates import duplicates
from tests.diagnosis.made_evidence import (
    assert_status,
    copies,
    evidence,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (evidence(duplicates=copies()), "present"),
        (evidence(duplicates=copies(0.02 - 0.015)), "absent"),
        (evidence(duplicates=replace(copies(0.02), n_duplicated=2)), "absent"),
        (evidence(), "not_applicable"),
    ],
)
def test_status(made, status):
    assert_status(duplicates(made), status)


@pytest.mark.parametrize(
    ("lift", "severity"),
    [(None, "info"), (-0.1, "serious"), (0.0, "info"), (0.1, "info")],
)
def test_copies_are_serious_only_if_they_lift_the_score(lift, severity):
    assert duplicates(evidence(duplicates=copies(lift=lift))).severity == severity
