"""Scores that depend on the seed of the model or on the luck of one split."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from skoverfit.diagnosis._judgment._judging import show_score
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause

N_SEEDS, MOST_SEEDS = 3, 8
"""Further seeds of the model that are tried, and where these leave it open."""

LEFT_OPEN = (0.5, 2.0)
"""Multiples of a large spread between which so few seeds leave it open."""

N_SPLITS, MORE_SPLITS = 10, 30
"""Other random splits that a single split is compared with, and where rows are few."""

FEW_ROWS = 1000
"""Rows up to which there are more of them."""

HIGH_SHARE = 0.8
"""Share of the level of the test that goes to high scores: who chooses a split chooses
it for its score."""

LARGE_SPREAD = 0.03
"""Share of the score range that the seed may move the score."""

CLEAR = 0.01
"""Share of the score range within which the scores of two seeds end the search."""

LARGE_LUCK = 0.05
"""Share of the score range that one split may be off the mean of others."""


@dataclass(frozen=True)
class Stability:
    """How the score moves with what should not matter.

    Attributes
    ----------
    score : float
        The test score as it was asked for.
    by_seed : ndarray of float
        The same with other seeds of the model; empty if it has none.
    by_split : ndarray of float
        Scores of other random splits of the same sizes, where one split was given.
    score_range : float
        The way from a constant prediction to a perfect score.
    """

    score: float
    by_seed: NDArray[np.float64]
    by_split: NDArray[np.float64]
    score_range: float

    @property
    def seed_spread(self) -> float:
        """Standard deviation over seeds; 0 if the model has none."""
        if len(self.by_seed) < 2:
            return 0.0
        return float(np.std([self.score, *self.by_seed], ddof=1))

    @property
    def luck(self) -> float:
        """How far the one split is above the mean of the others; 0 if there is none."""
        if len(self.by_split) < 3:
            return 0.0
        return float(self.score - self.by_split.mean())

    @property
    def luck_pvalue(self) -> float:
        """P-value of "the split is like the others", on the side where it is."""
        if len(self.by_split) < 3:
            return 1.0
        n, spread = len(self.by_split), self.by_split.std(ddof=1)
        if spread == 0:
            return float(self.luck == 0)
        t = self.luck / (spread * np.sqrt(1 + 1 / n))
        share = HIGH_SHARE if t > 0 else 1 - HIGH_SHARE
        return float(min(stats.t.sf(abs(t), n - 1) / share, 1.0))

    @property
    def is_seed_dependent(self) -> bool:
        """Whether the seed moves the score."""
        return self.seed_spread > LARGE_SPREAD * self.score_range

    @property
    def is_lucky(self) -> bool:
        """Whether the one split is unlike others."""
        large = abs(self.luck) > LARGE_LUCK * self.score_range
        return large and self.luck_pvalue < 0.05


def is_seed(name: str) -> bool:
    """Whether a parameter of that name is a seed."""
    return name.split("__")[-1] == "random_state"


def other_splits(problem: Problem) -> Splits:
    """Random splits of the sizes of the single one."""
    train, test = problem.splits[0]
    kind = ShuffleSplit
    if problem.is_classification:
        counts = np.unique(problem.y, return_counts=True)[1]
        if counts.min() >= 2 and min(len(test), len(train)) >= len(counts):
            kind = StratifiedShuffleSplit
    splitter = kind(
        MORE_SPLITS if problem.n_samples <= FEW_ROWS else N_SPLITS,
        train_size=len(train),
        test_size=len(test),
        random_state=problem.seed % 2**32,
    )
    return list(splitter.split(np.zeros(problem.n_samples), problem.y))


@register_cause
class UnstableScore(Cause):
    """A score that is the luck of a seed or of one split."""

    code = "SKO110"
    name = "unstable_score"
    explains = "nothing"
    title = "The score is the luck of one seed or one split"
    kind = "validation"
    cost = 2.0

    def measure(self, lab: Lab) -> Stability:
        """Score the model with other seeds, and a single split's twins."""
        problem, core = lab.problem, lab.core
        assert core is not None
        by_split = np.array([])
        if len(problem.splits) == 1:
            if problem.groups is not None or lab.together is not None:
                raise NotMeasured("rows belong together, so that no split is random")
            found = lab.on("other random splits", other_splits(problem))
            by_split = _finite(found.scores.test_scores)
        by_seed = np.array([])
        if any(map(is_seed, problem.estimator.get_params())):
            by_seed = _scores_by_seed(lab)
        return Stability(
            core.model.gap.mean_test, _finite(by_seed), by_split, core.score_range
        )

    def judge(self, measured: Stability, problem: Problem) -> Finding:
        """Present if seed or split move the score."""
        text = self._explanation(measured, problem)
        if not measured.is_seed_dependent and not measured.is_lucky:
            title = "The score does not hang on one seed or split"
            return self.finding("absent", title=title, explanation=text)
        if measured.is_lucky:
            return self.finding(
                "present",
                title="The score of this one split is luck",
                severity="serious",  # all else was measured on it
                effect=measured.luck,
                explanation=text,
                pvalue=measured.luck_pvalue,
                counterfactual=float(measured.by_split.mean()),
                counterfactual_label="mean of other random splits of the same sizes",
                advice=(
                    "Use cross-validation instead of one split (cv=5, or "
                    "--cv shuffled:5), and report its mean with an interval."
                ),
            )
        return self.finding(
            "present",
            title="The score depends on the seed of the model",
            severity="warning",
            effect=measured.seed_spread,
            explanation=text,
            counterfactual=float(np.mean([measured.score, *measured.by_seed])),
            counterfactual_label="mean over seeds",
            advice=(
                "Report the mean over several seeds, never the best one; average more "
                "models (larger n_estimators, or a BaggingClassifier or "
                "BaggingRegressor around the model)."
            ),
        )

    def _explanation(self, measured: Stability, problem: Problem) -> str:
        def show(value: float) -> str:
            return show_score(value, measured.score_range)

        text = [f"The test {problem.scoring} is {show(measured.score)}."]
        if len(measured.by_seed):
            scores = ", ".join(map(show, measured.by_seed))
            text.append(f"With other seeds of the model it is {scores}.")
        if len(measured.by_split):
            low, high = measured.by_split.min(), measured.by_split.max()
            text.append(
                f"{len(measured.by_split)} other random splits of the same sizes score "
                f"{show(measured.by_split.mean())} on average, from {show(low)} to "
                f"{show(high)}."
            )
        return " ".join(text)


def _scores_by_seed(lab: Lab) -> NDArray[np.float64]:
    """Score other seeds, until it is clear whether they matter."""
    assert lab.core is not None
    own, score_range = lab.core.model.gap.mean_test, lab.core.score_range
    scores = [own]
    for k in range(1, MOST_SEEDS + 1):
        if _is_clear(scores, score_range):
            break
        try:
            scores.append(_score_with_seed(lab, k))
        except NotMeasured:
            if k <= N_SEEDS:
                raise
            break
    return np.array(scores[1:])


def _is_clear(scores: list[float], score_range: float) -> bool:
    """Whether further seeds would change nothing; the first score is the own one."""
    n = len(scores) - 1
    if n and scores[-1] == scores[0]:
        return True
    if n < N_SEEDS:
        return n > 1 and bool(np.ptp(scores) < CLEAR * score_range)
    low, high = (factor * LARGE_SPREAD * score_range for factor in LEFT_OPEN)
    return not low < np.std(scores, ddof=1) < high


def _score_with_seed(lab: Lab, k: int) -> float:
    """Test score with another seed in every part that has one."""
    estimator = clone(lab.problem.estimator)
    seed = (lab.problem.seed + k) % 2**32
    names = [name for name in estimator.get_params() if is_seed(name)]
    estimator.set_params(**dict.fromkeys(names, seed))
    outcome = lab.with_model(f"the model with seed {seed}", estimator)
    return float(outcome.scores.gap.mean_test)


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]
