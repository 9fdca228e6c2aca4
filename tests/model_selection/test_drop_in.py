"""scikit-learn's own search tests pass with our search in place of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn

TESTS = "sklearn.model_selection.tests.test_search"
SCORES = "sklearn.model_selection.tests.test_validation"
# Names of parametrized tests may hold blanks.
OUTCOME = r"::(\S.*?) (PASSED|FAILED|ERROR|SKIPPED)\b"


def run_scikit_learns_tests(*options, cwd, tests=TESTS):
    """Outcome of each test, by name."""
    here = Path(__file__)
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(here.parent), str(here.parents[2])]),
        "OMP_NUM_THREADS": "1",
    }
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--pyargs", tests, "-v"),
            *("-p", "no:cacheprovider", "-n", "0", *options),
        ],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    lines = re.findall(OUTCOME, run.stdout, re.MULTILINE)
    assert lines, run.stdout + run.stderr
    return dict(lines), run.stdout


@pytest.mark.slow
def test_scikit_learns_search_tests_pass(tmp_path):
    ours, output = run_scikit_learns_tests("-p", "sklearn_rebind", cwd=tmp_path)
    failed = [name for name, outcome in ours.items() if outcome in ("FAILED", "ERROR")]
    if failed:  # only what passes with scikit-learn's own search counts
        own, _ = run_scikit_learns_tests("-k", " or ".join(failed), cwd=tmp_path)
        failed = [name for name in failed if own.get(name) == "PASSED"]
    assert not failed, output[-5000:]
    passed = sum(outcome == "PASSED" for outcome in ours.values())
    # As many as with scikit-learn's own search: none may hide as skipped.
    assert passed >= (119 if sklearn.__version__.startswith("1.8") else 141)


# What differs by intention, by beginnings of names.
SCORES_EXCLUDED = {
    "test_cross_val_score_score_func": "counts calls of the score; a gap needs those "
    "of training rows, too",
    "test_cross_val_score_failing_scorer": "``gap_scores`` has no ``error_score``: a "
    "score that fails is NaN, and named in a warning",
    "test_groups_with_routing_validation": "``gap_scores`` takes groups as metadata, "
    "in ``params``, and has no argument of that name",
}


@pytest.mark.slow
def test_scikit_learns_tests_of_cross_val_score_pass(tmp_path):
    ours, output = run_scikit_learns_tests(
        *("-p", "sklearn_rebind_scores", "-k", "cross_val_score", "-W", "ignore"),
        cwd=tmp_path,
        tests=SCORES,
    )
    failed = {name for name, outcome in ours.items() if outcome in ("FAILED", "ERROR")}
    known = {name for name in failed if name.startswith(tuple(SCORES_EXCLUDED))}
    assert failed == known, output[-5000:]
    assert all(any(f.startswith(name) for f in failed) for name in SCORES_EXCLUDED)
    assert sum(outcome == "PASSED" for outcome in ours.values()) >= 15
