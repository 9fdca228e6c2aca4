"""The script that writes a new augmenter writes one that passes."""

import ast
import doctest
import importlib.util
import inspect
import re

import pytest

import skoverfit.augmentation
from skoverfit.testing import check_augmenter

NAMES = ["Wobble", "ABCNoise", "Aab", "Zzz", "CutX2"]


@pytest.fixture(scope="module")
def script(project_root):
    spec = importlib.util.spec_from_file_location(
        "new_augmenter", project_root / ".ci" / "new_augmenter.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(source, name):
    namespace = {"__name__": name}
    exec(compile(source, name, "exec"), namespace)
    return namespace


def test_the_class_and_its_tests_pass(script, monkeypatch):
    files = script.edits("Wobble", "Moves each number.")
    path = "skoverfit/augmentation/_tables/_wobble.py"
    cls = run(files[path], "wobble")["Wobble"]
    monkeypatch.setattr(skoverfit.augmentation, "Wobble", cls, raising=False)
    check_augmenter(cls())
    assert "{" not in cls.__doc__.replace('{"append", "replace", "weight"}', "")
    documented = re.findall(r"^    (\w+) : ", cls.__doc__, re.MULTILINE)
    parameters = list(inspect.signature(cls).parameters)
    assert documented[: len(parameters)] == parameters
    examples = doctest.DocTestParser().get_doctest(cls.__doc__, {}, "Wobble", None, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0
    tests = run(files["tests/augmentation/_tables/test_wobble.py"], "test_wobble")
    tests["test_moves_are_as_large_as_the_scale_says"]()
    tests["test_no_scale_is_no_move"]()
    for bad in (-0.1, None):
        tests["test_a_bad_scale_is_refused"](bad)
    assert files["changelog.d/+wobble.feature.md"] == "`Wobble` moves each number.\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_there_only_gets_lines_more(script, name, project_root):
    for path, text in script.edits(name, "does this").items():
        if path.endswith(".py"):
            ast.parse(text)
        if not (project_root / path).exists():
            continue
        old, new = (project_root / path).read_text().splitlines(), text.splitlines()
        added = [line for line in new if line not in old]
        assert [line for line in new if line in old] == old
        assert 1 <= len(added) <= 3
        assert all(re.search(rf"\b{name}\b|^     - does this$", line) for line in added)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wobble", "written like GaussianNoise"),
        ("Wob-ble", "written like GaussianNoise"),
        ("SwapNoise", "has SwapNoise already"),
        ("W" * 31, "at most 30 characters"),
    ],
)
def test_bad_names_are_refused(script, name, message):
    with pytest.raises(script.argparse.ArgumentTypeError, match=message):
        script.checked_name(name)
