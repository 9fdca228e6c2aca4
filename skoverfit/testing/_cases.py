"""What parts are tried on: tables of rows, and tables of scores, down to small ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

__all__ = ["Scores", "Table", "random_cv_results", "ranks", "table_of"]

#: Numbers of rows and columns that smaller tables may have.
ROWS, COLUMNS = (2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 72, 96), (1, 2, 4, 8)
#: Tables with at most so many cells are shown.
SHOWN = 24


@dataclass(frozen=True)
class Table:
    """Rows with a target.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Numbers.
    y : ndarray of shape (n_rows,)
        The target.
    """

    X: NDArray[Any]
    y: NDArray[Any]

    def smaller(self) -> Iterator["Table"]:
        """Yield the first rows and columns, the smallest table first."""
        n_rows, n_columns = self.X.shape
        sizes = [
            (rows, columns)
            for rows in (*ROWS, n_rows)
            for columns in (*COLUMNS, n_columns)
            if rows <= n_rows and columns <= n_columns
        ]
        for rows, columns in sorted(set(sizes), key=lambda size: size[0] * size[1]):
            if (rows, columns) != self.X.shape:
                yield Table(self.X[:rows, :columns].copy(), self.y[:rows].copy())

    def __str__(self) -> str:
        """Tell the size, and the cells of a small table."""
        n_rows, n_columns = self.X.shape
        size = f"{n_rows} rows of {n_columns} column{'s' * (n_columns > 1)}"
        if self.X.size > SHOWN:
            return f"{size}, targets {_short(np.unique(self.y))}"
        return f"{size}\n    X = {_short(self.X)}\n    y = {_short(self.y)}"


def _short(array: NDArray[Any]) -> str:
    """Write an array on one line."""
    text = np.array2string(array, precision=3, separator=", ", threshold=SHOWN)
    return " ".join(text.split())


def table_of(
    n_rows: int = 24, n_columns: int = 4, *, n_minority: int = 2, target: str = "class"
) -> Table:
    """Make rows of normal numbers, the same in each call.

    One row of `n_minority` is of class 1; with ``target="number"`` the target is a
    number that the columns tell, with some noise.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    if target == "number":
        return Table(X, X[:, 0] + 0.3 * rng.normal(size=n_rows))
    return Table(X, (np.arange(n_rows) % n_minority == n_minority - 1).astype(int))


@dataclass(frozen=True)
class Scores:
    """A ``cv_results_``.

    Attributes
    ----------
    results : dict of str to array-like
        Its columns.
    """

    results: Mapping[str, Any]

    @property
    def n_candidates(self) -> int:
        """Number of candidates."""
        return len(self.results["params"])

    def of(self, rows: Any) -> "Scores":
        """Scores of some candidates, in the order of their numbers."""
        rows = np.asarray(rows)
        results = {k: np.asarray(v)[rows] for k, v in self.results.items()}
        if "rank_test_score" in results:
            results["rank_test_score"] = ranks(results["mean_test_score"])
        return Scores(results)

    def smaller(self) -> Iterator["Scores"]:
        """Yield the tables of one candidate, of two, and so on."""
        for size in range(1, self.n_candidates):
            for rows in combinations(range(self.n_candidates), size):
                yield self.of(rows)

    def __str__(self) -> str:
        """Tell the mean scores."""
        means = [f"mean_{side}_score" for side in ("test", "train")]
        lines = [
            f"    {key} = {_short(np.asarray(self.results[key]))}" for key in means
        ]
        return "\n".join([f"{self.n_candidates} candidates", *lines])


def ranks(means: NDArray[Any]) -> NDArray[np.int32]:
    """Rank scores as a search does: the best is 1, failures are last."""
    worst = np.nanmin(means) - 1 if np.isfinite(means).any() else 0.0
    filled = np.where(np.isnan(means), worst, means)
    return rankdata(-filled, method="min").astype(np.int32)


def random_cv_results(
    rng: np.random.Generator,
    *,
    n_candidates: int = 8,
    n_splits: int = 5,
    n_invalid: int = 0,
) -> dict[str, Any]:
    """Make a ``cv_results_`` with train and test scores of one metric.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the scores.
    n_candidates, n_splits : int, default=8, 5
        Size of the table.
    n_invalid : int, default=0
        Number of candidates with a failed split, at random rows.

    Returns
    -------
    cv_results : dict of str to ndarray
        Scores are multiples of 1/50, so that ties occur. Fits take a tenth of a second
        more from candidate to candidate.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.testing import random_cv_results
    >>> results = random_cv_results(np.random.default_rng(0), n_candidates=3)
    >>> results["mean_test_score"].shape
    (3,)
    """
    shape = (n_candidates, n_splits)
    test = rng.integers(25, 50, shape) / 50
    train = test + rng.integers(-2, 20, shape) / 50
    invalid = rng.choice(n_candidates, n_invalid, replace=False)
    test[invalid, 0] = train[invalid, 0] = np.nan
    results: dict[str, Any] = {"params": [{"x": i} for i in range(n_candidates)]}
    for side, scores in (("test", test), ("train", train)):
        for split, column in enumerate(scores.T):
            results[f"split{split}_{side}_score"] = column
        results[f"mean_{side}_score"] = scores.mean(axis=1)
        results[f"std_{side}_score"] = scores.std(axis=1)
    numbers = np.arange(n_candidates)
    return {
        **results,
        "rank_test_score": ranks(results["mean_test_score"]),
        "param_x": np.ma.array(numbers),
        "mean_fit_time": (numbers + 1) / 10,
    }
