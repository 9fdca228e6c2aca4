"""The rules on trial: the library's own, and some that exist only here."""

import numpy as np
from scipy.spatial.distance import cdist

from skoverfit.model_selection import (
    BestScore,
    ParetoKnee,
    PenalizedGap,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)

# The reference that all rules are measured against: what ``GridSearchCV`` does.
ARGMAX = "BestScore()"


def split_scores(cv_results, side):
    """Scores of one side, candidates x splits."""
    n_splits = sum(
        key.startswith("split") and key.endswith("_test_score") for key in cv_results
    )
    return np.column_stack(
        [cv_results[f"split{k}_{side}_score"] for k in range(n_splits)]
    )


def mean_gap(cv_results):
    """Mean gap of every candidate."""
    return cv_results["mean_train_score"] - cv_results["mean_test_score"]


def best_standard_error(scores, best):
    """Classical standard error of the mean score of the best candidate."""
    return scores[best].std(ddof=1) / np.sqrt(scores.shape[1])


def smallest_gap(cv_results, allowed):
    """Index of the smallest gap among the allowed candidates."""
    gaps = np.where(allowed, mean_gap(cv_results), np.inf)
    return int(np.argmin(gaps))


class WithinLoss:
    """Smallest gap among candidates that lose at most ``loss``, within ``n_se``."""

    def __init__(self, loss, n_se=np.inf):
        self.loss = loss
        self.n_se = n_se

    def __call__(self, cv_results):
        """Index of the chosen candidate."""
        mean = cv_results["mean_test_score"]
        spread = best_standard_error(split_scores(cv_results, "test"), mean.argmax())
        # inf * 0 would be NaN: no noise limit means that the loss alone decides.
        noise = self.n_se * spread if np.isfinite(self.n_se) else np.inf
        slack = min(self.loss, noise) + 1e-12
        return smallest_gap(cv_results, mean >= mean.max() - slack)


class PenaltyWithinNoise:
    """Best penalized score among the candidates within ``n_se`` of the best."""

    def __init__(self, penalty, n_se):
        self.penalty = penalty
        self.n_se = n_se

    def __call__(self, cv_results):
        """Index of the chosen candidate."""
        mean = cv_results["mean_test_score"]
        spread = best_standard_error(split_scores(cv_results, "test"), mean.argmax())
        allowed = mean >= mean.max() - self.n_se * spread - 1e-12
        penalized = mean - self.penalty * np.maximum(0, mean_gap(cv_results))
        return int(np.argmax(np.where(allowed, penalized, -np.inf)))


class SmoothedWithinNoise:
    """Smallest gap within ``n_se`` of the best score smoothed over the grid."""

    def __init__(self, n_se, length_scale=0.5):
        self.n_se = n_se
        self.length_scale = length_scale

    def __call__(self, cv_results):
        """Index of the chosen candidate."""
        scores = split_scores(cv_results, "test")
        smooth = self._smooth(cv_results["params"], scores)
        best = smooth.argmax()
        slack = self.n_se * best_standard_error(scores, best) + 1e-12
        return smallest_gap(cv_results, smooth >= smooth[best] - slack)

    def _smooth(self, params, scores):
        """Posterior mean of a Gaussian process with a fixed kernel width."""
        mean = scores.mean(axis=1)
        # What splits have in common moves all candidates alike: only the rest is noise.
        residual = scores - mean[:, None] - scores.mean(axis=0) + mean.mean()
        noise = residual.var(ddof=1) / scores.shape[1] + 1e-12
        signal = max(mean.var(ddof=1) - noise, 1e-12)
        distance = cdist(*[grid_positions(params)] * 2, metric="sqeuclidean")
        kernel = signal * np.exp(-distance / (2 * self.length_scale**2))
        weights = np.linalg.solve(
            kernel + noise * np.eye(len(mean)), mean - mean.mean()
        )
        return mean.mean() + kernel @ weights


def grid_positions(params):
    """Place of every candidate in the grid, each parameter scaled to [0, 1]."""
    columns = []
    for name in params[0]:
        # ``None`` means "no limit" and comes after every number.
        levels = sorted({p[name] for p in params}, key=lambda v: (v is None, v or 0))
        place = {level: i / max(1, len(levels) - 1) for i, level in enumerate(levels)}
        columns.append([place[p[name]] for p in params])
    return np.array(columns).T


def eligible_rules():
    """Name -> rule for rules that need no number in the unit of the score."""
    rules = {ARGMAX: BestScore()}
    for penalty in (0.02, 0.05, 0.1, 0.15, 0.25, 0.5):
        rules[f"PenalizedGap({penalty})"] = PenalizedGap(penalty)
    for n_se in (0.0, 0.1, 0.25, 0.5, 1.0):
        rules[f"SmallestGapWithinNoise({n_se})"] = SmallestGapWithinNoise(n_se)
    for alpha in (0.05, 0.1, 0.2, 0.3, 0.4, 0.45):
        rules[f"SmallestGapByPairedTest({alpha})"] = SmallestGapByPairedTest(alpha)
    for penalty in (0.1, 0.25, 0.5):
        for n_se in (0.25, 0.5, 1.0):
            name = f"penalty {penalty} within {n_se} se"
            rules[name] = PenaltyWithinNoise(penalty, n_se)
    return rules


def other_rules():
    """Name -> rule for rules that are measured but cannot be the default."""
    rules = {}
    for penalty in (0.02, 0.05, 0.1, 0.15, 0.25, 0.5):
        for tolerance in (0.02, 0.05):
            name = f"PenalizedGap({penalty}, tolerance={tolerance})"
            rules[name] = PenalizedGap(penalty, tolerance=tolerance)
    for loss in (0.0025, 0.005, 0.01, 0.02):
        rules[f"loss at most {loss}"] = WithinLoss(loss)
    for n_se in (0.25, 0.5, 1.0):
        for loss in (0.0025, 0.005, 0.01):
            rules[f"loss at most {loss} within {n_se} se"] = WithinLoss(loss, n_se)
    for n_se in (0.0, 0.1, 0.25, 0.5):
        rules[f"smoothed, within {n_se} se"] = SmoothedWithinNoise(n_se)
    # Written after the decision, which it therefore takes no part in.
    rules["ParetoKnee()"] = ParetoKnee()
    return rules
