"""XGBoost, LightGBM and CatBoost: a longer ensemble begins with the shorter ones.

These libraries are never imported here: an estimator is theirs by the name of its
module, and brings the models that prefixes are made of along.
"""

import copy
from abc import abstractmethod
from collections.abc import Mapping, Sequence, Set
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from skoverfit._compat import _num_samples
from skoverfit._compat._boosting_libraries import (
    cut_catboost,
    lightgbm_copy,
    set_booster,
)
from skoverfit._compat._models import parameter_names
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
    TrainingSet,
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

METHODS = ("predict", "predict_proba")


class _LibraryRounds(Rounds):
    """Boosting of another library that differs in the number of rounds."""

    #: The package, its classes, and what their `fit` may be given.
    package: ClassVar[str]
    classes: ClassVar[frozenset[str]]
    fit_options: ClassVar[frozenset[str]] = frozenset({"sample_weight"})

    def knows(self, estimator: Any) -> bool:
        """Whether it is one of the library's classes."""
        cls = type(estimator)
        is_theirs = cls.__module__.partition(".")[0] == self.package
        return is_theirs and cls.__name__ in self.classes

    def serves(self, estimator: Any) -> bool:
        """Whether every round is the same in a longer ensemble."""
        return (
            self.knows(estimator)
            and is_count(self.size(estimator))
            and self.is_exact(estimator)
        )

    def resized(self, estimator: Any, parameter: str, size: int) -> Any:
        """Return None: parameters are kept in more than one place."""
        return None

    def serves_on(self, estimator: Any, X: Any, fit_params: Mapping[str, Any]) -> bool:
        """Whether there are no evaluation sets, or models to start from."""
        return fit_params.keys() <= self.fit_options

    @abstractmethod
    def is_exact(self, estimator: Any) -> bool:
        """Whether these settings make rounds independent of later ones."""


class _BoosterRounds(_LibraryRounds):
    """A library whose estimators hold a booster beside their parameters."""

    def shell(self, fitted: Any, estimator: Any) -> Any:
        """Return the fitted estimator with another size, and without a booster.

        Candidates of a group have all other parameters in common.
        """
        view = object.__new__(type(fitted))
        vars(view).update(vars(fitted))
        vars(view)[self.free[0]] = self.size(estimator)
        set_booster(view, None)
        return view


class XGBoostRounds(_BoosterRounds):
    """XGBoost's trees. Not "dart", which rescales earlier trees."""

    name = "XGBoost rounds"
    free = ("n_estimators",)
    package = "xgboost"
    needs = (
        "a whole number of at least 1 for it, booster='gbtree' on the CPU, no early "
        "stopping, evaluation sets, callbacks or further keyword arguments, and an "
        "objective and eval_metric by name"
    )
    classes = frozenset({"XGBClassifier", "XGBRegressor"})
    fit_options = frozenset({"sample_weight", "base_margin"})

    def is_exact(self, estimator: Any) -> bool:
        """Whether rounds on the CPU run through with a fixed seed."""
        return (
            estimator.booster in (None, "gbtree")
            and estimator.device in (None, "cpu")
            and (estimator.random_state is None or is_seed(estimator.random_state))
            and estimator.early_stopping_rounds is None
            and not estimator.callbacks
            and not getattr(estimator, "kwargs", None)
            and not callable(estimator.objective)
            and not callable(estimator.eval_metric)
        )

    def resized(self, estimator: Any, parameter: str, size: int) -> Any:
        """Return an estimator of another size; parameters are plain attributes."""
        return Rounds.resized(self, estimator, parameter, size)

    def has_prefix(self, fitted: Any, estimator: Any) -> bool:
        """Whether the fit has kept every round."""
        return fitted.get_booster().num_boosted_rounds() == self.size(fitted)

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return a slice of the booster in the estimator's place."""
        view = view_of(fitted, estimator)
        set_booster(view, fitted.get_booster()[: estimator.n_estimators])
        view.objective = fitted.objective  # fits with several classes change it
        return view

    def shell_answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return answers of the first rounds of the whole booster."""
        answers = by_method(fitted, METHODS, partial(_answer_of_rounds, fitted))
        if fitted.objective in (*XGBOOST_LABELS, XGBOOST_SUM):
            return {**answers, "predict": _MarginAnswers(fitted, rows)}
        return answers


def _answer_of_rounds(fitted: Any, name: str, view: Any, X: Any) -> Any:
    return getattr(fitted, name)(X, iteration_range=(0, view.n_estimators))


#: Objectives of XGBoost that predict the class of the largest margin, and the one that
#: predicts the margin itself.
XGBOOST_LABELS = ("binary:logistic", "multi:softprob")
XGBOOST_SUM = "reg:squarederror"

#: Lead of a margin over the others that rounding to single precision cannot undo.
CERTAIN_MARGIN = 1e-5


class _MarginAnswers:
    """What XGBoost predicts after any number of rounds, each of which runs once.

    XGBoost adds further rounds to a given margin as it adds them to its own. Where
    classes are so close that rounding may decide, all rounds run again.
    """

    def __init__(self, fitted: Any, rows: Sequence[Any]) -> None:
        self._fitted, self._margins = fitted, RunningSums(rows)

    def __call__(self, view: Any, X: Any) -> Any:
        margin = self._margin(X, view.n_estimators)
        if self._fitted.objective == XGBOOST_SUM:
            return margin.copy()
        if margin.ndim == 1:
            margin = np.column_stack([np.zeros_like(margin), margin])
        first, second = -np.partition(-margin, 1, axis=1)[:, :2].T
        if not (first - second > CERTAIN_MARGIN).all():
            return _answer_of_rounds(self._fitted, "predict", view, X)
        return margin.argmax(axis=1)

    def _margin(self, X: Any, n_rounds: int) -> np.ndarray:
        start, margin = self._margins.resume(X, n_rounds)
        if start < n_rounds or margin is None:
            margin = self._fitted.predict(
                X,
                output_margin=True,
                base_margin=margin,
                iteration_range=(start, n_rounds),
            )
        self._margins.keep(X, n_rounds, margin)
        return margin


#: Further parameters of LightGBM that change neither rounds nor their number.
LIGHTGBM_OPTIONS = frozenset(
    {
        "cat_l2",
        "cat_smooth",
        "deterministic",
        "extra_trees",
        "feature_fraction_bynode",
        "force_col_wise",
        "force_row_wise",
        "max_bin",
        "max_cat_threshold",
        "max_cat_to_onehot",
        "min_data_in_bin",
        "path_smooth",
        "verbose",
        "verbosity",
    }
)


class LightGBMRounds(_BoosterRounds):
    """LightGBM's trees. Not "dart", which rescales earlier ones.

    Unless told otherwise, LightGBM measures on several threads which of two ways to
    add up histograms is faster; they differ in rounding, so that even two equal fits
    may differ. One thread, or one way, is needed.
    """

    name = "LightGBM rounds"
    free = ("n_estimators",)
    package = "lightgbm"
    needs = (
        "a whole number of at least 1 for it, boosting_type='gbdt', n_jobs=1 (or "
        "deterministic, force_col_wise or force_row_wise), no evaluation sets or "
        "callbacks, an objective by name, and further keyword arguments only of the "
        "kind that leaves rounds alone"
    )
    classes = frozenset({"LGBMClassifier", "LGBMRegressor"})

    def is_exact(self, estimator: Any) -> bool:
        """Whether rounds are added up in one way, with a fixed seed."""
        settings = estimator.get_params(deep=False)
        known = parameter_names(type(estimator))
        ways = ("deterministic", "force_col_wise", "force_row_wise")
        return (
            estimator.boosting_type == "gbdt"
            and set(settings) <= LIGHTGBM_OPTIONS | set(known)
            and (estimator.random_state is None or is_seed(estimator.random_state))
            and (estimator.objective is None or isinstance(estimator.objective, str))
            and (
                estimator.n_jobs == 1 or any(settings.get(way) is True for way in ways)
            )
        )

    def resized(self, estimator: Any, parameter: str, size: int) -> Any:
        """Return an estimator of another size, which LightGBM keeps in two places."""
        return lightgbm_copy(estimator).set_params(**{parameter: size})

    def fitted(self, estimator: Any, data: TrainingSet, sizes: Set[int]) -> Any:
        """Fit the longest ensemble while its trees are counted."""
        counter = _TreeCounter()
        fitted = clone(estimator).fit(
            data.X, data.y, callbacks=[counter], **data.fit_params
        )
        vars(fitted)[_TREES] = counter.n_trees
        return fitted

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return an estimator whose booster was written and read, as fits do.

        A round that finds no split is dropped and the next one is tried: the first
        trees may be those of later rounds, and only the count after each round tells
        how many a shorter fit has.
        """
        whole = fitted.booster_
        text = whole.model_to_string(num_iteration=_n_kept(fitted, estimator))
        booster = type(whole)(model_str=text)
        booster.params = {**whole.params, "num_iterations": estimator.n_estimators}
        booster.best_iteration = whole.best_iteration
        view = view_of(fitted, estimator)
        set_booster(view, booster)
        del vars(view)[_TREES]
        return view

    def shell_answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return answers of the first rounds of the whole booster."""
        answers = by_method(fitted, METHODS, partial(_answer_of_kept, fitted))
        if fitted.objective_ in (*LIGHTGBM_LABELS, *LIGHTGBM_SUMS):
            return {**answers, "predict": _LeafAnswers(fitted, rows)}
        return answers


def _n_kept(fitted: Any, estimator: Any) -> int:
    """Return how many rounds of a long fit are those of a shorter one."""
    n_trees = vars(fitted)[_TREES][estimator.n_estimators - 1]
    return n_trees // fitted.booster_.num_model_per_iteration()


def _answer_of_kept(fitted: Any, name: str, view: Any, X: Any) -> Any:
    return getattr(fitted, name)(X, num_iteration=_n_kept(fitted, view))


#: Objectives of LightGBM that predict the class of the largest sum of leaves, and
#: those that predict the sum itself.
LIGHTGBM_LABELS = ("binary", "multiclass")
LIGHTGBM_SUMS = (*("regression", "regression_l1", "huber", "fair", "quantile", "mape"),)

#: Leaves that are looked up at a time.
MAX_LEAVES = 4_000_000

#: Lead of a class over the others that rounding cannot undo.
CERTAIN_LEAD = 1e-9


class _LeafAnswers:
    """What LightGBM predicts after any number of rounds, from one pass over its trees.

    Rows are sent down all trees once. What they meet is added up in the order of the
    rounds, as LightGBM does, so that the sums are its own, bit for bit. Where classes
    are so close that rounding may decide, LightGBM is asked.
    """

    def __init__(self, fitted: Any, rows: Sequence[Any]) -> None:
        self._fitted = fitted
        values = _LeafValues(fitted.booster_)
        self._sums = OncePerRows(lambda X: _LeafSums(fitted, X, values), rows)

    def __call__(self, view: Any, X: Any) -> Any:
        sums = self._sums(X).after(_n_kept(self._fitted, view))
        if self._fitted.objective_ in LIGHTGBM_SUMS:
            return sums[0].copy()
        if len(sums) == 1:
            sums = np.stack([np.zeros_like(sums[0]), sums[0]])
        first, second = -np.partition(-sums, 1, axis=0)[:2]
        if not (first - second > CERTAIN_LEAD).all():
            return _answer_of_kept(self._fitted, "predict", view, X)
        return self._fitted.classes_[sums.argmax(axis=0)]


class _LeafSums:
    """Sums of what rows meet in the trees, after each round; a part at a time."""

    def __init__(self, fitted: Any, X: Any, values: "_LeafValues") -> None:
        self._fitted, self._X, self._values = fitted, X, values
        self._per_round = fitted.booster_.num_model_per_iteration()
        self._begin()

    def _begin(self) -> None:
        n_rows = _num_samples(self._X)
        self._start, self._known = 0, np.zeros((1, self._per_round, n_rows))

    def after(self, n_rounds: int) -> np.ndarray:
        """Return sums of shape (n_classes, n_rows), or with 1 of two classes."""
        if n_rounds < self._start:
            self._begin()
        while n_rounds >= self._start + len(self._known):
            self._go_on()
        return self._known[n_rounds - self._start]

    def _go_on(self) -> None:
        start = self._start + len(self._known) - 1
        n_cells = self._per_round * self._known.shape[2]
        leaves = self._fitted.predict(
            self._X,
            pred_leaf=True,
            start_iteration=start,
            num_iteration=max(1, MAX_LEAVES // n_cells),
        )
        trees = leaves.T.astype(np.intp)
        met = np.stack(
            [
                self._values.of(start * self._per_round + k, own)
                for k, own in enumerate(trees)
            ]
        ).reshape(-1, *self._known.shape[1:])
        self._known = np.cumsum(np.concatenate([self._known[-1:], met]), axis=0)
        self._start = start


class _LeafValues:
    """What rows that end in the leaves of trees get from them, each asked for once."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster
        self._known: dict[int, np.ndarray] = {}

    def of(self, tree: int, leaves: np.ndarray) -> np.ndarray:
        """Return the values of leaves of a tree."""
        most, known = int(leaves.max()), self._known.get(tree)
        if known is None or len(known) <= most:
            output = self._booster.get_leaf_output
            known = np.array([output(tree, leaf) for leaf in range(most + 1)])
            self._known[tree] = known
        return known[leaves]


#: Where a fitted model of LightGBM carries its number of trees after each round.
_TREES = "_skoverfit_n_trees"


class _TreeCounter:
    """A callback of LightGBM: how many trees there are after each round."""

    def __init__(self) -> None:
        self.n_trees: list[int] = []

    def __call__(self, env: Any) -> None:
        self.n_trees.append(env.model.num_trees())


#: Names that CatBoost knows the number of rounds by.
CATBOOST_ROUNDS = ("iterations", "n_estimators", "num_boost_round", "num_trees")

#: With fewer rounds CatBoost takes one step for each leaf of some losses, where it
#: otherwise takes up to ten.
CATBOOST_FEW_ROUNDS = 200

#: Parameters of CatBoost that change neither rounds nor their number.
CATBOOST_OPTIONS = frozenset(
    {
        *CATBOOST_ROUNDS,
        "allow_writing_files",
        "auto_class_weights",
        "bagging_temperature",
        "boosting_type",
        "bootstrap_type",
        "border_count",
        "class_weights",
        "colsample_bylevel",
        "depth",
        "eta",
        "l2_leaf_reg",
        "learning_rate",
        "logging_level",
        "loss_function",
        "max_bin",
        "max_depth",
        "nan_mode",
        "one_hot_max_size",
        "random_seed",
        "random_state",
        "random_strength",
        "reg_lambda",
        "rsm",
        "scale_pos_weight",
        "silent",
        "subsample",
        "thread_count",
        "train_dir",
        "verbose",
    }
)


class CatBoostRounds(_LibraryRounds):
    """CatBoost's symmetric trees, where the learning rate is given.

    CatBoost chooses its own by the number of rounds, and shrinks earlier rounds with
    some further parameters. Other defaults, too, differ by the number of rounds.
    """

    name = "CatBoost rounds"
    free = CATBOOST_ROUNDS
    fit_options = frozenset({"cat_features", "sample_weight"})
    package = "catboost"
    default_size = 1000
    needs = (
        "a whole number of at least 1 for it under one name, a learning_rate, no "
        "evaluation sets, and parameters only of the kind that leaves rounds alone"
    )
    classes = frozenset({"CatBoostClassifier", "CatBoostRegressor"})

    def size(self, estimator: Any) -> Any:
        """Return the number of rounds, None where it is not given exactly once."""
        settings = estimator.get_params()
        given = [settings[name] for name in CATBOOST_ROUNDS if name in settings]
        return given[0] if len(given) == 1 else None

    def is_exact(self, estimator: Any) -> bool:
        """Whether the rounds are independent of their number."""
        settings = estimator.get_params()
        seeds = [settings[k] for k in ("random_seed", "random_state") if k in settings]
        rates = [settings.get(name) for name in ("learning_rate", "eta")]
        return (
            settings.keys() <= CATBOOST_OPTIONS
            and isinstance(settings.get("loss_function", ""), str)
            and any(rate is not None for rate in rates)
            and all(seed is None or is_seed(seed) for seed in seeds)
        )

    def group_key(self, estimator: Any) -> Any:
        """Tell ensembles apart whose defaults differ by their number of rounds."""
        is_short = self.size(estimator) < CATBOOST_FEW_ROUNDS
        return super().group_key(estimator), is_short

    def has_prefix(self, fitted: Any, estimator: Any) -> bool:
        """Whether the fit has kept every round."""
        return fitted.tree_count_ == self.size(fitted)

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return a copy that has been cut, with the candidate's own parameters."""
        view = copy.copy(fitted)
        cut_catboost(view, self.size(estimator), estimator.get_params())
        view.get_feature_importance()  # remembered, as after fits
        return view


for _family in (XGBoostRounds(), LightGBMRounds(), CatBoostRounds()):
    register_shared_fit(_family)
