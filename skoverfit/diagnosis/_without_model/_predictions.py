"""What predictions show, without the model and without the columns."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from skoverfit.diagnosis._displays._predictions import PredictionsDisplay
from skoverfit.diagnosis._own_part._part_tests import LEVEL, label_shift
from skoverfit.diagnosis._without_model._prediction_parts import (
    GivenPart,
    GivenParts,
    scored,
)
from skoverfit.diagnosis._without_model._short_report import ShortReport, Sign

__all__ = ["PredictionReport", "diagnose_predictions"]

SMALL = 0.02
"""Share of the range of the score that counts as nothing."""

NEAR_PERFECT = 0.98
"""Share of the way from chance to perfect that is a reason for doubt."""

MOST_STEPS = 3
"""Rows by which predictions and targets are moved against each other."""


@dataclass(frozen=True, repr=False)
class PredictionReport(ShortReport):
    """What predictions of a training part and a test part show.

    Attributes
    ----------
    scoring : str
        Name of the score; greater is better.
    train_score, test_score : float
        Scores of the parts.
    train_interval, test_interval : tuple of (float, float) or None
        Their 95 % intervals from the rows; None where rows do not make up the score.
    gap : float
        Train score minus test score.
    gap_interval : tuple of (float, float) or None
        Its 95 % interval.
    chance : float
        Test score of a constant prediction that the training targets give.
    n_train, n_test : int
        Rows of the parts.
    signs : tuple of Sign
        What was found, the one that matters most first.
    display : PredictionsDisplay
        The picture of the predictions, not drawn yet; not part of the data.
    """

    scoring: str
    train_score: float
    test_score: float
    train_interval: tuple[float, float] | None
    test_interval: tuple[float, float] | None
    gap: float
    gap_interval: tuple[float, float] | None
    chance: float
    n_train: int
    n_test: int
    signs: tuple[Sign, ...]
    display: Any = field(default=None, compare=False)

    def plot(self, axes: Any = None) -> PredictionsDisplay:
        """Draw predictions against targets, training and test part side by side.

        Parameters
        ----------
        axes : sequence of two matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : PredictionsDisplay
        """
        display: PredictionsDisplay = self.display
        return display.plot(axes)

    def _summary(self) -> str:
        interval = ""
        if self.gap_interval is not None:
            interval = f" ({self.gap_interval[0]:.3f} to {self.gap_interval[1]:.3f})"
        return (
            f"{self.scoring}: train {self.train_score:.3f}, "
            f"test {self.test_score:.3f}, gap {self.gap:.3f}{interval}, "
            f"chance {self.chance:.3f}"
        )


def diagnose_predictions(
    y_train: ArrayLike,
    p_train: ArrayLike,
    y_test: ArrayLike,
    p_test: ArrayLike,
    *,
    scoring: str | None = None,
) -> PredictionReport:
    """Read the predictions of a model for its training part and a test part.

    Parameters
    ----------
    y_train : array-like of shape (n_train,)
        Targets of the training part.
    p_train : array-like of shape (n_train,) or (n_train, n_classes)
        Predictions of it: labels, numbers, or probabilities, with a column for each
        class in sorted order, or of the greater of two classes.
    y_test : array-like of shape (n_test,)
        Targets of the test part.
    p_test : array-like of shape (n_test,) or (n_test, n_classes)
        Predictions of it, in the same form.
    scoring : str, default=None
        Name of a scorer of scikit-learn; accuracy or R2 by default.

    Returns
    -------
    report : PredictionReport
        Its signs have the codes "out_of_step", "classes_swapped", "units_differ",
        "no_signal", "memorizes", "test_better", "too_good", "score_hides",
        "threshold", "label_shift", "bias", "too_few_rows" and "no_gap".

    Raises
    ------
    InputError
        If the parts do not fit together or the score cannot be computed from them.

    See Also
    --------
    diagnose : With the model and the data at hand.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.diagnosis import diagnose_predictions
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 400)
    >>> guess = np.where(rng.random(400) < 0.7, y, 1 - y)
    >>> report = diagnose_predictions(y, y, y, guess)
    >>> report.verdict, report.train_score
    ('memorizes', 1.0)
    """
    parts = GivenParts.of(y_train, p_train, y_test, p_test, scoring)
    signs = [sign for check in CHECKS if (sign := check(parts)) is not None]
    if not {sign.code for sign in signs} & {"memorizes", "test_better"}:
        signs.append(_no_gap(parts))
    train, test = parts.train, parts.test
    return PredictionReport(
        parts.scoring,
        train.score,
        test.score,
        train.interval,
        test.interval,
        parts.gap,
        parts.gap_interval,
        parts.chance,
        len(train.y),
        len(test.y),
        tuple(signs),
        _display(parts),
    )


def _display(parts: GivenParts) -> PredictionsDisplay:
    train, test = parts.train, parts.test
    titles = (
        f"train: {parts.scoring} {train.score:.3f}",
        f"test: {parts.scoring} {test.score:.3f}",
    )
    return PredictionsDisplay(
        train.y,
        train.labels,
        test.y,
        test.labels,
        is_classification=parts.is_classification,
        titles=titles,
    )


# ------------------------------------------------------------------------------- checks
def _out_of_step(parts: GivenParts) -> Sign | None:
    """Ask whether the test predictions fit when they are moved by a few rows."""
    part = parts.test
    n = len(part.y)
    if n < 30 or part.score > parts.chance + 0.25 * parts.span:
        return None
    best, step = part.score, 0
    for move in range(-MOST_STEPS, MOST_STEPS + 1):
        moved = type(part.model)(
            np.roll(part.model.predictions, move, 0), _classes(part)
        )
        score = scored(part.y, moved, parts.scorer, parts.scoring).score
        if score > best:
            best, step = score, move
    if best - part.score < 0.3 * parts.span:
        return None
    return Sign(
        "out_of_step",
        "Targets and predictions of the test part are out of step",
        f"{parts.scoring} is {part.score:.3f} as given, and {best:.3f} when the "
        f"predictions are moved by {step} row{'s' if abs(step) > 1 else ''}.",
        "Join targets and predictions by an identifier, not by position; look for a "
        "header row, a dropped row or another sort order.",
        best - part.score,
    )


def _classes(part: GivenPart) -> Any:
    return part.model.classes


def _classes_swapped(parts: GivenParts) -> Sign | None:
    if not parts.is_classification or len(parts.test.model.classes) != 2:
        return None
    part = parts.test
    values = part.positive
    if values is None:
        values = (part.labels == part.model.classes[1]).astype(float)
    if len(np.unique(part.y)) < 2 or len(np.unique(values)) < 2:
        return None
    auc = float(roc_auc_score(part.y == part.model.classes[1], values))
    one, other = (values[part.y == label] for label in part.model.classes)
    pvalue = stats.mannwhitneyu(one, other, alternative="greater").pvalue
    if pvalue > 1e-3 or auc > 0.4:
        return None
    return Sign(
        "classes_swapped",
        "The test predictions point the wrong way",
        f"The ROC AUC of the test part is {auc:.2f}, below 0.5 for sure.",
        "Check the order of the classes and of the columns of predict_proba, and that "
        "the target is coded alike in both parts.",
        0.5 - auc,
    )


def _units_differ(parts: GivenParts) -> Sign | None:
    """Ask whether a straight line would mend the predictions of numbers."""
    if parts.is_classification:
        return None
    y, p = parts.test.y.astype(float), parts.test.labels
    if len(y) < 20 or np.ptp(p) == 0 or np.ptp(y) == 0:
        return None
    r2 = float(np.corrcoef(y, p)[0, 1]) ** 2
    own = 1 - float(((y - p) ** 2).mean() / y.var())
    if r2 < 0.3 or r2 - own < 0.5:
        return None
    slope, offset = np.polyfit(p, y, 1)
    return Sign(
        "units_differ",
        "The test predictions are in another unit than the targets",
        f"R2 is {own:.3f} as they are and {r2:.3f} after {slope:.3g} * prediction "
        f"{offset:+.3g}.",
        "Undo the scaling of the target (TransformedTargetRegressor does), with the "
        "scaler of the training part.",
        r2 - own,
    )


def _no_signal(parts: GivenParts) -> Sign | None:
    error = parts.test.std_error
    lead = parts.test.score - parts.chance
    if lead > (1.645 * error if np.isfinite(error) else SMALL * parts.span):
        return None
    if _beats_chance(parts):
        return None
    return Sign(
        "no_signal",
        "The test predictions are no better than a constant",
        f"Test {parts.scoring} is {parts.test.score:.3f}; a constant prediction has "
        f"{parts.chance:.3f}.",
        "Compare with a simple model, look for a mistake in how the test part was "
        "prepared, or accept that these columns do not tell.",
        lead,
    )


def _beats_chance(parts: GivenParts) -> bool:
    """Whether the predictions order the classes at all."""
    part = parts.test
    labels = part.labels
    if not parts.is_classification:
        pvalue = stats.spearmanr(part.y, labels, alternative="greater").pvalue
        return bool(pvalue < 0.01)
    balanced = balanced_accuracy_score(part.y, labels)
    n_classes = len(np.unique(part.y))
    ranks = part.positive
    if ranks is not None and n_classes == 2:
        one, other = (ranks[part.y == label] for label in part.model.classes)
        return bool(stats.mannwhitneyu(other, one, alternative="greater").pvalue < 0.01)
    noise = 0.5 / np.sqrt(min(np.unique(part.y, return_counts=True)[1]))
    return bool(balanced > 1 / n_classes + 2 * noise)


def _memorizes(parts: GivenParts) -> Sign | None:
    if not parts.is_sure or parts.gap < SMALL * parts.span:
        return None
    return Sign(
        "memorizes",
        "The model scores better on its training rows",
        f"{parts.scoring} is {parts.train.score:.3f} on them and "
        f"{parts.test.score:.3f} on the test rows.",
        "A gap does no harm by itself: compare the test score with that of a model of "
        "less capacity. With the model and the data, diagnose() measures that.",
        parts.gap,
    )


def _test_better(parts: GivenParts) -> Sign | None:
    if not parts.is_sure or -parts.gap < SMALL * parts.span:
        return None
    return Sign(
        "test_better",
        "The test score is better than the train score",
        f"By {-parts.gap:.3f}, more than the noise of the rows.",
        "Usual reasons: an easier test part, training rows that were resampled or "
        "augmented, dropout, or test rows that were used in training.",
        -parts.gap,
    )


def _too_good(parts: GivenParts) -> Sign | None:
    share = (parts.test.score - parts.chance) / parts.span
    if share < NEAR_PERFECT:
        return None
    return Sign(
        "too_good",
        "The test score is nearly perfect",
        f"{parts.scoring} is {parts.test.score:.3f}.",
        "Ask whether a column gives the answer away, whether test rows or their groups "
        "were in training, and whether anything was fitted before the split.",
    )


def _score_hides(parts: GivenParts) -> Sign | None:
    """Ask whether the score looks good though a class is hardly found."""
    if not parts.is_classification or parts.scoring != "accuracy":
        return None
    y, labels = parts.test.y, parts.test.labels
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2 or counts.max() < 0.75 * len(y):
        return None
    recalls = [float((labels[y == label] == label).mean()) for label in classes]
    worst = int(np.argmin(recalls))
    if recalls[worst] > 0.5:
        return None
    balanced = float(np.mean(recalls))
    return Sign(
        "score_hides",
        "The accuracy hides that a class is hardly found",
        f"Of the test rows of class {classes[worst]}, {recalls[worst]:.0%} are found; "
        f"the accuracy is {parts.test.score:.3f}, balanced it is {balanced:.3f}.",
        "Judge by balanced_accuracy, average_precision or roc_auc, and weight the "
        "classes or move the threshold.",
        parts.test.score - balanced,
    )


def _threshold(parts: GivenParts) -> Sign | None:
    """Ask whether another threshold, chosen on the training part, scores better."""
    positive, known = parts.test.positive, parts.train.positive
    if positive is None or known is None or len(np.unique(parts.train.y)) < 2:
        return None
    label = parts.test.model.classes[1]
    places = np.unique(np.quantile(known, np.linspace(0.02, 0.98, 49)))
    y_train, y_test = parts.train.y == label, parts.test.y == label
    if len(np.unique(y_test)) < 2:
        return None
    scores = [balanced_accuracy_score(y_train, known >= place) for place in places]
    place = float(places[int(np.argmax(scores))])
    before = balanced_accuracy_score(y_test, positive >= 0.5)
    after = balanced_accuracy_score(y_test, positive >= place)
    noise = 0.5 / np.sqrt(min(y_test.sum(), (~y_test).sum()))
    if after - before < max(0.05, 2 * noise):
        return None
    return Sign(
        "threshold",
        "Another threshold finds both classes better",
        f"At {place:.2f} in place of 0.50 the balanced accuracy of the test part is "
        f"{after:.3f} in place of {before:.3f}.",
        "Choose the threshold on the training part: TunedThresholdClassifierCV.",
        float(after - before),
    )


def _label_shift(parts: GivenParts) -> Sign | None:
    shift = label_shift(
        parts.train.y, parts.test.y, is_classification=parts.is_classification
    )
    if shift.pvalue >= LEVEL or shift.distance < 0.05:
        return None
    return Sign(
        "label_shift",
        "The target is distributed differently in the test part",
        f"{shift.change[:1].upper()}{shift.change[1:]}.",
        "Ask how the rows of each part were selected; part of the gap may be this.",
    )


def _bias(parts: GivenParts) -> Sign | None:
    """Ask whether test predictions of numbers are all too high or too low."""
    if parts.is_classification:
        return None
    errors = parts.test.labels - parts.test.y.astype(float)
    noise = errors.std(ddof=1) / np.sqrt(len(errors))
    mean = float(errors.mean())
    if abs(mean) < 4 * noise or abs(mean) < 0.1 * parts.test.y.astype(float).std():
        return None
    return Sign(
        "bias",
        f"The test predictions are too {'high' if mean > 0 else 'low'} on the whole",
        f"By {abs(mean):.4g} on average.",
        "The target moved between the parts, or a column did: look at time and source.",
    )


def _too_few_rows(parts: GivenParts) -> Sign | None:
    interval = parts.test.interval
    if interval is None or interval[1] - interval[0] < 0.3 * parts.span:
        return None
    return Sign(
        "too_few_rows",
        "The test part is too small to say much",
        f"With {len(parts.test.y)} rows the test score is known to "
        f"{(interval[1] - interval[0]) / 2:.2f} only.",
        "Use cross-validation, or more test rows.",
    )


def _no_gap(parts: GivenParts) -> Sign:
    return Sign(
        "no_gap",
        "There is no gap beyond the noise of the rows",
        f"{parts.scoring} is {parts.train.score:.3f} on the training rows and "
        f"{parts.test.score:.3f} on the test rows.",
    )


CHECKS = (
    _out_of_step,
    _classes_swapped,
    _units_differ,
    _no_signal,
    _score_hides,
    _memorizes,
    _test_better,
    _too_good,
    _threshold,
    _label_shift,
    _bias,
    _too_few_rows,
)
"""What is asked, the mistakes that make all else void first."""
