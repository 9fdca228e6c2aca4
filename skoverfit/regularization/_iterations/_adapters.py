"""Adapters that train one estimator further and further on the same rows.

An adapter knows how its estimator is continued, what the estimator was like after an
earlier iteration, and how to predict fixed rows iteration by iteration without going
through all the trees each time.
"""

import copy
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight

from skoverfit._compat import _num_samples, _safe_indexing
from skoverfit._compat._ensembles import (
    add_iterations,
    boosting_loss,
    cut_iterations,
    first_prediction,
    forest_rows,
    hist_baseline,
    hist_rows,
    iterations_of,
    tree_rows,
)

__all__ = ["ADAPTERS", "Iterative", "Rows", "adapter_of", "remembering"]

#: Iterations of estimators that have a way to continue but no limit of their own.
DEFAULT_LIMIT = 1000


class Rows(NamedTuple):
    """Training rows with what belongs to them."""

    X: Any
    y: Any
    params: Mapping[str, Any]

    def take(self, indices: np.ndarray) -> "Rows":
        """Return some of the rows; metadata with one entry per row go along."""
        n_rows = _num_samples(self.X)
        params = {
            name: _safe_indexing(value, indices) if is_per_row(value, n_rows) else value
            for name, value in self.params.items()
        }
        return Rows(
            _safe_indexing(self.X, indices), _safe_indexing(self.y, indices), params
        )


def is_per_row(value: Any, n_rows: int) -> bool:
    """Whether metadata have one entry for each row."""
    countable = hasattr(value, "__len__") or hasattr(value, "shape")
    return countable and not isinstance(value, str) and _num_samples(value) == n_rows


class Iterative(ABC):
    """An estimator in training.

    Parameters
    ----------
    estimator : estimator object
        It is cloned.
    rows : Rows
        What to train on.
    seed : int
        For shuffling, where the adapter does it.
    classes : ndarray or None
        All labels, for estimators that want to know them before they see them.
    """

    #: The parameter that limits the number of iterations.
    parameter: ClassVar[str] = "n_estimators"
    #: Iterations between two looks, where the user does not say.
    step: ClassVar[int] = 1
    #: Parameters that switch off the estimator's own early stopping.
    unlimited: ClassVar[dict[str, Any]] = {}

    def __init__(self, estimator: Any, rows: Rows, seed: int, classes: Any = None):
        self._own = estimator
        self.estimator = clone(estimator)
        self._set_known(**self.unlimited)
        self.rows, self.n_iterations, self.finished = rows, 0, False
        self._seed, self._classes = seed, classes
        #: Iterations between two looks; solvers pause after as many.
        self.portion = self.step
        #: No more iterations than these will be wanted.
        self.ceiling = self.limit(estimator)

    def _set_known(self, **params: Any) -> None:
        known = self.estimator.get_params(deep=False)
        self.estimator.set_params(**{k: v for k, v in params.items() if k in known})

    @classmethod
    @abstractmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether this adapter knows how to continue an estimator."""

    @classmethod
    def limit(cls, estimator: Any) -> int:
        """Return the estimator's own number of iterations."""
        return estimator.get_params(deep=False).get(cls.parameter) or DEFAULT_LIMIT

    @property
    def looks_back(self) -> bool:
        """Whether earlier stages can still be had after further iterations."""
        return False

    @abstractmethod
    def advance(self, k: int) -> None:
        """Train `k` iterations more."""

    def stage(self, n: int, X: Any) -> Any:
        """Return the estimator as after `n` iterations, to predict `X` with."""
        return self.estimator

    def snapshot(self) -> Any:
        """Return what :meth:`restore` needs to come back to the present state."""
        return self.n_iterations, copy.deepcopy(self.estimator)

    def restore(self, snapshot: Any) -> None:
        """Go back to an earlier state."""
        self.n_iterations, self.estimator = snapshot

    def result(self) -> Any:
        """Return the estimator with its own parameters in place again."""
        own = self._own.get_params(deep=False)
        self.estimator.set_params(**{name: own[name] for name in self._borrowed()})
        return self.estimator

    def _borrowed(self) -> list[str]:
        """Names of the parameters that were only changed to continue."""
        known = self.estimator.get_params(deep=False)
        return [name for name in ("warm_start", "verbose") if name in known]

    def _fit(self) -> None:
        self.estimator.fit(self.rows.X, self.rows.y, **self.rows.params)


class Additive(Iterative):
    """A sum or an average of members: the first `n` are the model of `n` iterations."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._sums: dict[int, RunningSum] = {}

    @property
    def looks_back(self) -> bool:
        """Members stay where they are."""
        return True

    def advance(self, k: int) -> None:
        """Add members."""
        self.n_iterations += k
        self.estimator.set_params(
            warm_start=True, **{self.parameter: self.n_iterations}
        )
        self._fit()

    def stage(self, n: int, X: Any) -> Any:
        """Return the first members, with their predictions of `X` remembered."""
        view = self.cut(n)
        if id(X) not in self._sums:
            self._sums[id(X)] = RunningSum(X, self)
        total = self._sums[id(X)].at(n)
        return view if total is None else remembering(view, X, self.outputs(total, n))

    @abstractmethod
    def cut(self, n: int) -> Any:
        """Return a shallow copy with the first `n` members alone."""

    def prepared(self, X: Any) -> Any:
        """Return rows as :meth:`add` wants them; None if nothing can be added up."""
        return None

    def add(self, total: Any, n: int, X: Any) -> Any:
        """Return a sum of predictions with the `n`-th member (from 1) added."""
        raise NotImplementedError

    def outputs(self, total: Any, n: int) -> dict[str, np.ndarray]:
        """Return results of prediction methods from a sum."""
        raise NotImplementedError

    def snapshot(self) -> Any:
        """Return the number of members, from which the state follows."""
        return self.n_iterations

    def restore(self, snapshot: Any) -> None:
        """Forget later members."""
        self.estimator, self.n_iterations = self.cut(snapshot), snapshot
        self.estimator.set_params(**{self.parameter: snapshot})


class RunningSum:
    """What the first members predict for fixed rows; grows with them."""

    def __init__(self, X: Any, adapter: Additive):
        # Holding X keeps its id from being given to other rows.
        self._X, self._adapter = X, adapter
        self._rows, self._n, self._total = None, 0, None

    def at(self, n: int) -> Any:
        """Return the sum over `n` members, at least as many as the last time."""
        if self._rows is None:
            self._rows = self._adapter.prepared(self._X)
        while self._rows is not None and self._n < n:
            self._n += 1
            self._total = self._adapter.add(self._total, self._n, self._rows)
        return self._total


def remembering(view: Any, X: Any, outputs: Mapping[str, Any]) -> Any:
    """Let an estimator answer from memory when it is asked about the very rows `X`."""
    for method, output in outputs.items():
        if hasattr(view, method):
            known = _Remembered(getattr(view, method), method, X, output)
            setattr(view, method, known)
    return view


class _Remembered:
    def __init__(self, method: Callable, name: str, X: Any, output: Any):
        self.__name__ = name  # scorers of scikit-learn look at it
        self._method, self._X, self._output = method, X, output

    def __call__(self, X: Any, *args: Any, **kwargs: Any) -> Any:
        if X is self._X and not args and not kwargs:
            return self._output
        return self._method(X, *args, **kwargs)


def labeled(view: Any, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Probabilities and the labels that they give."""
    labels = view.classes_.take(np.argmax(probabilities, axis=1))
    return {"predict": labels, "predict_proba": probabilities}


class _LossBoosting(Additive):
    """What scikit-learn's two kinds of gradient boosting have in common."""

    def outputs(self, total: Any, n: int) -> dict[str, np.ndarray]:
        """Turn raw sums into predictions."""
        model = self.estimator
        if not is_classifier(model):
            return {"predict": self._inverse_link(total.ravel())}
        proba = boosting_loss(model).predict_proba(total)
        decision = total.ravel() if total.shape[1] == 1 else total.copy()
        return {**labeled(model, proba), "decision_function": decision}

    def _inverse_link(self, raw: np.ndarray) -> np.ndarray:
        return raw.copy()


class GradientBoosting(_LossBoosting):
    """scikit-learn's gradient boosting."""

    unlimited = {"n_iter_no_change": None}

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether it is one of scikit-learn's two classes or derived from them."""
        return is_of(estimator, "BaseGradientBoosting", "sklearn.")

    def cut(self, n: int) -> Any:
        """Keep the first trees, and scores of these."""
        view = copy.copy(self.estimator)
        for name in ("estimators_", "train_score_", "oob_improvement_", "oob_scores_"):
            if hasattr(view, name):
                setattr(view, name, getattr(view, name)[:n])
        if hasattr(view, "oob_scores_"):
            view.oob_score_ = view.oob_scores_[-1]
        view.n_estimators_ = n
        return view

    def prepared(self, X: Any) -> Any:
        """Convert rows once."""
        return tree_rows(self.estimator.estimators_[0, 0], X)

    def add(self, total: Any, n: int, X: Any) -> Any:
        """Add the trees of one iteration."""
        model = self.estimator
        if total is None:
            total = first_prediction(model, X)
        for k, tree in enumerate(model.estimators_[n - 1]):
            total[:, k] += model.learning_rate * tree.tree_.predict(X).ravel()
        return total


class HistBoosting(_LossBoosting):
    """scikit-learn's histogram boosting."""

    parameter = "max_iter"
    unlimited = {"early_stopping": False}

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether it is one of scikit-learn's two classes or derived from them."""
        return is_of(estimator, "BaseHistGradientBoosting", "sklearn.")

    def cut(self, n: int) -> Any:
        """Keep the first trees."""
        view = copy.copy(self.estimator)
        cut_iterations(view, n)
        return view

    def prepared(self, X: Any) -> Any:
        """Convert rows and encode categories once."""
        return hist_rows(self.estimator, X)

    def add(self, total: Any, n: int, X: Any) -> Any:
        """Add the trees of one iteration."""
        model = self.estimator
        if total is None:
            shape = (_num_samples(X), model.n_trees_per_iteration_)
            base = hist_baseline(model)
            total = np.zeros(shape, dtype=base.dtype, order="F")
            total += base
        trees = iterations_of(model)[n - 1 : n]
        add_iterations(model, X, trees, total, is_binned=False, n_threads=1)
        return total

    def _inverse_link(self, raw: np.ndarray) -> np.ndarray:
        return boosting_loss(self.estimator).link.inverse(raw)


class Forest(Additive):
    """Random forests and extra trees."""

    #: With few trees, some rows have none that has not seen them.
    unlimited = {"oob_score": False}

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether it is a forest that predicts, unlike random trees embedding."""
        return is_of(estimator, "BaseForest", "sklearn.") and hasattr(
            estimator, "predict"
        )

    def cut(self, n: int) -> Any:
        """Keep the first trees."""
        view = copy.copy(self.estimator)
        view.estimators_ = view.estimators_[:n]
        return view

    def prepared(self, X: Any) -> Any:
        """Convert rows once; several outputs are left to the forest itself."""
        return forest_rows(self.estimator, X) if self._is_single else None

    @property
    def _is_single(self) -> bool:
        return self.estimator.n_outputs_ == 1

    def add(self, total: Any, n: int, X: Any) -> Any:
        """Add the prediction of one tree."""
        tree = self.estimator.estimators_[n - 1]
        method = tree.predict_proba if is_classifier(tree) else tree.predict
        prediction = method(X, check_input=False)
        return prediction if total is None else total + prediction

    def outputs(self, total: Any, n: int) -> dict[str, np.ndarray]:
        """Turn sums into averages."""
        mean = total / n
        if is_classifier(self.estimator):
            return labeled(self.estimator, mean)
        return {"predict": mean}

    def result(self) -> Any:
        """Return the forest, with the out-of-bag estimates that were put off."""
        if self._own.get_params(deep=False).get("oob_score"):
            self._score_out_of_bag()
        return super().result()

    def _score_out_of_bag(self) -> None:
        # A continued fit without new trees does not do it for certain: one tree is
        # grown again, the same, because trees draw their seeds in turn.
        self.estimator.estimators_ = self.estimator.estimators_[:-1]
        self.estimator.set_params(warm_start=True, oob_score=self._own.oob_score)
        self._fit()


class Bagging(Additive):
    """Bagging of any estimator."""

    #: Bagging refuses it together with continuing.
    unlimited = {"oob_score": False}

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether it is one of scikit-learn's two classes or derived from them."""
        return is_of(estimator, "BaseBagging", "sklearn.") and hasattr(
            estimator, "predict"
        )

    def advance(self, k: int) -> None:
        """Add members; their seeds are gathered, or `estimators_samples_` is wrong."""
        seeds = getattr(self.estimator, "_seeds", ())
        super().advance(k)
        self.estimator._seeds = np.concatenate([seeds, self.estimator._seeds]).astype(
            np.int64
        )

    def cut(self, n: int) -> Any:
        """Keep the first members, their features and seeds."""
        view = copy.copy(self.estimator)
        for name in ("estimators_", "estimators_features_", "_seeds"):
            setattr(view, name, getattr(view, name)[:n])
        return view


class AdaBoost(Additive):
    """AdaBoost, which cannot be continued: all of it is fitted at the first call.

    The number of members is still chosen on held-out rows, but no time is saved.
    """

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether it is one of scikit-learn's two classes or derived from them."""
        return is_of(estimator, "BaseWeightBoosting", "sklearn.")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._whole: Any = None

    def advance(self, k: int) -> None:
        """Fit all members in the first call; each call shows some more of them."""
        if self._whole is None:
            self.estimator.set_params(n_estimators=self.ceiling)
            self._fit()
            self._whole = self.estimator
        self.n_iterations = min(self.n_iterations + k, len(self._whole.estimators_))
        self.estimator = self.cut(self.n_iterations)
        self.finished = self.n_iterations == len(self._whole.estimators_)

    def cut(self, n: int) -> Any:
        """Keep the first members."""
        view = copy.copy(self._whole)
        view.estimators_ = view.estimators_[:n]
        for name in ("estimator_weights_", "estimator_errors_"):
            setattr(view, name, getattr(view, name)[:n])
        return view


class Epochs(Iterative):
    """Estimators with ``partial_fit``: one call with all rows is one epoch."""

    parameter = "max_iter"
    unlimited = {"early_stopping": False}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rng = check_random_state(self._seed)
        self.rows = _balanced(self.estimator, self.rows)
        # Neural networks go on shuffling where they left off. Linear models begin
        # with the same seed each time, and others may not shuffle at all.
        self._shuffles = not is_of(self.estimator, "BaseMultilayerPerceptron")

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether more epochs mean more training; naive Bayes only counts."""
        counts = type(estimator).__module__.startswith("sklearn.naive_bayes")
        return hasattr(estimator, "partial_fit") and not counts

    def advance(self, k: int) -> None:
        """Train epochs."""
        for _ in range(k):
            rows = self._epoch()
            first = self.n_iterations == 0 and is_classifier(self.estimator)
            options = {"classes": self._classes} if first else {}
            self.estimator.partial_fit(rows.X, rows.y, **options, **rows.params)
            self.n_iterations += 1

    def _epoch(self) -> Rows:
        if not self._shuffles:
            return self.rows
        return self.rows.take(self._rng.permutation(_num_samples(self.rows.X)))


def _balanced(estimator: Any, rows: Rows) -> Rows:
    """Weights in place of ``class_weight="balanced"``, which `partial_fit` refuses."""
    if estimator.get_params(deep=False).get("class_weight") != "balanced":
        return rows
    estimator.set_params(class_weight=None)
    weights = compute_sample_weight("balanced", rows.y)
    own = rows.params.get("sample_weight")
    weights = weights if own is None else weights * np.asarray(own)
    return rows._replace(params={**rows.params, "sample_weight": weights})


class SolverIterations(Iterative):
    """Solvers with ``max_iter`` that begin where the last call ended.

    A solver that keeps a memory of its path, such as L-BFGS, loses it at each look.
    """

    parameter = "max_iter"
    step = 10
    unlimited = {"early_stopping": False}

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether `max_iter` can be raised and the solver go on from where it was."""
        params = _params(estimator)
        return {"warm_start", "max_iter"} <= params.keys() and not is_of(
            estimator, "BaseLibSVM"
        )

    def advance(self, k: int) -> None:
        """Run the solver for `k` iterations more, in portions of one look each."""
        while k > 0 and not self.finished:
            portion = min(k, self.portion)
            self.estimator.set_params(warm_start=True, max_iter=portion)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                self._fit()
            self.n_iterations += portion
            k -= portion
            self.finished = _iterations_of(self.estimator) < portion

    def _borrowed(self) -> list[str]:
        return [*super()._borrowed(), "max_iter"]


def _iterations_of(estimator: Any) -> float:
    """Return the iterations of the last call; infinite if they are not told."""
    return float(np.max(getattr(estimator, "n_iter_", np.inf)))


class Members(Additive):
    """Other ensembles with ``warm_start`` and ``n_estimators``."""

    @classmethod
    def handles(cls, estimator: Any) -> bool:
        """Whether `n_estimators` can be raised and members added to a fitted model."""
        return {"warm_start", "n_estimators"} <= _params(estimator).keys()

    @property
    def looks_back(self) -> bool:
        """No: it is unknown how to remove iterations of such a class."""
        return False

    def stage(self, n: int, X: Any) -> Any:
        """Return the estimator as it is; earlier stages are gone."""
        return self.estimator

    def cut(self, n: int) -> Any:
        """Return the estimator as it is; nothing can be removed."""
        return self.estimator

    snapshot = Iterative.snapshot
    restore = Iterative.restore


def is_of(estimator: Any, base: str, package: str = "") -> bool:
    """Whether a class of this name, in a package, is among the estimator's bases."""
    return any(
        cls.__name__ == base and cls.__module__.startswith(package)
        for cls in type(estimator).__mro__
    )


def _params(estimator: Any) -> dict[str, Any]:
    return estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}


#: In the order in which they are asked.
ADAPTERS: list[type[Iterative]] = [
    GradientBoosting,
    HistBoosting,
    Forest,
    Bagging,
    AdaBoost,
    Epochs,
    SolverIterations,
    Members,
]


def adapter_of(estimator: Any, adapters: list[type[Iterative]]) -> type[Iterative]:
    """Return the adapter for an estimator, or say what is needed."""
    for adapter in adapters:
        if adapter.handles(estimator):
            return adapter
    raise ValueError(
        f"estimator={estimator!r} has no iterations that could be stopped: it needs "
        "partial_fit, or warm_start together with n_estimators or max_iter, or must be "
        "an estimator of XGBoost, LightGBM or CatBoost, or a pipeline that ends in one "
        "of these."
    )
