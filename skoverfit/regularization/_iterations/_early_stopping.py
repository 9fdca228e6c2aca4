"""Early stopping for every estimator that is trained in iterations."""

import math
import warnings
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
    check_cv,
)
from sklearn.utils import Bunch, check_random_state, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets

from skoverfit._compat import (
    PIPELINES,
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    _num_samples,
    get_tags,
)
from skoverfit._declared import declared
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit._types import ScoringLike, Seed
from skoverfit.regularization._iterations._adapters import Rows, adapter_of
from skoverfit.regularization._iterations._adapters_external import ALL_ADAPTERS
from skoverfit.regularization._iterations._watching import (
    Monitor,
    Training,
    final_step,
    log_likelihood,
    watch,
)

__all__ = ["EarlyStoppingClassifier", "EarlyStoppingRegressor"]


@declared
class _BaseEarlyStopping(Wrapper):
    """Shared workflow: hold rows out, watch, stop, restore or refit."""

    _reads_estimator = True

    estimator: Any
    _: KW_ONLY
    validation: Any = 0.2
    n_iter_no_change: int | None = 10
    tol: float = 0.0
    max_gap: float | None = None
    scoring: ScoringLike = None
    max_iter: int | None = None
    step: int | None = None
    restore_best: bool = True
    refit: Literal["all", "train"] | None = "all"
    train_score: bool = True
    verbose: int = 0
    random_state: Seed = None
    patience: int | Literal["deprecated"] | None = "deprecated"

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"])],
        "validation": [Interval(Real, 0, 1, closed="neither"), "cv_object"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_gap": [Interval(Real, 0, None, closed="left"), None],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "step": [Interval(Integral, 1, None, closed="left"), None],
        "restore_best": ["boolean"],
        "refit": [StrOptions({"all", "train"}), None],
        "train_score": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        "patience": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"deprecated"}),
            None,
        ],
    }

    # No named `sample_weight`: held-out rows are drawn without looking at weights, so
    # a weight of two is not the same as the row given twice.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Train until scores on held-out rows stop getting better.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        **params : dict
            ``groups``, of shape (n_samples,), goes to the splitter, everything else to
            the estimator's ``fit`` (or ``partial_fit``). With metadata routing, each
            goes where it is requested, to the scorer as well.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range or the estimator has no iterations.
        """
        self._check_kind()
        self._check_options(y)
        rng = check_random_state(self.random_state)
        split_seed, seed = map(int, rng.randint(np.iinfo(np.int32).max, size=2))
        X, y = indexable(X, y)
        if is_classifier(self.estimator):
            check_classification_targets(y)
        start = seed, _labels(y) if is_classifier(self.estimator) else None
        routed = self._routed(params)
        rows = Rows(X, y, routed.estimator.fit)
        scored = Rows(X, y, routed.scorer.score)
        pairs = self._pairs(rows, scored, routed.splitter.split, split_seed)
        trainings = [self._training(start, *pair) for pair in pairs]
        monitor = self._watched(trainings, y)
        self._finish(rows, start, trainings[0], monitor)
        return self

    def _check_options(self, y):
        """Refuse what cannot work before anything is fitted."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        if self.validation is None:
            raise ValueError(
                "validation=None: early stopping needs held-out rows; give a fraction, "
                "a splitter, a number of folds or (X_val, y_val)."
            )
        if self.max_gap is not None and not self.train_score:
            raise ValueError(
                f"max_gap={self.max_gap!r} needs train scores, but train_score=False."
            )
        if isinstance(self.estimator, PIPELINES):
            self._refuse_samplers()
        adapter_of(final_step(self.estimator), ALL_ADAPTERS)

    def _refuse_samplers(self):
        for name, step in self.estimator.steps[:-1]:
            if hasattr(step, "fit_resample"):
                raise ValueError(
                    f"estimator has the sampler {name!r} before its last step, which "
                    f"would be left out here; make {type(self).__name__} the last "
                    "step of that pipeline instead."
                )

    def _routed(self, params):
        """Metadata for the estimator, the splitter and the scorer."""
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **params)
            empty = Bunch(fit={}, split={}, score={})
            return Bunch(
                estimator=routed.estimator,
                splitter=routed.get("splitter", empty),
                scorer=routed.get("scorer", empty),
            )
        groups = params.get("groups")
        rest = {k: v for k, v in params.items() if k != "groups" and v is not None}
        return Bunch(
            estimator=Bunch(fit=rest),
            splitter=Bunch(split={} if groups is None else {"groups": groups}),
            scorer=Bunch(score={}),
        )

    @property
    def _has_data(self):
        """Whether `validation` is (X_val, y_val); a pair of splits holds two pairs."""
        given = self.validation
        pair = isinstance(given, tuple) and len(given) == 2
        return pair and not isinstance(given[0], tuple)

    def _pairs(self, rows, scored, split_params, seed):
        """Training rows, the same for scoring, and held-out rows, of each split."""
        if self._has_data:
            X_val, y_val = indexable(*self.validation)
            held = Rows(X_val, y_val, {})
            if _num_samples(held.X) == 0:
                raise ValueError("validation=(X_val, y_val) has no rows.")
            return [(rows, {}, held)]
        splits = list(self._splitter(rows.y, split_params, seed)(rows, split_params))
        if self.refit == "train" and len(splits) > 1:
            raise ValueError(
                f"refit='train' keeps the model of one training part, but validation="
                f"{self.validation!r} has {len(splits)}; use refit='all' or None."
            )
        if not splits:
            raise ValueError(f"validation={self.validation!r} gave no split.")
        return [
            (rows.take(train), scored.take(train).params, scored.take(test))
            for train, test in splits
        ]

    def _splitter(self, y, split_params, seed):
        """Return a function from rows and metadata to splits."""
        cv = self._cv(y, bool(split_params), seed)
        if isinstance(cv, GroupShuffleSplit | GroupKFold) or split_params:
            return lambda rows, params: cv.split(rows.X, rows.y, **params)
        return lambda rows, _: cv.split(rows.X, rows.y)

    def _cv(self, y, grouped, seed):
        """Return the splitter that `validation` means."""
        if isinstance(self.validation, Integral):
            if grouped:
                return GroupKFold(self.validation)
        elif isinstance(self.validation, Real):
            options = {"n_splits": 1, "test_size": self.validation}
            if grouped:
                return GroupShuffleSplit(random_state=seed, **options)
            stratified = is_classifier(self.estimator) and _can_stratify(
                y, self.validation
            )
            kind = StratifiedShuffleSplit if stratified else ShuffleSplit
            return kind(random_state=seed, **options)
        return check_cv(self.validation, y, classifier=is_classifier(self.estimator))

    def _training(self, start, rows, train_params=None, held=None):
        """Begin to train on some rows, and watch others if there are any."""
        seed, classes = start
        training = Training(clone(self.estimator), rows, seed, classes, _split_params)
        if held is not None:
            training.hold_out(held, train_params)
        return training

    def _watched(self, trainings, y):
        """Train until it is time to stop."""
        adapter = trainings[0].adapter
        monitor = Monitor(
            self._waited,
            self.tol,
            self.max_gap,
            self.max_iter or adapter.limit(final_step(self.estimator)),
            self.step or adapter.step,
        )
        watch(
            trainings,
            monitor,
            self._scorer(y),
            train_score=self.train_score,
            keep_best=self.restore_best and self._keeps_first,
            report=self._report,
        )
        return monitor

    @property
    def _waited(self):
        """Iterations without improvement, by the old name where that is given."""
        if self.patience == "deprecated":
            return self.n_iter_no_change
        warnings.warn(
            f"patience={self.patience!r} is the old name of n_iter_no_change, and is "
            "removed in 0.2.",
            FutureWarning,
            stacklevel=2,
        )
        return self.patience

    @property
    def _keeps_first(self):
        """Whether the model that was watched is the final one."""
        return self.refit == "train" or (self.refit == "all" and self._has_data)

    def _scorer(self, y):
        """Return the scorer, by default one that sees small improvements."""
        if self.scoring is None and has_probabilities(self.estimator, y):
            return log_likelihood
        return check_scoring(final_step(self.estimator), self.scoring)

    def _report(self, n, monitor):
        """Print the progress that `verbose` asks for."""
        if not self.verbose or (self.verbose == 1 and monitor.stopped_by is None):
            return
        score = float(np.mean(monitor.rows[-1][2]))
        line = (
            f"iteration {n}: validation score {score:.6g}, best "
            f"{monitor.best_score:.6g} at {monitor.best_iteration}"
        )
        print(
            f"{line}; stopped by {monitor.stopped_by}" if monitor.stopped_by else line
        )

    def _finish(self, rows, start, first, monitor):
        """Keep what was found, and the final model."""
        for name in {"estimator_", "n_features_in_", "feature_names_in_"} & set(
            vars(self)
        ):
            delattr(self, name)
        self.history_ = monitor.history(self.train_score)
        self.best_iteration_ = monitor.best_iteration
        self.best_score_ = monitor.best_score
        self.stopped_by_ = monitor.stopped_by
        self.n_iter_ = (
            monitor.best_iteration if self.restore_best else monitor.n_iterations
        )
        if self.refit is None:
            return
        if not self._keeps_first:
            first = self._training(start, rows)
            first.adapter.portion = self.step or first.adapter.step
            n = self.n_iter_
            if self.stopped_by_ == "converged" and n == monitor.n_iterations:
                n = monitor.limit  # all rows may take longer to get there
            first.adapter.ceiling = n
            first.adapter.advance(n)
            self.n_iter_ = first.adapter.n_iterations
        self.estimator_ = first.result()
        self._copy_feature_attributes(self.estimator_)

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes to the estimator, the splitter and the scorer.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        router = MetadataRouter(owner=self).add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
        splitter = self.validation
        if isinstance(splitter, Real):  # groups are welcome, as when they are given
            splitter = GroupKFold()
        if hasattr(splitter, "split"):
            router.add(
                splitter=splitter,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        if self.scoring is not None:
            router.add(
                scorer=check_scoring(self.estimator, self.scoring),
                method_mapping=MethodMapping().add(caller="fit", callee="score"),
            )
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.non_deterministic = inner.non_deterministic
        return tags


def _labels(y):
    """All class labels; None where each row has several."""
    y = np.asarray(y)
    return np.unique(y) if y.ndim == 1 or y.shape[1] == 1 else None


def _can_stratify(y, fraction):
    """Whether each class has rows for both parts."""
    y = np.asarray(y)
    if y.ndim > 1 and y.shape[1] > 1:
        return False
    counts = np.unique(y.ravel(), return_counts=True)[1]
    held = math.ceil(fraction * y.shape[0])
    return counts.min() >= 2 and len(counts) <= min(held, y.shape[0] - held)


def has_probabilities(estimator, y):
    """Whether a classifier of one output gives probabilities."""
    single = _labels(y) is not None
    return single and is_classifier(estimator) and hasattr(estimator, "predict_proba")


def _split_params(pipeline, params):
    """Metadata of a pipeline's `fit`, for its transformers and for its last step."""
    last = pipeline.steps[-1][0]
    if get_config()["enable_metadata_routing"]:
        to_last = dict(process_routing(pipeline, "fit", **params)[last].fit)
        if len(pipeline.steps) == 1:
            return {}, to_last
        routing = pipeline[:-1].get_metadata_routing()
        wanted = routing.consumes("fit_transform", params.keys())
        return {name: params[name] for name in wanted}, to_last
    to_head, to_last = {}, {}
    for name, value in params.items():
        step, _, rest = name.partition("__")
        if not rest:
            to_last[name] = value
        elif step == last:
            to_last[rest] = value
        else:
            to_head[name] = value
    return to_head, to_last


class EarlyStoppingClassifier(ClassifierDelegation, _BaseEarlyStopping):
    """Classifier that is trained for as long as held-out rows are the better for it.

    Works for everything that scikit-learn can continue (gradient boosting, histogram
    boosting, forests, bagging, estimators with ``partial_fit``, solvers with
    ``warm_start``), for XGBoost, LightGBM and CatBoost, and for pipelines that end in
    one of these. Nothing is trained again that can be continued.

    Parameters
    ----------
    estimator : classifier
        What to train. Its own early stopping is switched off.
    validation : float, tuple, int or cross-validation splitter, default=0.2
        The rows to watch: a fraction between 0 and 1 (stratified by class, or whole
        groups where ``groups`` are given), ``(X_val, y_val)``, or whatever
        cross-validation takes. With more than one split all are trained side by side
        and the mean of their scores decides.
    n_iter_no_change : int >= 1 or None, default=10
        Stop after so many iterations without a better score. None goes on to the end.
    tol : float >= 0, default=0.0
        A score is better than the best if it exceeds it by more than this.
    max_gap : float >= 0 or None, default=None
        Stop at once when a score is not the best so far and the train score exceeds
        it by more than this.
    scoring : str, callable or None, default=None
        The score to watch; greater is better. None is the mean log-likelihood where
        there are probabilities, and the score of `estimator` otherwise.
    max_iter : int >= 1 or None, default=None
        Largest number of iterations. None is the estimator's own.
    step : int >= 1 or None, default=None
        Iterations between two looks at the scores. None is 10 for solvers that have
        to be started anew after each, and 1 for all others.
    restore_best : bool, default=True
        Whether the final model is the one of the best iteration and not of the last.
    refit : {"all", "train"} or None, default="all"
        "all" trains the final model on all rows given to ``fit``, for the number of
        iterations that was found; rows given as `validation` are never trained on.
        "train" keeps the model that was watched. None leaves no model.
    train_score : bool, default=True
        Whether to score training rows as well, for the gap.
    verbose : int, default=0
        1 prints where training ended, 2 each look.
    random_state : int, RandomState instance or None, default=None
        Draws the held-out rows and shuffles epochs. The ``random_state`` of
        `estimator` is its own.
    patience : int >= 1 or None, default="deprecated"
        The old name of `n_iter_no_change`; removed in 0.2.

    Attributes
    ----------
    estimator_ : classifier
        The final model. Not with ``refit=None``.
    best_iteration_ : int
        Number of iterations with the best score.
    best_score_ : float
        That score.
    n_iter_ : int
        Number of iterations of the final model: the best, or the last. `history_`
        tells how many were watched.
    stopped_by_ : {"n_iter_no_change", "max_gap", "max_iter", "converged"}
        Why there were no more.
    history_ : dict of str to list
        ``iteration``, ``train_score``, ``validation_score``, ``gap``, one entry for
        each look, and ``validation_std`` over splits where there are several.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of features seen during fit, if the inner classifier says so.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if the inner classifier saw any.

    See Also
    --------
    EarlyStoppingRegressor : The same for regression.

    Notes
    -----
    The parameters are called as in scikit-learn's own early stopping. `validation` is
    not called ``validation_fraction``, because it takes more than a fraction.

    Where training rows were learned until the solver converged, so are all rows.
    Iterations are fitted as far as they are certainly needed, and scored one by one
    afterwards: never more than `n_iter_no_change` after the best one. AdaBoost cannot
    be continued; it is fitted whole, and only the number of its members is chosen.
    Bagging has no out-of-bag score here, because it refuses one when continued.

    XGBoost, LightGBM and CatBoost are continued with a seed of their own for each
    portion; with subsampling the final model is not the one that was watched.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from skoverfit.regularization import EarlyStoppingClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> boosting = GradientBoostingClassifier(n_estimators=1000, random_state=0)
    >>> model = EarlyStoppingClassifier(boosting, random_state=0).fit(X, y)
    >>> model.stopped_by_
    'n_iter_no_change'
    >>> model.history_["iteration"][-1] - model.best_iteration_
    10
    >>> model.estimator_.n_estimators_ == model.best_iteration_ < 200
    True
    """


@documented(entries_of(EarlyStoppingClassifier, FOR_REGRESSORS))
class EarlyStoppingRegressor(RegressorDelegation, _BaseEarlyStopping):
    """Regressor that is trained for as long as held-out rows are the better for it.

    {about_1}

    Parameters
    ----------
    {estimator, validation, n_iter_no_change, tol, max_gap}
    scoring : str, callable or None, default=None
        The score to watch; greater is better. None is the score of `estimator`.
    {max_iter, step, restore_best, refit, train_score, verbose, random_state, patience}

    Attributes
    ----------
    {estimator_, best_iteration_, best_score_, n_iter_, stopped_by_, history_}
    {n_features_in_, feature_names_in_}

    See Also
    --------
    EarlyStoppingClassifier : The same for classification.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from skoverfit.regularization import EarlyStoppingRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> boosting = HistGradientBoostingRegressor(max_iter=1000, random_state=0)
    >>> model = EarlyStoppingRegressor(boosting, validation=5).fit(X, y)
    >>> model.estimator_.n_iter_ == model.best_iteration_ < 100
    True
    >>> sorted(model.history_)
    ['gap', 'iteration', 'train_score', 'validation_score', 'validation_std']
    """
