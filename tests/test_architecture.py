"""The shape of the sources: what may import what, sizes, and things never done."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.source_trees import (
    attributes_of,
    calls_of,
    dotted,
    imports_of,
    is_call,
    nodes_at_import_time,
    nodes_of,
    tree_of,
)

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skoverfit"
SOURCES = sorted(PACKAGE.rglob("*.py"))

OPTIONAL = {
    "dask",
    "distributed",
    "jinja2",
    "matplotlib",
    "nltk",
    "openpyxl",
    "optuna",
    "pandas",
    "polars",
    "pyarrow",
    "ray",
    "rich",
    "skglm",
    "skimage",
    "sentencepiece",
    "skops",
    "skrub",
    "torch",
    "transformers",
    "typer",
}
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACT = SETTINGS["tool"]["importlinter"]["contracts"][0]
# The layers of the house, lowest first, written once: in the contract of import-linter.
LAYERS = [re.split(r"\s*[|:]\s*", row) for row in reversed(CONTRACT["layers"])]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def named(path):
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module", autouse=True)
def forget_trees():
    """Spare the garbage collector a million nodes in the tests of other modules."""
    yield
    for cached in (tree_of, nodes_of, own_names):
        cached.cache_clear()


def offenders(rule, paths=SOURCES):
    """What a rule finds in each source, behind the name of the file."""
    return [
        f"{named(path)}: {found}" for path in paths for found in rule(tree_of(path))
    ]


# --------------------------------------------------------------------------- imports


def is_private_foreign(name):
    parts = name.split(".")
    return parts[0] in {"sklearn", "imblearn"} and any(
        part.startswith("_") and not part.startswith("__") for part in parts
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sklearn.utils._param_validation.Interval", True),
        ("sklearn.base._fit_context", True),
        ("imblearn.utils._validation.check", True),
        ("sklearn.base.clone", False),
        ("sklearn.__version__", False),
        ("skoverfit._gap.gap_scores", False),
    ],
)
def test_private_names_are_recognized(name, expected):
    assert is_private_foreign(name) == expected


OUTSIDE_COMPAT = [path for path in SOURCES if PACKAGE / "_compat" not in path.parents]


def test_only_compat_imports_private_names():
    def private(tree):
        return filter(is_private_foreign, imports_of(tree))

    assert offenders(private, OUTSIDE_COMPAT) == []


def test_private_names_are_not_reached_through_attributes():
    def reached(tree):
        return filter(is_private_foreign, attributes_of(tree))

    assert offenders(reached) == []


# Methods of named tuples, which are public.
OF_NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace"}


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def defined_in(tree):
    """Private names of functions, classes, variables and attributes of a module."""
    for node in nodes_of(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif is_own(node) and isinstance(node.ctx, ast.Store):
            yield node.attr


def is_own(node):
    """Whether a node is an attribute of one's own object, or of what it inherits."""
    if not isinstance(node, ast.Attribute):
        return False
    asks_parent = is_call(node.value) and dotted(node.value.func) == "super"
    return asks_parent or dotted(node.value) in {"self", "cls"}


def used_in(tree):
    """Private names that a module asks other objects for, whichever way."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute) and not is_own(node):
            yield node.attr
        elif is_call(node):
            yield from (word.arg for word in node.keywords if word.arg)
            if dotted(node.func) in {"getattr", "setattr", "hasattr", "delattr"}:
                yield from texts(node.args[1:2])
        elif isinstance(node, ast.Subscript) and is_vars(node.value):
            yield from texts([node.slice])


def is_vars(node):
    return is_call(node) and dotted(node.func) == "vars"


def texts(nodes):
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    return [value for value in values if isinstance(value, str)]


@cache
def own_names():
    return {name for path in SOURCES for name in defined_in(tree_of(path))}


# Names that objects of other libraries have as well.
SHARED_NAMES = {"_Booster", "_fit", "_loss", "_y"}


def foreign_attributes(tree):
    own = own_names() - SHARED_NAMES | {*defined_in(tree)} | OF_NAMED_TUPLES
    return sorted({name for name in used_in(tree) if is_private(name)} - own)


@pytest.mark.parametrize(
    "code",
    [
        "model._predictors[0]",
        "type(model)._raw_predict(model, X)",
        "model._predictors = []",
        "view_of(model, _predictors=[])",
        "getattr(model, '_predictors', None)",
        "vars(model)['_raw_predict'] = None",
        "model._y",
    ],
)
def test_private_attributes_are_recognized(code):
    assert len(foreign_attributes(ast.parse(code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "super()._validate_params()",
        "self._get_scorers()",
        "rows._replace(X=X)",
        "model.__dict__",
        "class A:\n def f(self, other):\n  self._y = other._y",
    ],
)
def test_own_and_public_attributes_are_no_foreign_ones(code):
    assert foreign_attributes(ast.parse(code)) == []


def test_only_compat_uses_private_attributes_of_others():
    assert offenders(foreign_attributes, OUTSIDE_COMPAT) == []


def test_the_search_uses_shared_fits_through_their_door():
    folder = "skoverfit.model_selection._shared_fits"

    def around_the_door(tree):
        names = set(imports_of(tree))
        return sorted(n for n in names if n.startswith(f"{folder}._"))

    inside = PACKAGE / "model_selection" / "_shared_fits"
    room = (PACKAGE / "model_selection").rglob("*.py")
    others = [path for path in room if inside not in path.parents]
    assert offenders(around_the_door, others) == []


def top_level_name(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_module_has_a_layer():
    modules = {top_level_name(path) for path in SOURCES} - {"__init__"}
    assert modules - set(LEVEL) == set()


# The package's own __init__ gathers the public names from every layer.
def test_layers_import_downwards_only():
    assert [
        f"{named(path)}: {name}"
        for path in SOURCES
        if path != PACKAGE / "__init__.py"
        for name in imports_of(tree_of(path))
        if name.startswith("skoverfit") and name != "skoverfit.__version__"
        if is_upwards(top_level_name(path), name)
    ] == []


def is_upwards(own, name):
    target = [*name.split("."), ""][1]
    if target not in LEVEL:  # must come from the module that defines it
        return True
    return target != own and LEVEL[target] >= LEVEL[own]


def imports_for_type_checkers(node):
    if not isinstance(node, ast.If) or not dotted(node.test).endswith("TYPE_CHECKING"):
        return False
    return any(isinstance(each, ast.Import | ast.ImportFrom) for each in ast.walk(node))


def test_optional_libraries_are_not_imported_at_the_top():
    def optional(tree):
        for node in nodes_at_import_time(tree):
            if imports_for_type_checkers(node):
                yield "TYPE_CHECKING imports hide dependencies"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = imports_of(ast.Module([node], []))
                yield from (name for name in names if name.split(".")[0] in OPTIONAL)

    assert offenders(optional, {*SOURCES} - {PACKAGE / "__init__.py"}) == []


def test_import_leaves_optional_libraries_alone():
    code = (
        "import sys, sklearn, imblearn; before = set(sys.modules); "
        "import skoverfit, skoverfit.augmentation, skoverfit.regularization, "
        "skoverfit.model_selection, skoverfit.diagnosis; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*sorted(new))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    loaded = set(run.stdout.split())
    assert "skoverfit" in loaded
    assert loaded & OPTIONAL == set()


# ---------------------------------------------------------------------- where tests are

# Suites about more than one module, by the folder they lie in.
SUITES = {
    "": [
        "architecture",
        "architecture_page",
        "cause_pages",
        "common",
        "new_augmenter",
        "public_api",
        "readme",
        "types",
    ],
    "_capacity": ["register"],
    "augmentation": ["imblearn_checks", "task", "threads"],
    "augmentation/_tables": ["mixed_frames", "new_rows", "zoo"],
    "augmentation/_texts": ["guide", "modes"],
    "augmentation/_wrappers": ["containers"],
    "cli": ["parts"],
    "diagnosis": ["real_data", "verdict_branches"],
    "diagnosis/causes": [
        *("failures", "row_sequences", "rows_together", "searches", "test_parts"),
    ],
    "model_selection": ["drop_in"],
    "model_selection/_committee": ["guard"],
    "model_selection/_journal": ["changed_code", "killed_searches"],
    "regularization/_dial": ["families", "scale_free"],
    "testing": [
        "faults",
        "library",
        "metamorphic",
        "metamorphic_fits",
        "pages",
        "scikit_learns_own",
    ],
}
# Whole folders of suites: random searches, claims over many seeds, a real browser.
FOLDERS_OF_SUITES = {"model_selection/differential", "statistical", "browser"}


def test_test_files_are_named_after_the_module_that_they_test():
    def is_named_after_a_module(path):
        folder = path.parent.relative_to(ROOT / "tests").as_posix().removeprefix(".")
        name = path.stem.removeprefix("test_")
        if folder in FOLDERS_OF_SUITES or name in SUITES.get(folder, []):
            return True
        tested = [PACKAGE / folder / spelling for spelling in (f"_{name}", name)]
        return any(it.with_suffix(".py").exists() or it.is_dir() for it in tested)

    files = sorted((ROOT / "tests").rglob("test_*.py"))
    assert [named(path) for path in files if not is_named_after_a_module(path)] == []


# Where the tests of a module are that no test of its folder is named after or imports.
TESTED_IN = {
    "augmentation/_images/_defects.py": "augmentation/_images/test_base.py",
    "augmentation/_tables/_smoothed_bootstrap.py": (
        "augmentation/_tables/test_gaussian_noise.py"
    ),
    "diagnosis/causes/_groups_apart.py": "diagnosis/causes/test_rows_together.py",
    "diagnosis/causes/_groups_in_order.py": "diagnosis/causes/test_row_sequences.py",
    "diagnosis/causes/_imbalance.py": "diagnosis/causes/test_threshold.py",
    "diagnosis/causes/_label_shift.py": "diagnosis/causes/test_test_parts.py",
    "diagnosis/causes/_missing_pattern_differs.py": (
        "diagnosis/causes/test_test_parts.py"
    ),
    "diagnosis/causes/_range_left.py": "diagnosis/causes/test_test_parts.py",
    "diagnosis/causes/_search_space.py": "diagnosis/causes/test_searches.py",
    "diagnosis/causes/_search_winner.py": "diagnosis/causes/test_searches.py",
    "diagnosis/causes/_test_part_differs.py": "diagnosis/causes/test_test_parts.py",
    "diagnosis/causes/_time_order.py": "diagnosis/causes/test_row_sequences.py",
    "diagnosis/causes/_units_differ.py": "diagnosis/causes/test_test_parts.py",
    "diagnosis/causes/_unseen_categories.py": "diagnosis/causes/test_test_parts.py",
    "model_selection/_shared_fits/families/_bagging.py": (
        "model_selection/_shared_fits/test_serving.py"
    ),
    "regularization/_dial/_with_strength.py": "regularization/_dial/test_families.py",
    "testing/_augmenters.py": "augmentation/test_contract.py",
    "testing/_rules.py": "model_selection/test_selection.py",
    "testing/strategies/__init__.py": "testing/test_strategies.py",
}


def dotted_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def has_tests(path):
    """Whether a test file of the same folder has a module's name, or imports it."""
    place = ROOT / "tests" / path.parent.relative_to(PACKAGE)
    if (place / f"test_{path.stem.removeprefix('_')}.py").exists():
        return True
    room = re.escape(dotted_name(path.parent))
    imported = re.compile(rf"\b{room}(\.| import .*\b){re.escape(path.stem)}\b")
    tests = place.glob("test_*.py")
    return any(imported.search(test.read_text(encoding="utf-8")) for test in tests)


def used_by(paths):
    """The modules of the package that some modules use, directly or not."""
    modules = {dotted_name(path): path for path in SOURCES}
    found, waiting = set(paths), list(paths)
    while waiting:
        names = {*imports_of(tree_of(waiting.pop()))}
        names |= {name.rpartition(".")[0] for name in names}
        new = {modules[name] for name in names & modules.keys()} - found
        found |= new
        waiting += new
    return found


def test_modules_are_tested_in_their_folder_or_through_modules_that_use_them():
    modules = {path for path in SOURCES if path.stem not in {"__init__", "__main__"}}
    listed = {PACKAGE / name for name in TESTED_IN}
    tested = used_by({path for path in modules if has_tests(path)} | listed)
    assert {named(path) for path in modules - tested} == set()


def test_lists_of_where_tests_are_name_files_that_exist():
    assert [name for name in TESTED_IN if not (PACKAGE / name).exists()] == []
    tests = {
        *TESTED_IN.values(),
        *(f"{at}/test_{name}.py" for at, names in SUITES.items() for name in names),
    }
    assert [name for name in tests if not (ROOT / f"tests/{name}").exists()] == []


# ----------------------------------------------------------------------------- sizes


def code_lines(function):
    """Lines of a function's body that hold code.

    The signature, the docstring, blank lines and comments do not count; a nested
    function counts in full, signature included, because a reader has to pass it.
    """
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return {
        line
        for statement in body
        for node in ast.walk(statement)
        if hasattr(node, "lineno")
        for line in (node.lineno, node.end_lineno)
    }


def lengths():
    return {
        f"{named(path)}:{node.lineno} {node.name}": len(code_lines(node))
        for path in SOURCES
        for node in nodes_of(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_code_lines_counts_code_alone():
    source = '''
def f(
    a,
):
    """Docstring."""

    # a comment
    b = [
        a,
    ]
    return b
'''
    assert len(code_lines(ast.parse(source).body[0])) == 4


def test_files_are_at_most_600_lines():
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py")]
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    assert {named(path): n for path, n in lengths.items() if n > 600} == {}


def test_actions_of_workflows_are_pinned_by_commit():
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    used = [
        line.partition("uses:")[2].strip()
        for path in workflows
        for line in path.read_text("utf-8").splitlines()
        if line.strip(" -").startswith("uses:")
    ]
    assert used
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [action for action in used if not pinned.fullmatch(action)] == []


# A cause, some kinds of remedies, or claims, a file: these folders grow as they should.
ONE_THING_A_FILE = ("diagnosis/causes", "diagnosis/remedies", "tests/statistical")


def test_folders_have_at_most_16_files():
    files = [*PACKAGE.rglob("*.*"), *(ROOT / "tests").rglob("*.py")]
    counts = Counter(named(path.parent) for path in files if path.suffix != ".pyc")
    small = {folder for folder, n in counts.items() if n <= 16}
    assert {name for name in counts if not name.endswith(ONE_THING_A_FILE)} <= small


def test_functions_are_short():
    found = lengths()
    longest = sorted(found.items(), key=lambda item: -item[1])[:10]
    assert np.median(list(found.values())) <= 8, longest
    assert np.percentile(list(found.values()), 95) <= 40, longest


# ----------------------------------------------------------------- things never done

FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "pickle.load",
    "pickle.loads",
    "joblib.load",
    "cloudpickle.load",
    "cloudpickle.loads",
    "np.random.seed",
    "numpy.random.seed",
    "random.seed",
    "os.system",
}
# The check that the code of a remedy runs, by its author and in the author's tests.
RUNS_CODE = ["skoverfit/testing/_remedies.py: exec"]
FILTERS = {"filterwarnings", "simplefilter", "resetwarnings"}


def test_no_dangerous_or_global_calls():
    def dangerous(tree):
        return {name for _, name in calls_of(tree)} & FORBIDDEN_CALLS

    assert offenders(dangerous) == RUNS_CODE


def test_pickle_is_not_imported():
    def picklers(tree):
        modules = {name.split(".")[0] for name in imports_of(tree)}
        return modules & {"pickle", "dill", "cloudpickle", "marshal", "shelve"}

    assert offenders(picklers) == []


# np.random.rand and friends draw from the global state.
GENERATORS = {
    "get_state",
    "RandomState",
    "Generator",
    "SeedSequence",
    "default_rng",
    "PCG64",
}
# Sets the global states on purpose, to see whether a part reads them.
CHECKS_GLOBAL_STATES = PACKAGE / "testing" / "_randomness.py"


def test_the_legacy_random_state_of_numpy_is_not_used():
    def legacy(tree):
        for name in attributes_of(tree):
            parts = name.replace("numpy.", "np.").split(".")
            if parts[:2] == ["np", "random"] and {*parts[2:3]} - GENERATORS:
                yield name
        # Under another name its functions would pass unseen.
        yield from (name for name in imports_of(tree) if name == "numpy.random")

    assert offenders(legacy, {*SOURCES} - {CHECKS_GLOBAL_STATES}) == []


def filters_outside_a_context(tree):
    """Calls that change warning filters and are not inside catch_warnings."""
    inside = {
        id(node)
        for block in nodes_of(tree)
        if isinstance(block, ast.With)
        and any(
            is_call(item.context_expr)
            and dotted(item.context_expr.func).endswith("catch_warnings")
            for item in block.items
        )
        for node in ast.walk(block)
    }
    return [
        f"line {node.lineno}: {name}"
        for node, name in calls_of(tree)
        if name.rpartition(".")[2] in FILTERS and id(node) not in inside
    ]


def test_filters_outside_a_context_are_found():
    bad = "import warnings\nwarnings.simplefilter('ignore')"
    good = "import warnings\nwith warnings.catch_warnings():\n warnings.simplefilter(1)"
    assert filters_outside_a_context(ast.parse(bad)) == [
        "line 2: warnings.simplefilter"
    ]
    assert filters_outside_a_context(ast.parse(good)) == []


def test_warning_filters_change_only_inside_catch_warnings():
    assert offenders(filters_outside_a_context) == []
