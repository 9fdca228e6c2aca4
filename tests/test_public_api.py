"""Every public name is importable, documented, on the API page and in the changelog."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import tomllib
from collections import Counter

import skoverfit
from skoverfit.diagnosis.causes import registered_causes

PACKAGES = sorted(
    ["skoverfit"]
    + [
        f"skoverfit.{module.name}"
        for module in pkgutil.iter_modules(skoverfit.__path__)
        if not module.name.startswith("_") and module.name != "cli"
    ]
    + ["skoverfit.testing.strategies"]
)
MODULES = {package: importlib.import_module(package) for package in PACKAGES}
PUBLIC = [
    (package, name)
    for package, module in MODULES.items()
    for name in module.__all__
    if not name.startswith("__")
]
# Sections in order; a section ends where the next underlined title begins.
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)


def sections_of(text):
    return set(SECTION.findall(inspect.cleandoc(text or "")))


def test_the_expected_packages_are_public():
    assert PACKAGES == [
        "skoverfit",
        "skoverfit.augmentation",
        "skoverfit.diagnosis",
        "skoverfit.exceptions",
        "skoverfit.model_selection",
        "skoverfit.regularization",
        "skoverfit.testing",
        "skoverfit.testing.strategies",
        "skoverfit.treatment",
    ]


def test_all_has_no_repeats():
    counts = Counter(PUBLIC)
    assert [name for name, count in counts.items() if count > 1] == []


def test_public_names_can_be_imported():
    assert [each for each in PUBLIC if not hasattr(MODULES[each[0]], each[1])] == []


def test_public_objects_have_the_sections_of_numpydoc():
    lacking = {}
    for package, name in PUBLIC:
        value = getattr(MODULES[package], name)
        wanted = {"any docstring"} if not value.__doc__ else wanted_sections(value)
        if missing := wanted - sections_of(value.__doc__):
            lacking[f"{package}.{name}"] = missing
    assert lacking == {}


def wanted_sections(value):
    if inspect.isclass(value) and issubclass(value, Exception):
        return set()
    if is_record(value):
        return {"Attributes"}
    if inspect.isabstract(value):  # its documentation says how to derive from it
        return set()
    wanted = {"Examples"}
    if inspect.signature(value).parameters:
        wanted.add("Parameters")
    if inspect.isfunction(value) and returns_something(value):
        wanted.add("Returns")
    return wanted


def is_record(value):
    """Results that the library makes and users only read; others check parameters."""
    return dataclasses.is_dataclass(value) and not hasattr(
        value, "_parameter_constraints"
    )


def returns_something(function):
    source = inspect.getsource(function)
    return re.search(r"^ +return .", source, re.MULTILINE) is not None


def names_on_the_api_page(project_root):
    """Pairs of package and name as the autosummary tables list them."""
    package, listed = None, set()
    for line in (project_root / "docs" / "api.rst").read_text().splitlines():
        if line.startswith(".. currentmodule:: "):
            package = line.split(":: ")[1]
        elif re.fullmatch(r"   \w+", line):
            listed.add((package, line.strip()))
    return listed


def test_the_api_page_lists_the_public_names_and_no_others(project_root):
    listed = names_on_the_api_page(project_root)
    # A name that two packages export is listed once.
    assert {name for _, name in PUBLIC} - {name for _, name in listed} == set()
    assert listed - set(PUBLIC) == set()


def test_the_guide_names_everything_that_is_fitted_or_drawn(project_root):
    pages = [page.read_text() for page in (project_root / "docs/guide").glob("*.rst")]
    named = set(re.findall(r"\w+", "\n".join(pages)))
    does = ("fit", "fit_resample", "plot")
    used = {
        name
        for package, name in PUBLIC
        if any(hasattr(getattr(MODULES[package], name), verb) for verb in does)
    }
    assert used - named == set()


def test_every_cause_has_a_page(project_root):
    own = [
        cause
        for cause in registered_causes()
        if type(cause).__module__.startswith("skoverfit.")
    ]
    pages = {page.stem for page in (project_root / "docs" / "causes").glob("SKO*.rst")}
    assert {cause.code for cause in own} == pages


def test_public_names_stand_in_the_changelog(project_root):
    fragments = (project_root / "changelog.d").glob("+*.md")
    texts = [path.read_text() for path in fragments]
    texts.append((project_root / "CHANGELOG.md").read_text())
    text = "\n".join(texts)
    assert [name for _, name in PUBLIC if f"`{name}`" not in text] == []


def test_fragments_are_named_as_towncrier_reads_them(project_root):
    settings = tomllib.loads((project_root / "pyproject.toml").read_text())
    kinds = {kind["directory"] for kind in settings["tool"]["towncrier"]["type"]}
    folder = project_root / "changelog.d"
    fragments = [path for path in folder.iterdir() if path.name != "README.md"]
    bad = [
        path.name
        for path in fragments
        if not re.fullmatch(rf"\+[a-z0-9-]+\.({'|'.join(kinds)})\.md", path.name)
    ]
    assert bad == []


def test_one_version_everywhere(project_root):
    settings = tomllib.loads((project_root / "pyproject.toml").read_text())
    assert "version" not in settings["project"]
    assert settings["tool"]["hatch"]["version"]["path"] == "skoverfit/__init__.py"
    citation = (project_root / "CITATION.cff").read_text()
    assert f"\nversion: {skoverfit.__version__}\n" in citation


def test_readme_gives_the_two_commands(project_root):
    readme = (project_root / "README.md").read_text()
    blocks = re.findall(r"```(?:bash|sh|console)?\n(.*?)```", readme, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if "pip install" in line]
    assert commands == [
        'python -m pip install ".[report]" && skoverfit demo',
        'python -m pip install ".[test]" && python -m pytest',
    ]


def test_lowest_versions_are_those_of_the_project(project_root):
    settings = tomllib.loads((project_root / "pyproject.toml").read_text())["project"]
    bounds = [
        requirement.split(">=")
        for requirement in [
            *settings["dependencies"],
            *settings["optional-dependencies"]["report"],
        ]
    ]
    constraints = (project_root / "requirements" / "lowest.txt").read_text()
    for name, bound in bounds:
        # The first line of a library is its lowest version.
        found = re.search(rf"^{name}==([0-9.]+)", constraints, re.MULTILINE)
        assert found, name
        lowest, stated = found[1].split("."), bound.split(".")
        assert lowest[: len(stated)] == stated, name
        assert set(lowest[len(stated) :]) <= {"0"}, name
