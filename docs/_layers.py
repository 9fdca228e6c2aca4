"""The layers of the package, drawn and as a table, from the contract of imports."""

import ast
import re
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skoverfit"

WIDTH, ROW, BOX, MARGIN = 760, 62, 44, 12


def layers():
    """Return the names of each layer, the highest first, as import-linter has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (rows,) = (each["layers"] for each in contracts if each["id"] == "layers")
    return [re.split(r"\s*[|:]\s*", row) for row in rows]


def rooms(name):
    """Return the folders of a package that hold modules."""
    inside = sorted((PACKAGE / name).glob("*/__init__.py"))
    return [path.parent.name for path in inside]


def summary(*parts):
    """Return the first line of the docstring of a module or package."""
    path = PACKAGE.joinpath(*parts)
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).split("\n")[0]


def drawing():
    """Return the layers as an SVG: what stands higher imports what stands lower."""
    found = layers()
    height = ROW * len(found) + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" text-anchor="middle" role="img">',
        "<title>Layers of skoverfit</title>",
        '<rect width="100%" height="100%" rx="6" fill="#ffffff"/>',
    ]
    for level, names in enumerate(found):
        lines += _row(names, MARGIN + level * ROW, is_last=level == len(found) - 1)
    return "\n".join([*lines, "</svg>", ""])


def _row(names, top, is_last):
    """Boxes of one layer side by side, with an arrow down to the next layer."""
    wide = (WIDTH - MARGIN) / len(names)
    for position, name in enumerate(names):
        left, middle = MARGIN + position * wide, (position + 0.5) * wide + MARGIN / 2
        yield (
            f'<rect x="{left:.0f}" y="{top}" width="{wide - MARGIN:.0f}" '
            f'height="{BOX}" rx="5" fill="#e8eef7" stroke="#35618f"/>'
        )
        inside = " ".join(rooms(name))
        lift = 0 if inside else 6
        yield _text(name, middle, top + 20 + lift, 15)
        if inside:
            yield _text(inside, middle, top + 37, _size(inside, wide))
    if not is_last:
        end, half = top + ROW - 3, WIDTH // 2
        yield (
            f'<path d="M{half} {top + BOX + 2} V{end} m-4 -5 l4 5 l4 -5" '
            'fill="none" stroke="#35618f"/>'
        )


def _size(text, wide):
    """Return a size of letters at which a text fits into a box."""
    return round(min(11, (wide - 2 * MARGIN) / (0.56 * len(text))), 1)


def _text(text, x, y, size):
    return (
        f'<text x="{x:.0f}" y="{y}" font-size="{size}" fill="#14212e">'
        f"{escape(text)}</text>"
    )


def table():
    """Return what each module of the package and each room is for, highest first."""
    rows = ["| module | what it holds |", "| --- | --- |"]
    for names in layers():
        for name in names:
            rows.append(f"| **`{name}`** | {summary(name)} |")
            rows += [
                f"| `{name}/{room}` | {summary(name, room)} |" for room in rooms(name)
            ]
    return "\n".join(rows) + "\n"
