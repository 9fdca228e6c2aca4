"""The kit finds what is broken, by the right check, and lets through what is sound."""

import re

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skoverfit.testing import checks_of, random_cv_results
from skoverfit.testing._cases import Scores, ranks
from tests.testing.broken import BROKEN
from tests.testing.sound import SOUND


def failing_checks(part, kind=None, **options):
    """Names of the checks that a part fails, with what they say."""
    failures = {}
    for check in checks_of(part, kind=kind, **options):
        try:
            check()
        except Exception as error:
            failures[check.func.__name__] = error
    return failures


@pytest.mark.parametrize("row", BROKEN, ids=lambda row: row.name)
def test_a_broken_promise_is_found_by_the_right_check(row):
    failures = failing_checks(row.part, row.kind, **row.options)
    assert sorted(failures) == sorted(row.caught_by), failures
    failure = failures[row.caught_by[0]]
    assert type(failure) is AssertionError
    assert re.search(rf"breaks {row.caught_by[0]}, a promise of every", str(failure))
    assert re.search(r"\nIt must [a-z].*\.\n", str(failure))
    assert re.search(r"\nSmallest input found: .", str(failure))


@pytest.mark.parametrize("part", SOUND, ids=repr)
def test_sound_parts_of_other_libraries_pass(part):
    assert failing_checks(part) == {}


def one_standard_error(results):
    """The cheapest candidate within a standard error of the best, by all columns."""
    if np.isnan(results["mean_test_score"]).all():
        return 0
    best = np.argmin(results["rank_test_score"])
    error = results["std_test_score"][best] / np.sqrt(5)
    good = results["mean_test_score"] >= results["mean_test_score"][best] - error
    return np.where(good, results["mean_fit_time"], np.inf).argmin()


def the_best_by_its_parameter(results):
    order = (results["param_x"], results["rank_test_score"])
    return 0 if np.isnan(results["mean_test_score"]).all() else np.lexsort(order)[0]


def test_sound_rules_may_read_all_columns_of_a_search():
    kind = "selection rule"
    assert failing_checks(the_best_by_its_parameter, kind) == {}
    failures = failing_checks(one_standard_error, kind)
    # Which of two that score the same has the error of the best is chance.
    assert failures.keys() <= {"check_order_of_candidates"}


def test_ranks_are_those_of_a_search():
    X, y = np.arange(20.0)[:, np.newaxis], np.arange(20) % 2
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 1, 3]})
    found = search.fit(X, y).cv_results_
    assert ranks(found["mean_test_score"]).tolist() == list(found["rank_test_score"])
    table = Scores(random_cv_results(np.random.default_rng(0))).of([6, 1])
    assert sorted(table.results["rank_test_score"]) == [1, 2]


def test_every_promise_is_broken_by_somebody():
    caught = {row.caught_by[0] for row in BROKEN}
    checks = [checks_of(row.part, kind=row.kind, **row.options) for row in BROKEN]
    promised = {check.func.__name__ for each in checks for check in each}
    assert promised - caught == set()


def test_the_smallest_input_is_small():
    row = next(row for row in BROKEN if row.name == "CopiesFirst")
    message = str(failing_checks(row.part)["check_originals_first"])
    assert "Smallest input found: 2 rows of 1 column\n" in message
    row = next(row for row in BROKEN if row.name == "first_within_a_point")
    message = str(failing_checks(row.part, row.kind)["check_order_of_candidates"])
    assert "Smallest input found: 2 candidates\n" in message
