"""Adapters for XGBoost, LightGBM and CatBoost.

These libraries are never imported here: an estimator is theirs by the name of its
module, and brings its model along.
"""

import copy
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, clone, is_classifier

from skoverfit._capacity._aliases import as_read, library_of, names_in_use
from skoverfit._compat._boosting_libraries import set_booster
from skoverfit.regularization._iterations._adapters import (
    ADAPTERS,
    Additive,
    Iterative,
    labeled,
    remembering,
)

__all__ = ["ALL_ADAPTERS"]


class _External(Additive):
    """Boosting of another library: rounds are added to the model so far."""

    package: ClassVar[str]
    default_limit: ClassVar[int] = 100

    def __init__(self, estimator: Any, *args: Any) -> None:
        super().__init__(estimator, *args)
        self._rounds = names_in_use(estimator, self.parameter) or [self.parameter]

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether the class, or one that it derives from, is of the library."""
        return library_of(estimator) == cls.package

    @classmethod
    def limit(cls, estimator: Any) -> int:
        """Return the number of rounds, by whatever name it is set."""
        return as_read(estimator).get(cls.parameter) or cls.default_limit

    def _set_known(self, **params: Any) -> None:
        """Switch parameters off by all of their names."""
        names = {
            name: value
            for parameter, value in params.items()
            for name in names_in_use(self.estimator, parameter)
        }
        self.estimator.set_params(**names)

    def _numbered(self, n: int) -> dict[str, int]:
        """Return a number of rounds by all names that the estimator has for it."""
        return dict.fromkeys(self._rounds, n)

    def advance(self, k: int) -> None:
        """Add rounds, with a seed of their own: the old one would repeat its draws."""
        self._continue(k)
        self.n_iterations += k

    def _continue(self, k: int) -> None:
        raise NotImplementedError

    def _seeds(self) -> dict[str, Any]:
        own = self._own.get_params()
        return {name: own[name] for name in names_in_use(self._own, "random_state")}

    def _reseeded(self) -> dict[str, Any]:
        if self.n_iterations == 0:
            return {}
        return {
            name: int((int(seed) + self.n_iterations) % 2**31)
            for name, seed in self._seeds().items()
            if isinstance(seed, int | np.integer)
        }

    def result(self) -> Any:
        """Return the estimator with its own seed and number of rounds."""
        rounds = self._numbered(self.n_iterations)
        self.estimator.set_params(**self._seeds(), **rounds)
        return self.estimator

    def stage(self, n: int, X: Any) -> Any:
        """Return a view whose predictions leave later rounds out.

        Going through all rounds anew is fast enough in these libraries.
        """
        if not self.looks_back:
            return self.estimator
        view = copy.copy(self.estimator)
        for method in ("predict", "predict_proba"):
            if hasattr(view, method):
                setattr(view, method, partial(getattr(view, method), **self._first(n)))
        return remembering(view, X, self._predictions(view, X))

    def _predictions(self, view: Any, X: Any) -> dict[str, Any]:
        if not is_classifier(view):
            return {"predict": view.predict(X)}
        return labeled(view, view.predict_proba(X))

    def _first(self, n: int) -> dict[str, Any]:
        """Arguments of prediction methods that leave later rounds out."""
        raise NotImplementedError

    def snapshot(self) -> Any:
        """Copy what cannot be cut."""
        return self.n_iterations if self.looks_back else Iterative.snapshot(self)

    def restore(self, snapshot: Any) -> None:
        """Go back to an earlier state."""
        if self.looks_back:
            self.estimator, self.n_iterations = self.cut(snapshot), snapshot
        else:
            Iterative.restore(self, snapshot)


class XGBoost(_External):
    """Trees of XGBoost; "dart" and "gblinear" change what they have already."""

    package = "xgboost"
    unlimited = {"early_stopping_rounds": None}

    @property
    def looks_back(self) -> bool:
        """Whether rounds stay as they are."""
        return self._own.get_params().get("booster") in (None, "gbtree")

    def _continue(self, k: int) -> None:
        model = self.estimator
        start = model.get_booster() if self.n_iterations else None
        model.set_params(**self._numbered(k), **self._reseeded())
        model.fit(self.rows.X, self.rows.y, xgb_model=start, **self.rows.params)

    def _first(self, n: int) -> dict[str, Any]:
        return {"iteration_range": (0, n)}

    def cut(self, n: int) -> Any:
        """Take a slice of the booster."""
        view = copy.copy(self.estimator)
        set_booster(view, self.estimator.get_booster()[:n])
        return view


class LightGBM(_External):
    """Trees of LightGBM; "dart" changes those that it has already."""

    package = "lightgbm"
    unlimited = {"early_stopping_round": 0}

    @property
    def looks_back(self) -> bool:
        """Whether rounds stay as they are."""
        return as_read(self._own).get("boosting_type") != "dart"

    def advance(self, k: int) -> None:
        """Add rounds until one of them finds no split: LightGBM drops that one."""
        if self.finished:
            return
        wanted = self.n_iterations + k
        super().advance(k)
        self.n_iterations = self.estimator.booster_.current_iteration()
        self.finished = self.n_iterations < wanted

    def _continue(self, k: int) -> None:
        model = self.estimator
        start = model.booster_ if self.n_iterations else None
        model.set_params(**self._numbered(k), **self._reseeded())
        model.fit(self.rows.X, self.rows.y, init_model=start, **self.rows.params)

    def _first(self, n: int) -> dict[str, Any]:
        return {"num_iteration": n}

    def cut(self, n: int) -> Any:
        """Write the first rounds and read them again."""
        whole = self.estimator.booster_
        view = copy.copy(self.estimator)
        text = whole.model_to_string(num_iteration=n)
        booster = type(whole)(model_str=text)
        booster.params = {**whole.params, "num_iterations": n}
        set_booster(view, booster)
        return view


class CatBoost(_External):
    """Trees of CatBoost, whose fitted models take no new parameters."""

    package = "catboost"
    parameter = "iterations"
    default_limit = 1000
    unlimited = {"use_best_model": False}

    def __init__(self, estimator: Any, *args: Any) -> None:
        if as_read(estimator).get("learning_rate") is None:
            raise ValueError(
                f"estimator={estimator!r} chooses its learning_rate by the number of "
                "iterations, which is not known beforehand: set learning_rate."
            )
        super().__init__(estimator, *args)
        self._unfitted = clone(self.estimator)

    def _continue(self, k: int) -> None:
        model = clone(self._unfitted)
        model.set_params(**self._numbered(k), **self._reseeded())
        start = self.estimator if self.n_iterations else None
        model.fit(self.rows.X, self.rows.y, init_model=start, **self.rows.params)
        self.estimator = model

    def stage(self, n: int, X: Any) -> Any:
        """Return a view whose score, too, leaves later rounds out."""
        view = super().stage(n, X)
        mixin = ClassifierMixin if is_classifier(view) else RegressorMixin
        # CatBoost's own does not ask the methods that predict.
        view.score = partial(mixin.score, view)
        return view

    def _first(self, n: int) -> dict[str, Any]:
        return {"ntree_end": n}

    def cut(self, n: int) -> Any:
        """Shrink a copy."""
        view = copy.copy(self.estimator)
        if n < view.tree_count_:
            view.shrink(n)
        return view

    def result(self) -> Any:
        """Return the estimator; fitted models of CatBoost keep their parameters."""
        return self.estimator


#: In the order in which they are asked.
ALL_ADAPTERS: list[type[Iterative]] = [XGBoost, LightGBM, CatBoost, *ADAPTERS]
