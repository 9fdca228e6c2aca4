"""Checks are found by the kind of part, and become tests with names."""

import subprocess
import sys

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE

from skoverfit.augmentation import GaussianNoise, SwapNoise
from skoverfit.exceptions import InputError
from skoverfit.model_selection import BestScore, LowGapMembers
from skoverfit.testing import checks_of, parametrize_with_checks
from tests.testing.broken.augmenters import IgnoresSeed

KINDS = {
    "augmenter": SwapNoise(),
    "sampler": SMOTE(),
    "selection rule": BestScore(),
    "member rule": LowGapMembers(),
}


def best(results):
    test = np.nan_to_num(results["mean_test_score"], nan=-1.0)
    gap = np.nan_to_num(results["mean_train_score"]) - test
    return int(np.lexsort((gap, -test))[0])


def expected(part):
    return {"check_seed_decides": "it is a dice"} if type(part) is IgnoresSeed else {}


@parametrize_with_checks([SwapNoise(p=0.5), BestScore(), LowGapMembers()])
def test_parts_of_three_kinds(part, check, request):
    name = f"{part!r}-{check.__name__}"
    assert request.node.name.endswith(f"[{name}]")  # can be read
    check(part)


@parametrize_with_checks([best], kind="selection rule")
def test_a_function_whose_kind_is_told(part, check):
    check(part)


@parametrize_with_checks([(best, {"n_tables": 2, "seed": 5})], kind="selection rule")
def test_options_reach_the_checks(part, check):
    assert check.keywords == {"n_tables": 2, "seed": 5}
    check(part)


def test_checks_that_are_expected_to_fail_are_marked():
    marked = parametrize_with_checks(
        [IgnoresSeed(), GaussianNoise()], expected_failed_checks=expected
    )
    cases = marked.args[1]
    failing = [case for case in cases if case.marks]
    assert [case.id for case in failing] == ["IgnoresSeed()-check_seed_decides"]
    assert failing[0].marks[0].name == "xfail"
    assert failing[0].marks[0].kwargs == {"reason": "it is a dice"}


@pytest.mark.parametrize(("kind", "part"), KINDS.items(), ids=list(KINDS))
def test_the_kind_of_a_part_is_found(kind, part):
    checks = checks_of(part)
    assert {check.func.kind.name for check in checks} == {kind}
    assert [check.func for check in checks_of(part, kind=kind)] == [
        check.func for check in checks
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_each_check_says_what_a_part_must_do(kind):
    for check in checks_of(KINDS[kind]):
        assert check.func.says.endswith(".")
        assert check.func.__name__.startswith("check_")
        assert check.__name__ == f"{check.func.__name__}-{type(KINDS[kind]).__name__}"


def test_what_is_of_no_kind_is_refused():
    with pytest.raises(InputError, match=r"part=best is of no known kind; pass kind"):
        checks_of(best)
    with pytest.raises(InputError, match=r"kind='rule' must be one of .*'sampler'"):
        checks_of(best, kind="rule")


def test_pytest_is_not_needed_for_the_checks():
    code = (
        "import sys; sys.modules['pytest'] = sys.modules['hypothesis'] = None\n"
        "from skoverfit.model_selection import BestScore\n"
        "from skoverfit.testing import check_selection_rule\n"
        "check_selection_rule(BestScore(), n_tables=2)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
