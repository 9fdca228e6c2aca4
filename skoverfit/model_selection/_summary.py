"""A fitted search in a few rows: what was chosen, what argmax would take, the price."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import import_optional
from skoverfit.model_selection._choice import over_all_splits
from skoverfit.model_selection._rules._pareto import ParetoKnee
from skoverfit.model_selection._selection import best_score, resolve_metric

__all__ = ["SummaryMixin", "SummaryRow", "summarize_search", "summary_html"]

#: Longest value of a parameter in the table of a notebook.
MAX_VALUE = 60


@dataclass(frozen=True)
class SummaryRow:
    """One candidate of a search, and why it is of interest.

    Attributes
    ----------
    role : {"committee", "chosen", "best test score", "own settings", "knee"}
        Why it is in the summary.
    candidate : int
        Its row in ``cv_results_``; -1 for a committee.
    test_score, train_score, gap : float
        Means over all its splits; NaN without train scores.
    test_score_paid : float
        Best mean test score of the search minus its own.
    gap_saved : float
        Gap of the candidate with the best test score minus its own.
    n_splits_run : int
        Number of splits that it was evaluated on.
    params : dict
        Its parameters.
    """

    role: str
    candidate: int
    test_score: float
    train_score: float
    gap: float
    test_score_paid: float
    gap_saved: float
    n_splits_run: int
    params: dict[str, Any]


class SummaryMixin:
    """What a search class needs to summarize itself, in frames and in notebooks."""

    def summary(self, metric: str | None = None) -> Any:
        """Summarize the fitted search: what was chosen, and what that cost.

        Parameters
        ----------
        metric : str, default=None
            Metric to report; by default the one that was selected by.

        Returns
        -------
        frame : pandas.DataFrame
            One row for the committee where the search has made one (candidate -1,
            without parameters), for the chosen candidate, for the one with the best
            mean test score, for the estimator's own settings where they are a
            candidate (with ``params`` of ``{}``) and, with train scores, for the
            knee of the front of test score against gap
            (:class:`~skoverfit.model_selection.ParetoKnee`). Columns are the
            ``candidate`` (its row in ``cv_results_``), its mean ``test_score``,
            ``train_score`` and ``gap``, ``test_score_paid`` and ``gap_saved`` against
            the best test score, ``n_splits_run``, the honest score of the committee or
            else of the chosen candidate where the search has one (``debiased_score``
            and its interval, ``debiased_low`` and ``debiased_high``), and
            ``param_<name>``.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        ValueError
            If there are several metrics and none was selected by.
        ImportError
            If pandas is not installed.
        """
        return summarize_search(self, metric)

    @property
    def _repr_html_(self):
        # Raises AttributeError where scikit-learn is set to show text.
        own = super()._repr_html_  # type: ignore[misc]
        return lambda: own() + summary_html(self)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += summary_html(self)
        return bundle


# ------------------------------------------------------------------------------- rows
def summary_rows(search: Any, metric: str | None = None) -> list[SummaryRow]:
    """Return the candidates of interest of a fitted search."""
    check_is_fitted(search, "cv_results_")
    results = search.cv_results_
    metric = resolve_metric(results, metric or _own_metric(search))
    test, train, gap = _means(results, metric)
    argmax = best_score(test)
    roles = {"best test score": argmax}
    if (chosen := getattr(search, "best_index_", None)) is not None:
        roles = {"chosen": int(chosen), **roles}
    if {} in list(results["params"]):
        roles["own settings"] = list(results["params"]).index({})
    if np.isfinite(gap).any():
        roles["knee"] = ParetoKnee().select(results, metric=metric)
    n_run = results.get("n_splits_run", np.full(len(test), search.n_splits_))
    committee = _committee_row(search, metric, test[argmax], gap[argmax])
    return committee + [
        SummaryRow(
            role=role,
            candidate=index,
            test_score=float(test[index]),
            train_score=float(train[index]),
            gap=float(gap[index]),
            test_score_paid=float(test[argmax] - test[index]),
            gap_saved=float(gap[argmax] - gap[index]),
            n_splits_run=int(n_run[index]),
            params=dict(results["params"][index]),
        )
        for role, index in roles.items()
    ]


def _committee_row(
    search: Any, metric: str, best_test: float, its_gap: float
) -> list[SummaryRow]:
    """Return the committee, if the final model is one and was scored by the metric."""
    report = getattr(getattr(search, "selection_path_", None), "committee", None)
    if report is None or not report.is_used or metric != _own_metric(search):
        return []
    return [
        SummaryRow(
            role="committee",
            candidate=-1,
            test_score=report.score,
            train_score=report.train_score,
            gap=report.gap,
            test_score_paid=float(best_test - report.score),
            gap_saved=float(its_gap - report.gap),
            n_splits_run=search.n_splits_,
            params={},
        )
    ]


def _own_metric(search: Any) -> str | None:
    """Name of the metric that a search selected by, None where none is known."""
    if (metric := getattr(search, "selection_metric_", None)) is not None:
        return metric
    several = getattr(search, "multimetric_", False)
    return search.refit if several and isinstance(search.refit, str) else None


def _means(results: Mapping[str, Any], metric: str) -> tuple[Any, Any, Any]:
    """Test score, train score and gap of each candidate, over all its splits."""
    test, train, gap = (
        np.asarray(over_all_splits(results, f"{side}_{metric}"), dtype=float)
        for side in ("test", "train", "gap")
    )
    # scikit-learn's own searches have no gaps.
    has_gap = f"mean_gap_{metric}" in results
    return test, train, gap if has_gap else train - test


def _honest_score(search: Any) -> dict[str, float]:
    """Return the debiased score of the choice, nothing where the search has none."""
    score = getattr(search, "debiased_score_", None)
    if score is None:
        return {}
    low, high = getattr(search, "debiased_score_interval_", (np.nan, np.nan))
    names = ("debiased_score", "debiased_low", "debiased_high")
    return {name: float(x) for name, x in zip(names, (score, low, high), strict=True)}


# ------------------------------------------------------------------------------ frames
def summarize_search(search: Any, metric: str | None = None) -> Any:
    """Summarize a fitted search in a data frame.

    Returns
    -------
    frame : pandas.DataFrame
        As ``search.summary()`` has it.

    Raises
    ------
    NotFittedError
        If the search is not fitted.
    ValueError
        If there are several metrics and none was selected by.
    ImportError
        If pandas is not installed.
    """
    pd = import_optional("pandas", extra="report")
    rows = summary_rows(search, metric)
    honest = _honest_score(search)
    names = sorted({name for row in rows for name in row.params})
    final = "committee" if rows[0].role == "committee" else "chosen"
    records = [
        {
            **{name: getattr(row, name) for name in _FIGURES},
            **{n: v if row.role == final else np.nan for n, v in honest.items()},
        }
        for row in rows
    ]
    roles = pd.Index([row.role for row in rows], name="role")
    frame = pd.DataFrame(records, index=roles)
    for name in names:
        values = [row.params.get(name, np.nan) for row in rows]
        frame[f"param_{name}"] = pd.Series(_column(values), index=roles)
    return frame


def _column(values: list[Any]) -> Any:
    """Return the values as a column that does not change any of them."""
    if len({type(value) for value in values}) == 1 and isinstance(values[0], Real):
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # lists stay whole
        column[place] = value
    return column


_FIGURES = (
    "candidate",
    "test_score",
    "train_score",
    "gap",
    "test_score_paid",
    "gap_saved",
    "n_splits_run",
)


# -------------------------------------------------------------------------------- html
# The page's own colors serve light and dark notebooks alike.
_STYLE = (
    "<style>.skoverfit-search{font-size:0.9em;margin-top:0.5em}"
    ".skoverfit-search table{border-collapse:collapse}"
    ".skoverfit-search th,.skoverfit-search td"
    "{padding:0.15em 0.7em;text-align:right;border-bottom:1px solid currentColor}"
    ".skoverfit-search th:first-child,.skoverfit-search td:last-child"
    "{text-align:left}</style>"
)
_HEADER = ("", "test score", "train score", "gap", "paid", "gap saved", "parameters")


def summary_html(search: Any) -> str:
    """Return a search's summary as an element to stand under its diagram.

    Returns
    -------
    fragment : str
        One ``div`` with its style, escaped; empty where there is nothing to say.
    """
    if not hasattr(search, "cv_results_"):
        return ""
    try:
        rows = summary_rows(search)
    except ValueError:  # several metrics, none of which was selected by
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEADER)
    body = "".join(f"<tr>{_html_row(row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'{_STYLE}<div class="skoverfit-search">{table}{_html_note(search)}</div>'


def _html_row(row: SummaryRow) -> str:
    figures = (
        row.test_score,
        row.train_score,
        row.gap,
        row.test_score_paid,
        row.gap_saved,
    )
    params = ", ".join(f"{name}={_short(v)}" for name, v in row.params.items())
    cells = [*(_number(value) for value in figures), params]
    return f'<th scope="row">{html.escape(row.role)}</th>' + "".join(
        f"<td>{html.escape(cell)}</td>" for cell in cells
    )


def _html_note(search: Any) -> str:
    honest = _honest_score(search)
    if not honest:
        return ""
    score, low, high = (_number(value) for value in honest.values())
    return f"<p>Debiased score of the choice: {score} [{low}, {high}]</p>"


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "-"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 3] + "..."
