"""Estimators that augment their training data, and only that."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import Bunch, check_random_state, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from skoverfit._compat import (
    HasMethods,
    _check_method_params,
    _check_sample_weight,
    _fit_context,
    _num_samples,
    _raise_for_params,
    _routing_enabled,
    get_tags,
)
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit.augmentation._tabular import GaussianNoise

__all__ = ["AugmentedClassifier", "AugmentedRegressor"]


class _BaseAugmented(Wrapper):
    """Shared workflow: augment, bring row-wise parameters along, fit a clone."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "augmenter": [HasMethods(["fit_resample"]), None],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator, augmenter=None, *, random_state=None):
        self.estimator = estimator
        self.augmenter = augmenter
        self.random_state = random_state

    # ``sample_weight`` comes in through ``params``, like in scikit-learn's own
    # meta-estimators, and not as a named argument. A named one would promise that
    # weight 2 equals the row given twice. No randomised augmenter can keep that: the
    # one row with weight 2 has one perturbed copy that counts twice, the two rows
    # have two different copies, and what the augmenter learns (the scale of noise)
    # does not see the weights.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **params):
        """Augment the data, then fit a clone of the estimator on them.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            Training rows, in any container that the augmenter and the estimator
            accept.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        **params : dict
            Parameters of ``estimator.fit``. Without metadata routing only
            ``sample_weight`` of shape (n_rows,) is accepted; with it, all that the
            estimator and the augmenter request. Values with one entry per row are
            repeated for synthetic rows, which get the entry of their parent; the
            augmenter must have ``sample_indices_`` for that.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        _raise_for_params(params, self, "fit", allow=["sample_weight"])
        self._check_estimator()
        if y is not None:  # the augmenter says that y is needed
            X, y = indexable(X, y)
        routed = self._routed(_with_checked_weight(params, X))
        self.augmenter_ = _seeded_clone(
            GaussianNoise() if self.augmenter is None else self.augmenter,
            self.random_state,
        )
        X_out, y_out = self.augmenter_.fit_resample(X, y, **routed.augmenter)
        fit_params = _params_of_output(routed.estimator, X, X_out, self.augmenter_)
        self.estimator_ = clone(self.estimator).fit(X_out, y_out, **fit_params)
        self._copy_feature_attributes(self.estimator_, self.augmenter_)
        return self

    def _check_estimator(self):
        """Refuse estimators of the other kind, and precomputed kernels."""
        if get_tags(self.estimator).input_tags.pairwise:
            raise ValueError(
                f"estimator={self.estimator!r} takes pairwise distances or kernels, "
                "and rows of such a matrix cannot be augmented. Give it an estimator "
                "that computes them from features."
            )
        self._check_kind()

    def _routed(self, params):
        """Split the fit parameters between the estimator and the augmenter."""
        if not _routing_enabled():
            return Bunch(estimator=params, augmenter={})
        routed = process_routing(self, "fit", **params)
        return Bunch(
            estimator=routed["estimator"]["fit"],
            augmenter=routed["augmenter"]["fit_resample"],
        )

    def get_metadata_routing(self):
        """Say which metadata goes where.

        Returns
        -------
        routing : MetadataRouter
            ``fit`` is mapped to ``fit`` of the estimator and ``fit_resample`` of
            the augmenter.
        """
        augmenter = GaussianNoise() if self.augmenter is None else self.augmenter
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
            .add(
                augmenter=augmenter,
                method_mapping=MethodMapping().add(caller="fit", callee="fit_resample"),
            )
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        augmenter = GaussianNoise() if self.augmenter is None else self.augmenter
        accepted = get_tags(augmenter).input_tags
        for name in ("two_d_array", "sparse", "allow_nan", "string", "categorical"):
            both = getattr(inner.input_tags, name) and getattr(accepted, name)
            setattr(tags.input_tags, name, both)
        tags.input_tags.positive_only = inner.input_tags.positive_only
        tags.input_tags.pairwise = inner.input_tags.pairwise
        tags.target_tags = inner.target_tags
        tags.target_tags.required = True
        tags.non_deterministic = inner.non_deterministic
        return tags


def _with_checked_weight(params, X):
    """Check the weights against the rows as given, before the rows are multiplied."""
    if params.get("sample_weight") is None:
        return {name: v for name, v in params.items() if name != "sample_weight"}
    rows = np.empty((_num_samples(X), 0))
    weight = _check_sample_weight(params["sample_weight"], rows)
    return {**params, "sample_weight": weight}


def _seeded_clone(augmenter, random_state):
    """Clone an augmenter; a given random_state replaces those inside it."""
    augmenter = clone(augmenter)
    if random_state is None:
        return augmenter
    rng = check_random_state(random_state)
    names = [
        name
        for name in sorted(augmenter.get_params(deep=True))
        if name == "random_state" or name.endswith("__random_state")
    ]
    seeds = {name: int(rng.randint(np.iinfo(np.int32).max)) for name in names}
    return augmenter.set_params(**seeds)


def _params_of_output(params, X, X_out, augmenter):
    """Repeat the parameters that have one entry per row for the synthetic rows."""
    if not params:
        return {}
    parents = getattr(augmenter, "sample_indices_", None)
    if parents is None or len(parents) != _num_samples(X_out):
        raise ValueError(
            f"augmenter={augmenter!r} does not say which row each synthetic row comes "
            "from (it sets no sample_indices_ for all rows), so "
            f"{sorted(params)} cannot be passed on. Leave it out, or use an augmenter "
            "that sets sample_indices_."
        )
    return _check_method_params(X, params, indices=parents)


class AugmentedClassifier(ClassifierDelegation, _BaseAugmented):
    """Classifier that is trained on augmented data.

    ``fit`` augments the training data and fits a clone of the estimator on the
    result; prediction and scoring see the rows as they are. Because augmentation
    happens inside ``fit``, cross-validation never puts a perturbed copy of a test
    row into the training data, and it works in a plain scikit-learn ``Pipeline`` and
    in any search.

    Parameters
    ----------
    estimator : estimator with ``fit`` and ``predict``
        The classifier; a clone of it is fitted.
    augmenter : sampler with ``fit_resample``, or None, default=None
        Augmenters of this library and samplers of imbalanced-learn. None is
        :class:`GaussianNoise` with its defaults.
    random_state : int, RandomState instance or None, default=None
        If given, it replaces the ``random_state`` of the augmenter, nested ones
        included. The ``random_state`` of the estimator is its own.

    Attributes
    ----------
    estimator_ : estimator
        The classifier fitted on the augmented data.
    augmenter_ : sampler
        The augmenter that was used.
    classes_ : ndarray of shape (n_classes,) or list of ndarrays
        Class labels of ``estimator_``.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If ``estimator`` is a regressor or takes precomputed distances, or if
        ``sample_weight`` is given and the augmenter has no ``sample_indices_``.

    See Also
    --------
    AugmentedRegressor : The same for regression.

    Notes
    -----
    ``sample_weight`` is passed to ``estimator.fit``; a synthetic row has the weight
    of its parent. A weight of 2 is not the same as the row given twice, which would
    have two different copies; and augmenters do not see the weights.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.augmentation import AugmentedClassifier, GaussianNoise
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = AugmentedClassifier(
    ...     DecisionTreeClassifier(random_state=0),
    ...     GaussianNoise(scale=0.3, n_copies=2),
    ...     random_state=0,
    ... )
    >>> len(model.fit(X, y).augmenter_.sample_indices_) == 3 * len(X)
    True
    >>> cross_val_score(model, X, y).shape
    (5,)
    """


class AugmentedRegressor(RegressorDelegation, _BaseAugmented):
    """Regressor that is trained on augmented data.

    ``fit`` augments the training data and fits a clone of the estimator on the
    result; prediction and scoring see the rows as they are. Because augmentation
    happens inside ``fit``, cross-validation never puts a perturbed copy of a test
    row into the training data, and it works in a plain scikit-learn ``Pipeline`` and
    in any search.

    Parameters
    ----------
    estimator : estimator with ``fit`` and ``predict``
        The regressor; a clone of it is fitted.
    augmenter : sampler with ``fit_resample``, or None, default=None
        An augmenter of this library, or any sampler that accepts a continuous
        target. None is :class:`GaussianNoise` with its defaults.
    random_state : int, RandomState instance or None, default=None
        If given, it replaces the ``random_state`` of the augmenter, nested ones
        included. The ``random_state`` of the estimator is its own.

    Attributes
    ----------
    estimator_ : estimator
        The regressor fitted on the augmented data.
    augmenter_ : sampler
        The augmenter that was used.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If ``estimator`` is a classifier or takes precomputed distances, or if
        ``sample_weight`` is given and the augmenter has no ``sample_indices_``.

    See Also
    --------
    AugmentedClassifier : The same for classification.

    Notes
    -----
    ``sample_weight`` is passed to ``estimator.fit``; a synthetic row has the weight
    of its parent. A weight of 2 is not the same as the row given twice, which would
    have two different copies; and augmenters do not see the weights.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from skoverfit.augmentation import AugmentedRegressor, GaussianNoise
    >>> X, y = load_diabetes(return_X_y=True)
    >>> plain = LinearRegression().fit(X, y)
    >>> noisy = AugmentedRegressor(
    ...     LinearRegression(), GaussianNoise(scale=0.5, n_copies=20), random_state=0
    ... ).fit(X, y)
    >>> bool(abs(noisy.estimator_.coef_).sum() < abs(plain.coef_).sum())
    True
    """
