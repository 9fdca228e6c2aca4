"""Histogram gradient boosting: a longer fit begins with the shorter ones."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from skoverfit._compat import _num_samples
from skoverfit._compat._ensembles import (
    add_iterations,
    cut_iterations,
    iterations_of,
    with_iterations,
)
from skoverfit.model_selection._shared_fits._contract import (
    register_shared_fit,
    view_of,
)
from skoverfit.model_selection._shared_fits.families._prefixes import (
    Answers,
    Rounds,
    RunningSums,
    by_method,
    is_count,
    is_seed,
)

METHODS = ("decision_function", "predict", "predict_log_proba", "predict_proba")

#: Rows above which "auto" stops early, and above which bins come from a random subset.
EARLY_STOPPING_ROWS, BINNING_ROWS = 10_000, 200_000


class HistGradientBoostingIterations(Rounds):
    """Histogram gradient boosting that differs in the number of iterations."""

    name = "histogram boosting iterations"
    free = ("max_iter",)
    needs = (
        "a whole number of at least 1 for it, warm_start=False, a scoring that is no "
        "callable and, with early stopping (which is on by default beyond 10,000 "
        "rows), max_features below 1 or more than 200,000 rows, random_state=<int>"
    )

    def knows(self, estimator: Any) -> bool:
        """Whether it is scikit-learn's histogram gradient boosting."""
        return type(estimator) in (
            HistGradientBoostingClassifier,
            HistGradientBoostingRegressor,
        )

    def serves(self, estimator: Any) -> bool:
        """Whether every iteration is the same in a longer fit."""
        return (
            self.knows(estimator)
            and is_count(estimator.max_iter)
            and not estimator.warm_start
            # A scorer of the user's sees the whole model and may answer by its size.
            and (estimator.scoring is None or isinstance(estimator.scoring, str))
            and (is_seed(estimator.random_state) or _needs_no_seed(estimator))
        )

    def serves_on(self, estimator: Any, X: Any, fit_params: Mapping[str, Any]) -> bool:
        """Whether random numbers, if any, are seeded."""
        return is_seed(estimator.random_state) or not _draws(estimator, _num_samples(X))

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return the first iterations.

        The scores, one more than iterations, are empty without early stopping, which
        itself looks at the iterations until then alone.
        """
        k = estimator.max_iter
        view = view_of(
            fitted,
            estimator,
            train_score_=fitted.train_score_[: k + 1].copy(),
            validation_score_=fitted.validation_score_[: k + 1].copy(),
        )
        cut_iterations(view, k)
        return view

    def answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return answers from running sums over the iterations."""
        return by_method(fitted, METHODS, partial(_answer, RunningSums(rows)))


def _needs_no_seed(estimator: Any) -> bool:
    """Whether random numbers are used for large sets only."""
    return (
        estimator.random_state is None
        and estimator.max_features == 1.0
        and (estimator.early_stopping is False or estimator.early_stopping == "auto")
    )


def _draws(estimator: Any, n_samples: int) -> bool:
    """Whether a set is so large that random numbers are used."""
    stops = estimator.early_stopping == "auto" and n_samples > EARLY_STOPPING_ROWS
    return stops or n_samples > BINNING_ROWS


def _answer(sums: RunningSums, name: str, view: Any, X: Any) -> np.ndarray:
    """Return what a method would, from the sum over the iterations so far.

    The method itself runs and adds up the iterations that are new to the sum of the
    others: scikit-learn adds them up in place, one after the other.
    """
    n_iter = len(iterations_of(view))
    start, raw = sums.resume(X, n_iter)

    def add_the_rest(
        checked_X: Any, predictors: Any, total: np.ndarray, *args: Any, **kwargs: Any
    ) -> None:
        nonlocal raw
        if raw is not None:
            total[...] = raw
        rest = predictors[start:]
        add_iterations(view, checked_X, rest, total, *args, **kwargs)
        raw = total.copy()

    # Methods differ in what they do to the sum (links, classes), and share how they
    # get it: only the adding up is replaced, on a view that is thrown away.
    plain = view_of(view, view)
    with_iterations(plain, add_the_rest)
    answer = getattr(plain, name)(X)
    assert raw is not None  # every method adds up the iterations
    sums.keep(X, n_iter, raw)
    return answer


register_shared_fit(HistGradientBoostingIterations())
