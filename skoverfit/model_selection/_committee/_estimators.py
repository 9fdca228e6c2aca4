"""`CommitteeClassifier` and `CommitteeRegressor`: fold models that predict together."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import (
    HasMethods,
    _check_sample_weight,
    _fit_context,
    _routing_enabled,
    available_if,
    get_tags,
    restores_settings,
    validate_parameter_constraints,
)
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit.model_selection._committee._average import labels_known, method_of
from skoverfit.model_selection._committee._display import MembersTableMixin
from skoverfit.model_selection._committee._greedy import OutOfFold
from skoverfit.model_selection._committee._members import (
    Members,
    Task,
    averages_of_unseen,
    fitted_members,
    out_of_fold,
    row_numbers,
)
from skoverfit.model_selection._committee._of_search import Choice
from skoverfit.model_selection._families import candidate_of, estimator_of

__all__ = ["CommitteeClassifier", "CommitteeRegressor"]

FloatArray = NDArray[np.float64]


def _answers_by(method: str) -> Callable[[Any], bool]:
    """Offer a method only where members are asked by it, so that it fits `predict`."""

    def check(self: Any) -> bool:
        asked = self._method()
        if asked != method:
            raise AttributeError(
                f"{type(self).__name__} has no {method}: its members are asked by "
                f"{asked}."
            )
        return True

    return check


class _BaseCommittee(MembersTableMixin, MetaEstimatorMixin, BaseEstimator):
    """What committees of classifiers and of regressors have in common."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "candidates": [list, tuple, None],
        "weights": ["array-like", None],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator: Any,
        candidates: Sequence[Mapping[str, Any]] | None = None,
        *,
        weights: ArrayLike | None = None,
        cv: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.candidates = candidates
        self.weights = weights
        self.cv = cv
        self.n_jobs = n_jobs

    # No named `sample_weight`: rows are dealt out to splits without looking at weights,
    # so a weight of two is not the same as the row given twice.
    @restores_settings
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit each candidate on the training rows of each split.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training data; of shape (n_samples, n_samples) for pairwise estimators.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        **params : dict
            ``groups``, of shape (n_samples,), goes to the splitter, everything else to
            the ``fit`` of the members; what has one value for each row, such as
            ``sample_weight``, is cut to their rows. With metadata routing, each goes
            where it is requested.

        Returns
        -------
        self : object
            The fitted committee.

        Raises
        ------
        ValueError
            If a parameter is out of range, or members cannot be averaged.
        """
        candidates = self._checked_candidates()
        weights = self._checked_weights(len(candidates))
        used = np.flatnonzero(weights)
        task = self._task(X, y, params)
        self._fit(task, [candidates[k] for k in used], lambda _: weights[used])
        return self

    def _fit(
        self,
        task: Task,
        candidates: list[Mapping[str, Any]],
        weigh: Callable[[Callable[[], OutOfFold]], FloatArray],
    ) -> FloatArray:
        """Fit candidates, and keep those with a weight."""
        method = method_of([candidate_of(self.estimator, own) for own in candidates])
        members, answers = fitted_members(
            task,
            candidates,
            method,
            classifier=is_classifier(self),
            n_jobs=self.n_jobs,
        )
        weights = weigh(lambda: out_of_fold(task, members, answers))
        unseen = averages_of_unseen(task, members, answers, members.shares(weights))
        kept = np.flatnonzero(weights)
        self._keep(members.of(kept), weights[kept], [candidates[k] for k in kept])
        self.out_of_fold_ = members.ballot.answer(unseen)
        return weights

    @classmethod
    def _of_members(
        cls,
        estimator: Any,
        candidates: list[Mapping[str, Any]],
        weights: FloatArray,
        members: Members,
        unseen: FloatArray,
        *,
        cv: Any,
        n_jobs: int | None,
    ) -> Self:
        """Make a committee of members that are fitted already."""
        committee = cls(
            estimator, candidates, weights=weights.tolist(), cv=cv, n_jobs=n_jobs
        )
        committee._keep(members, weights, list(candidates))
        committee.out_of_fold_ = members.ballot.answer(unseen)
        return committee

    def _keep(
        self,
        members: Members,
        weights: FloatArray,
        candidates: list[Mapping[str, Any]],
    ) -> None:
        self._members, self.candidates_ = members, candidates
        self.estimators_ = members.models
        self.members_: dict[str, NDArray[Any]] = {
            "candidate": members.candidate,
            "split": members.split,
            "weight": members.shares(weights),
        }
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(members.models[0], name):
                setattr(self, name, getattr(members.models[0], name))
            elif hasattr(self, name):
                delattr(self, name)  # of an earlier fit

    def _checked_candidates(self) -> list[Mapping[str, Any]]:
        if self.candidates is None:
            return [{}]
        candidates = list(self.candidates)
        if not candidates or not all(isinstance(own, Mapping) for own in candidates):
            raise ValueError(
                f"candidates={self.candidates!r} must be None or a list of at least "
                "one dict from names of parameters to values."
            )
        return candidates

    def _checked_weights(self, n_candidates: int) -> FloatArray:
        if self.weights is None:
            return np.ones(n_candidates)
        weights = np.asarray(self.weights)
        if weights.shape != (n_candidates,) or not _are_weights(weights):
            raise ValueError(
                f"weights={self.weights!r} must be None or one finite number of at "
                f"least 0 for each of the {n_candidates} candidates, and more than 0 "
                "for one of them."
            )
        return weights.astype(np.float64)

    def _task(self, X: Any, y: Any, params: dict[str, Any]) -> Task:
        """Check rows and targets, and split them."""
        self._check_kind()
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        X, y = indexable(X, y)
        if is_classifier(self):
            check_classification_targets(y)
        if params.get("sample_weight") is not None:
            weight = _check_sample_weight(params["sample_weight"], X)
            params = params | {"sample_weight": weight}
        routed = self._routed(params)
        splitter = check_cv(self.cv, y, classifier=is_classifier(self))
        splits = splitter.split(X, y, **routed.splitter.split)
        numbers = [(row_numbers(train), row_numbers(test)) for train, test in splits]
        if not numbers:
            raise ValueError(f"cv={self.cv!r} gave no split.")
        return Task(self.estimator, X, y, routed.estimator.fit, numbers)

    def _routed(self, params: dict[str, Any]) -> Bunch:
        """Metadata for the members and the splitter."""
        if _routing_enabled():
            routed = process_routing(self, "fit", **params)
            splitter = routed.get("splitter", Bunch(split={}))
            return Bunch(estimator=routed.estimator, splitter=splitter)
        given = {name: value for name, value in params.items() if value is not None}
        groups = {"groups": given.pop("groups")} if "groups" in given else {}
        return Bunch(estimator=Bunch(fit=given), splitter=Bunch(split=groups))

    def _check_kind(self) -> None:
        """Refuse estimators of the other kind; what says nothing of itself may do."""
        other, name = (
            (is_regressor, "Regressor")
            if is_classifier(self)
            else (is_classifier, "Classifier")
        )
        if other(self.estimator):
            raise ValueError(
                f"estimator={self.estimator!r} is a {name.lower()}; use "
                f"Committee{name}."
            )

    def _method(self) -> str:
        """Return what members are asked, or would be if they were fitted."""
        if hasattr(self, "_members"):
            return self._members.ballot.method
        try:
            candidates = self._checked_candidates()
            return method_of([candidate_of(self.estimator, own) for own in candidates])
        except (ValueError, TypeError):  # whatever is wrong, `fit` will tell
            return method_of([self.estimator])

    def _average(self, X: Any) -> FloatArray:
        check_is_fitted(self, "members_")
        return self._members.matrix(X, self.members_["weight"])

    def predict(self, X: Any) -> Any:
        """Predict with all members together.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels, or numbers.
        """
        matrix = self._average(X)
        return self._members.ballot.labels(matrix)

    @classmethod
    def from_search(
        cls,
        search: Any,
        X: Any,
        y: Any,
        *,
        members: Callable[..., ArrayLike] | None = None,
        max_members: int = 100,
        cv: Any = None,
        **params: Any,
    ) -> Self:
        """Fit a committee of the candidates of a fitted search.

        Parameters
        ----------
        search : estimator
            Any fitted search of scikit-learn's kind. Of successive halving, the last
            round counts.
        X, y : array-like
            The rows and targets that it was fitted on.
        members : callable, default=None
            A member rule of :mod:`skoverfit.model_selection`, or any callable from
            ``cv_results_`` to a weight for each candidate. None is ``GreedyMembers()``,
            which has its 50 best candidates fitted before it chooses; other rules
            choose by the scores of the search, so that only members are fitted.
        max_members : int, default=100
            Largest number of models. Of candidates that are too many, those that weigh
            least are left out; one is always kept.
        cv : int, cross-validation splitter or iterable, default=None
            Splits to fit members on. None is the ``cv`` of the search.
        **params : dict
            As in ``fit``.

        Returns
        -------
        committee : object
            Fitted, with the candidates and weights as its parameters.

        Raises
        ------
        ValueError
            If the rule cannot choose, or members cannot be averaged.
        """
        choice = Choice.of(search, members, max_members)
        pool = [choice.params[k] for k in choice.pool]
        committee = cls(
            clone(estimator_of(search)),
            pool,
            cv=search.cv if cv is None else cv,
            n_jobs=search.n_jobs,
        )
        validate_parameter_constraints(
            cls._parameter_constraints,
            committee.get_params(deep=False),
            caller_name=cls.__name__,
        )
        task = committee._task(X, y, params)
        weights = committee._fit(
            task,
            pool,
            lambda answers: choice.weights(answers, len(task.splits)),
        )
        committee.candidates = list(committee.candidates_)
        committee.weights = [float(own) for own in weights if own > 0]
        return committee

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes to the members and the splitter.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        fit_by_fit = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add(
            estimator=self.estimator, method_mapping=fit_by_fit
        )
        if hasattr(self.cv, "split"):
            router.add(
                splitter=self.cv,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.non_deterministic = inner.non_deterministic
        if tags.classifier_tags is not None and inner.classifier_tags is not None:
            tags.classifier_tags = inner.classifier_tags
        if tags.regressor_tags is not None and inner.regressor_tags is not None:
            tags.regressor_tags = inner.regressor_tags
        return tags


def _are_weights(weights: NDArray[Any]) -> bool:
    numeric = weights.dtype.kind in "biuf" and bool(np.isfinite(weights).all())
    return numeric and bool((weights >= 0).all()) and bool((weights > 0).any())


class CommitteeClassifier(ClassifierMixin, _BaseCommittee):
    """Classifiers fitted on different training rows, which predict together.

    Each candidate, a setting of the parameters of `estimator`, is fitted on the
    training rows of each split, and these models, the *members*, are averaged: their
    probabilities if all have some, else their decision values, else their votes. An
    average varies less with the rows and with the choice of parameters than one model
    does, which helps most where single models are unstable, as trees are.

    Parameters
    ----------
    estimator : classifier
        What members are clones of.
    candidates : list of dict, default=None
        Parameters of the candidates. None is one candidate, `estimator` as it is.
    weights : array-like of shape (n_candidates,), default=None
        Weight of each candidate, at least 0; its members share it. Those of weight 0
        are not fitted. None weighs all the same.
    cv : int, cross-validation splitter or iterable, default=None
        The splits, as in :class:`sklearn.model_selection.GridSearchCV`; 5 folds by
        default. Splitters that shuffle want an int as their seed.
    n_jobs : int, default=None
        Number of members that are fitted in parallel, as in joblib.

    Attributes
    ----------
    estimators_ : list of classifier
        The members: by candidate, then by split.
    candidates_ : list of dict
        Parameters of the candidates that have members.
    members_ : dict of str to ndarray
        For each member, ``"candidate"`` (its number among `candidates_`), ``"split"``
        and ``"weight"``. Weights sum to 1.
    out_of_fold_ : ndarray of shape (n_samples, n_classes) or list
        Each row's answer by the members that were tested on it and have not seen it:
        probabilities, decision values or shares of the votes, in the form that the
        method would give them. NaN for rows that no split tests.
    classes_ : ndarray of shape (n_classes,) or list of ndarray
        Class labels, for each output where there are several.
    n_features_in_ : int
        Number of features seen during fit, if the members say so.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if the members saw any.

    See Also
    --------
    CommitteeRegressor : The same for regression.
    GapAwareSearchCV : Its ``cv_results_`` tell which candidates are worth a place.

    Notes
    -----
    A class that a member has not seen among its training rows has the probability 0 and
    no votes from it, and the smallest of its decision values. Members are asked one way
    only, so that `predict` follows from what the committee offers: it never has both
    ``predict_proba`` and ``decision_function``. Decision values of different candidates
    are averaged as they are.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import CommitteeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> print(f"{cross_val_score(tree, X, y).mean():.3f}")
    0.917
    >>> committee = CommitteeClassifier(tree, [{"max_depth": d} for d in (3, 5, 7)])
    >>> print(f"{cross_val_score(committee, X, y).mean():.3f}")
    0.951
    >>> len(committee.fit(X, y).estimators_)
    15
    """

    @property
    def classes_(self) -> Any:
        """Class labels."""
        check_is_fitted(self, "members_")
        return labels_known(self._members.ballot)

    @available_if(_answers_by("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Average the probabilities of the members.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes) or list of ndarray
            In the order of ``classes_``; for several outputs, as the members give them.
        """
        matrix = self._average(X)
        return self._members.ballot.answer(matrix)

    @available_if(_answers_by("predict_proba"))
    def predict_log_proba(self, X: Any) -> Any:
        """Give the logarithms of the averaged probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes) or list of ndarray
            As in ``predict_proba``.
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            if isinstance(probabilities, list):
                return [np.log(own) for own in probabilities]
            return np.log(probabilities)

    @available_if(_answers_by("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """Average the decision values of the members.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decisions : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of two classes, the values of the second; else in the order of ``classes_``.
        """
        matrix = self._average(X)
        return self._members.ballot.answer(matrix)


@documented(
    entries_of(
        CommitteeClassifier,
        FOR_REGRESSORS | {"CommitteeClassifier": "CommitteeRegressor"},
    )
)
class CommitteeRegressor(RegressorMixin, _BaseCommittee):
    """Regressors fitted on different training rows, which predict together.

    Each candidate, a setting of the parameters of `estimator`, is fitted on the
    training rows of each split, and the predictions of these models, the *members*, are
    averaged.

    Parameters
    ----------
    {estimator, candidates, weights, cv, n_jobs}

    Attributes
    ----------
    {estimators_, candidates_, members_}
    out_of_fold_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Each row's prediction by the members that were tested on it and have not seen
        it; NaN for rows that no split tests.
    {n_features_in_, feature_names_in_}

    See Also
    --------
    CommitteeClassifier : The same for classification.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from skoverfit import CommitteeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> tree = DecisionTreeRegressor(max_depth=4, random_state=0)
    >>> print(f"{cross_val_score(tree, X, y).mean():.2f}")
    0.28
    >>> print(f"{cross_val_score(CommitteeRegressor(tree), X, y).mean():.2f}")
    0.39
    """
