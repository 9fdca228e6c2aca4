"""Trees whose leaves are shrunken towards the nodes above them."""

from collections.abc import Sequence
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import check_scoring
from sklearn.utils import check_array, indexable
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    _check_method_params,
    _fit_context,
    _num_samples,
    _safe_indexing,
)
from skoverfit._declared import declared
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit._types import ScoringLike
from skoverfit.regularization._fold_choice import FoldChoice, as_target
from skoverfit.regularization._trees._shrinkage_path import (
    AveragePath,
    DefaultScore,
    WeightedScorer,
    path_of,
    scores_of,
)
from skoverfit.regularization._trees._tree_models import (
    BAGGING,
    FORESTS,
    read_trees,
    shrink_model,
    trees_of,
)

__all__ = ["ShrunkTreeClassifier", "ShrunkTreeRegressor"]

#: Amounts to choose from with "cv": none, and 19 from a tenth of a row to a thousand.
GRID = np.array([0.0, *np.geomspace(0.1, 1000, 19)])


@declared
class _BaseShrunk(FoldChoice):
    """Workflow: fit the model, choose the amount, build the shrunken copy."""

    _reads_estimator = True

    estimator: Any
    _: KW_ONLY
    shrinkage: Literal["cv"] | float | Sequence[float] | np.ndarray = "cv"
    cv: Any = None
    scoring: ScoringLike = None
    prefit: bool = False
    n_jobs: int | None = None

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"])],
        "shrinkage": [
            StrOptions({"cv"}),
            Interval(Real, 0, None, closed="left"),
            "array-like",
        ],
        "cv": [
            "cv_object",
            StrOptions({"oob", "holdout"}),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "scoring": [str, callable, None],
        "prefit": ["boolean"],
        "n_jobs": [Integral, None],
    }

    _chosen = "shrinkage"

    def _inner(self):
        if isinstance(self.estimator, FrozenEstimator):
            return self.estimator.estimator
        return self.estimator

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Fit the model, choose the amount of shrinkage and shrink.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training data; with `prefit` the rows that the estimator was fitted on,
            or with ``cv="holdout"`` rows that it has not seen.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for the fit, the nodes and the scores.
        **params : dict
            ``groups`` for the splitter, and further metadata for the estimator's
            ``fit``. With metadata routing, each goes where it is requested.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range or `estimator` has no trees.
        NotFittedError
            If `prefit` is True and the estimator is not fitted.
        """
        self._check_kind()
        trees_of(self._inner())
        grid, is_choice = self._grid()
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        routed = self._routed(params)
        model = self._model(X, y, routed)
        weights = routed["fit"].get("sample_weight")
        if is_choice:
            # Lists, frames and sparse matrices, so that rows can be picked.
            (rows,) = indexable(X)
            self._choose(model, rows, as_target(y), grid, routed)
        else:
            self.shrinkage_ = float(grid[0])
        trees = read_trees(model, X, y, weights)
        self.estimator_ = shrink_model(trees, trees.groves(), self.shrinkage_)
        self._copy_feature_attributes(self.estimator_)
        return self

    def _is_prefit(self):
        return self.prefit or isinstance(self.estimator, FrozenEstimator)

    def _model(self, X, y, routed):
        """Return the fitted model; the caller's own if it is fitted already."""
        inner = self._inner()
        if self._is_prefit():
            check_is_fitted(inner)
            return inner
        if self.cv == "holdout":
            raise ValueError(
                "cv='holdout' scores rows that a fitted estimator has not seen; it "
                "needs prefit=True."
            )
        return clone(inner).fit(X, y, **routed["fit"])

    def _grid(self):
        """Amounts in ascending order, and whether there is one to choose."""
        if isinstance(self.shrinkage, str):
            return GRID, True
        if isinstance(self.shrinkage, Real):
            return np.array([float(self.shrinkage)]), False
        grid = check_array(
            self.shrinkage, ensure_2d=False, dtype=float, input_name="shrinkage"
        )
        if grid.ndim != 1 or grid.min() < 0:
            raise ValueError(
                f"shrinkage={self.shrinkage!r} must be 'cv', a number from 0 or a "
                "one-dimensional sequence of such numbers."
            )
        return np.unique(grid), True

    # ------------------------------------------------------------------------ choice

    def _choose(self, model, X, y, grid, routed):
        """Score the path and take the amount with the best test score."""
        score = self._score(model)
        if self.cv == "holdout":
            train, test = None, self._held_out(model, X, y, grid, routed, score)
        elif self._out_of_bag(model):
            train, test = _bag_scores(model, X, y, grid, routed["fit"], score)
        else:
            train, test = self._fold_scores(model, X, y, grid, routed, score)
        path = {"shrinkage": grid.tolist()}
        if train is not None:
            path["train_score"] = train.tolist()
        self.shrinkage_path_ = path | {"test_score": test.tolist()}
        if np.isnan(test).all():
            raise ValueError(
                f"scoring={self.scoring!r} gave no number for any shrinkage in a fold."
            )
        self.shrinkage_ = float(grid[np.nanargmax(test)])

    def _score(self, model):
        if self.scoring is None:
            return DefaultScore()
        return WeightedScorer(check_scoring(model, self.scoring))

    def _out_of_bag(self, model):
        """Whether to score rows by the trees that have not seen them."""
        # Other classes may sample rows in ways that they do not tell.
        told = isinstance(model, FORESTS + BAGGING) and type(
            model
        ).__module__.startswith("sklearn.")
        possible = told and (model.bootstrap or _leaves_rows_out(model))
        if self.cv == "oob" and not possible:
            raise ValueError(
                f"cv='oob' needs a forest or bagging of scikit-learn whose trees leave "
                f"rows out, such as with bootstrap=True; got estimator={model!r}."
            )
        return possible and (self.cv == "oob" or self.cv is None)

    def _held_out(self, model, X, y, grid, routed, score):
        weights = routed["score"].get("sample_weight")
        path = path_of(model, X, y, routed["fit"].get("sample_weight"), grid)
        return scores_of(path.predictions(X), score, X, y, weights)

    def _fold_scores(self, model, X, y, grid, routed, score):
        """Mean scores over folds; each fold fits once for the whole path."""
        splits = self._splits(X, y, routed)
        unfitted = clone(self._inner())
        scores = Parallel(n_jobs=self.n_jobs)(
            delayed(_scores_of_fold)(
                clone(unfitted), X, y, train, test, grid, routed, score
            )
            for train, test in splits
        )
        return np.mean(scores, axis=0)


class ShrunkTreeClassifier(ClassifierDelegation, _BaseShrunk):
    """Classification by trees whose leaves are shrunken towards the nodes above them.

    Hierarchical shrinkage [1]_ keeps the splits of the trees and changes what their
    leaves predict: each step from a node to its child is divided by
    ``1 + shrinkage / n``, where ``n`` is the weighted number of training rows in the
    node. Nodes with few rows are trusted less. `estimator_` is an ordinary fitted
    estimator of the original class.

    Parameters
    ----------
    estimator : classifier made of trees
        A decision or extra tree, random forest, forest of extra trees, gradient
        boosting or histogram gradient boosting of scikit-learn, bagging of decision
        trees, or a classifier of XGBoost or LightGBM. A clone of it is fitted. One
        inside :class:`~sklearn.frozen.FrozenEstimator` is taken as fitted.
    shrinkage : "cv", float or array-like of shape (n_shrinkages,), default="cv"
        Amount of shrinkage, in rows, from 0 (the model as it is). An array is a
        grid to choose from; "cv" is the grid of 0 and 19 amounts from 0.1 to 1000.
    cv : int, float, splitter, iterable, "oob", "holdout" or None, default=None
        How to choose. "oob" scores rows by the trees that have not seen them, which
        costs no further fit. An int is a number of shuffled folds, stratified by class;
        each fold fits once for the whole grid. A float is the share of rows held out
        from one fit on the others, stratified by class (of groups, with ``groups``):
        cheaper than folds. "holdout", with `prefit`, scores the rows given to ``fit``
        as rows that the estimator has not seen. None is "oob" where trees leave rows
        out, and 5 folds elsewhere.
    scoring : str, callable or None, default=None
        Score to choose by. None is the log loss. Scorers are given
        predictions and probabilities; weights are passed to those that take them.
    prefit : bool, default=False
        Whether `estimator` is fitted already. It is not changed. ``fit`` then needs
        the rows that it was fitted on, unless ``cv="holdout"``; choosing by folds
        fits clones of it.
    n_jobs : int or None, default=None
        Number of folds fitted at a time, as in joblib. It does not change the result.

    Attributes
    ----------
    estimator_ : classifier
        Fitted classifier of the original class with shrunken values.
    shrinkage_ : float
        The amount of shrinkage.
    shrinkage_path_ : dict of str to list
        Columns ``shrinkage``, ``train_score`` and ``test_score``, one row for each
        amount: means over folds, or scores of the ensemble on its training rows and
        out of bag. No train scores with ``cv="holdout"``. Only with a choice.
    classes_ : ndarray of shape (n_classes,) or list of ndarrays
        Class labels.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, if `estimator` is not a classifier made of
        trees, if ``cv="oob"`` has no rows out of bag, or if ``X`` are other rows than
        those of a prefit ensemble that is to be scored out of bag.
    NotFittedError
        If `prefit` is True and `estimator` is not fitted.

    See Also
    --------
    ShrunkTreeRegressor : The same for regression.
    RegularizedClassifier : One dial for the capacity of any estimator.

    Notes
    -----
    Values of inner nodes are those that the tree has there. Boosting rewrites leaves
    after growing and keeps none above, so inner nodes get the weighted mean of the
    leaves below; for squared error that is the same. Rows are weighted by
    ``sample_weight`` and ``class_weight``. Monotonic constraints still hold.

    What the estimator remembers of its fit, such as ``train_score_`` of boosting, is
    that of the model before shrinkage; out-of-bag scores of a forest are dropped.

    References
    ----------
    .. [1] A. Agarwal, Y. S. Tan, O. Ronen, C. Singh and B. Yu, "Hierarchical
       shrinkage: improving the accuracy and interpretability of tree-based models",
       Proceedings of the 39th International Conference on Machine Learning, 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.regularization import ShrunkTreeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> plain = cross_val_score(tree, X, y, scoring="roc_auc").mean()
    >>> model = ShrunkTreeClassifier(tree)
    >>> shrunken = cross_val_score(model, X, y, scoring="roc_auc").mean()
    >>> bool(shrunken > plain + 0.02)
    True

    A model that is fitted already stays as it is:

    >>> tree.fit(X, y).predict_proba(X).min()
    np.float64(0.0)
    >>> model = ShrunkTreeClassifier(tree, shrinkage=10, prefit=True).fit(X, y)
    >>> bool(model.predict_proba(X).min() > 0)
    True
    >>> model.estimator_
    DecisionTreeClassifier(random_state=0)
    """


@documented(entries_of(ShrunkTreeClassifier, FOR_REGRESSORS))
class ShrunkTreeRegressor(RegressorDelegation, _BaseShrunk):
    """Regression by trees whose leaves are shrunken towards the nodes above them.

    {about_1}

    Parameters
    ----------
    {estimator, shrinkage, cv}
    scoring : str, callable or None, default=None
        Score to choose by. None is R2. Scorers are given
        predictions; weights are passed to those that take them.
    {prefit, n_jobs}

    Attributes
    ----------
    {estimator_, shrinkage_, shrinkage_path_, n_features_in_, feature_names_in_}

    Raises
    ------
    {ValueError, NotFittedError}

    See Also
    --------
    ShrunkTreeClassifier : The same for classification.
    RegularizedRegressor : One dial for the capacity of any estimator.

    Notes
    -----
    {notes}

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from skoverfit.regularization import ShrunkTreeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = RandomForestRegressor(n_estimators=50, random_state=0)
    >>> model = ShrunkTreeRegressor(forest, shrinkage=[0, 3, 10, 30]).fit(X, y)
    >>> path = model.shrinkage_path_
    >>> path["shrinkage"]
    [0.0, 3.0, 10.0, 30.0]
    >>> model.shrinkage_ in path["shrinkage"]
    True
    """


# -------------------------------------------------------------------------- scores
def _scores_of_fold(model, X, y, train, test, grid, routed, score):
    """Fit on one fold; train and test score of each amount."""
    params = _check_method_params(X, routed["fit"], indices=train)
    rows = _safe_indexing(X, train), y[train]
    model.fit(*rows, **params)
    path = path_of(model, *rows, params.get("sample_weight"), grid)
    scores = []
    for part in (train, test):
        weights = _check_method_params(X, routed["score"], indices=part)
        data = _safe_indexing(X, part), y[part], weights.get("sample_weight")
        scores.append(scores_of(path.predictions(data[0]), score, *data))
    return scores


def _bag_scores(model, X, y, grid, params, score):
    """Train scores of the ensemble and scores out of bag."""
    _check_rows_of_bag(model, X)
    weights = params.get("sample_weight")
    path = AveragePath(model, grid)
    all_trees, rows, predictions = path.with_out_of_bag(X)
    train = scores_of(all_trees, score, X, y, weights)
    if len(rows) == 0:
        raise ValueError("No tree leaves a row out; choose by folds, such as cv=5.")
    weights = None if weights is None else np.asarray(weights)[rows]
    X = _safe_indexing(X, rows)
    return train, scores_of(predictions, score, X, y[rows], weights)


def _leaves_rows_out(model):
    return isinstance(model, BAGGING) and model.max_samples != 1.0


def _check_rows_of_bag(model, X):
    """Refuse rows other than those of the fit, whose bags would mean nothing."""
    n_rows = _num_samples(X)
    first = model.estimators_samples_[0]
    features = getattr(model, "estimators_features_", None)
    columns = X if features is None else _safe_indexing(X, features[0], axis=1)
    tree = model.estimators_[0]
    same = model._n_samples == n_rows
    if same:
        leaves = tree.apply(_safe_indexing(columns, np.unique(first)))
        counts = np.bincount(leaves, minlength=tree.tree_.node_count)
        is_leaf = tree.tree_.children_left < 0
        same = np.array_equal(counts[is_leaf], tree.tree_.n_node_samples[is_leaf])
    if not same:
        raise ValueError(
            "X does not hold the rows that the estimator was fitted on, so it is not "
            "known which of them are out of bag. Pass those rows, or rows that the "
            "estimator has not seen with cv='holdout'."
        )
