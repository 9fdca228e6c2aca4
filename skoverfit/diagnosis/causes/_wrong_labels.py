"""Labels that models which have not seen them contradict with confidence.

Hard rows lie between the classes: a model is unsure of them. A wrong label lies
anywhere, also where the model is sure. So the rows are sorted by how sure an
out-of-fold model is, and the share of contradicted labels among the surest half
estimates the share of wrong labels, if it hardly falls where the model is surer
still; where classes overlap, it falls towards zero instead. Where both are the case, it
falls, but not to what overlap alone leaves among the surest third.

Where one column says nearly all that the forest knows, its errors look like wrong
labels: no other column says which of the two is wrong. So the forest is asked again
without its best column.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from skoverfit._delegation import fit
from skoverfit.diagnosis._columns._probes import splits_within
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.model_selection._shared_fits import quick_fits

MAX_ROWS = 5000
"""Rows that are looked at."""

FEWEST_ROWS = 150
"""Rows below which nothing can be told."""

MIN_SHARE = 0.02
"""Share of wrong labels below which they are not worth a word."""

MAX_OVERALL = 1 / 3
"""Share of all labels contradicted from which too little is predicted to tell."""

EVENNESS, FREE_OVERALL, SLOPE = 0.5, 0.1, 1.5
"""Contradictions among the surest half over those among all, at the least; more, by
the slope, where more than a tenth of all are contradicted: such classes may overlap."""

SURE_OF_TWO, SURE_OF_MORE = 0.09, 0.03
"""Contradicted share of the surest third, at the least, that overlap does not explain.
Two classes overlap throughout in some tables, so that no row is sure; more classes
leave some rows that are."""

SURE_OF_OVERALL_OF_TWO, SURE_OF_OVERALL_OF_MORE = 0.45, 0.33
"""The same as a share of what is contradicted of all labels: two bell-shaped classes
leave less, however far apart, and so do several classes of which two overlap."""

OVERALL_OF_TWO, OVERALL_OF_MORE = 0.3, 0.45
"""Share of all labels contradicted up to which the surest third can be trusted."""

MOST_OF_GUESSED = 2 / 3
"""Share of all labels of two classes contradicted, over that of guesses, from which the
forest knows too little to contradict any."""

MOST_OF_RARE = 0.8
"""Share of all labels contradicted, over that of all classes but the most common one,
from which it knows too little: in such a table the rare class is hardly predicted, and
each of its rows looks wrong."""

MANY_COLUMNS = 20
"""Columns from which the forest leaves out those that it hardly uses: noise makes it
unsure of all rows."""

LEAST_KEPT = 0.75
"""Share of its lead over guessing that the forest must keep without its best column."""

N_TREES = 50
"""Trees of the forest that has not seen the labels."""

N_SHOWN = 20
"""Rows that are shown."""


@dataclass(frozen=True)
class Contradicted:
    """Labels that out-of-fold probabilities contradict.

    Attributes
    ----------
    share : float
        Contradicted share of the surest half: the estimate of wrong labels.
    interval : tuple of (float, float)
        At 95 %.
    evenness : float
        `share` over the contradicted share of all rows; near 1 if the model's doubt
        does not explain the contradictions.
    floor : float
        Contradicted share of the surest sixth over `share`.
    rows : ndarray of int
        Rows contradicted with confidence, the clearest first.
    n_rows, n_classes : int
        Rows that were looked at, and their classes.
    surest : float
        Lower end of the interval of the contradicted share of the surest third.
    rare : float
        Share of all classes but the most common one.
    lead : float
        Contradicted share of all rows if labels were guessed, minus that of the forest.
    kept : float
        Share of the lead that is left without the best column; NaN if unknown.
    score, score_without : float
        Accuracy of the model under diagnosis on all rows, and without these; NaN if
        unknown.
    """

    share: float
    interval: tuple[float, float]
    evenness: float
    floor: float
    rows: NDArray[np.int64]
    n_rows: int
    n_classes: int
    surest: float
    rare: float
    lead: float
    kept: float = np.nan
    score: float = np.nan
    score_without: float = np.nan

    @property
    def overall(self) -> float:
        """Contradicted share of all rows."""
        return self.share / self.evenness if self.evenness else 0.0

    @property
    def _least_evenness(self) -> float:
        return EVENNESS + SLOPE * max(self.overall - FREE_OVERALL, 0.0)

    @property
    def hangs_on_one_column(self) -> bool:
        """Whether errors of one column would look the same."""
        return self.kept < LEAST_KEPT

    @property
    def looks_wrong(self) -> bool:
        """Whether the contradictions look like wrong labels."""
        large = self.interval[0] >= MIN_SHARE
        return large and self._knows and (self._is_even or self._is_never_sure)

    @property
    def _knows(self) -> bool:
        """Whether the forest knows enough to contradict labels."""
        if self.overall > MOST_OF_RARE * self.rare:
            return False
        guessed = self.lead + self.overall
        return self.n_classes > 2 or self.overall <= MOST_OF_GUESSED * guessed

    @property
    def _is_even(self) -> bool:
        """Whether labels are contradicted as often where the model is sure."""
        return (
            self.overall <= MAX_OVERALL
            and self.evenness >= self._least_evenness
            and self.floor >= EVENNESS
        )

    @property
    def _is_never_sure(self) -> bool:
        """Whether even the surest rows are contradicted more than overlap explains."""
        if self.n_classes > 2:
            least = max(SURE_OF_MORE, SURE_OF_OVERALL_OF_MORE * self.overall)
            return self.surest >= least and self.overall <= OVERALL_OF_MORE
        least = max(SURE_OF_TWO, SURE_OF_OVERALL_OF_TWO * self.overall)
        return self.surest >= least and self.overall <= OVERALL_OF_TWO


def contradicted(
    codes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> Contradicted:
    """Compare labels with out-of-fold probabilities.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Columns of `probabilities` that the labels name.
    probabilities : ndarray of shape (n_samples, n_classes)
        Of models that have not seen the row.
    rows : ndarray of shape (n_samples,)
        Numbers of the rows.
    """
    n_rows, places = len(codes), np.arange(len(codes))
    # Relative to its share, so that a common class is not sure by being common.
    margins = np.sort(probabilities, axis=1)
    sure = margins[:, -1] - margins[:, -2]
    wrong = probabilities.argmax(axis=1) != codes
    order = np.argsort(-sure, kind="stable")
    half, third, sixth = (order[: n_rows // parts] for parts in (2, 3, 6))
    n_wrong = int(wrong[half].sum())
    share = n_wrong / len(half)
    overall = float(wrong.mean())
    shares = np.bincount(codes) / n_rows
    guessed = 1 - float((shares**2).sum())
    own = probabilities[places, codes]
    suspects = half[wrong[half]]
    suspects = suspects[np.argsort(own[suspects] - sure[suspects], kind="stable")]
    return Contradicted(
        share,
        _interval(n_wrong, len(half)),
        share / overall if overall else 0.0,
        float(wrong[sixth].mean()) / share if share else 0.0,
        rows[suspects],
        n_rows,
        probabilities.shape[1],
        _interval(int(wrong[third].sum()), len(third))[0],
        1 - float(shares.max()),
        guessed - overall,
    )


def _interval(hits: int, n: int) -> tuple[float, float]:
    """Interval of Clopper and Pearson at 95 %."""
    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def out_of_fold_probabilities(
    matrix: NDArray[np.float64], codes: NDArray[np.int64], splits: Any, seed: int
) -> NDArray[np.float64]:
    """Probabilities of a forest that does not follow single labels.

    Returns
    -------
    probabilities : ndarray of shape (n_samples, n_classes)
        NaN for rows that no split tests.
    """
    found = np.full((len(codes), int(codes.max()) + 1), np.nan)
    forest = ExtraTreesClassifier(
        N_TREES, min_samples_leaf=3, class_weight="balanced", random_state=seed
    )
    many = matrix.shape[1] > MANY_COLUMNS
    model = make_pipeline(
        SimpleImputer(keep_empty_features=True),
        SelectFromModel(forest, threshold="mean") if many else "passthrough",
        forest,
    )
    for train, test in splits:
        with quick_fits():
            fit(model, matrix[train], codes[train])
        found[test] = 0.0
        found[np.ix_(test, model.classes_)] = model.predict_proba(matrix[test])
    return found


@register_cause
class WrongLabels(Cause):
    """Labels that are probably wrong."""

    code = "SKO401"
    name = "wrong_labels"
    title = "Some labels are probably wrong"
    kind = "target"
    needs = frozenset({"classification", "table"})
    cost = 0.5

    def measure(self, lab: Lab) -> Contradicted:
        """Compare the labels with an out-of-fold forest."""
        problem, table = lab.problem, lab.table
        if table is None:
            raise NotMeasured("the data are not a table")
        rows = table.rows
        if len(rows) > MAX_ROWS:
            rng = np.random.default_rng(problem.seed)
            kept = np.sort(rng.choice(len(rows), MAX_ROWS, replace=False))
            rows, matrix = rows[kept], table.matrix[kept]
        else:
            matrix = table.matrix
        if len(rows) < FEWEST_ROWS:
            raise NotMeasured(f"there are fewer than {FEWEST_ROWS} rows")
        splits = splits_within(problem.splits, rows, problem.n_samples)
        codes = np.unique(problem.y[rows], return_inverse=True)[1]
        found = out_of_fold_probabilities(matrix, codes, splits, problem.seed)
        known = np.isfinite(found).all(axis=1)
        result = contradicted(codes[known], found[known], rows[known])
        if result.looks_wrong:
            rest = _without_best_column(lab, matrix)
            found = out_of_fold_probabilities(rest, codes, splits, problem.seed)
            other = contradicted(codes[known], found[known], rows[known])
            result = replace(result, kept=other.lead / result.lead)
        return _with_scores(result, lab)

    def judge(self, measured: Contradicted, problem: Problem) -> Finding:
        """Present if labels are contradicted as often where a model is sure."""
        low, high = measured.interval
        text = (
            f"A forest that has not seen them contradicts {measured.share:.1%} "
            f"({low:.1%} to {high:.1%}) of the labels of which it is surest, against "
            f"{measured.overall:.1%} of all."
        )
        fields: dict[str, Any] = {
            "effect": measured.share,
            "interval": measured.interval,
            "unit": "share of labels",
        }
        if measured.looks_wrong and measured.hangs_on_one_column:
            return self.finding(
                "not_applicable",
                title="Wrong labels cannot be told from errors of one column",
                explanation=(
                    f"{text} But without its best column the forest keeps "
                    f"{max(measured.kept, 0.0):.0%} of its lead over guessing, so that "
                    "these may as well be errors of that column."
                ),
                **fields,
            )
        if not measured.looks_wrong:
            title = "Few labels are contradicted with confidence"
            return self.finding("absent", title=title, explanation=text, **fields)
        shown = measured.rows[:N_SHOWN]
        text += " Hard rows alone would be rare there: this is how wrong labels look."
        if np.isfinite(measured.score_without):
            text += (
                f" Without these rows in the test parts the accuracy would read "
                f"{measured.score_without:.3f} instead of {measured.score:.3f}: an "
                "indication only, since rows the model gets wrong are left out."
            )
        return self.finding(
            "present",
            severity="warning",
            explanation=text,
            rows=tuple(int(row) for row in shown),
            advice=(
                f"Look at these rows first, the clearest first: "
                f"{', '.join(map(str, shown[:10]))}. Correct what is wrong; do not "
                "delete rows only because the model disagrees."
            ),
            **fields,
        )


def _without_best_column(lab: Lab, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out the column that scores best alone; a constant where none is left."""
    scores = np.array(list(lab.alone.values()), dtype=float)
    rest = np.delete(matrix, np.argmax(np.nan_to_num(scores, nan=-np.inf)), axis=1)
    return rest if rest.shape[1] else np.zeros((len(matrix), 1))


def _with_scores(result: Contradicted, lab: Lab) -> Contradicted:
    """Add the accuracy of the model with and without the contradicted rows."""
    oof = lab.oof
    if oof is None or not len(result.rows):
        return result
    right = oof.predictions == oof.y
    kept = ~np.isin(oof.rows, result.rows)
    return replace(
        result, score=float(right.mean()), score_without=float(right[kept].mean())
    )
