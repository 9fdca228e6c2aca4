"""A bar that shows how far a diagnosis is, in a terminal or a notebook."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from skoverfit._compat import import_optional
from skoverfit.exceptions import InputError

Progress = Callable[[str, int, int], Any]


@contextmanager
def bar_on(console: Any = None) -> Iterator[Progress]:
    """Show a bar that goes when all is done: on the standard error, or in the notebook.

    Yields
    ------
    update : callable
        Takes stage, steps done and steps expected.
    """
    rich = import_optional("rich.progress", extra="report")
    if console is None:
        console = import_optional("rich.console", extra="report").Console(stderr=True)
    if console.is_jupyter:
        yield _in_notebook()
        return
    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("starting", total=None)

        def update(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total)

        yield update


def _in_notebook() -> Progress:
    """Show a bar in the cell; Rich would need one more package for that."""
    show = import_optional("IPython.display", extra="report")
    handle = show.display(show.HTML(""), display_id=True)

    def update(stage: str, done: int, total: int) -> None:
        bar = f'<progress value="{int(done)}" max="{int(total)}"></progress>'
        is_over = stage == "done"
        handle.update(show.HTML("" if is_over else f"{bar} {escape(stage)}"))

    return update


@contextmanager
def shown(progress: Any) -> Iterator[Progress | None]:
    """Give the function to call: the one given, that of a bar, or none.

    Yields
    ------
    update : callable or None
    """
    if progress is True:
        with bar_on() as update:
            yield update
    elif progress in (None, False):
        yield None
    elif callable(progress):
        yield progress
    else:
        raise InputError(
            f"progress={progress!r} must be True for a bar, False, None, or a function "
            "of stage, done and total."
        )
