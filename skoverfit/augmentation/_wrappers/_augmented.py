"""Estimators that augment their training data, and only that."""

from typing import Any, Self

from skoverfit._compat import _fit_context, available_if
from skoverfit._delegation import (
    ClassifierDelegation,
    RegressorDelegation,
    estimator_has,
)
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit.augmentation._wrappers._base import BaseAugmented

__all__ = ["AugmentedClassifier", "AugmentedRegressor"]


class AugmentedClassifier(ClassifierDelegation, BaseAugmented):
    """Classifier that is trained on augmented data.

    ``fit`` augments the training data and fits a clone of the estimator on the
    result; prediction and scoring see the rows as they are. Because augmentation
    happens inside ``fit``, cross-validation never puts a perturbed copy of a test
    row into the training data, and it works in a plain scikit-learn ``Pipeline``, in
    any search, and around a whole pipeline that begins with texts or images.

    Parameters
    ----------
    estimator : estimator with ``fit`` and ``predict``
        The classifier; a clone of it is fitted.
    augmenter : sampler with ``fit_resample``, or None, default=None
        Augmenters of this library and samplers of imbalanced-learn. None is
        :class:`GaussianNoise` with its defaults.
    accept : {"always", "likely", "better", "proven"}, default="always"
        "better" augments only if a cross-validation within the training data shows
        that the score is better than without; "proven" only if it is better than
        with as many plain copies of the same rows as well, so that the gain is not
        one of more rows. "likely" asks for less: it takes what is more probably a gain
        over none than not, for a third of the fits. Otherwise the estimator is fitted
        without.
    tune : {"auto"}, dict or None, default=None
        "auto" chooses the dose, ``n_copies`` and ``mode`` of an augmenter of this
        library by cross-validation. A dict is a grid of parameters of the augmenter
        to choose from, such as ``{"scale": [0.1, 0.3]}``.
    cv : int, cross-validation splitter, iterable or None, default=None
        Splits for both. An int is a number of shuffled folds, stratified by class;
        with ``groups`` they keep groups whole. They are dealt out once with
        "likely". "better" and "proven" deal them out up to three times, and stop
        before if there is no hope of a gain; to tune alone takes three. None is 5
        folds.
    scoring : str, callable or None, default=None
        Score that has to improve; None is the estimator's own.
    significance_level : float or None, default=None
        Level of the one-sided tests of ``accept``, between 0 and 0.5. None is 0.05,
        and 0.2 with "likely", where the expected loss is at most an eighth of the
        expected gain.
    n_jobs : int or None, default=None
        Number of splits compared at a time, as in joblib. It does not change the
        result.
    random_state : int, RandomState instance or None, default=None
        If given, it replaces the ``random_state`` of the augmenter, nested ones
        included. The ``random_state`` of the estimator is its own.

    Attributes
    ----------
    estimator_ : estimator
        The classifier fitted on the augmented data.
    augmenter_ : sampler or None
        The augmenter that was used; None if it was not accepted.
    accepted_ : bool
        Whether the training data were augmented.
    gate_ : GateResult
        The decision and its numbers. Not with ``accept="always"``.
    tuning_ : dict of str to list
        One row for each candidate: its parameters, mean test score, the difference
        to no augmentation with its standard error, and which was chosen. Only with
        `tune`.
    classes_ : ndarray of shape (n_classes,) or list of ndarrays
        Class labels of ``estimator_``.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, if ``estimator`` is a regressor or takes
        precomputed distances, if ``sample_weight`` is given and the augmenter has no
        ``sample_indices_``, or if there are not enough rows or groups to compare.

    Warns
    -----
    InvalidSplitsWarning
        If a split gave no finite score for each arm; the decision does without it.

    See Also
    --------
    AugmentedRegressor : The same for regression.
    AugmentingTransformer : A step of a pipeline instead.

    Notes
    -----
    **Weights.** A synthetic row has the weight of its parent, divided as the mode and
    mixed labels of the augmenter say (``sample_weight_``). They reach the estimator
    as ``sample_weight``; the last step of a pipeline, too. Where ``fit`` takes none
    and they are not all equal, rows are repeated or dropped at random so that the mean
    number of a row is its weight relative to the mean weight given. A weight of 2 is
    not the same as the row given twice, which would have two different copies. With
    metadata routing, weights go where they are requested. An augmenter requests
    ``sample_weight`` and ``groups`` by default; where the estimator then refuses or
    cannot take weights, rows are repeated instead.

    **The test.** The comparisons are paired: by rows where rows make up the score, by
    splits with the correction of Nadeau and Bengio [1]_ where they do not. Both of
    "proven" must hold at `significance_level`. With `tune`, each split scores the
    candidate that was best on splits with other test rows, so that the choice does not
    flatter itself; all fits serve both. The cost is one fit for each split for no
    augmentation, one for each candidate, and with "proven" one for each different set
    of copies. Weights do not enter the scores, unless routing gives them to the
    scorer.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error",
       Machine Learning 52, 239-281, 2003.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.augmentation import AugmentedClassifier, GaussianNoise
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> noise = GaussianNoise(scale=0.3, n_copies=2)
    >>> model = AugmentedClassifier(tree, noise, random_state=0)
    >>> len(model.fit(X, y).augmenter_.sample_indices_) == 3 * len(X)
    True
    >>> cross_val_score(model, X, y).shape
    (5,)

    Only if it helps, and in the dose that helps most:

    >>> model = AugmentedClassifier(
    ...     tree, noise, accept="proven", tune={"scale": [0.1, 0.5]}, random_state=0
    ... ).fit(X, y)
    >>> model.accepted_ == (model.gate_.pvalue <= 0.05)
    True
    >>> model.tuning_["scale"]
    [0.1, 0.5]
    """

    @available_if(estimator_has("partial_fit"))
    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, **params: Any) -> Self:
        """Augment one batch and go on training with it.

        Each batch gets draws of its own. Nothing is compared here: the decisions of
        an earlier ``fit`` are kept, and without one ``accept="proven"`` and `tune`
        are refused.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            Rows of the batch.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur; estimators need it in the first call.
        **params : dict
            As in ``fit``.

        Returns
        -------
        self : object
            The estimator.
        """
        options = {} if classes is None else {"classes": classes}
        return self._partial_fit(X, y, params, **options)


@documented(entries_of(AugmentedClassifier, FOR_REGRESSORS))
class AugmentedRegressor(RegressorDelegation, BaseAugmented):
    """Regressor that is trained on augmented data.

    {about_1}

    Parameters
    ----------
    {estimator}
    augmenter : sampler with ``fit_resample``, or None, default=None
        An augmenter of this library, or any sampler that accepts a continuous
        target. None is :class:`GaussianNoise` with its defaults.
    {accept, tune, cv, scoring, significance_level, n_jobs, random_state}

    Attributes
    ----------
    {estimator_, augmenter_, accepted_, gate_, tuning_, n_features_in_}
    {feature_names_in_}

    Raises
    ------
    ValueError
        If a parameter is out of range, if ``estimator`` is a classifier or takes
        precomputed distances, if ``sample_weight`` is given and the augmenter has no
        ``sample_indices_``, or if there are not enough rows or groups to compare.

    Warns
    -----
    {InvalidSplitsWarning}

    See Also
    --------
    AugmentedClassifier : The same for classification.
    AugmentingTransformer : A step of a pipeline instead.

    Notes
    -----
    {notes}

    References
    ----------
    {references}

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

    @available_if(estimator_has("partial_fit"))
    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Augment one batch and go on training with it.

        Each batch gets draws of its own. Nothing is compared here: the decisions of
        an earlier ``fit`` are kept, and without one ``accept="proven"`` and `tune`
        are refused.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            Rows of the batch.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        **params : dict
            As in ``fit``.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, params)
