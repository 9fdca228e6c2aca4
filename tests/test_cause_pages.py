"""Every cause has its page, with how often it is right from what studies measured."""

import importlib.util
from pathlib import Path

import pytest

from skoverfit.diagnosis.causes import registered_causes

DOCS = Path(__file__).parents[1] / "docs"
CODES = sorted(c.code for c in registered_causes() if c.code.startswith("SKO"))


@pytest.fixture(scope="module")
def rates():
    """The module of the documentation that adds the rates to the pages."""
    spec = importlib.util.spec_from_file_location("_rates", DOCS / "_rates.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_cause_has_a_page_and_each_page_a_cause():
    pages = sorted(path.stem for path in (DOCS / "causes").glob("SKO*.rst"))
    assert pages == CODES


def test_rates_are_read_from_both_tables(rates, tmp_path):
    for name, line in zip(rates.TABLES, ("none,1,40", "high,9,10"), strict=True):
        (tmp_path / name).write_text(f"code,dose,present,of\nSKO201,{line}\n")
    text = rates.section("SKO201", rates.read(tmp_path))
    assert "nothing was planted: 1 of 40 reports (2%; 0% to 13%)" in text
    assert "high dose: 9 of 10 reports (90%; 60% to 98%)" in text
    assert "low dose" not in text
    assert rates.section("SKO202", {}).count("not measured yet") == 2


@pytest.mark.parametrize("line", ["none,5,4", "huge,1,4", "none,0,0", "none,1,x"])
def test_wrong_rates_are_refused(rates, tmp_path, line):
    table = tmp_path / rates.TABLES[0]
    table.write_text(f"code,dose,present,of\nSKO201,{line}\n")
    with pytest.raises(ValueError, match=r"wrong or double|invalid literal"):
        rates.read(tmp_path)


def test_committed_rates_are_of_known_causes(rates):
    assert {code for code, _ in rates.read()} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_each_page_has_an_example_that_triggers_its_cause(code):
    """The doctests of the pages run it."""
    page = (DOCS / "causes" / f"{code}.rst").read_text(encoding="utf-8")
    found = f">>> report.finding(\"{code}\").status\n'present'"
    if code == "SKO210":  # what was done before the data came cannot be seen
        found = ">>> check_no_leakage(selecting, X, y).leaks\nTrue"
    assert found in page
    assert "What to do" in page
