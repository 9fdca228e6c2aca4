"""Write all that a new augmenter of numbers touches: a class that works, to be changed.

    python .ci/new_augmenter.py Wobble "moves each number by a random share of itself"

writes the class, its tests and its fragment of the changelog, and adds it to the
package, the registry of the tests, the API reference and the guide. Nothing is written
if one of these would fail. CONTRIBUTING.md says how to go on.
"""

import argparse
import re
import sys
from pathlib import Path
from textwrap import fill

ROOT = Path(__file__).parents[1]
SOURCES = "skoverfit/augmentation"

CLASS = '''\
"""The augmenter {name}."""

from numbers import Real

from skoverfit._compat import Interval
from skoverfit._docs import documented
from skoverfit._declared import declared
from skoverfit.augmentation._docs import NUMBERS
from skoverfit.augmentation._tables._numeric import NumericAugmenter

__all__ = ["{name}"]


@documented(NUMBERS)
@declared
class {name}(NumericAugmenter):
    """Add copies of the rows, each number moved by a uniform draw.

    Parameters
    ----------
    scale : float, default=0.1
        Largest move, in units of the standard deviation of the column, 0 or more.
    {{n_copies, bounds, columns, blocks, mode, sampling_strategy, constraint}}
    {{random_state}}

    Attributes
    ----------
    {{columns_, blocks_, of_tables}}

    See Also
    --------
    GaussianNoise : Adds normal noise.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import {name}
    >>> X = np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]])
    >>> augmenter = {name}(random_state=0)
    >>> X_out, y_out = augmenter.fit_resample(X, [0, 1, 0])
    >>> X_out.shape, y_out
    ((6, 2), [0, 1, 0, 0, 1, 0])
    """

    scale: float = 0.1
    n_copies: int = 1

    _parameter_constraints = {{"scale": [Interval(Real, 0, None, closed="left")]}}

    def _perturb(self, numbers, y, rng):
        return numbers + self.scale * self._std * rng.uniform(-1, 1, numbers.shape)
'''

TESTS = '''\
"""What {name} promises beyond the contract."""

import numpy as np
import pytest

from skoverfit.augmentation import {name}

Y = np.arange(50) % 2


def test_moves_are_as_large_as_the_scale_says():
    X = np.random.default_rng(0).normal(size=(50, 3))
    augmenter = {name}(0.5, n_copies=4, random_state=0)
    X_out, _ = augmenter.fit_resample(X, Y)
    moves = np.abs(X_out[50:] - np.tile(X, (4, 1)))
    assert (moves <= 0.5 * X.std(axis=0) + 1e-12).all()
    assert (moves.max(axis=0) > 0.4 * X.std(axis=0)).all()


def test_no_scale_is_no_move():
    X = np.arange(50.0).reshape(-1, 1)
    X_out, _ = {name}(0.0, random_state=0).fit_resample(X, Y)
    np.testing.assert_array_equal(X_out[50:], X)


@pytest.mark.parametrize("bad", [-0.1, "much", None])
def test_a_bad_scale_is_refused(bad):
    with pytest.raises(ValueError, match="'scale' parameter"):
        {name}(bad).fit_resample(np.eye(2), [0, 1])
'''


def snake(name):
    """Return the name of the module of a class."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def with_line(text, line, before):
    """Put a line in front of the first one that a pattern matches."""
    found = re.search(before, text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"Nothing matches {before!r}; {__file__} has to be mended.")
    return text[: found.start()] + line + text[found.start() :]


def with_sorted(text, line, like, last):
    """Put a line among those that a pattern matches, in their order, or behind them."""
    for found in re.finditer(like, text, re.MULTILINE):
        if found[0] > line:
            return text[: found.start()] + line + "\n" + text[found.start() :]
    return with_line(text, line + "\n", last)


def imported(text, statement):
    """Add an import to the block of imports of the package."""
    if len(statement) > 88:
        module, name = statement.split(" import ")
        statement = f"{module} import (\n    {name},\n)"
    like = r"^from skoverfit\.augmentation\._tables\.\w+ import .*$"
    return with_sorted(text, statement, like, r"^from skoverfit\.augmentation\._texts")


def listed(text, start, end, line, name, key):
    """Add a name to the lines between two marks: capitals first, then by a key."""
    begin = text.index(start) + len(start)
    stop = text.index(end, begin)
    names = [*re.findall(r"\w+", text[begin:stop]), name]
    names.sort(key=lambda each: (not each.isupper(), key(each)))
    return text[:begin] + "".join(line.format(each) for each in names) + text[stop:]


def exported(text, name):
    """Add a name to ``__all__`` of the package."""
    return listed(text, "__all__ = [\n", "]", '    "{}",\n', name, str)


def registered(text, name):
    """Add an instance to the registry, from which the suites take it."""
    start = "from skoverfit.augmentation import (\n"
    text = listed(text, start, ")", "    {},\n", name, str.lower)
    return with_line(text, f"    {name}(random_state=0),\n", r"^    Compose\(\[")


def edits(name, does):
    """Return the new text of each file, by its path."""
    module, does = snake(name), " ".join(does.split()).rstrip(".")
    does = does[:1].lower() + does[1:]

    def read(path):
        return (ROOT / path).read_text(encoding="utf-8")

    statement = f"from {SOURCES.replace('/', '.')}._tables._{module} import {name}"
    said = fill(does, 88, initial_indent="     - ", subsequent_indent="       ")
    row = f"   * - :class:`~skoverfit.augmentation.{name}`\n{said}\n"
    package, registry = f"{SOURCES}/__init__.py", "tests/registry.py"
    api, guide = "docs/api.rst", "docs/guide/augmentation.rst"
    fragment = f"changelog.d/+{module.replace('_', '-')}.feature.md"
    return {
        f"{SOURCES}/_tables/_{module}.py": CLASS.format(name=name),
        f"tests/augmentation/_tables/test_{module}.py": TESTS.format(name=name),
        fragment: fill(f"`{name}` {does}.", 92) + "\n",
        package: exported(imported(read(package), statement), name),
        registry: registered(read(registry), name),
        api: with_line(read(api), f"   {name}\n", r"^   Compose$"),
        guide: with_line(read(guide), row, r"^   \* - :class:`\S+\.Compose`"),
    }


def checked_name(text):
    """Accept the name of a class that is not there yet."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} must be written like GaussianNoise")
    if len(text) > 30:
        raise argparse.ArgumentTypeError(f"{text!r} must have at most 30 characters")
    if f'"{text}"' in (ROOT / SOURCES / "__init__.py").read_text(encoding="utf-8"):
        raise argparse.ArgumentTypeError(f"skoverfit.augmentation has {text} already")
    return text


def main():
    """Write the files and say which."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", type=checked_name, help="of the class, like Wobble")
    parser.add_argument("does", help='what it does, like "moves each number"')
    given = parser.parse_args()
    for path, text in edits(given.name, given.does).items():
        is_new = not (ROOT / path).exists()
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"{'wrote' if is_new else 'added to'} {path}")


if __name__ == "__main__":
    sys.exit(main())
