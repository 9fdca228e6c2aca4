"""The shape of the sources: what may import what, sizes, and things never done."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skoverfit"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}

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
    "skrub",
    "torch",
    "transformers",
    "typer",
}
# The layers of the house, lowest first; names of one row never import one another.
LAYERS = [
    {"exceptions", "_plain", "_optional"},
    {"_compat"},
    {"_gap", "_row_metrics", "_delegation", "_aliases"},
    {"_paired", "_row_scorer"},
    {"_gap_scores"},
    {"_columns"},
    {"_facts"},
    {"_dials"},
    {"_calibration"},
    {"_rules"},
    {"_capacity_entries"},
    {"_capacity"},
    {"_penalties"},
    {"_strength"},
    {"model_selection", "augmentation", "regularization"},
    {"diagnosis"},
    {"cli"},
    {"__main__"},
    {"testing"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def named(path):
    return str(path.relative_to(ROOT))


each_source = pytest.mark.parametrize("path", SOURCES, ids=named)


def imports_of(tree):
    """Each import of a tree as dotted names: "a.b" for both spellings of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def nodes_at_import_time(tree):
    """Nodes that run when the module is imported: all but bodies of functions."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        waiting += ast.iter_child_nodes(node)


def dotted(node):
    """The dotted name of an expression such as ``np.random.seed``, or ""."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def calls_of(tree):
    return [(node, dotted(node.func)) for node in ast.walk(tree) if is_call(node)]


def is_call(node):
    return isinstance(node, ast.Call)


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
def test_private_names_are_recognised(name, expected):
    assert is_private_foreign(name) == expected


@each_source
def test_only_compat_imports_private_names(path):
    private = [name for name in imports_of(TREES[path]) if is_private_foreign(name)]
    if path != PACKAGE / "_compat.py":
        assert private == []


@each_source
def test_private_names_are_not_reached_through_attributes(path):
    reached = {
        dotted(node)
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Attribute) and is_private_foreign(dotted(node))
    }
    assert reached == set()


def top_level_name(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_module_has_a_layer():
    modules = {top_level_name(path) for path in SOURCES} - {"__init__"}
    assert modules - set(LEVEL) == set()


# The package's own __init__ gathers the public names from every layer.
@pytest.mark.parametrize(
    "path", sorted({*SOURCES} - {PACKAGE / "__init__.py"}), ids=named
)
def test_layers_import_downwards_only(path):
    own = top_level_name(path)
    upwards = []
    for name in imports_of(TREES[path]):
        parts = name.split(".")
        if parts[0] != "skoverfit" or name == "skoverfit.__version__":
            continue
        target = parts[1] if len(parts) > 1 else ""
        assert target in LEVEL, f"{name}: import from the module that defines it"
        if target != own and LEVEL[target] >= LEVEL[own]:
            upwards.append(name)
    assert upwards == []


def test_layers_agree_with_the_contract_of_import_linter():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    rows = [row.replace(":", "|").split("|") for row in reversed(contract["layers"])]
    ranks = {name.strip(): rank for rank, row in enumerate(rows) for name in row}
    assert set(ranks) == set(LEVEL)
    # The contract lets _compat and exceptions stand side by side.
    for low in LEVEL:
        for high in LEVEL:
            if LEVEL[low] < LEVEL[high]:
                assert ranks[low] <= ranks[high], (low, high)


@each_source
def test_optional_libraries_are_not_imported_at_the_top(path):
    found = []
    for node in nodes_at_import_time(TREES[path]):
        if isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING"):
            pytest.fail(f"{named(path)}: TYPE_CHECKING imports hide dependencies")
        if isinstance(node, ast.Import | ast.ImportFrom):
            found += [
                name
                for name in imports_of(ast.Module([node], []))
                if name.split(".")[0] in OPTIONAL
            ]
    assert found == []


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
        for path, tree in TREES.items()
        for node in ast.walk(tree)
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


@each_source
def test_files_are_at_most_600_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


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
FILTERS = {"filterwarnings", "simplefilter", "resetwarnings"}


@each_source
def test_no_dangerous_or_global_calls(path):
    found = {name for _, name in calls_of(TREES[path])} & FORBIDDEN_CALLS
    assert found == set()


@each_source
def test_pickle_is_not_imported(path):
    modules = {name.split(".")[0] for name in imports_of(TREES[path])}
    assert modules & {"pickle", "dill", "cloudpickle", "marshal", "shelve"} == set()


@each_source
def test_the_legacy_random_state_of_numpy_is_not_used(path):
    # np.random.rand and friends draw from the global state.
    allowed = {
        "get_state",
        "RandomState",
        "Generator",
        "SeedSequence",
        "default_rng",
        "PCG64",
    }
    used = {
        name.split(".")[2]
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Attribute)
        and len((name := dotted(node)).split(".")) > 2
        and name.startswith(("np.random.", "numpy.random."))
    }
    assert used - allowed == set()


def filters_outside_a_context(tree):
    """Calls that change warning filters and are not inside catch_warnings."""
    inside = {
        id(node)
        for block in ast.walk(tree)
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


@each_source
def test_warning_filters_change_only_inside_catch_warnings(path):
    assert filters_outside_a_context(TREES[path]) == []
