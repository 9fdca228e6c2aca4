"""A journal notices each change of the code that decides its scores, and no other."""

import importlib
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from skoverfit.model_selection._journal._digests import (
    candidate_key,
    digest_of,
    search_identity,
)
from skoverfit.model_selection._journal._origin import _installed_version

ROOT = Path(__file__).parents[3]

#: A package whose estimator and scorer reach every line of code below.
FILES = {
    "__init__.py": "VERSION = 1\n",
    "constants.py": """
        import threading
        from pathlib import Path
        from types import SimpleNamespace

        BETA = 0.5
        TABLE = {"a": [1, 2], "b": {3}}
        LOCK = threading.Lock()
        CALLS = []
        COUNT = 0
        SETTINGS = SimpleNamespace(width=3, lock=LOCK)
        HERE = Path(__file__).parent / "weights.txt"
        UNUSED = 1

        def far(x):
            return x + 100

        def unused():
            return 1
        """,
    "tools.py": """
        import functools
        from dataclasses import dataclass
        from enum import Enum

        from . import constants
        from .constants import TABLE as renamed

        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **options):
                return function(*args, **options) + 0.25
            return wrapper

        class Kind(Enum):
            LOW = 10
            HIGH = 20

        @dataclass
        class Step:
            size: int = 7

        def power(exponent):
            def inner(x):
                return x**exponent
            return inner

        square = power(2)
        shifted = functools.partial(square, 31)

        @functools.lru_cache
        def cached(x):
            return x + 41

        @logged
        def decorated(x, by=51, *, more=52):
            def nested(z):
                return z + 53
            return nested(x) if x else by + more

        def scorer(model, X, y):
            global_beta = constants.BETA
            cost = (lambda x: x + 61)(constants.SETTINGS.width)
            constants.CALLS.append(cost)
            with constants.LOCK:
                total = sum(renamed["a"]) + Kind.LOW.value + Step().size
            from . import late
            from .late import LATE
            try:
                total += late.add(LATE)
            except ValueError:
                total += 62
            if constants.HERE.exists():
                total += shifted() + cached(1) + decorated(1) + len({63, 64})
            return total * global_beta
        """,
    "late.py": """
        LATE = 71

        def add(x):
            return x + 72
        """,
    "mixins.py": """
        from .constants import far

        class Mixin:
            SHIFT = 81

            def helper(self, X):
                return far(X) + 82
        """,
    "model.py": """
        from functools import cached_property

        from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin

        from .mixins import Mixin

        THRESHOLD = 91
        FITS = {}

        class Unused:
            pass

        class Model(Mixin, TransformerMixin, ClassifierMixin, BaseEstimator):
            CUT = 92
            n_fits = 0
            cache = {}

            def __init__(self, depth=1):
                self.depth = depth

            def fit(self, X, y=None, floor=93):
                FITS[id(self)] = self
                self.cache[id(X)] = X
                Model.n_fits += 1
                self.low_ = min(THRESHOLD, self.CUT, floor)
                return self

            @property
            def bound(self):
                return 94

            @cached_property
            def kept(self):
                return 95

            @staticmethod
            def plain(x):
                return x + 96

            @classmethod
            def named(cls, x):
                return x + 97

            def transform(self, X):
                return X + 98

            def predict(self, X):
                return [self.helper(x) for x in X]
        """,
}

#: One place each: file, what is there, and what comes in its stead.
MATTERS = [
    ("constants.py", "BETA = 0.5", "BETA = 0.6"),
    ("constants.py", "BETA = 0.5", "BETA = '0.5'"),
    ("constants.py", "[1, 2]", "[1, 3]"),
    ("constants.py", "{3}", "{4}"),
    ("constants.py", "width=3", "width=4"),
    ("constants.py", "weights.txt", "other.txt"),
    ("constants.py", "x + 100", "x - 100"),
    ("tools.py", "+ 0.25", "+ 0.5"),
    ("tools.py", "LOW = 10", "LOW = 11"),
    ("tools.py", "size: int = 7", "size: int = 8"),
    ("tools.py", "x**exponent", "x*exponent"),
    ("tools.py", "square = power(2)", "square = power(3)"),
    ("tools.py", "(square, 31)", "(square, 32)"),
    ("tools.py", "x + 41", "x + 42"),
    ("tools.py", "by=51", "by=50"),
    ("tools.py", "more=52", "more=50"),
    ("tools.py", "by=51, *, more=52", "by, *, more"),
    ("tools.py", "z + 53", "z + 54"),
    ("tools.py", "@functools.lru_cache\n", "@logged\n"),
    ("tools.py", "@logged\n", ""),
    ("tools.py", "x + 61", "x + 60"),
    ("tools.py", "total += 62", "total += 60"),
    ("tools.py", "{63, 64}", "{63, 64, 65}"),
    ("tools.py", "Kind.LOW", "Kind.HIGH"),
    ("tools.py", "except ValueError", "except KeyError"),
    ("tools.py", "TABLE as renamed", "SETTINGS as renamed"),
    ("tools.py", "from .late import LATE", "from .constants import BETA as LATE"),
    ("late.py", "LATE = 71", "LATE = 70"),
    ("late.py", "x + 72", "x + 70"),
    ("mixins.py", "SHIFT = 81", "SHIFT = 80"),
    ("mixins.py", "+ 82", "+ 80"),
    ("model.py", "THRESHOLD = 91", "THRESHOLD = 90"),
    ("model.py", "CUT = 92", "CUT = 90"),
    ("model.py", "floor=93", "floor=90"),
    ("model.py", "return 94", "return 90"),
    ("model.py", "return 95", "return 90"),
    ("model.py", "x + 96", "x + 90"),
    ("model.py", "x + 97", "x + 90"),
    ("model.py", "@classmethod", "@staticmethod"),
    ("model.py", "    @property\n", ""),
    ("model.py", "X + 98", "X + 90"),
    ("model.py", "min(", "max("),
    ("model.py", "depth=1", "depth=2"),
    ("model.py", "(Mixin, ", "("),
    ("model.py", "return [self.helper(x) for x in X]", "yield [x for x in X]"),
]

MATTERS_NOT = [
    ("__init__.py", "VERSION = 1", "VERSION = 2"),
    ("constants.py", "UNUSED = 1", "UNUSED = 2"),
    ("constants.py", "    return 1\n", "    return 2\n"),
    ("constants.py", "BETA = 0.5", "\n\n# a comment\nBETA = 1 / 2"),
    ("constants.py", '{"a": [1, 2], "b"', '{\n"a": [\n1,\n2,\n],\n"b"'),
    ("constants.py", "CALLS = []", "CALLS = [1]"),
    ("constants.py", "return x + 100", '"""Go far."""\n    return x + 100'),
    ("constants.py", "def far(x):", "def far(x: int) -> int:  # typed"),
    ("tools.py", "total", "the_sum"),
    ("tools.py", "def scorer(model, X, y):", 'def scorer(model, X, y):\n    "Say."'),
    (
        "tools.py",
        "total * global_beta",
        "(\n        total\n        * global_beta\n    )",
    ),
    ("late.py", "LATE = 71", "import math\nLATE = 71\nOTHER = math.pi"),
    ("model.py", "n_fits = 0", "n_fits = 3"),
    ("model.py", "FITS = {}", "FITS = {1: 2}"),
    ("model.py", "cache = {}", "cache = {1: 2}"),
    ("model.py", "class Unused:\n    pass", "class Unused:\n    x = 1"),
    ("model.py", "CUT = 92", '"""A model."""\n    CUT = 92'),
    ("model.py", "return 95", '"""Keep it."""\n        return 95'),
    ("model.py", "        self.low_ = min(", "        pass\n        self.low_ = min("),
]


def write(folder, files):
    package = folder / "scored_by_journal"
    package.mkdir(parents=True)
    for name, text in files.items():
        (package / name).write_text(textwrap.dedent(text))
    return folder


def edited(file, old, new):
    text = textwrap.dedent(FILES[file])
    assert old in text
    return {**FILES, file: text.replace(old, new)}


def identity_of(folder):
    """Import the package anew, as another process would, and describe a search."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        model = importlib.import_module("scored_by_journal.model").Model()
        scorer = importlib.import_module("scored_by_journal.tools").scorer
        return search_identity(
            model, np.zeros((2, 2)), [0, 1], {}, [([0], [1])], scorer, {}
        )
    finally:
        sys.path.remove(str(folder))
        _installed_version.cache_clear()
        for name in [name for name in sys.modules if name.startswith("scored_by_")]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return identity_of(write(tmp_path_factory.mktemp("first"), FILES))


@pytest.mark.parametrize("edit", MATTERS, ids=lambda edit: f"{edit[0]}: {edit[2]!r}")
def test_each_change_that_matters_is_noticed(edit, expected, tmp_path):
    assert identity_of(write(tmp_path, edited(*edit))) != expected


def test_what_matters_not_is_not_noticed(expected, tmp_path):
    for number, edit in enumerate(MATTERS_NOT):
        found = identity_of(write(tmp_path / str(number), edited(*edit)))
        assert found == expected, edit


def test_another_process_in_another_folder_finds_the_same(expected, tmp_path):
    write(tmp_path, FILES)
    code = (
        f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r});"
        "import json, test_changed_code as t;"
        f"print(json.dumps(t.identity_of({str(tmp_path)!r})))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    assert json.loads(run.stdout) == expected


def test_what_differs_is_named(expected, tmp_path):
    found = identity_of(write(tmp_path, edited("late.py", "x + 72", "x + 70")))
    differing = {item for item in expected if found.get(item) != expected[item]}
    assert differing == {"code of scored_by_journal.late.add"}


def test_a_package_that_lies_with_installed_ones_has_its_version(tmp_path):
    folder = tmp_path / "site-packages"
    released = {**FILES, "__init__.py": "__version__ = '1'"}
    first = identity_of(write(folder, released))
    assert not [item for item in first if "scored_by_journal.tools." in item]
    assert first["version of scored_by_journal"] == "1"
    newer = {**FILES, "__init__.py": "__version__ = '2'"}
    assert identity_of(write(tmp_path / "2" / "site-packages", newer)) != first


@pytest.mark.parametrize(
    "option", [{"transform_output": "pandas"}, {"assume_finite": True}], ids=str
)
def test_the_configuration_of_sklearn_counts(option):
    def described():
        return search_identity(Ridge(), [[1]], [1], {}, None, None, {})

    before = described()
    with sklearn.config_context(**option):
        assert described() != before
    with sklearn.config_context(display="text", print_changed_only=False):
        assert described() == before


# ---------------------------------------------------------------- functions, in memory

SCALE = 1


def of_constant(x):
    return SCALE * x


def test_globals_of_functions_in_parameters_count(monkeypatch):
    params = {"func": of_constant}
    before = candidate_key(params)
    monkeypatch.setattr(sys.modules[__name__], "SCALE", 2)
    assert candidate_key(params) != before


def test_a_changed_closure_counts_but_a_counter_does_not():
    def scorer_of(weight, calls):
        def scorer(model, X, y):
            calls.append(1)
            return weight * len(y)

        return scorer

    assert digest_of(scorer_of(1, [])) == digest_of(scorer_of(1, [1, 2]))
    assert digest_of(scorer_of(1, [])) != digest_of(scorer_of(2, []))


def test_what_cannot_be_told_apart_does_not_stop_a_scorer():
    lock, generator = threading.Lock(), (i for i in range(3))

    def scorer(model, X, y, on=lock):
        return next(generator)

    assert digest_of(scorer) == digest_of(scorer)


def test_nets_of_objects_take_no_time():
    class Knot:
        def __init__(self, below):
            self.left, self.right = below, below

    net = Knot(None)
    for _ in range(200):
        net = Knot(net)
    assert digest_of(lambda: net) == digest_of(lambda: net)


# Programs of a few statements, each with a number or an operator to fill in.
STATEMENTS = st.sampled_from(
    [
        "x = x {op} {n}",
        "if x > {n}:\n    x = {m}\nelse:\n    x = x {op} y",
        "for i in range({n}):\n    y = y {op} i\n    if y > {m}: break",
        "try:\n    x = {n} // x\nexcept ZeroDivisionError:\n    y = {m}",
        "try:\n    x = {n} // x\n    y = {m} // y\nexcept ZeroDivisionError:\n    pass",
        "x = (lambda x, by={n}: x {op} by)(y)",
        "y = sum([x {op} j for j in ({n}, {m})])",
        "y = {{{n}: x, {m}: y}}.get(x, {n})",
    ]
)
HOLES = st.fixed_dictionaries(
    {
        "op": st.sampled_from("+-*"),
        "n": st.integers(0, 4),
        "m": st.integers(0, 4),
    }
)
PROGRAM = st.lists(st.tuples(STATEMENTS, HOLES), min_size=1, max_size=5)


def function_of(program, docstring="", between=""):
    lines = [text.format(**holes) for text, holes in program]
    body = textwrap.indent(f"\n{between}".join([docstring or "pass", *lines]), "    ")
    space = {}
    exec(f"def function(x, y):\n{body}\n    return x, y", space)
    return space["function"]


@settings(max_examples=60, deadline=None)
@given(PROGRAM, st.data())
def test_functions_that_differ_in_what_they_do_differ(program, data):
    at = data.draw(st.integers(0, len(program) - 1))
    other = [*program[:at], (program[at][0], data.draw(HOLES)), *program[at + 1 :]]
    one, two = function_of(program), function_of(other)
    inputs = [(a, b) for a in range(-1, 4) for b in range(-1, 4)]
    if [one(*each) for each in inputs] != [two(*each) for each in inputs]:
        assert digest_of(one) != digest_of(two)


@settings(max_examples=60, deadline=None)
@given(PROGRAM)
def test_lines_comments_and_docstrings_make_no_difference(program):
    plain = function_of(program)
    written = function_of(program, '"""What it says."""', "\n# a comment\n")
    assert digest_of(plain) == digest_of(written)


def test_versions_count_of_libraries_that_code_loads_when_it_runs():
    def scorer(model, X, y):
        import polars.testing

        return polars.testing is None

    found = search_identity(Ridge(), [[1]], [1], {}, None, scorer, {})
    assert found["version of polars"]
    assert found["version of numpy"] == np.__version__
