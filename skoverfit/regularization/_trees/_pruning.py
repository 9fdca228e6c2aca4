"""Single trees pruned to the size that cross-validation asks for."""

from copy import copy
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.utils import indexable

from skoverfit._compat import (
    HasMethods,
    Interval,
    _check_method_params,
    _fit_context,
    _safe_indexing,
)
from skoverfit._compat._ensembles import pruned_tree
from skoverfit._declared import declared
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit._folds import last_close_to_best
from skoverfit._types import ScoringLike
from skoverfit.regularization._fold_choice import FoldChoice, as_target
from skoverfit.regularization._trees._pruning_path import PrunedPath, candidate_alphas
from skoverfit.regularization._trees._shrinkage_path import WeightedScorer
from skoverfit.regularization._trees._tree_models import TREES

__all__ = ["PrunedTreeClassifier", "PrunedTreeRegressor"]


@declared
class _BasePruned(FoldChoice):
    """Workflow: grow on all rows and on each fold, score, choose, prune."""

    _reads_estimator = True

    estimator: Any
    _: KW_ONLY
    cv: Any = None
    scoring: ScoringLike = None
    n_se: float = 0.0
    n_jobs: int | None = None

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "n_se": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    _chosen = "ccp_alpha"

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Grow one tree on all rows and one on each fold, choose and prune.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for growing, pruning and scoring.
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
            If a parameter is out of range, `estimator` is not a single decision tree,
            or no score is a number.
        """
        self._check_kind()
        self._check_tree()
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        routed = self._routed(params)
        grown = clone(self.estimator).set_params(ccp_alpha=0.0)
        grown.fit(X, y, **routed["fit"])
        alphas = candidate_alphas(grown.tree_)
        (rows,) = indexable(X)  # lists, frames and sparse matrices, to pick rows from
        train, test = self._fold_scores(rows, as_target(y), alphas, routed)
        best = self._chosen_index(test)
        self.ccp_alpha_ = float(alphas[best])
        self.pruning_path_ = {
            "ccp_alpha": alphas.tolist(),
            "n_leaves": PrunedPath(grown, alphas).n_leaves().tolist(),
            "train_score": train.mean(axis=0).tolist(),
            "test_score": test.mean(axis=0).tolist(),
            "split_train_score": train.T.tolist(),
            "split_test_score": test.T.tolist(),
        }
        self.estimator_ = _pruned(grown, self.ccp_alpha_)
        self._copy_feature_attributes(self.estimator_)
        return self

    def _check_tree(self):
        if not isinstance(self.estimator, TREES):
            raise ValueError(
                f"estimator={self.estimator!r} cannot be pruned. Allowed are "
                "DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier "
                "and ExtraTreeRegressor of scikit-learn."
            )

    def _fold_scores(self, X, y, alphas, routed):
        """Train and test scores, one row for each fold."""
        scorer = None
        if self.scoring is not None:
            scorer = WeightedScorer(check_scoring(self.estimator, self.scoring))
        tree = clone(self.estimator).set_params(ccp_alpha=0.0)
        scores = Parallel(n_jobs=self.n_jobs)(
            delayed(_scores_of_fold)(
                clone(tree), X, y, train, test, alphas, routed, scorer
            )
            for train, test in self._splits(X, y, routed)
        )
        return np.moveaxis(np.array(scores), 1, 0)

    def _chosen_index(self, test):
        """Position of the smallest tree within `n_se` standard errors of the best."""
        if np.isnan(test.mean(axis=0)).all():
            raise ValueError(
                f"scoring={self.scoring!r} gave no number for any subtree in all folds."
            )
        return last_close_to_best(test.T, self.n_se)


class PrunedTreeClassifier(ClassifierDelegation, _BasePruned):
    """A classification tree pruned to the size that cross-validation asks for.

    One tree is grown on all rows and one on the training rows of each fold; all
    subtrees that cost-complexity pruning [1]_ leads to are scored from these, none is
    grown for each `ccp_alpha`. `estimator_` is an ordinary decision tree, the same as
    one that is fitted on all rows with ``ccp_alpha=ccp_alpha_`` (for a
    `random_state` that is an int).

    Parameters
    ----------
    estimator : DecisionTreeClassifier or ExtraTreeClassifier
        The tree to grow; a clone of it is fitted. What limits its growth is kept, and
        its own `ccp_alpha` is not looked at.
    cv : int, splitter, iterable or None, default=None
        Folds. An int is a number of shuffled folds, stratified by class; None
        is 5 of them.
    scoring : str, callable or None, default=None
        Score to choose by. None is accuracy. Scorers are given predictions and
        probabilities; weights are passed to those that take them.
    n_se : float, default=0.0
        Choose the smallest tree whose mean test score lies within this many standard
        errors of the best; 1 is the one-standard-error rule.
    n_jobs : int or None, default=None
        Number of folds at a time, as in joblib. It does not change the result.

    Attributes
    ----------
    estimator_ : classifier
        The pruned tree, fitted on all rows.
    ccp_alpha_ : float
        The complexity parameter that was chosen.
    pruning_path_ : dict of str to list
        One row for each subtree: ``ccp_alpha``, the geometric mean of the ends of the
        interval where the subtree on all rows is the best of its size; its
        ``n_leaves``; ``train_score`` and ``test_score``, means over folds;
        ``split_train_score`` and ``split_test_score``, a list over folds.
    classes_ : ndarray of shape (n_classes,) or list of ndarrays
        Class labels.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range or `estimator` is not a classifier that is a
        single decision tree.

    See Also
    --------
    PrunedTreeRegressor : The same for regression.
    ShrunkTreeClassifier : Keeps the splits and shrinks what the leaves predict.

    Notes
    -----
    The score of a subtree is the sum over its leaves of what each node would
    contribute as a leaf. These sums need one pass over the nodes for all subtrees
    together; only with `scoring` are predictions made for each distinct subtree.

    References
    ----------
    .. [1] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and
       Regression Trees", Wadsworth, 1984, chapter 3.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.regularization import PrunedTreeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> model = PrunedTreeClassifier(tree, n_se=1).fit(X, y)
    >>> print(tree.fit(X, y).get_n_leaves(), model.estimator_.get_n_leaves())
    22 7
    >>> model.estimator_
    DecisionTreeClassifier(ccp_alpha=0.0049..., random_state=0)
    """


@documented(entries_of(PrunedTreeClassifier, FOR_REGRESSORS))
class PrunedTreeRegressor(RegressorDelegation, _BasePruned):
    """A regression tree pruned to the size that cross-validation asks for.

    {about_1}

    Parameters
    ----------
    {estimator, cv}
    scoring : str, callable or None, default=None
        Score to choose by. None is R2. Scorers are given predictions; weights are
        passed to those that take them.
    {n_se, n_jobs}

    Attributes
    ----------
    {estimator_, ccp_alpha_, pruning_path_, n_features_in_, feature_names_in_}

    Raises
    ------
    {ValueError}

    See Also
    --------
    PrunedTreeClassifier : The same for classification.
    ShrunkTreeRegressor : Keeps the splits and shrinks what the leaves predict.

    Notes
    -----
    {notes}

    References
    ----------
    {references}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from skoverfit.regularization import PrunedTreeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> tree = DecisionTreeRegressor(random_state=0)
    >>> model = PrunedTreeRegressor(tree).fit(X, y)
    >>> path = model.pruning_path_
    >>> print(path["n_leaves"][0], path["n_leaves"][-1])
    432 1
    >>> print(model.estimator_.get_n_leaves())
    10
    """


def _pruned(grown, ccp_alpha):
    """Return the tree as its own ``fit`` with this `ccp_alpha` leaves it."""
    new = copy(grown).set_params(ccp_alpha=ccp_alpha)
    new.tree_ = pruned_tree(grown.tree_, ccp_alpha)
    return new


def _scores_of_fold(tree, X, y, train, test, alphas, routed, scorer):
    """Grow on one fold; train and test score of each subtree."""
    params = _check_method_params(X, routed["fit"], indices=train)
    tree.fit(_safe_indexing(X, train), y[train], **params)
    path, scores = PrunedPath(tree, alphas), []
    for part in (train, test):
        weights = _check_method_params(X, routed["score"], indices=part)
        rows = _safe_indexing(X, part), y[part]
        scores.append(path.scores(*rows, weights.get("sample_weight"), scorer))
    return scores
