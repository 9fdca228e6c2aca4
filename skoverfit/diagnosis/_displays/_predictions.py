"""Picture of predictions against targets, training and test part side by side."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import confusion_matrix

from skoverfit._compat import import_optional
from skoverfit._docs import documented
from skoverfit._plain import printable
from skoverfit.diagnosis._displays._base import (
    DISPLAYS,
    OTHER_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    literal,
)
from skoverfit.exceptions import InputError

__all__ = ["PredictionsDisplay"]

MOST_POINTS = 2000
"""Rows of a part that are drawn; more make no other picture."""

MOST_CLASSES = 20
"""Classes that are drawn, the largest ones; the others together are one more."""

OTHERS = "others"


@documented(DISPLAYS)
class PredictionsDisplay:
    """Predictions against targets, of the training part and of the test part.

    Numbers are points about the line on which predictions are right. Classes are
    shares: of the rows of each true class, how many are predicted as which.

    Parameters
    ----------
    y_train, p_train : array-like of shape (n_train,)
        Targets and predictions (labels or numbers) of the training part.
    y_test, p_test : array-like of shape (n_test,)
        Those of the test part.
    is_classification : bool, default=True
        Whether they are classes.
    titles : tuple of (str, str), default=("train", "test")
        What stands above the two pictures.

    Attributes
    ----------
    axes_ : ndarray of shape (2,) of matplotlib.axes.Axes
        Axes that were drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.diagnosis import diagnose_predictions
    >>> rng = np.random.default_rng(0)
    >>> y = rng.normal(size=200)
    >>> report = diagnose_predictions(y, y, y, y + rng.normal(size=200))
    >>> display = report.plot()
    >>> [ax.get_xlabel() for ax in display.axes_]
    ['predicted', 'predicted']
    """

    def __init__(
        self,
        y_train: ArrayLike,
        p_train: ArrayLike,
        y_test: ArrayLike,
        p_test: ArrayLike,
        *,
        is_classification: bool = True,
        titles: tuple[str, str] = ("train", "test"),
    ):
        self.y_train, self.p_train = np.asarray(y_train), np.asarray(p_train)
        self.y_test, self.p_test = np.asarray(y_test), np.asarray(p_test)
        self.is_classification = is_classification
        self.titles = titles

    def plot(self, axes: Any = None) -> "PredictionsDisplay":
        """Draw the training part on the left and the test part on the right.

        Parameters
        ----------
        axes : sequence of two matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : PredictionsDisplay

        Raises
        ------
        InputError
            If `axes` are not two.
        """
        if axes is None:
            plt = import_optional("matplotlib.pyplot", extra="report")
            _, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
        self.axes_ = np.asarray(axes, dtype=object).ravel()
        if len(self.axes_) != 2:
            raise InputError(f"axes must be two axes, not {len(self.axes_)}.")
        self.figure_ = self.axes_[0].figure
        draw = self._draw_classes if self.is_classification else self._draw_numbers
        draw()
        for ax, title in zip(self.axes_, self.titles, strict=True):
            ax.set(xlabel="predicted", ylabel="true", title=literal(title))
        return self

    @property
    def _parts(self) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
        return (self.y_train, self.p_train), (self.y_test, self.p_test)

    def _draw_numbers(self) -> None:
        """Draw points on the same scale in both pictures."""
        values = np.concatenate([*self._parts[0], *self._parts[1]]).astype(float)
        ends = [values.min(), values.max()]
        colors = (TRAIN_COLOR, TEST_COLOR)
        for ax, (y, p), color in zip(self.axes_, self._parts, colors, strict=True):
            rows = np.linspace(0, len(y) - 1, min(len(y), MOST_POINTS)).astype(int)
            ax.plot(ends, ends, color=OTHER_COLOR, linestyle=":")
            ax.plot(p[rows], y[rows], "o", color=color, alpha=0.4, markersize=4)

    def _draw_classes(self) -> None:
        """Draw the shares of each true class in its row, and write them if few."""
        labels = _largest(np.concatenate([self.y_train, self.y_test]))
        for ax, (y, p) in zip(self.axes_, self._parts, strict=True):
            shares = shares_of_classes(y, p, labels)
            ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
            places = range(len(labels))
            names = [literal(printable(label)[:12]) for label in labels]
            ax.set_xticks(places, names, rotation=45 if len(labels) > 4 else 0)
            ax.set_yticks(places, names)
            if len(labels) <= 6:
                _write(ax, shares)


def _write(ax: Any, shares: NDArray[np.float64]) -> None:
    for (true, predicted), share in np.ndenumerate(shares):
        color = "white" if share > 0.5 else "black"
        text = "" if np.isnan(share) else f"{share:.0%}"
        ax.text(predicted, true, text, ha="center", va="center", color=color)


def _largest(y: NDArray) -> list[str]:
    """Names of the classes in their order; the smallest of many are one."""
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) <= MOST_CLASSES:
        return [str(label) for label in classes]
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
    return [*(str(label) for label in classes[kept]), OTHERS]


def shares_of_classes(y: NDArray, p: NDArray, labels: list[str]) -> NDArray[np.float64]:
    """Of the rows of each true class, how many are predicted as which; NaN of none."""
    names = [
        [name if name in labels else OTHERS for name in part.astype(str).tolist()]
        for part in (y, p)
    ]
    if not set(names[0]) & set(labels):
        return np.full((len(labels), len(labels)), np.nan)
    counts = confusion_matrix(*names, labels=labels).astype(float)
    sizes = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, sizes, where=sizes > 0, out=np.full_like(counts, np.nan))
