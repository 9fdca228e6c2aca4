"""What a training history shows, without the model and without its library."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._displays._training import TrainingCurveDisplay
from skoverfit.diagnosis._without_model._history_reading import Curves, read_history
from skoverfit.diagnosis._without_model._short_report import ShortReport, Sign
from skoverfit.exceptions import InputError

__all__ = ["HistoryReport", "diagnose_history"]

FloatArray = NDArray[np.float64]

FEWEST = 4
"""Iterations below which nothing is said of a curve."""

SMALL = 0.05
"""Share of what the validation score gained by training that counts as nothing."""

SURE = 4.0
"""Standard errors of the noise from which on a change counts."""

FEW_ROWS = 4
"""Rows of the validation part whose labels may turn without meaning."""

FLAT = 1e-3
"""Share of the score itself below which a change counts as none."""

SUFFERS = 0.2
"""Share of the range of the train score that is lost where the training fails."""

NOISY = 0.1
"""Noise, as a share of the spread of the curve, from which on it is called noisy."""


@dataclass(frozen=True, repr=False)
class HistoryReport(ShortReport):
    """What a training history shows.

    Attributes
    ----------
    metric : str
        The metric that was read.
    greater_is_better : bool
        Its direction. Everything below is in units of the metric.
    iterations : ndarray of shape (n_looks,)
        Epochs, or rounds, of the curves.
    train, validation : ndarray of shape (n_looks,) or None
        The curves.
    best_iteration : int or None
        Where the validation score is best.
    best_score, last_score : float or None
        Validation score there, and at the end.
    overfit : float or None
        What training after the best iteration cost, where noise is averaged out; not
        negative.
    overfit_after : int or None
        Iteration from which on the validation score got worse; None if it did not.
    noise : float or None
        Standard deviation of the validation score from one iteration to the next.
    gap_at_best, gap_at_end : float or None
        How much better the train score is, there.
    signs : tuple of Sign
        What was found, the one that matters most first.
    """

    metric: str
    greater_is_better: bool
    iterations: NDArray[np.int64]
    train: FloatArray | None
    validation: FloatArray | None
    best_iteration: int | None = None
    best_score: float | None = None
    last_score: float | None = None
    overfit: float | None = None
    overfit_after: int | None = None
    noise: float | None = None
    gap_at_best: float | None = None
    gap_at_end: float | None = None
    signs: tuple[Sign, ...] = ()

    def _summary(self) -> str:
        n = len(self.iterations)
        if self.best_score is None or self.last_score is None:
            return f"{n} iterations of {self.metric}"
        return (
            f"{n} iterations of {self.metric}: best validation {self.best_score:.4g} "
            f"at {self.best_iteration}, {self.last_score:.4g} at the end"
        )

    def plot(self, ax: Any = None) -> TrainingCurveDisplay:
        """Draw both curves and the best iteration.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : TrainingCurveDisplay
        """
        validation = self.validation
        if validation is None:
            validation = np.full(len(self.iterations), np.nan)
        display = TrainingCurveDisplay(
            self.iterations,
            validation,
            self.train,
            best_iteration=self.best_iteration,
            score_name=self.metric,
        )
        return display.plot(ax)


def diagnose_history(
    history: Any, *, metric: str | None = None, greater_is_better: bool | None = None
) -> HistoryReport:
    """Read a training history: overfitting, training too short, and what looks wrong.

    Nothing is fitted, and no library for deep learning is needed.

    Parameters
    ----------
    history : dict, list of dict, frame, or fitted estimator
        One of

        - ``History`` of Keras or its dict, such as
          ``{"loss": [...], "val_loss": [...]}``, or a frame with such columns;
        - the history of skorch, or a list of one dict per epoch;
        - ``evals_result()`` of xgboost, ``evals_result_`` of LightGBM,
          ``get_evals_result()`` of CatBoost, or the fitted models;
        - a fitted estimator of scikit-learn with `loss_curve_`, `train_score_`,
          `validation_score_` or `validation_scores_`;
        - a fitted estimator of this library with early stopping.
    metric : str, default=None
        Metric to read. By default the loss, or else the first one there is.
    greater_is_better : bool, default=None
        Whether the metric rises as the model gets better. By default this follows from
        the name of the metric.

    Returns
    -------
    report : HistoryReport
        Its signs have the codes "diverged", "not_learning", "overfits",
        "still_improving", "plateau", "memorizes", "validation_better", "noisy",
        "no_validation" and "too_short".

    Raises
    ------
    InputError
        If the history has none of these forms, or the metric is not known.

    See Also
    --------
    diagnose : With the model and the data at hand.

    Examples
    --------
    >>> from skoverfit.diagnosis import diagnose_history
    >>> report = diagnose_history({
    ...     "loss": [1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02],
    ...     "val_loss": [1.0, 0.8, 0.7, 0.65, 0.7, 0.8, 0.95, 1.1],
    ... })
    >>> report.verdict, report.best_iteration, round(report.overfit, 2)
    ('overfits', 4, 0.45)
    """
    if greater_is_better is not None and not isinstance(greater_is_better, bool):
        raise InputError(f"{greater_is_better=} must be True, False or None.")
    curves = read_history(history, metric, greater_is_better)
    if curves.train is None and curves.validation is None:
        raise InputError("history has neither train nor validation scores.")
    curves = _same_length(curves)
    if curves.validation is None:
        return _without_validation(curves)
    return _judged(curves, _Shape.of(curves))


def _same_length(curves: Curves) -> Curves:
    train, validation = curves.train, curves.validation
    if train is None or validation is None or len(train) == len(validation):
        return curves
    if len(train) % len(validation) == 0 or len(validation) % len(train) == 0:
        raise InputError(
            f"history has {len(train)} train and {len(validation)} validation scores: "
            "keep those of the same iterations."
        )
    # A run that was interrupted may lack the last validation score.
    n = min(len(train), len(validation))
    return replace(curves, train=train[:n], validation=validation[:n])


# ------------------------------------------------------------------------ measurements


@dataclass(frozen=True)
class _Shape:
    """Measures of curves that are turned so that greater is better."""

    validation: FloatArray
    train: FloatArray | None
    smooth: FloatArray
    window: int
    noise: float
    best: int

    @classmethod
    def of(cls, curves: Curves) -> "_Shape":
        sign = 1.0 if curves.greater_is_better else -1.0
        assert curves.validation is not None
        validation = sign * curves.validation
        train = None if curves.train is None else sign * curves.train
        finite = validation[np.isfinite(validation)]
        noise = _noise_of(finite)
        window = _window_of(finite, noise)
        filled = np.where(np.isfinite(validation), validation, -np.inf)
        smooth = _smoothed(finite, window)
        return cls(finite, train, smooth, window, noise, int(np.argmax(filled)))

    @property
    def top(self) -> int:
        """Where the smoothed score is best."""
        return int(np.argmax(self.smooth))

    @property
    def gain(self) -> float:
        """What training gained at its best."""
        return float(self.smooth.max() - self.validation[0])

    @property
    def spread(self) -> float:
        """Difference between the best and the worst score."""
        return float(self.smooth.max() - self.smooth.min())

    @property
    def loss(self) -> float:
        """What was lost after the best."""
        return max(0.0, float(self.smooth.max() - self.smooth[-1]))

    @property
    def train_loss(self) -> float:
        """What the train score lost since the validation score was best."""
        if self.train is None:
            return 0.0
        smooth = _smoothed(self.train[: len(self.smooth)], self.window)
        return max(0.0, float(smooth[self.top] - smooth[-1]))

    @property
    def train_suffers(self) -> bool:
        """Whether the train score is lost along with the validation score."""
        if self.train is None:
            return False
        much = SUFFERS * float(np.ptp(self.train[np.isfinite(self.train)]))
        return self.train_loss >= max(self.loss / 2, much)

    @property
    def bar(self) -> float:
        """Change of the smoothed score that is neither noise nor too small."""
        from_noise = SURE * self.noise * np.sqrt(2 / self.window)
        tiny = FLAT * float(np.abs(self.validation).max())
        granules = FEW_ROWS * _granule(self.validation)
        return max(from_noise, SMALL * self.spread, granules, tiny)

    @property
    def rise_at_end(self) -> float:
        """Change over the last fifth, by a straight line."""
        n = max(FEWEST, len(self.validation) // 5)
        end = self.validation[-n:]
        slope = np.polyfit(np.arange(len(end)), end, 1)[0]
        return float(slope * (len(end) - 1))

    @property
    def bar_at_end(self) -> float:
        """Rise over the last fifth that is neither noise nor too small."""
        n = max(FEWEST, len(self.validation) // 5)
        # Standard error of the slope of n equally spaced values, times n - 1.
        error = self.noise * np.sqrt(12 * (n - 1) / (n * (n + 1)))
        return max(3 * float(error), SMALL / 2 * self.spread)


def _noise_of(values: FloatArray) -> float:
    """Estimate the standard deviation around a curve with little bend."""
    if len(values) < FEWEST:
        return 0.0
    bends = np.abs(np.diff(values, 2)) / np.sqrt(6)
    # A smooth curve bends one way; what bends both ways is noise.
    turns = np.sign(np.diff(values, 2))
    changing = float(np.mean(turns[1:] != turns[:-1])) if len(turns) > 1 else 0.0
    # A mean, not a median: scores of few rows stand still most of the time.
    usual = np.sort(bends)[: max(2, int(0.95 * len(bends)))]
    return float(1.44 * usual.mean()) * min(1.0, 2 * changing)


def _granule(values: FloatArray) -> float:
    """Step of a score that counts rows; 0 where the score moves freely."""
    size, distinct = np.abs(values), np.unique(values)
    if len(values) < 2 * FEWEST or size.max() > 1:
        return 0.0
    if len(distinct) < 2 or len(distinct) > 0.7 * len(values):
        return 0.0
    return float(np.diff(distinct).min())


def _window_of(values: FloatArray, noise: float) -> int:
    """Return how many iterations to average over: one where there is no noise."""
    if len(values) < 2 * FEWEST or noise <= 0.005 * np.ptp(values):
        return 1
    return max(3, min(15, len(values) // 8 * 2 + 1))


def _smoothed(values: FloatArray, window: int) -> FloatArray:
    """Take a running mean; at the ends over the values that there are."""
    if window == 1:
        return values
    ones = np.ones(window)
    sums = np.convolve(values, ones, mode="same")
    return sums / np.convolve(np.ones(len(values)), ones, mode="same")


# -------------------------------------------------------------------------- judgments


def _judged(curves: Curves, shape: _Shape) -> HistoryReport:
    validation = curves.validation
    assert validation is not None
    iterations = np.arange(len(validation)) + curves.first
    known = len(shape.validation) > 0
    signs = _signs(curves, shape, iterations)
    overfits = signs[0].code == "overfits"
    gaps = _gap_at_best_and_end(shape)
    best = int(iterations[shape.best])
    return HistoryReport(
        metric=curves.metric,
        greater_is_better=curves.greater_is_better,
        iterations=iterations,
        train=curves.train,
        validation=validation,
        best_iteration=best if known else None,
        best_score=float(validation[shape.best]) if known else None,
        last_score=float(validation[-1]),
        overfit=shape.loss if known else None,
        overfit_after=int(iterations[shape.top]) if overfits else None,
        noise=shape.noise if known else None,
        gap_at_best=gaps and gaps[0],
        gap_at_end=gaps and gaps[1],
        signs=tuple(signs),
    )


def _gaps(shape: _Shape) -> FloatArray | None:
    if shape.train is None or not len(shape.validation):
        return None
    return shape.train[: len(shape.validation)] - shape.validation


def _gap_at_best_and_end(shape: _Shape) -> tuple[float, float] | None:
    gaps = _gaps(shape)
    if gaps is None:
        return None
    return float(gaps[min(shape.best, len(gaps) - 1)]), float(gaps[-1])


def _signs(curves: Curves, shape: _Shape, iterations: Any) -> list[Sign]:
    broken = _diverged(curves)
    if broken is not None:
        return [broken]
    if len(shape.validation) < FEWEST:
        return [_too_short(len(shape.validation))]
    signs = [_course(curves, shape, iterations)]
    further = (
        _validation_better(curves, shape),
        _memorizes(curves, shape, signs[0].code),
        _noisy(curves, shape, iterations),
    )
    return signs + [sign for sign in further if sign is not None]


def _diverged(curves: Curves) -> Sign | None:
    parts = [part for part in (curves.train, curves.validation) if part is not None]
    bad = min(_first_bad(part) for part in parts)
    if bad == min(len(part) for part in parts):
        return None
    return Sign(
        "diverged",
        "The training diverged",
        f"The {curves.metric} is not a number from iteration {bad + curves.first} on.",
        "Lower the learning rate, clip gradients, scale the columns, and look for "
        "missing or infinite values in the data.",
    )


def _first_bad(values: FloatArray) -> int:
    """Return where values that are not finite begin to stay."""
    finite = np.flatnonzero(np.isfinite(values))
    return int(finite[-1]) + 1 if len(finite) else 0


def _too_short(n: int) -> Sign:
    return Sign(
        "too_short",
        "The history is too short to say anything",
        f"It has {n} iterations; at least {FEWEST} are needed.",
        "Train longer, or record the scores more often.",
    )


def _course(curves: Curves, shape: _Shape, iterations: Any) -> Sign:
    """Say how the validation score went: the one sign that every curve has."""
    if shape.loss > shape.bar and shape.train_suffers:
        return _fails(curves, shape, iterations)
    if shape.loss > shape.bar:
        return _overfits(curves, shape, iterations)
    if _is_flat(shape):
        return _not_learning(curves, shape)
    if shape.rise_at_end > shape.bar_at_end:
        return Sign(
            "still_improving",
            "The validation score is still getting better",
            f"The validation {curves.metric} got better by {shape.rise_at_end:.3g} "
            f"over the last fifth of {len(iterations)} iterations.",
            "Train longer: more epochs or rounds, or a higher learning rate.",
            shape.rise_at_end,
        )
    return Sign(
        "plateau",
        "The validation score has leveled off",
        f"The validation {curves.metric} is best at iteration "
        f"{iterations[shape.best]} and changes little after it.",
        f"Training longer brings little; stopping after {iterations[shape.best]} "
        "iterations loses nothing.",
    )


def _is_flat(shape: _Shape) -> bool:
    """Whether the curve goes nowhere from its first value on."""
    n = max(1, min(shape.window, len(shape.validation) // 4))
    gain = float(shape.smooth.max() - np.median(shape.validation[:n]))
    steps = np.abs(np.diff(shape.validation))
    size = float(np.abs(shape.validation).max())
    return gain <= max(2.5 * shape.noise, FLAT * size) or not steps.any()


def _fails(curves: Curves, shape: _Shape, iterations: Any) -> Sign:
    """Tell training that fails from overfitting: the train score suffers as well."""
    return Sign(
        "diverged",
        "The training gets worse, on its own rows as well",
        f"After iteration {int(iterations[shape.top])} the {curves.metric} gets worse "
        f"by {shape.train_loss:.3g} on the training rows and by {shape.loss:.3g} on "
        "the validation rows: this is no overfitting.",
        "Lower the learning rate or let it decay, clip gradients, and scale the "
        "columns.",
        shape.loss,
    )


def _overfits(curves: Curves, shape: _Shape, iterations: Any) -> Sign:
    top = int(iterations[shape.top])
    where = (
        "from the first iteration on" if shape.top == 0 else f"after iteration {top}"
    )
    text = (
        f"The validation {curves.metric} gets worse by {shape.loss:.3g} {where}, "
        f"from {abs(shape.smooth.max()):.4g} to {abs(shape.smooth[-1]):.4g}"
    )
    if shape.train is not None:
        change = shape.train[-1] - shape.train[shape.top]
        how = "better" if change > 0 else "worse"
        text += f", while the train {curves.metric} gets {how} by {abs(change):.3g}"
    return Sign(
        "overfits",
        "The model overfits with further training",
        text + ".",
        f"Stop after iteration {int(iterations[shape.best])} (early stopping that "
        "restores the best weights or rounds), or use less capacity, more "
        "regularization, augmentation or more rows.",
        shape.loss,
    )


def _not_learning(curves: Curves, shape: _Shape) -> Sign:
    text = f"The validation {curves.metric} gains {max(shape.gain, 0):.2g} by training"
    if shape.train is not None:
        gain = shape.train[-1] - shape.train[0]
        text += f"; the train {curves.metric} gains {gain:.2g}"
    return Sign(
        "not_learning",
        "The validation score does not get better at all",
        text + ".",
        "Check the learning rate, the scale of the columns, and whether the labels "
        "belong to these rows; compare with a constant prediction.",
    )


def _validation_better(curves: Curves, shape: _Shape) -> Sign | None:
    """Ask whether the validation score lies above the train score to the end."""
    gaps = _gaps(shape)
    if gaps is None:
        return None
    end = -gaps[len(gaps) // 2 :]
    lead = float(end.mean())
    scale = max(shape.spread, float(np.ptp(shape.train)))  # type: ignore[arg-type]
    if lead <= max(SMALL * scale, 3 * shape.noise / np.sqrt(len(end))):
        return None
    if (end > 0).mean() < 0.9:
        return None
    return Sign(
        "validation_better",
        "The validation score is better than the train score",
        f"By {lead:.3g} in {curves.metric} over the second half of the training.",
        "Usual reasons: dropout, augmentation or a penalty that counts in the train "
        "score only (then score the training rows again after the training); a "
        "validation part that is easier or small; or rows of the validation part that "
        "leaked into training.",
        lead,
    )


def _memorizes(curves: Curves, shape: _Shape, course: str) -> Sign | None:
    """Ask whether training goes on to fit its rows, at no cost and no gain."""
    gaps = _gaps(shape)
    if gaps is None or course != "plateau":
        return None
    widened = float(gaps[-1] - gaps[shape.top])
    if gaps[-1] <= 0.2 * max(shape.spread, 1e-12):
        return None
    return Sign(
        "memorizes",
        "The train score runs away from the validation score, which does not suffer",
        f"The gap in {curves.metric} is {gaps[-1]:.3g} at the end, "
        f"{widened:.3g} more than where the validation score was best.",
        "Not harmful by itself. More regularization or more rows may still raise the "
        "validation score.",
        float(gaps[-1]),
    )


def _noisy(curves: Curves, shape: _Shape, iterations: Any) -> Sign | None:
    if shape.noise <= NOISY * max(float(np.ptp(shape.validation)), 1e-12):
        return None
    near = np.flatnonzero(shape.validation >= shape.validation.max() - 2 * shape.noise)
    return Sign(
        "noisy",
        "The validation score is noisy",
        f"It moves by {shape.noise:.2g} from one iteration to the next; "
        f"{len(near)} iterations from {iterations[near[0]]} to {iterations[near[-1]]} "
        "cannot be told from the best one.",
        "Do not trust a single best iteration: use a larger validation part, a lower "
        "learning rate or larger batches, or average over seeds.",
        shape.noise,
    )


def _without_validation(curves: Curves) -> HistoryReport:
    assert curves.train is not None
    train = curves.train
    broken = _diverged(curves)
    sign = Sign(
        "no_validation",
        "There is no validation score, so overfitting cannot be seen",
        f"The train {curves.metric} goes from {train[0]:.4g} to {train[-1]:.4g}.",
        "Hold rows out: validation_split (Keras), eval_set (boosting), "
        "early_stopping=True (scikit-learn).",
    )
    return HistoryReport(
        curves.metric,
        curves.greater_is_better,
        np.arange(len(train)) + curves.first,
        train,
        None,
        signs=(sign,) if broken is None else (broken, sign),
    )
