"""A Sphinx extension: pages and tables that are made from the project's own files."""

import re
import tomllib
from pathlib import Path

import _claims
import _layers

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


def scikit_learns_tests():
    """Rows of scikit-learn's own tests that are expected to fail, from the tests."""
    from tests.model_selection.test_drop_in import SCORES_EXCLUDED
    from tests.testing.test_scikit_learns_own import EXCLUDED

    rows = ["| test | with | why it does not apply |", "| --- | --- | --- |"]
    rows += [
        f"| `{test}` | `gap_scores` | {' '.join(reason.split())} |"
        for test, reason in SCORES_EXCLUDED.items()
    ]
    rows += [
        f"| `{test}` | `{kind.__name__}` | {' '.join(reason.split())} |"
        for (kind, test), reason in EXCLUDED.items()
    ]
    return "\n".join(rows) + "\n"


def capacity_rows():
    """Return what the dial turns, one table for each library, from the code's own."""
    from skoverfit.regularization import capacity_table

    by_module = {}
    for row in capacity_table():
        library = row.estimator.partition(".")[0]
        by_module.setdefault(library, []).append(row)
    lines = []
    for library, rows in by_module.items():
        lines += [f"### {library}", ""]
        titles = ("class", "parameter", "from (0)", "own (0.5)", "to (1)")
        lines.append("| " + " | ".join([*titles, "scale", "limit"]) + " |")
        lines.append("| --- " * (len(titles) + 2) + "|")
        for row in rows:
            name = row.estimator.rpartition(".")[2]
            cells = [f"`{name}`", f"`{row.parameter}`", row.least_regularized]
            cells += [row.default, row.most_regularized, row.scale, row.limit]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        lines.append("")
    return "\n".join(lines)


def causes():
    """Return the codes of the causes, with what each is and what it lies in."""
    from skoverfit.diagnosis.causes import registered_causes

    rows = ["| code | name | what it says | lies in |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {cause.code} | `{cause.name}` | {cause.title} | "
        f"{cause.kind.replace('_', ' ')} |"
        for cause in registered_causes()
    ]
    return "\n".join(rows) + "\n"


def broken_parts():
    """Return the broken parts of the tests, and the check that finds each."""
    from skoverfit.testing import checks_of
    from tests.testing.broken import BROKEN

    rows = ["| part | what it does | check | promise |", "| --- | --- | --- | --- |"]
    for row in BROKEN:
        checks = checks_of(row.part, kind=row.kind, **row.options)
        found = {check.func.__name__: check.func for check in checks}[row.caught_by[0]]
        rows.append(
            f"| {found.kind.name} `{row.name}` | {row.does} | `{found.__name__}` | "
            f"{found.says.replace('``', '`')} |"
        )
    return "\n".join(rows) + "\n"


def promises():
    """Return the promises of all kinds of parts, one table for each kind."""
    from skoverfit.testing._parametrize import KINDS

    lines = []
    for kind in KINDS:
        lines += [f"### {kind.name.capitalize()}", "", "| check | promise |"]
        lines += ["| --- | --- |"]
        lines += [
            f"| `{promise.__name__}` | {promise.says.replace('``', '`')} |"
            for promise in kind.promises
        ]
        lines.append("")
    return "\n".join(lines)


def without_dial():
    """Return the classes without a dial, and why."""
    from skoverfit._capacity._table import LEFT_OUT

    rows = ["| class | why it has no dial |", "| --- | --- |"]
    rows += [
        f"| `{name.rpartition('.')[2]}` | {why} |" for name, why in LEFT_OUT.items()
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
        "scikit_learns_tests.md": scikit_learns_tests(),
        "capacity_table.md": capacity_rows(),
        "without_dial.md": without_dial(),
        "broken_parts.md": broken_parts(),
        "promises.md": promises(),
        "statistical_claims.md": _claims.table(),
        "causes.md": causes(),
        "layers.md": _layers.table(),
        "layers.svg": _layers.drawing(),
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
