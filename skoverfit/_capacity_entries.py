"""What controls the capacity of each estimator, as one table.

An entry says which parameters turn the capacity of an estimator class down or up,
how far they reach, and on which scale to move between the ends. Regularised
wrappers, search spaces and the diagnosis read this table; teaching the library a
further estimator class means adding one entry here.

Ends are numbers or rules. A rule sees the size and the spread of the training data
and the estimator's other parameters, so that "almost no penalty" and "so strong a
penalty that the prediction is almost constant" hold for any units of the features.
"""

from skoverfit._dials import (
    LEAF,
    STRONG,
    WEAK,
    Capacity,
    Dial,
    Rule,
    default_penalty,
    equal_votes,
    inverse_alpha,
    is_unpenalised,
    keep_intercept_free,
    kernel_C,
    kernel_size,
    learning_rate,
    mean_alpha,
    smoothing,
    solver_with_shrinkage,
    sum_alpha,
    switch_penalty_on,
)

_RIDGE = Capacity((sum_alpha(),))
_SGD = Capacity(
    (mean_alpha(slack=10.0, is_off=is_unpenalised),), companion=switch_penalty_on
)
_TREE = Capacity((LEAF,))
_GRADIENT_BOOSTING = Capacity((LEAF, learning_rate("n_estimators", 0.3)))
_HIST_BOOSTING = Capacity((LEAF, learning_rate("max_iter", 0.3)))
_ADABOOST = Capacity(
    (
        Dial(
            "n_estimators",
            Rule("4 * own", lambda facts, params: 4 * params["n_estimators"]),
            1,
            "integer",
            rises=False,
        ),
        Dial("learning_rate", 1.0, 0.1, rises=False),
    ),
    limit="one weak learner",
)
_NEIGHBORS = Capacity(
    (Dial("n_neighbors", 1, Rule("n", lambda f, p: f.n_samples), "integer"),),
    companion=equal_votes,
)
_MLP = Capacity((Dial("alpha", 1e-3, 1e3),))
_COUNTS = Rule("100 * sum of X", lambda facts, params: 100 * facts.count_mass)
_ROWS = Rule("100 * n", lambda facts, params: 100 * facts.total_weight)
_LASSO_ALPHA = mean_alpha(default=1.0)
# Weaker penalties leave separated classes without a finite solution.
_SPARSE = Capacity(
    (
        Dial(
            "alpha",
            Rule(
                "1 % of that end",
                lambda f, p: 0.01 * _LASSO_ALPHA.tight.compute(f, p),  # type: ignore[union-attr]
            ),
            _LASSO_ALPHA.tight,
        ),
    )
)
_STRENGTH = Capacity((Dial("strength", 0, 1, "linear"),))

TABLE: dict[str, Capacity] = {
    "sklearn.linear_model.LogisticRegression": Capacity(
        (inverse_alpha(is_off=is_unpenalised),), companion=default_penalty
    ),
    "sklearn.linear_model.LinearRegression": Capacity(
        _RIDGE.dials, replaced_by="sklearn.linear_model.Ridge"
    ),
    "sklearn.linear_model.Ridge": _RIDGE,
    "sklearn.linear_model.RidgeClassifier": _RIDGE,
    "sklearn.linear_model.Lasso": Capacity((mean_alpha(default=1.0),)),
    "sklearn.linear_model.LassoLars": Capacity((mean_alpha(default=1.0),)),
    "sklearn.linear_model.MultiTaskLasso": Capacity((mean_alpha(default=1.0),)),
    "sklearn.linear_model.ElasticNet": Capacity((mean_alpha(),)),
    "sklearn.linear_model.MultiTaskElasticNet": Capacity((mean_alpha(),)),
    "sklearn.linear_model.SGDClassifier": _SGD,
    "sklearn.linear_model.SGDRegressor": _SGD,
    "sklearn.linear_model.Perceptron": Capacity(
        (Dial("alpha", 1e-6, 1.0, is_off=is_unpenalised),),
        limit="what the last mistakes say",
        companion=switch_penalty_on,
    ),
    # Labels of plus and minus one and a squared hinge make four times the gradient.
    "sklearn.svm.LinearSVC": Capacity(
        (inverse_alpha(lambda facts: 0.25),), companion=keep_intercept_free
    ),
    "sklearn.svm.LinearSVR": Capacity(
        # Its solver hardly converges with a weaker penalty.
        (inverse_alpha(lambda facts: facts.y_spread, weakest=1e-3),),
        companion=keep_intercept_free,
    ),
    "sklearn.svm.SVC": Capacity((kernel_C(),)),
    "sklearn.svm.SVR": Capacity((kernel_C(),)),
    "sklearn.svm.NuSVR": Capacity((kernel_C(),)),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": Capacity(
        (Dial("shrinkage", 0, 1, "linear"),),
        limit="the nearest class mean",
        companion=solver_with_shrinkage,
    ),
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis": Capacity(
        (Dial("reg_param", 0, 1, "linear"),), limit="the nearest class mean"
    ),
    "sklearn.tree.DecisionTreeClassifier": _TREE,
    "sklearn.tree.DecisionTreeRegressor": _TREE,
    "sklearn.tree.ExtraTreeClassifier": _TREE,
    "sklearn.tree.ExtraTreeRegressor": _TREE,
    "sklearn.ensemble.RandomForestClassifier": _TREE,
    "sklearn.ensemble.RandomForestRegressor": _TREE,
    "sklearn.ensemble.ExtraTreesClassifier": _TREE,
    "sklearn.ensemble.ExtraTreesRegressor": _TREE,
    "sklearn.ensemble.GradientBoostingClassifier": _GRADIENT_BOOSTING,
    "sklearn.ensemble.GradientBoostingRegressor": _GRADIENT_BOOSTING,
    "sklearn.ensemble.HistGradientBoostingClassifier": _HIST_BOOSTING,
    "sklearn.ensemble.HistGradientBoostingRegressor": _HIST_BOOSTING,
    "sklearn.ensemble.AdaBoostClassifier": _ADABOOST,
    "sklearn.ensemble.AdaBoostRegressor": _ADABOOST,
    "sklearn.neighbors.KNeighborsClassifier": _NEIGHBORS,
    "sklearn.neighbors.KNeighborsRegressor": _NEIGHBORS,
    "sklearn.neural_network.MLPClassifier": _MLP,
    "sklearn.neural_network.MLPRegressor": _MLP,
    "sklearn.naive_bayes.GaussianNB": Capacity((Dial("var_smoothing", 1e-5, 1e3),)),
    "sklearn.naive_bayes.MultinomialNB": smoothing(_COUNTS),
    "sklearn.naive_bayes.ComplementNB": smoothing(_COUNTS),
    "sklearn.naive_bayes.BernoulliNB": smoothing(_ROWS),
    "sklearn.naive_bayes.CategoricalNB": smoothing(_ROWS),
    "sklearn.kernel_ridge.KernelRidge": Capacity(
        (
            Dial(
                "alpha",
                Rule("1e-5 * kernel size", lambda f, p: WEAK * kernel_size(f, p)),
                Rule(
                    "30 * n * kernel size",
                    lambda f, p: STRONG * f.total_weight * kernel_size(f, p),
                ),
            ),
        ),
        limit="zero",
    ),
    "skoverfit.regularization.SparseRegressor": _SPARSE,
    "skoverfit.regularization.SparseClassifier": _SPARSE,
    "skoverfit.regularization.RegularizedClassifier": _STRENGTH,
    "skoverfit.regularization.RegularizedRegressor": _STRENGTH,
}

# Meta-estimators that take None and then fit this class.
DEFAULT_INNER = {
    "sklearn.ensemble.BaggingClassifier": "sklearn.tree.DecisionTreeClassifier",
    "sklearn.ensemble.BaggingRegressor": "sklearn.tree.DecisionTreeRegressor",
    "sklearn.compose.TransformedTargetRegressor": (
        "sklearn.linear_model.LinearRegression"
    ),
}
