"""The bar of a diagnosis."""

import io
import sys

import pytest
from rich.console import Console

from skoverfit import diagnose
from skoverfit.diagnosis._progress import bar_on, shown
from skoverfit.exceptions import InputError


def test_bar_shows_stage_and_goes():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80)
    with bar_on(console) as update:
        update("leaking [bold] column", 3, 10)
    assert "leaking [bold] column" in stream.getvalue()
    assert "\x1b[2K" in stream.getvalue().rsplit("column", 1)[1]  # it is wiped


def test_bar_in_a_notebook(monkeypatch):
    pages = []

    class Display:
        HTML = str

        @staticmethod
        def display(page, display_id):
            pages.append(page)
            return Display

        update = pages.append

    monkeypatch.setitem(sys.modules, "IPython", Display)
    monkeypatch.setitem(sys.modules, "IPython.display", Display)
    with bar_on(Console(force_jupyter=True)) as update:
        update("<dial>", 1, 2)
        update("done", 2, 2)
    assert pages[1:] == ['<progress value="1" max="2"></progress> &lt;dial&gt;', ""]


def test_who_asks_for_nothing_gets_nothing():
    for nothing in (None, False):
        with shown(nothing) as update:
            assert update is None
    with shown(print) as update:
        assert update is print


def test_other_wishes_are_refused_before_any_fit():
    with pytest.raises(InputError, match="progress='yes' must be True"):
        diagnose(None, [[1.0]] * 10, [0, 1] * 5, progress="yes")
