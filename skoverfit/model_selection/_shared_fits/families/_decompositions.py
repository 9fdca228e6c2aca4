"""Numbers of components of PCA from one full decomposition.

A full decomposition does not depend on how many components are kept. Truncated ones
do, as their random or iterative solvers end elsewhere for another number: PCA with
"randomized" or "arpack", TruncatedSVD, KernelPCA (whose dense solver asks for a subset
of eigenvectors, too), and NMF are left alone.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse
from sklearn import get_config
from sklearn.base import clone
from sklearn.decomposition import PCA

from skoverfit._compat._models import likely_dimension
from skoverfit.model_selection._shared_fits._contract import (
    SharedFit,
    TrainingSet,
    register_shared_fit,
    remember,
    view_of,
)
from skoverfit.model_selection._shared_fits._reproducible import pca_solver

SOLVERS = ("full", "covariance_eigh")
#: Fitted attributes with one entry or row for each component.
PER_COMPONENT = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
)


class PrincipalComponents(SharedFit):
    """`n_components` of PCA, where the solver finds all components anyway."""

    name = "principal components"
    free = ("n_components",)

    def serves(self, estimator: Any) -> bool:
        """Whether the solver may be one of those that find all components."""
        return (
            type(estimator) is PCA
            and estimator.svd_solver in ("auto", *SOLVERS)
            and bool(estimator.copy)
            and not get_config()["array_api_dispatch"]
        )

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Decompose once for each solver that "auto" stands for."""
        X = data.X
        if data.fit_params or scipy.sparse.issparse(X):
            return
        for solver in SOLVERS:
            if solver == "covariance_eigh" and X.shape[0] < X.shape[1]:
                continue  # the noise would count components that nothing keeps
            positions = [
                position
                for position, estimator in enumerate(estimators)
                if pca_solver(estimator, *X.shape) == solver
                and _is_possible(estimator.n_components, *X.shape)
            ]
            if len(positions) > 1:
                whole = _Decomposition(estimators[positions[0]], solver, X)
                for position in positions:
                    yield position, whole.view(estimators[position], X)

    def training_output(self, view: Any, X: Any) -> Any:
        """Return what ``fit_transform`` would: it rounds differently from transform."""
        return (
            view.fit_transform(X)
            if "fit_transform" in vars(view)
            else view.transform(X)
        )


def _is_possible(n_components: Any, n_samples: int, n_features: int) -> bool:
    """Whether a fresh fit would accept a number of components."""
    if n_components is None:
        return True
    if n_components == "mle":
        return n_samples >= n_features
    largest = min(n_samples, n_features) if isinstance(n_components, Integral) else 1
    return 0 <= n_components <= largest


class _Decomposition:
    """All components of some rows."""

    def __init__(self, estimator: Any, solver: str, X: Any) -> None:
        whole = clone(estimator).set_params(n_components=None, svd_solver=solver)
        # From singular values, the training rows come out otherwise than by transform.
        self._output = whole.fit_transform(X) if solver == "full" else None
        self._fitted = whole if solver == "full" else whole.fit(X)

    def view(self, estimator: Any, X: Any) -> Any:
        """Return a view with the components that a candidate keeps."""
        whole, n_components = self._fitted, self._n_components(estimator.n_components)
        rest = whole.explained_variance_[n_components:]
        view = view_of(
            whole,
            estimator,
            n_components_=n_components,
            noise_variance_=np.mean(rest) if len(rest) else 0.0,
            **{
                name: np.array(getattr(whole, name)[:n_components])
                for name in PER_COMPONENT
            },
        )
        if self._output is not None:
            output = partial(_first_columns, self._output, n_components)
            remember(view, "fit_transform", output, [X])
        return view

    def _n_components(self, wanted: Any) -> Any:
        """Return the number that a fresh fit resolves the parameter to."""
        whole = self._fitted
        if wanted is None:
            return whole.n_components_
        if wanted == "mle":
            return likely_dimension(whole.explained_variance_, whole.n_samples_)
        if 0 < wanted < 1:
            shares = np.cumsum(whole.explained_variance_ratio_)
            return np.searchsorted(shares, wanted, side="right") + 1
        return wanted


def _first_columns(output: np.ndarray, n_components: int, X: Any) -> np.ndarray:
    # LAPACK's columns, one after the other: what comes next may round by the layout.
    return output[:, :n_components].copy(order="F")


register_shared_fit(PrincipalComponents())
