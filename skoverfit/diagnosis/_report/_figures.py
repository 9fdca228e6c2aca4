"""Pictures of a report as inline images, in a light and a dark version."""

import base64
import io
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skoverfit._compat import import_optional
from skoverfit._plain import printable
from skoverfit.diagnosis._displays._base import GapDisplay, RemediesDisplay
from skoverfit.diagnosis._displays._curves import (
    LearningCurveGapDisplay,
    StrengthPathDisplay,
)
from skoverfit.diagnosis._displays._waterfall import (
    GapWaterfallDisplay,
    waterfall_steps,
)
from skoverfit.diagnosis._report._view import format_estimate, format_score, metric_name

__all__ = ["Picture", "pictures"]

# Narrow, so that letters stay legible when a phone scales the picture down.
_WIDTH = 4.4
_NAME_WIDTH = 22
# No other part of a picture has this color, so it can be exchanged.
_LIGHT_INK, _DARK_INK = "#30343a", "#d8dade"
_SETTINGS = {
    "svg.hashsalt": "skoverfit",  # the same report gives the same file
    "svg.fonttype": "path",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _LIGHT_INK,
    "axes.edgecolor": _LIGHT_INK,
    "axes.labelcolor": _LIGHT_INK,
    "axes.titlecolor": _LIGHT_INK,
    "xtick.color": _LIGHT_INK,
    "ytick.color": _LIGHT_INK,
}


@dataclass(frozen=True)
class Picture:
    """One picture: a caption, a description for those who do not see it, two files.

    Attributes
    ----------
    caption, description : str
        What the picture shows, in short and with the numbers.
    light, dark : str
        Data URIs of the same picture for light and dark pages.
    """

    caption: str
    description: str
    light: str
    dark: str


def pictures(report: Any) -> list[Picture]:
    """Draw what a report has to show.

    Returns
    -------
    pictures : list of Picture
        Those for which there is something to draw; where the score is lost comes first.
    """
    return [
        Picture(caption, description, *_light_and_dark(_svg(draw, height)))
        for caption, description, height, draw in _drawings(report)
    ]


Drawing = tuple[str, str, float, Callable[[Any], Any]]


def _drawings(report: Any) -> Iterator[Drawing]:
    evidence = report.evidence
    name = printable(metric_name(evidence.scoring))
    steps = waterfall_steps(report)
    scores = (step for step in steps if step.kind != "loss")
    yield (
        "Where the score is lost",
        ", ".join(f"{step.label} {format_score(step.end)}" for step in scores)
        + f" ({name}).",
        0.9 + 0.42 * len(steps),
        lambda ax: GapWaterfallDisplay.from_report(report, ax=ax),
    )
    yield (
        "Scores of each split",
        f"Train and test {name} of {evidence.n_splits} splits; "
        f"mean gap {format_estimate(evidence.model.gap, signed=True)}.",
        2.9,
        lambda ax: GapDisplay.from_scores(
            evidence.model,
            baseline=evidence.baseline.gap.mean_test,
            score_name=name,
            ax=ax,
        ),
    )
    curves: list[tuple[str, Any, Any]] = [
        ("More rows", evidence.learning_curve, LearningCurveGapDisplay),
        ("Stronger regularization", evidence.dial, StrengthPathDisplay),
    ]
    for caption, curve, display in curves:
        if curve is not None:
            yield _curve_drawing(caption, curve, display, name)
    n_tried = sum(np.isfinite(r.test_change.mean) for r in report.remedies)
    if n_tried:
        yield (
            "Remedies that were tried",
            f"Change of the test {name} and of the gap for {n_tried} remedies; the "
            "table of remedies has the numbers.",
            1.2 + 0.42 * n_tried,
            lambda ax: _draw_remedies(report.remedies, name, ax),
        )


def _curve_drawing(caption: str, curve: Any, display: Any, name: str) -> Drawing:
    points = ", ".join(
        f"{x:g}: {format_score(_mean(test))}"
        for x, test in zip(curve.x, curve.test_scores, strict=True)
    )
    return (
        caption,
        f"Train and test {name} against {display._xlabel}; test {points}.",
        2.9,
        lambda ax: display.from_curve(curve, score_name=name, ax=ax),
    )


def _mean(values: Any) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _draw_remedies(remedies: Any, name: str, ax: Any) -> None:
    display = RemediesDisplay.from_remedies(remedies, score_name=name, ax=ax)
    ax.set_yticks(range(len(display.names)), [_wrapped(n) for n in display.names])
    handles, labels = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    display.figure_.legend(
        handles, labels, loc="outside upper center", ncols=2, frameon=False
    )


def _wrapped(text: str) -> str:
    """Break a long name into two lines, without mathematics."""
    lines = textwrap.wrap(printable(text), _NAME_WIDTH, max_lines=2, placeholder="…")
    return "\n".join(lines).replace("$", r"\$")


def _svg(draw: Callable[[Any], Any], height: float) -> str:
    """Draw on a figure of its own, which no window or registry knows."""
    matplotlib = import_optional("matplotlib", extra="report")
    style = import_optional("matplotlib.style", extra="report")
    figures = import_optional("matplotlib.figure", extra="report")
    buffer = io.BytesIO()
    # Both contexts put the user's settings back.
    with style.context("default"), matplotlib.rc_context(_SETTINGS):
        figure = figures.Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _compact(buffer.getvalue().decode("utf-8"))


def _compact(svg: str) -> str:
    """Leave out the preamble and the indentation."""
    body = svg[svg.index("<svg") :]
    return "\n".join(line.strip() for line in body.splitlines())


def _light_and_dark(svg: str) -> tuple[str, str]:
    return _data_uri(svg), _data_uri(svg.replace(_LIGHT_INK, _DARK_INK))


def _data_uri(svg: str) -> str:
    encoded = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return f"data:image/svg+xml;base64,{encoded}"
