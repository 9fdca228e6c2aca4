"""Penalties of ridge regression from one Gram or kernel matrix.

Two ways lead from one matrix to the coefficients of every penalty. Adding the penalty
to a copy and solving is what a fresh fit does: equal bit for bit, the matrix alone is
shared. Reducing the matrix to a tridiagonal one first makes each penalty almost free,
but rounds differently: it is used where the conditioning keeps the difference far
below 1e-8 and where no two predictions come so close that it could reorder them.

Paths of coordinate descent (Lasso, ElasticNet) are left alone: they end anywhere
within a tolerance of the solution, and where depends on where they start.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse
from scipy import linalg
from scipy.linalg import lapack
from sklearn import get_config
from sklearn.base import clone
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_array, compute_sample_weight
from sklearn.utils.validation import validate_data

from skoverfit._compat import _check_sample_weight, _num_samples
from skoverfit.model_selection._shared_fits._contract import (
    SharedFit,
    TrainingSet,
    register_shared_fit,
    remember,
    view_of,
)

#: Number of penalties below which reducing the matrix costs more than it saves.
FEW = 8
#: Ratio of the largest to the smallest eigenvalue up to which the relative rounding
#: error of a solution, some 2e-16 times as large, is far below 1e-8.
CONDITION = 1e6
#: How close two predictions may come, relative to the largest, before their order
#: counts as a matter of rounding.
TIE = 1e-9
#: How many predictions are held at once: this share of the numbers in the training
#: rows or the kernel matrix, or this many, whichever is more.
HELD_SHARE, HELD_VALUES = 0.25, 2**19


class _Tridiagonal:
    """A symmetric matrix as ``Q @ T @ Q.T`` with tridiagonal T."""

    def __init__(self, matrix: np.ndarray) -> None:
        size = len(matrix)
        work, _ = lapack.dsytrd_lwork(size, lower=1)
        packed, self._diagonal, self._side, self._tau, _ = lapack.dsytrd(
            matrix.T, lower=1, lwork=int(work)
        )
        # The reflectors that make up Q start one row below the diagonal. Seen from
        # their first element on, columns are as far apart as before: no copy.
        reflectors = packed.ravel(order="F")[1 : 1 + size * (size - 1)]
        self._reflectors = reflectors.reshape((size, size - 1), order="F")

    def condition(self, alpha: float) -> float:
        """Return the condition number after adding a penalty to the diagonal."""
        low, high = self._range
        return (high + alpha) / max(low + alpha, np.finfo(float).tiny)

    @cached_property
    def _range(self) -> tuple[float, float]:
        ends = (0, len(self._diagonal) - 1)
        low, high = (
            linalg.eigvalsh_tridiagonal(
                self._diagonal, self._side, select="i", select_range=(end, end)
            )[0]
            for end in ends
        )
        return float(low), float(high)

    def solve(self, alphas: Sequence[float], target: np.ndarray) -> np.ndarray:
        """Return the solutions of all penalties, outputs side by side, as columns."""
        rotated = self._rotate(target, "T")
        solved = [
            lapack.dptsv(self._diagonal + alpha, self._side, rotated)[2]
            for alpha in alphas
        ]
        return self._rotate(np.hstack(solved), "N")

    def _rotate(self, columns: np.ndarray, trans: str) -> np.ndarray:
        rest = np.asfortranarray(columns[1:])
        work = lapack.dormqr("L", trans, self._reflectors, self._tau, rest, -1)[1]
        rest = lapack.dormqr(
            "L", trans, self._reflectors, self._tau, rest, int(work[0])
        )[0]
        return np.vstack([columns[:1], rest])


class _Equations:
    """``(matrix + alpha * identity) @ solution = target`` for any alpha.

    Parameters
    ----------
    matrix : ndarray of shape (size, size)
        Symmetric and positive semidefinite.
    target : ndarray of shape (size, n_outputs)
    back : ndarray of shape (n, size), default=None
        What solutions are multiplied by, or the identity.
    scale : ndarray of shape (size,), default=None
        What the rows of solutions are multiplied by, or ones.
    """

    def __init__(
        self,
        matrix: np.ndarray,
        target: np.ndarray,
        back: np.ndarray | None = None,
        scale: np.ndarray | None = None,
    ) -> None:
        self.matrix, self.target = matrix, target
        self._back, self._scale = back, scale

    def solution(self, alpha: Any) -> np.ndarray | None:
        """Solve as a fresh fit does; None where that would resort to another way."""
        # The diagonal is put back: subtracting again would round.
        diagonal = self.matrix.diagonal().copy()
        self.matrix.flat[:: len(diagonal) + 1] += alpha
        try:
            solved = linalg.solve(self.matrix, self.target, assume_a="pos")
        except linalg.LinAlgError:
            return None
        finally:
            self.matrix.flat[:: len(diagonal) + 1] = diagonal
        return self._finished(solved)

    def quick_solutions(self, alphas: Sequence[Any]) -> dict[int, np.ndarray]:
        """Solve for the penalties that are well conditioned, by their positions."""
        if len(alphas) < FEW or len(self.matrix) < 2 or self.matrix.dtype != np.float64:
            return {}
        reduced = _Tridiagonal(self.matrix)
        safe = [
            i for i in range(len(alphas)) if reduced.condition(alphas[i]) < CONDITION
        ]
        if len(safe) < FEW:
            return {}
        solved = reduced.solve([alphas[i] for i in safe], self.target)
        parts = np.hsplit(self._finished(solved), len(safe))
        return dict(zip(safe, parts, strict=True))

    def _finished(self, solved: np.ndarray) -> np.ndarray:
        if self._scale is not None:
            solved *= self._scale[:, np.newaxis]
        return solved if self._back is None else self._back @ solved


class _SingularValues:
    """The same as `_Equations`, as the solver "svd" solves them."""

    def __init__(self, X: np.ndarray, target: np.ndarray) -> None:
        U, values, self._Vt = np.linalg.svd(X, full_matrices=False)
        self._positive = values > 1e-15  # below, scikit-learn takes them for zero
        self._values = values[self._positive][:, np.newaxis]
        self.target = U.T @ target

    def solution(self, alpha: Any) -> np.ndarray:
        """Solve as a fresh fit does."""
        # One column for each output, as there, for the same rounding.
        factors = np.zeros_like(self.target)
        alphas = np.full(factors.shape[1], alpha, dtype=factors.dtype)
        factors[self._positive] = self._values / (self._values**2 + alphas)
        return self._Vt.T @ (factors * self.target)

    def quick_solutions(self, alphas: Sequence[Any]) -> dict[int, np.ndarray]:
        """Return nothing: no way is quicker."""
        return {}


class _Problem:
    """One training set of a family: equations, and what their solutions mean."""

    equations: "_Equations | _SingularValues"
    size: int
    method: str
    names: tuple[str, ...]

    def __init__(self, fitted: Any) -> None:
        self.fitted = fitted

    @abstractmethod
    def penalty(self, alpha: Any) -> Any:
        """Return `alpha` in the type in which a fresh fit adds it."""

    @abstractmethod
    def attributes(self, solution: np.ndarray) -> dict[str, Any]:
        """Return the fitted attributes that depend on the penalty."""

    @abstractmethod
    def features(self, X: Any) -> Any:
        """Return what predictions multiply solutions by, for some rows."""

    @abstractmethod
    def predictions(self, features: Any, attributes: Mapping[str, Any]) -> np.ndarray:
        """Return predictions by the very operations of a fresh fit."""

    def quick_predictions(
        self, features: Any, attributes: Sequence[Mapping[str, Any]]
    ) -> list[np.ndarray]:
        """Return predictions of several solutions by one product of matrices."""
        offsets = [found.get("intercept_", 0.0) for found in attributes]
        columns = [self._columns(found) for found in attributes]
        products = np.hsplit(features @ np.hstack(columns), len(columns))
        is_flat = attributes[0][self.names[0]].ndim == 1
        return [
            (product[:, 0] if is_flat else product) + offset
            for product, offset in zip(products, offsets, strict=True)
        ]

    @abstractmethod
    def _columns(self, attributes: Mapping[str, Any]) -> np.ndarray:
        """Return the solution again, a column for each output."""


class _RidgeProblem(_Problem):
    """The centered and weighted rows of Ridge or RidgeClassifier."""

    names = ("coef_", "intercept_")

    def __init__(self, fitted: Any, X: Any, y: Any, weights: Any) -> None:
        super().__init__(fitted)
        is_classifier = isinstance(fitted, RidgeClassifier)
        self.method = "decision_function" if is_classifier else "predict"
        X = check_array(X, dtype=[np.float64, np.float32])
        self.size = X.size
        if is_classifier:
            y, weights = _encoded(fitted, X, y, weights)
        elif weights is not None:
            weights = _check_sample_weight(weights, X, dtype=X.dtype)
        y = check_array(y, dtype=X.dtype, ensure_2d=False, copy=True)
        X, y = self._centered(X, y, weights)
        if weights is not None:
            root = np.sqrt(weights)
            X, y = X * root[:, np.newaxis], y * (root if y.ndim == 1 else root[:, None])
        self.equations = _ridge_equations(X, y.reshape(len(y), -1), fitted.solver)

    def _centered(self, X: Any, y: Any, weights: Any) -> tuple[np.ndarray, np.ndarray]:
        self._offset: Any = None
        if not self.fitted.fit_intercept:
            return X, y
        self._offset = np.average(X, axis=0, weights=weights).astype(X.dtype)
        self._target_offset = np.average(y, axis=0, weights=weights)
        return X - self._offset, y - self._target_offset

    def penalty(self, alpha: Any) -> Any:
        """Return `alpha` in the type of the rows."""
        return self.equations.target.dtype.type(alpha)

    def attributes(self, solution: np.ndarray) -> dict[str, Any]:
        """Return coefficients and intercept, shaped as the fitted ones."""
        # The same layout as a fresh fit's: products may round by it.
        coef = solution.T.copy(order="K").reshape(self.fitted.coef_.shape)
        if self._offset is None:
            return {"coef_": coef, "intercept_": 0.0}
        return {
            "coef_": coef,
            "intercept_": self._target_offset - self._offset @ coef.T,
        }

    def features(self, X: Any) -> Any:
        """Return validated rows."""
        return validate_data(
            self.fitted, X, accept_sparse=["csr", "csc", "coo"], reset=False
        )

    def predictions(self, features: Any, attributes: Mapping[str, Any]) -> np.ndarray:
        """Multiply rows by coefficients."""
        scores = features @ attributes["coef_"].T + attributes["intercept_"]
        return self._flat(scores)

    def quick_predictions(
        self, features: Any, attributes: Sequence[Mapping[str, Any]]
    ) -> list[np.ndarray]:
        """Multiply rows by all coefficients at once."""
        return [self._flat(p) for p in super().quick_predictions(features, attributes)]

    def _flat(self, scores: np.ndarray) -> np.ndarray:
        is_column = scores.ndim > 1 and scores.shape[1] == 1
        return scores[:, 0] if is_column and self.method != "predict" else scores

    def _columns(self, attributes: Mapping[str, Any]) -> np.ndarray:
        return np.atleast_2d(attributes["coef_"]).T


def _encoded(fitted: Any, X: np.ndarray, y: Any, weights: Any) -> tuple[Any, Any]:
    """Return classes as -1 and 1, and weights with those of the classes."""
    weights = _check_sample_weight(weights, X, dtype=X.dtype)
    if fitted.class_weight:
        weights = weights * compute_sample_weight(fitted.class_weight, y)
        weights = _check_sample_weight(weights, X, dtype=X.dtype)
    return LabelBinarizer(pos_label=1, neg_label=-1).fit_transform(y), weights


def _ridge_equations(
    X: np.ndarray, y: np.ndarray, solver: str
) -> _Equations | _SingularValues:
    if solver == "svd":
        return _SingularValues(X, y)
    if X.shape[1] > X.shape[0]:
        return _Equations(X @ X.T, y, back=X.T)
    return _Equations(X.T @ X, X.T @ y)


class _KernelProblem(_Problem):
    """The kernel matrix of KernelRidge."""

    method = "predict"
    names = ("dual_coef_",)

    def __init__(self, fitted: Any, y: Any, weights: Any) -> None:
        super().__init__(fitted)
        kernel = self._kernel(fitted.X_fit_)
        if fitted.kernel == "precomputed":
            kernel = kernel.copy()
        self.size = kernel.size
        y = check_array(y, ensure_2d=False, dtype="numeric", input_name="y")
        y = y.astype(np.float64) if y.dtype.kind == "O" else y
        y, root = y.reshape(len(y), -1), None
        if weights is not None:
            root = np.sqrt(_check_sample_weight(weights, fitted.X_fit_))
            y = y * root[:, np.newaxis]
            kernel *= np.outer(root, root)
        self.equations = _Equations(kernel, y, scale=root)

    def _kernel(self, X: Any, Y: Any = None) -> np.ndarray:
        model = self.fitted
        params = {"gamma": model.gamma, "degree": model.degree, "coef0": model.coef0}
        params = (model.kernel_params or {}) if callable(model.kernel) else params
        return pairwise_kernels(X, Y, metric=model.kernel, filter_params=True, **params)

    def penalty(self, alpha: Any) -> Any:
        """Return `alpha` in the type that it has as an array."""
        return np.atleast_1d(alpha)[0]

    def attributes(self, solution: np.ndarray) -> dict[str, Any]:
        """Return dual coefficients, shaped as the fitted ones."""
        shape = self.fitted.dual_coef_.shape
        return {"dual_coef_": solution.copy(order="K").reshape(shape)}

    def features(self, X: Any) -> Any:
        """Return the kernel of rows and training rows."""
        X = validate_data(self.fitted, X, accept_sparse=("csr", "csc"), reset=False)
        return self._kernel(X, self.fitted.X_fit_)

    def predictions(self, features: Any, attributes: Mapping[str, Any]) -> np.ndarray:
        """Multiply the kernel by dual coefficients."""
        return np.dot(features, attributes["dual_coef_"])

    def _columns(self, attributes: Mapping[str, Any]) -> np.ndarray:
        dual = attributes["dual_coef_"]
        return dual.reshape(len(dual), -1)


class _Penalties(SharedFit):
    """Candidates that differ in the penalty of squared coefficients."""

    # Closed forms of several penalties are solved in one product of matrices.
    keeps_together = True

    free = ("alpha",)

    @abstractmethod
    def problem(self, fitted: Any, X: Any, y: Any, weights: Any) -> _Problem | None:
        """Return the equations behind a fitted model, or None to share nothing."""

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Fit the smallest penalty normally, solve for the others, yield all."""
        X, y, fit_params, rows = data
        # Two would not repay the check that the equations are those of a fresh fit.
        if fit_params.keys() - {"sample_weight"} or len(estimators) < 3:
            return
        # Without a penalty, a fresh fit may resort to another solver.
        order = sorted(
            range(len(estimators)),
            key=lambda i: (estimators[i].alpha == 0, estimators[i].alpha),
        )
        fitted = clone(estimators[order[0]]).fit(X, y, **fit_params)
        problem = self.problem(fitted, X, y, fit_params.get("sample_weight"))
        if problem is None or not _agrees(problem, fitted):
            return
        path = _Path(problem, [estimators[i].alpha for i in order], rows)
        for at, attributes, answers in path.solved():
            view = view_of(fitted, estimators[order[at]], **attributes)
            answer = partial(_recall, list(zip(rows, answers, strict=True)))
            remember(view, problem.method, answer, rows)
            yield order[at], view


def _recall(answers: Sequence[tuple[Any, np.ndarray]], X: Any) -> np.ndarray:
    return next(answer for row, answer in answers if row is X).copy()


def _agrees(problem: _Problem, fitted: Any) -> bool:
    """Whether the fresh fit of one penalty is found again, bit for bit."""
    solution = problem.equations.solution(problem.penalty(fitted.alpha))
    if solution is None:
        return False
    attributes = problem.attributes(solution)
    return all(
        np.array_equal(getattr(fitted, name), value)
        and np.asarray(getattr(fitted, name)).dtype == np.asarray(value).dtype
        for name, value in attributes.items()
    )


class _Path:
    """The solutions of all penalties and their predictions for the known rows.

    Parameters
    ----------
    problem : _Problem
    alphas : sequence of float
        Penalties; the first is that of the fitted model.
    rows : sequence of array-like
        The known rows.
    """

    def __init__(
        self, problem: _Problem, alphas: Sequence[float], rows: Sequence[Any]
    ) -> None:
        self._problem, self._rows = problem, rows
        self._alphas = [problem.penalty(alpha) for alpha in alphas]
        fitted = {name: getattr(problem.fitted, name) for name in problem.names}
        self._found = {0: fitted}

    def solved(self) -> Iterator[tuple[int, dict[str, Any], list[np.ndarray]]]:
        """Yield position, fitted attributes and predictions for each set of rows."""
        solutions = self._problem.equations.quick_solutions(self._alphas)
        quick = {
            at: self._problem.attributes(solution)
            for at, solution in solutions.items()
            if at not in self._found
        }
        del solutions
        for start in range(0, len(self._alphas), self._n_held()):
            positions = range(start, len(self._alphas))[: self._n_held()]
            yield from self._solved(positions, quick)

    def _n_held(self) -> int:
        """Return for how many penalties predictions are kept at a time."""
        n_predictions = sum(map(_num_samples, self._rows))
        each = n_predictions * self._problem.equations.target.shape[1]
        limit = max(HELD_SHARE * self._problem.size, HELD_VALUES)
        return max(1, int(limit // max(each, 1)))

    def _solved(
        self, positions: Sequence[int], quick: Mapping[int, dict[str, Any]]
    ) -> Iterator[tuple[int, dict[str, Any], list[np.ndarray]]]:
        tried = {at: quick[at] for at in positions if at in quick}
        answers = self._quick_answers(tried)
        settled = [at for at in tried if not any(map(_is_close, answers[at]))]
        found = {at: tried[at] for at in settled}
        exact = self._exact([at for at in positions if at not in found])
        answers |= self._exact_answers(exact)
        for at, attributes in (found | exact).items():
            yield at, attributes, answers.pop(at)

    def _exact(self, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Solve as fresh fits do, where they would not resort to other ways."""
        found = {at: self._found[at] for at in positions if at in self._found}
        for at in positions:
            if at not in found:
                solution = self._problem.equations.solution(self._alphas[at])
                if solution is not None:
                    found[at] = self._problem.attributes(solution)
        return found

    def _quick_answers(
        self, found: Mapping[int, dict[str, Any]]
    ) -> dict[int, list[np.ndarray]]:
        answers: dict[int, list[np.ndarray]] = {at: [] for at in found}
        for X in self._rows if found else ():
            predicted = self._problem.quick_predictions(
                self._problem.features(X), list(found.values())
            )
            for at, prediction in zip(found, predicted, strict=True):
                answers[at].append(prediction)
        return answers

    def _exact_answers(
        self, found: Mapping[int, dict[str, Any]]
    ) -> dict[int, list[np.ndarray]]:
        answers: dict[int, list[np.ndarray]] = {at: [] for at in found}
        for X in self._rows if found else ():
            features = self._problem.features(X)
            for at, attributes in found.items():
                answers[at].append(self._problem.predictions(features, attributes))
        return answers


def _is_close(predictions: np.ndarray) -> bool:
    """Whether rounding might reorder predictions, or move one across zero."""
    columns = predictions.reshape(len(predictions), -1)
    limit = TIE * np.abs(columns).max(initial=0.0)
    zero = np.zeros((1, columns.shape[1]))
    by_row = np.diff(np.sort(np.vstack([columns, zero]), axis=0), axis=0)
    by_output = np.diff(np.sort(columns, axis=1), axis=1)
    return bool((by_row <= limit).any() or (by_output <= limit).any())


class RidgePenalties(_Penalties):
    """`alpha` of Ridge and RidgeClassifier with a direct solver, from dense rows."""

    name = "ridge penalties"

    def serves(self, estimator: Any) -> bool:
        """Whether a fresh fit would solve the normal equations."""
        return (
            type(estimator) in (Ridge, RidgeClassifier)
            and estimator.solver in ("auto", "cholesky", "svd")
            and not estimator.positive
            and bool(estimator.copy_X)
            and _is_penalty(estimator.alpha)
        )

    def problem(self, fitted: Any, X: Any, y: Any, weights: Any) -> _Problem | None:
        """Return the normal equations, of dense rows alone."""
        expected = {"auto": "cholesky"}.get(fitted.solver, fitted.solver)
        if scipy.sparse.issparse(X) or fitted.solver_ != expected:
            return None
        return _RidgeProblem(fitted, X, y, weights)


class KernelRidgePenalties(_Penalties):
    """`alpha` of KernelRidge, from one kernel matrix."""

    name = "kernel ridge penalties"

    def serves(self, estimator: Any) -> bool:
        """Whether there is one penalty for all outputs."""
        return type(estimator) is KernelRidge and _is_penalty(estimator.alpha)

    def problem(self, fitted: Any, X: Any, y: Any, weights: Any) -> _Problem | None:
        """Return the equations of the kernel matrix."""
        if weights is not None and np.ndim(weights) == 0:
            return None
        return _KernelProblem(fitted, y, weights)


def _is_penalty(alpha: Any) -> bool:
    """Whether `alpha` is a valid number, and rows are NumPy's."""
    is_number = isinstance(alpha, Real) and not isinstance(alpha, bool)
    return is_number and alpha >= 0 and not get_config()["array_api_dispatch"]


register_shared_fit(RidgePenalties())
register_shared_fit(KernelRidgePenalties())
