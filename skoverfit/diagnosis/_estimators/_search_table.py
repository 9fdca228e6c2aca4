"""A fitted search as a table of candidates, whatever class it is."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._records import NotMeasured
from skoverfit.model_selection import HonestScore
from skoverfit.model_selection._honest_score._debias import leave_one_split_out

__all__ = ["SearchTable", "honest_score_of", "read_search"]


@dataclass(frozen=True)
class SearchTable:
    """Candidates of a search.

    Attributes
    ----------
    search : object
        The search.
    results : dict of str to ndarray
        Its ``cv_results_``; of halving, the last round only.
    metric : str
        The metric that chose.
    best_index : int
        Row of the winner in `results`.
    n_candidates : int
        Candidates of all rounds.
    """

    search: Any
    results: dict[str, Any]
    metric: str
    best_index: int
    n_candidates: int

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean test score of each candidate."""
        return np.asarray(self.results[f"mean_test_{self.metric}"], dtype=float)

    @property
    def best_score(self) -> float:
        """Mean test score of the winner."""
        return float(self.means[self.best_index])

    @property
    def params(self) -> list[dict[str, Any]]:
        """Parameters of each candidate."""
        return list(self.results["params"])


def read_search(search: Any) -> SearchTable:
    """Read a fitted search.

    Parameters
    ----------
    search : object
        Of scikit-learn, of this library, or of optuna-integration.

    Raises
    ------
    NotMeasured
        If it keeps no scores of the splits.
    """
    results = getattr(search, "cv_results_", None)
    if results is None:
        results = _of_trials(search)
    refit = getattr(search, "refit", None)
    is_named = isinstance(refit, str) and f"mean_test_{refit}" in results
    metric = str(refit) if is_named else "score"
    if f"split0_test_{metric}" not in results:
        raise NotMeasured("the search keeps no scores of the splits")
    n_candidates = len({repr(params) for params in results["params"]})
    means = np.asarray(results[f"mean_test_{metric}"], dtype=float)
    best = int(getattr(search, "best_index_", np.nan_to_num(means, nan=-9e99).argmax()))
    kept = _last_round(results)
    if kept is not None:
        results = {key: np.asarray(values)[kept] for key, values in results.items()}
        best = int(np.flatnonzero(kept == best)[0]) if best in kept else 0
    return SearchTable(search, dict(results), metric, best, n_candidates)


def _last_round(results: Any) -> NDArray[np.intp] | None:
    """Candidates of the last round of halving; None for other searches."""
    if "iter" not in results or "n_resources" not in results:
        return None
    rounds = np.asarray(results["iter"])
    return np.flatnonzero(rounds == rounds.max())


def _of_trials(search: Any) -> dict[str, Any]:
    """Put ``cv_results_`` together from the trials of Optuna's search."""
    trials = [
        trial
        for trial in getattr(search, "trials_", [])
        if "mean_test_score" in trial.user_attrs
    ]
    if not trials:
        raise NotMeasured("the search keeps no scores of its candidates")
    names = [
        name
        for name in trials[0].user_attrs
        if name.startswith("split") or name == "mean_test_score"
    ]
    results: dict[str, Any] = {
        name: np.array([trial.user_attrs.get(name, np.nan) for trial in trials])
        for name in names
    }
    results["params"] = [trial.params for trial in trials]
    return results


def honest_score_of(table: SearchTable) -> HonestScore:
    """Score of the choice on splits that did not choose it.

    Raises
    ------
    NotMeasured
        If there is a single split.
    """
    own = getattr(table.search, "honest_score_", None)
    if isinstance(own, HonestScore) and np.isfinite(own.score):
        return own
    rule = getattr(table.search, "refit", None)
    key = f"mean_test_{table.metric}"

    def best(results: dict[str, Any]) -> int:
        return int(np.nanargmax(np.asarray(results[key], dtype=float)))

    select = rule if callable(rule) and "iter" not in table.results else best
    try:
        honest = leave_one_split_out(table.results, select, metric=table.metric)
        return _steadied(honest, _shrunken_optimism(table))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise NotMeasured(f"the choice cannot be repeated: {error}") from error


def _steadied(honest: HonestScore, other: float) -> HonestScore:
    """Average two estimates of the same optimism: few splits make either noisy."""
    if not np.isfinite(other) or not np.isfinite(honest.optimism):
        return honest
    down = (other - honest.optimism) / 2
    low, high = honest.interval
    return replace(
        honest,
        score=honest.score - down,
        interval=(low - down, high - down),
        optimism=honest.optimism + down,
    )


def _shrunken_optimism(table: SearchTable) -> float:
    """Distance of the best mean to what empirical Bayes makes of it.

    Candidates' means vary by what they are worth and by the noise of the splits; the
    share of noise in their variance is the share of the winner's lead over the mean
    candidate that is not its own.
    """
    metric = table.metric
    columns: list[NDArray[np.float64]] = []
    while (key := f"split{len(columns)}_test_{metric}") in table.results:
        columns.append(np.asarray(table.results[key], dtype=float))
    scores = np.stack(columns, axis=1)
    scores = scores[np.isfinite(scores).all(axis=1)]
    n_candidates, n_splits = scores.shape
    if n_candidates < 3 or n_splits < 2:
        return float("nan")
    means = scores.mean(axis=1)
    rest = scores - means[:, None] - (scores.mean(axis=0) - scores.mean())
    freedom = (n_splits - 1) * (n_candidates - 1)
    noise = float((rest**2).sum() / freedom / n_splits)
    spread = float(means.var(ddof=1))
    if spread == 0:
        return 0.0
    return min(1.0, noise / spread) * float(table.best_score - means.mean())
