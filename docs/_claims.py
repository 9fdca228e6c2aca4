"""The table of statistical tests: what each claims, over how many seeds, and the bound.

All of it is read from the tests themselves, so that it cannot say anything else. What
was measured is read from the file that ``docs/measure_claims.py`` writes; results of
assertions that are no more are not shown.
"""

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "statistical"
#: Longest source of a bound that is shown.
LONGEST = 100
#: Numbers with more digits than anybody reads.
NUMBER = re.compile(r"\d*\.\d{4,}(?:e[+-]?\d+)?")
RESULTS = ROOT / "docs" / "statistical_results.json"


def table():
    """Return one table for each file of statistical tests, with its command."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return "\n".join(
        line
        for path in sorted(FOLDER.glob("test_*.py"))
        for line in _section(path, results)
    )


def _section(path, results):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    title = " ".join((ast.get_docstring(tree) or path.stem).partition("\n")[0].split())
    yield f"### {title.rstrip('.')}"
    yield ""
    yield f"`python -m pytest -m statistical {path.relative_to(ROOT).as_posix()}`"
    yield ""
    yield "| claim | over | bound | result |"
    yield "| --- | --- | --- | --- |"
    sizes = _sizes(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            cells = _claim(node), _over(node, sizes), _bounds(node)
            result = results.get(f"{path.name}::{node.name}")
            yield f"| {' | '.join([*cells, _result(node, result)])} |"
    yield ""


def _sizes(tree):
    """Constants of a module that say how often something is drawn."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found |= _named_numbers(target, node.value)
    return {
        name: value
        for name, value in found.items()
        if name.startswith("N_") or "SEEDS" in name
    }


def _named_numbers(target, value):
    if isinstance(target, ast.Name):
        return {target.id: ast.unparse(value)}
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        return {name.id: ast.unparse(number) for name, number in pairs}
    return {}


def _claim(node):
    """The name of the test in words, and the first lines of its docstring."""
    words = node.name.removeprefix("test_").replace("_", " ")
    more = (ast.get_docstring(node) or "").partition("\n\n")[0]
    return _cell(f"{words[0].upper()}{words[1:]}. {more}")


def _over(node, sizes):
    """How often: constants of the module that the test names, and its own numbers."""
    named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    own = [
        f"{target.id} = {ast.unparse(each.value)}"
        for each in ast.walk(node)
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name) and target.id in ("n", "n_seeds")
        if isinstance(each.value, ast.Constant)
    ]
    known = [f"{name} = {value}" for name, value in sizes.items() if name in named]
    ranges = [
        f"{call.args[0].value} seeds"
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "range"
        if len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
    ]
    return _code(dict.fromkeys([*known, *own])) or ", ".join(ranges) or "fixed seeds"


def _asserted(node):
    """What is asserted, where it is short enough to be read."""
    tests = [
        ast.unparse(each.test)
        for each in ast.walk(node)
        if isinstance(each, ast.Assert)
    ]
    return [test for test in tests if len(test) <= LONGEST][:3]


def _bounds(node):
    """What is asserted, and what must not be rejected."""
    return _code(_asserted(node)) or "see the test"


def _result(node, measured):
    """What both sides of each bound were; of many, the first two."""
    if measured is None:
        return "holds in every run of the tests"
    known = {_normal(bound): values for bound, values in measured["bounds"].items()}
    found = [known[bound] for bound in map(_normal, _asserted(node)) if bound in known]
    return "; ".join(map(_told, found)) or "passed"


def _normal(source):
    """The same text for the same expression, however it is laid out."""
    return ast.unparse(ast.parse(source, mode="eval"))


def _told(values):
    # What pytest has shortened tells no number.
    shown = [_short(value) for value in values if "..." not in value]
    shown = [value for value in dict.fromkeys(shown) if len(value) <= LONGEST]
    if not shown:
        return "passed"
    more = f" and {len(shown) - 2} more" if len(shown) > 2 else ""
    return _code(shown[:2]) + more


def _short(value):
    """The same with three digits, and Python's names for truth."""
    value = value.replace("np.True_", "True")
    return NUMBER.sub(lambda found: f"{float(found[0]):.3g}", value)


def _code(parts):
    return "; ".join(f"`{_cell(part)}`" for part in parts)


def _cell(text):
    return " ".join(text.split()).replace("|", "\\|")
