"""The page about the architecture says what is true: layers, and the order of calls."""

import importlib.util
import re
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.augmentation import AugmentedClassifier, GaussianNoise

PACKAGE = Path(__file__).parents[1] / "skoverfit"
PAGE = PACKAGE.parent / "docs" / "architecture.rst"
STEP = re.compile(r"   \* - ``([\w/]+\.py)``\n     - ``([\w.]+)``")


@pytest.fixture(scope="module")
def layers():
    """The module of the documentation that draws the layers."""
    source = PAGE.parent / "_layers.py"
    spec = importlib.util.spec_from_file_location("_layers", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_layer_is_drawn_below_those_that_import_it(layers):
    svg = ElementTree.fromstring(layers.drawing())
    drawn = {text.text: float(text.get("y")) for text in svg.iter() if text.get("y")}
    rows = [[drawn[name] for name in names] for names in layers.layers()]
    assert len(rows) > 1
    assert all(max(upper) < min(lower) for upper, lower in pairwise(rows))


def test_the_table_has_every_module_and_package(layers):
    listed = set(re.findall(r"\| \**`([\w/]+)`", layers.table()))
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    packages = {
        path.parent.relative_to(PACKAGE).as_posix()
        for pattern in ("*/__init__.py", "*/*/__init__.py")
        for path in PACKAGE.glob(pattern)
    }
    assert listed == modules | packages


def steps_of(title):
    """File and function of each step that the page lists below a title."""
    section = PAGE.read_text(encoding="utf-8").split(f"{title}\n---")[1]
    return STEP.findall(section.split("\n---")[0])


def called_by(function):
    """File and name of the functions of the package, in the order of first calls."""
    called = {}

    def note(frame, event, _):
        path = Path(frame.f_code.co_filename)
        if event == "call" and PACKAGE in path.parents:
            step = path.relative_to(PACKAGE).as_posix(), frame.f_code.co_qualname
            called.setdefault(step, len(called))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return called


@pytest.mark.parametrize(
    "model",
    [
        AugmentedClassifier(KNeighborsClassifier(), GaussianNoise(random_state=0)),
        GapAwareSearchCV(
            DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}, cv=2
        ),
    ],
    ids=lambda model: type(model).__name__,
)
def test_fit_calls_what_the_page_lists_in_its_order(model):
    X, y = load_iris(return_X_y=True)
    steps = steps_of(f"What happens to X in {type(model).__name__}.fit")
    called = called_by(lambda: model.fit(X, y))
    assert len(steps) > 8
    assert [step for step in steps if step not in called] == []
    assert steps == sorted(steps, key=called.get)
