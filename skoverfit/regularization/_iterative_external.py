"""Adapters for XGBoost, LightGBM and CatBoost.

These libraries are never imported here: an estimator is theirs by the name of its
module, and brings its model along.
"""

import copy
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone, is_classifier

from skoverfit.regularization._iterative import (
    ADAPTERS,
    Additive,
    Iterative,
    labelled,
    remembering,
)

__all__ = ["ALL_ADAPTERS"]


class _External(Additive):
    """Boosting of another library: rounds are added to the model so far."""

    package: ClassVar[str]

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether the class, or one that it derives from, is of the library."""
        return any(
            base.__module__.partition(".")[0] == cls.package
            for base in type(estimator).__mro__
        )

    @classmethod
    def limit(cls, estimator: Any) -> int:
        """Return the number of rounds; the libraries' own default is 100."""
        return estimator.get_params().get(cls.parameter) or 100

    def advance(self, k: int) -> None:
        """Add rounds, with a seed of their own: the old one would repeat its draws."""
        self._continue(k)
        self.n_iterations += k

    def _continue(self, k: int) -> None:
        raise NotImplementedError

    def _reseeded(self, name: str) -> dict[str, Any]:
        seed = self._own.get_params().get(name)
        if self.n_iterations == 0 or not isinstance(seed, int | np.integer):
            return {}
        return {name: int((int(seed) + self.n_iterations) % 2**31)}

    def result(self) -> Any:
        """Return the estimator with its own seed and number of rounds."""
        own = self._own.get_params()
        names = ("random_state", "random_seed")
        seeds = {name: own[name] for name in names if name in own}
        self.estimator.set_params(**seeds, **{self.parameter: self.n_iterations})
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
        return labelled(view, view.predict_proba(X))

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
        model.set_params(n_estimators=k, **self._reseeded("random_state"))
        model.fit(self.rows.X, self.rows.y, xgb_model=start, **self.rows.params)

    def _first(self, n: int) -> dict[str, Any]:
        return {"iteration_range": (0, n)}

    def cut(self, n: int) -> Any:
        """Take a slice of the booster."""
        view = copy.copy(self.estimator)
        view._Booster = self.estimator.get_booster()[:n]
        return view


class LightGBM(_External):
    """Trees of LightGBM; "dart" changes those that it has already."""

    package = "lightgbm"

    @property
    def looks_back(self) -> bool:
        """Whether rounds stay as they are."""
        return self._own.get_params().get("boosting_type") != "dart"

    def _continue(self, k: int) -> None:
        model = self.estimator
        start = model.booster_ if self.n_iterations else None
        model.set_params(n_estimators=k, **self._reseeded("random_state"))
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
        view._Booster, view._n_iter = booster, n
        return view


class CatBoost(_External):
    """Trees of CatBoost, whose fitted models take no new parameters."""

    package = "catboost"
    parameter = "iterations"
    aliases = ("iterations", "n_estimators", "num_boost_round", "num_trees")

    def __init__(self, estimator: Any, *args: Any) -> None:
        params = estimator.get_params()
        if params.get("learning_rate") is None and params.get("eta") is None:
            raise ValueError(
                f"estimator={estimator!r} chooses its learning_rate by the number of "
                "iterations, which is not known beforehand: set learning_rate."
            )
        super().__init__(estimator, *args)
        given = [name for name in self.aliases if name in params]
        self._name = given[0] if given else self.parameter

    @classmethod
    def limit(cls, estimator: Any) -> int:
        """Return the number of rounds under whatever name; 1000 is the default."""
        params = estimator.get_params()
        given = [params[name] for name in cls.aliases if name in params]
        return given[0] if given else 1000

    def _set_known(self, **params: Any) -> None:
        """Leave parameters alone: there are none to switch off."""

    def _continue(self, k: int) -> None:
        seeds = {**self._reseeded("random_state"), **self._reseeded("random_seed")}
        model = clone(self._own).set_params(**{self._name: k}, **seeds)
        start = self.estimator if self.n_iterations else None
        model.fit(self.rows.X, self.rows.y, init_model=start, **self.rows.params)
        self.estimator = model

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
