"""The pages about tests say what the tests say: claims, broken parts, promises."""

import ast
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from tests.testing.broken import BROKEN

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages():
    """The module of the documentation that makes pages, with those beside it."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        path = ROOT / "docs" / "_generated.py"
        spec = importlib.util.spec_from_file_location("_generated", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return module


def test_every_statistical_test_has_a_row(pages):
    lines = pages._claims.table().splitlines()
    files = sorted((ROOT / "tests" / "statistical").glob("test_*.py"))
    tests = [
        node
        for path in files
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == len(tests) + 2 * len(files)
    assert sum("pytest -m statistical tests/" in line for line in lines) == len(files)
    assert sum("see the test" in row for row in rows) <= 3


def test_results_are_of_tests_and_bounds_that_exist(pages):
    measured = json.loads(pages._claims.RESULTS.read_text())
    table = pages._claims.table()
    assert measured
    for name, own in measured.items():
        path, _, test = name.partition("::")
        source = (ROOT / "tests" / "statistical" / path).read_text()
        node = next(
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef) and node.name == test
        )
        result = pages._claims._result(node, own)
        assert "holds in every run" not in result
        assert f"| {result} |" in table


def test_every_broken_part_has_a_row(pages):
    rows = pages.broken_parts().splitlines()[2:]
    assert len(rows) == len(BROKEN) >= 40
    assert all(
        f"`{row.name}`" in text and row.does in text
        for row, text in zip(BROKEN, rows, strict=True)
    )


def test_every_promise_has_a_row(pages):
    text = pages.promises()
    assert {row.caught_by[0] for row in BROKEN} <= set(text.replace("`", " ").split())
