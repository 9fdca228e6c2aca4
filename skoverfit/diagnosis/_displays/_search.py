"""Pictures of a search: test score against gap, and scores along one parameter."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import import_optional
from skoverfit._docs import documented
from skoverfit._gap import corrected_estimate, gap_of
from skoverfit.diagnosis._displays._base import (
    BEST_COLOR,
    DISPLAYS,
    GAP_COLOR,
    OTHER_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    literal,
)
from skoverfit.model_selection._rules._pareto import front_of
from skoverfit.model_selection._selection import (
    ScoreTable,
    best_score,
    read_scores,
    resolve_metric,
)

__all__ = ["CandidateScores", "GapSearchDisplay", "ParameterCurve"]

FloatArray = NDArray[np.float64]

#: A parameter that took more values than this is shown in groups.
MAX_VALUES = 20
N_GROUPS = 10

#: With at most so many values, the axis shows each; with more, powers of ten.
MAX_TICKS = 8

KINDS = ("scatter", "curve")
SIDES = ("train", "test", "gap")


# -------------------------------------------------------------------------- the numbers
@dataclass(frozen=True)
class CandidateScores:
    """Test score and gap of each candidate of a search.

    Attributes
    ----------
    test, gap : ndarray of shape (n_candidates,)
        Means over all splits of a candidate; NaN for those without valid scores.
    front : ndarray of shape (n_on_the_front,)
        Candidates that no other beats in both, by ascending gap; of a refined search,
        of those that were refined.
    chosen : int or None
        The candidate that the search chose.
    argmax : int
        The candidate with the best mean test score.
    noise : float
        Standard error of that score.
    metric : str
        Name of the score.
    """

    test: FloatArray
    gap: FloatArray
    front: NDArray[np.intp]
    chosen: int | None
    argmax: int
    noise: float
    metric: str


@dataclass(frozen=True)
class ParameterCurve:
    """Scores along one parameter, each value shown by its best candidate.

    Attributes
    ----------
    param : str
        Name of the parameter.
    values : list of length n_points
        Its values.
    x : ndarray of shape (n_points,)
        Where they stand on the axis: the values themselves, or 0, 1, ... if not all
        are numbers.
    scale : {"linear", "log", "category"}
        Scale of the axis.
    candidates : ndarray of shape (n_points,)
        The candidate that is shown: the best mean test score among those with the
        value.
    mean, low, high : dict of str to ndarray of shape (n_points,)
        ``"train"``, ``"test"`` and ``"gap"``: means over the splits and ends of the
        95 % interval of Nadeau and Bengio.
    chosen : int or None
        Point that has the value of the candidate that the search chose.
    n_others : int
        Number of other parameters that varied.
    is_grouped : bool
        Whether neighboring values were put together, too many to show each.
    metric : str
        Name of the score.
    """

    param: str
    values: list[Any]
    x: FloatArray
    scale: str
    candidates: NDArray[np.intp]
    mean: dict[str, FloatArray]
    low: dict[str, FloatArray]
    high: dict[str, FloatArray]
    chosen: int | None
    n_others: int
    is_grouped: bool
    metric: str


def candidate_scores(search: Any, metric: str | None = None) -> CandidateScores:
    """Collect what the picture of all candidates shows."""
    results, metric = _results_of(search, metric)
    table = read_scores(results, metric)
    test, gap = _scores_of_all(results, metric, table)
    if not (np.isfinite(table.test) & np.isfinite(table.gap)).any():
        raise ValueError(f"search has no candidate with a finite {metric!r} and gap.")
    argmax = best_score(table.test)
    chosen = getattr(search, "best_index_", None)
    return CandidateScores(
        test=test,
        gap=gap,
        front=front_of(table.test, table.gap),
        chosen=None if chosen is None else int(chosen),
        argmax=argmax,
        noise=float(np.nan_to_num(table.std_error(argmax))),
        metric=metric,
    )


def _results_of(search: Any, metric: str | None) -> tuple[Mapping[str, Any], str]:
    """Return ``cv_results_`` and the metric that the search selected by."""
    check_is_fitted(search, "cv_results_")
    metric = metric or getattr(search, "selection_metric_", None)
    if metric is None and getattr(search, "multimetric_", False):
        metric = search.refit if isinstance(search.refit, str) else None
    return search.cv_results_, resolve_metric(search.cv_results_, metric)


def _scores_of_all(
    results: Mapping[str, Any], metric: str, table: ScoreTable
) -> tuple[FloatArray, FloatArray]:
    """Test scores and gaps, also of candidates that refinement has left behind."""
    test = np.asarray(results[f"mean_test_{metric}"], dtype=float)
    gap = results.get(f"mean_gap_{metric}")
    if gap is None:
        gap = gap_of(results[f"mean_train_{metric}"], test)
    is_refined = np.isfinite(table.test)
    return np.where(is_refined, table.test, test), np.where(is_refined, table.gap, gap)


def parameter_curve(
    search: Any, param: str | None = None, metric: str | None = None
) -> ParameterCurve:
    """Collect what the picture of one parameter shows."""
    results, metric = _results_of(search, metric)
    table = read_scores(results, metric)
    varied = _varied(results["params"])
    param = _checked_param(param, varied)
    test, _ = _scores_of_all(results, metric, table)
    valid = np.flatnonzero(np.isfinite(test))
    if not valid.size:
        raise ValueError(f"search has no candidate with a finite {metric!r}.")
    groups = _groups([results["params"][row].get(param) for row in valid], valid)
    is_grouped = len(groups) > MAX_VALUES
    if is_grouped:
        groups = _joined(groups)
    shown = np.array([_best_of(rows, table.test, test) for rows in groups])
    values = [results["params"][row].get(param) for row in shown]
    x, scale = _axis(values)
    mean, low, high = _intervals(search, results, metric, shown)
    chosen = getattr(search, "best_index_", None)
    return ParameterCurve(
        param=param,
        values=values,
        x=x,
        scale=scale,
        candidates=shown,
        mean=mean,
        low=low,
        high=high,
        chosen=next((i for i, rows in enumerate(groups) if chosen in rows), None),
        n_others=len(set(varied) - {param}),
        is_grouped=is_grouped,
        metric=metric,
    )


def _best_of(rows: NDArray[np.intp], refined: FloatArray, test: FloatArray) -> int:
    """Row of the best score; refined candidates come first."""
    scores = refined if np.isfinite(refined[rows]).any() else test
    return int(rows[best_score(scores[rows])])


def _varied(params: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the parameters that take more than one value."""
    names = sorted({name for candidate in params for name in candidate})
    missing = object()  # a parameter that only some candidates set varies too
    return [
        name
        for name in names
        if len({_key(candidate.get(name, missing)) for candidate in params}) > 1
    ]


def _checked_param(param: str | None, varied: list[str]) -> str:
    if param is None and len(varied) == 1:
        return varied[0]
    if param is None:
        raise ValueError(f"param=None must name one of the parameters {varied}.")
    if param not in varied:
        raise ValueError(f"param={param!r} is not a parameter that varied: {varied}.")
    return param


def _key(value: Any) -> Any:
    """Tell values apart that may be of any type, 1 from True included."""
    return (type(value).__name__, repr(value))


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, Real)
        and not isinstance(value, bool | np.bool_)
        and np.isfinite(float(value))
    )


def _groups(values: list[Any], rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Rows of each value: numbers ascending, then others in order of appearance."""
    by_value: dict[Any, list[int]] = {}
    order: dict[Any, tuple[bool, float]] = {}
    for value, row in zip(values, rows, strict=True):
        is_number = _is_number(value)
        key = float(value) if is_number else _key(value)
        by_value.setdefault(key, []).append(int(row))
        order[key] = (not is_number, float(value) if is_number else 0.0)
    return [np.array(by_value[key]) for key in sorted(by_value, key=order.__getitem__)]


def _joined(groups: list[NDArray[np.intp]]) -> list[NDArray[np.intp]]:
    """Put neighboring values together."""
    parts = np.array_split(np.arange(len(groups)), N_GROUPS)
    return [np.concatenate([groups[i] for i in part]) for part in parts]


def _axis(values: list[Any]) -> tuple[FloatArray, str]:
    """Return the places of the values, and the scale that spreads them evenly."""
    if not all(map(_is_number, values)):
        return np.arange(len(values), dtype=float), "category"
    x = np.array(values, dtype=float)
    if len(x) < 3 or x.min() <= 0 or x.max() < 10 * x.min():
        return x, "linear"
    even = {"linear": _unevenness(x), "log": _unevenness(np.log(x))}
    return x, min(even, key=even.__getitem__)


def _unevenness(x: FloatArray) -> float:
    steps = np.diff(x)
    return float(steps.std() / steps.mean())


def _intervals(
    search: Any, results: Mapping[str, Any], metric: str, shown: NDArray[np.intp]
) -> tuple[dict[str, FloatArray], ...]:
    """Means over the splits of each candidate and the ends of their intervals."""
    train, test = (
        _all_splits(results, f"{side}_{metric}")[shown] for side in ("train", "test")
    )
    ratio = getattr(search, "_test_train_ratio", None)
    if ratio is None and search.n_splits_ > 1:
        ratio = 1 / (search.n_splits_ - 1)
    estimates = {
        side: [corrected_estimate(row, test_train_ratio=ratio) for row in rows]
        for side, rows in zip(SIDES, (train, test, gap_of(train, test)), strict=True)
    }
    return tuple(
        {
            side: np.array([get(estimate) for estimate in rows])
            for side, rows in estimates.items()
        }
        for get in (
            lambda estimate: estimate.mean,
            lambda estimate: estimate.interval[0],
            lambda estimate: estimate.interval[1],
        )
    )


def _all_splits(results: Mapping[str, Any], name: str) -> FloatArray:
    """Scores of shape (n_candidates, n_splits), repeats of refinement included."""
    pattern = re.compile(rf"(repeat\d+_)?split\d+_{re.escape(name)}")
    columns = [results[key] for key in results if pattern.fullmatch(key)]
    if not columns:
        columns = [results[f"mean_{name}"]]
    scores = np.stack([np.asarray(column, dtype=float) for column in columns], axis=1)
    return np.where(np.isfinite(scores), scores, np.nan)


# -------------------------------------------------------------------------- the picture
class GapSearchDisplay:
    """What a search found: test score against gap, or scores along one parameter.

    Parameters
    ----------
    data : CandidateScores or ParameterCurve
        What is drawn, as :meth:`from_search` collects it.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on; of the curve, those of train and test score.
    gap_ax_ : matplotlib.axes.Axes or None
        Axes of the gap, below those of the scores; of the curve only.
    figure_ : matplotlib.figure.Figure
        Their figure.

    See Also
    --------
    skoverfit.model_selection.pareto_front : The front that is drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import GapAwareSearchCV
    >>> from skoverfit.diagnosis import GapSearchDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> search = GapAwareSearchCV(tree, {"max_depth": [1, 2, 5]}).fit(X, y)
    >>> GapSearchDisplay.from_search(search).data.gap.shape
    (3,)
    >>> display = GapSearchDisplay.from_search(search, param="max_depth")
    >>> display.data.values
    [1, 2, 5]
    """

    def __init__(self, data: CandidateScores | ParameterCurve):
        self.data = data

    @classmethod
    @documented(DISPLAYS)
    def from_search(
        cls,
        search: Any,
        *,
        kind: str | None = None,
        param: str | None = None,
        metric: str | None = None,
        ax: Any = None,
    ) -> "GapSearchDisplay":
        """Draw a fitted search.

        Parameters
        ----------
        search : fitted search object
            :class:`~skoverfit.GapAwareSearchCV`, or a search of scikit-learn with
            ``return_train_score=True``.
        kind : {"scatter", "curve"}, default=None
            ``"scatter"`` draws mean test score against mean gap: the front of
            candidates that no other beats in both, the one that was chosen, the one
            with the best test score, and the band of one standard error below it.
            ``"curve"`` draws train score, test score and gap along `param`, with 95 %
            intervals. None is ``"curve"`` where `param` is given.
        param : str, default=None
            Parameter to draw along; of the curve, None where only one varied. Of the
            candidates with the same value the one with the best mean test score is
            shown, which makes its score look better than it is. More than 20 values
            are put into 10 groups.
        metric : str, default=None
            Metric to draw; by default the one that was selected by.
        {ax}

        Returns
        -------
        display : GapSearchDisplay

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        ValueError
            If the search kept no train scores, `metric` or `param` is missing or not
            one of the search's, or no candidate has a valid score.
        """
        if kind not in (*KINDS, None):
            raise ValueError(f"kind={kind!r} must be one of {list(KINDS)} or None.")
        if kind == "scatter" and param is not None:
            raise ValueError(f"param={param!r} needs kind='curve', not 'scatter'.")
        if kind == "curve" or param is not None:
            return cls(parameter_curve(search, param, metric)).plot(ax)
        return cls(candidate_scores(search, metric)).plot(ax)

    def plot(self, ax: Any = None) -> "GapSearchDisplay":
        """Draw what the display holds.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default. For a curve they are hidden, and
            two axes stand in their place.

        Returns
        -------
        display : GapSearchDisplay
        """
        if ax is None:
            plt = import_optional("matplotlib.pyplot", extra="report")
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_, self.gap_ax_ = ax, ax.figure, None
        if isinstance(self.data, CandidateScores):
            _draw_candidates(ax, self.data)
        else:
            self.ax_, self.gap_ax_ = _draw_curve(ax, self.data)
        return self


# ------------------------------------------------------------------------- the scatter
def _draw_candidates(ax: Any, data: CandidateScores) -> None:
    best = data.test[data.argmax]
    ax.axhspan(
        best - data.noise,
        best,
        color=TEST_COLOR,
        alpha=0.12,
        linewidth=0,
        label="1 standard error",
    )
    ax.scatter(
        data.gap, data.test, s=22, color=OTHER_COLOR, alpha=0.6, label="candidate"
    )
    ax.plot(
        data.gap[data.front],
        data.test[data.front],
        drawstyle="steps-post",
        marker="o",
        markersize=5,
        linewidth=1.2,
        color=TRAIN_COLOR,
        label="Pareto front",
    )
    _mark(ax, data, data.argmax, "s", "best test score")
    if data.chosen is not None:
        _mark(ax, data, data.chosen, "*", "chosen")
    n_hidden = _focus(ax, data)
    title = f"{n_hidden} of {len(data.test)} candidates not shown" if n_hidden else ""
    score = _axis_name(data.metric)
    ax.set(xlabel="mean gap (train - test)", ylabel=f"mean test {score}", title=title)
    _add_legend(ax)


def _mark(ax: Any, data: CandidateScores, index: int, marker: str, label: str) -> None:
    is_hollow = marker == "s"
    color = TEST_COLOR if is_hollow else BEST_COLOR
    ax.scatter(
        data.gap[index],
        data.test[index],
        s=130 if is_hollow else 170,
        marker=marker,
        facecolor="none" if is_hollow else color,
        edgecolor=color if is_hollow else "white",
        linewidth=1.6 if is_hollow else 0.8,
        zorder=4,
        label=label,
    )


def _focus(ax: Any, data: CandidateScores) -> int:
    """Leave far-off candidates outside, so that the others can be told apart."""
    drawn = np.isfinite(data.test) & np.isfinite(data.gap)
    shown = [*data.front, data.argmax, *([] if data.chosen is None else [data.chosen])]
    kept = drawn & (data.test >= -_upper_fence(-data.test[drawn]))
    kept &= data.gap <= _upper_fence(data.gap[drawn])
    kept[shown] = drawn[shown]
    if kept.sum() < drawn.sum():
        ax.set_xlim(*_padded(data.gap[kept]))
        ax.set_ylim(*_padded(data.test[kept]))
    return int(drawn.sum() - kept.sum())


def _upper_fence(values: FloatArray) -> float:
    """Value beyond which a point is far off: five times the middle half away."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high + 5 * (high - low))


def _padded(values: FloatArray) -> tuple[float, float]:
    margin = 0.05 * (np.ptp(values) or 1.0)
    return float(values.min() - margin), float(values.max() + margin)


# --------------------------------------------------------------------------- the curve
def _draw_curve(frame: Any, data: ParameterCurve) -> tuple[Any, Any]:
    """Draw the scores above and the gap below, and return the axes of both."""
    frame.set_axis_off()
    # Axes within the given ones: any layout of the figure makes room for their labels.
    ax = frame.inset_axes([0, 0.4, 1, 0.6])
    below = frame.inset_axes([0, 0, 1, 0.36], sharex=ax)
    ax.tick_params(labelbottom=False)
    _draw_side(ax, data, "train", "s", TRAIN_COLOR)
    _draw_side(ax, data, "test", "o", TEST_COLOR)
    _draw_side(below, data, "gap", "D", GAP_COLOR)
    below.axhline(0, color=OTHER_COLOR, linewidth=0.8)
    if data.chosen is not None:
        for each in (ax, below):
            each.axvline(
                data.x[data.chosen],
                color=BEST_COLOR,
                linestyle="--",
                linewidth=1.2,
                label="chosen",
            )
    _set_scale(below, data)
    ax.set(ylabel=_axis_name(data.metric), title=_curve_title(data))
    below.set(xlabel=literal(data.param), ylabel="gap")
    _add_legend(ax)
    return ax, below


def _draw_side(
    ax: Any, data: ParameterCurve, side: str, marker: str, color: str
) -> None:
    ax.fill_between(
        data.x, data.low[side], data.high[side], color=color, alpha=0.18, linewidth=0
    )
    ax.plot(
        data.x,
        data.mean[side],
        marker=marker,
        markersize=4.5,
        color=color,
        label=side,
    )


def _set_scale(ax: Any, data: ParameterCurve) -> None:
    if data.scale == "category":
        ax.set_xticks(data.x, [literal(_short(value)) for value in data.values])
        return
    ax.set_xscale(data.scale)
    if data.scale == "log" and len(data.x) <= MAX_TICKS:
        ax.set_xticks(data.x, [f"{value:g}" for value in data.x])
        ax.minorticks_off()


def _curve_title(data: ParameterCurve) -> str:
    notes = []
    if data.n_others:
        plural = "" if data.n_others == 1 else "s"
        notes.append(f"best over {data.n_others} other parameter{plural}")
    if data.is_grouped:
        notes.append("values in groups")
    return ", ".join(notes)


def _axis_name(metric: str) -> str:
    return "score" if metric == "score" else literal(metric)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 16 else text[:15] + "…"


def _add_legend(ax: Any) -> None:
    ax.legend(frameon=True, framealpha=0.7, edgecolor="none", fontsize="small")
