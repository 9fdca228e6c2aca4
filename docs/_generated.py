"""A Sphinx extension: pages and tables that are made from the project's own files."""

import re
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
TARGET = DOCS / "generated"


def unreleased():
    """Fragments of the changelog by kind, as towncrier would gather them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    sections = []
    for kind in settings["tool"]["towncrier"]["type"]:
        pattern = f"*.{kind['directory']}.md"
        texts = [
            fragment.read_text(encoding="utf-8").strip()
            for fragment in sorted((ROOT / "changelog.d").glob(pattern))
        ]
        if texts:
            sections.append(f"### {kind['name']}\n")
            sections += [f"- {' '.join(text.split())}" for text in texts]
    return "\n".join(["## Not yet released", "", *sections, ""])


def changelog():
    """Return the released changelog with the unreleased fragments on top."""
    released = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    mark = "<!-- towncrier release notes start -->"
    head, _, tail = released.partition(mark)
    return f"{head}\n{unreleased()}\n{tail}"


def expected_failures():
    """Rows of the checks that are expected to fail, from the tests' own table."""
    from tests.augmentation.test_imblearn_checks import IMBLEARN_EXPECTED_FAILURES

    rows = ["| check | why it does not apply |", "| --- | --- |"]
    rows += [
        f"| `{check}` | {' '.join(reason.split())} |"
        for check, reason in sorted(IMBLEARN_EXPECTED_FAILURES.items())
    ]
    return "\n".join(rows) + "\n"


def quality_pages():
    """Texts of the quality benchmark, laid out as there so that their links hold."""
    source = ROOT / "benchmarks" / "quality"
    paths = sorted([*source.glob("*.md"), *source.glob("results/*.md")])
    return {f"quality/{path.relative_to(source)}": titled(path) for path in paths}


def titled(path):
    """Return the text of a page, with a title where it has none."""
    text = path.read_text(encoding="utf-8")
    return text if text.startswith("# ") else f"# All rules: {path.stem}\n\n{text}"


def write_pages(app):
    """Write the generated pages where they changed, so that builds stay quick."""
    pages = {
        "changelog.md": changelog(),
        "expected_failures.md": expected_failures(),
        **quality_pages(),
    }
    for name, text in pages.items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def escape_fitted_names(app, what, name, obj, options, lines):
    """Keep ``n_features_in_`` in the type of a parameter from being read as a link."""
    for number, line in enumerate(lines):
        if re.match(r"\s*[\w, ]+ : ", line):
            lines[number] = re.sub(r"(\w)_(?=[,)])", r"\1\\_", line)


def setup(app):
    """Register with Sphinx."""
    app.connect("builder-inited", write_pages, priority=100)
    app.connect("autodoc-process-docstring", escape_fitted_names, priority=100)
    return {"parallel_read_safe": True}
