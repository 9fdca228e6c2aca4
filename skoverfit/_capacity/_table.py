"""What controls the capacity of each estimator, as one table.

An entry says which parameters turn the capacity of an estimator class down or up,
how far they reach, and on which scale to move between the ends. Regularized
wrappers, search spaces and the diagnosis read this table; teaching the library a
further estimator class means adding one entry here.

Ends are numbers or rules. A rule sees the size and the spread of the training data
and the estimator's other parameters, so that "almost no penalty" and "so strong a
penalty that the prediction is almost constant" hold for any units of the features.
"""

from dataclasses import replace
from typing import Any

from skoverfit._capacity._curves import CURVES
from skoverfit._capacity._dials import Capacity, ComputedValue, Dial, Params
from skoverfit._capacity._ends import (
    LEAF,
    MARGIN,
    N_ROWS,
    STRONG,
    WEAK,
    components,
    default_penalty,
    deviance_alpha,
    equal_votes,
    gamma_alpha,
    huber_alpha,
    inverse_alpha,
    is_unpenalized,
    keep_intercept_free,
    kernel_amplitude,
    kernel_C,
    kernel_size,
    learning_rate,
    mean_alpha,
    own_leaf,
    own_rate,
    pinball_alpha,
    radius,
    ridge_curve,
    smallest_block,
    smallest_side,
    smoothing,
    solver_with_shrinkage,
    spread_of_labels,
    sum_alpha,
    switch_penalty_on,
    tenth_of_features,
    without_tolerance,
)

_RIDGE = Capacity((sum_alpha(),), exact_curve=ridge_curve)
_SGD = Capacity(
    (mean_alpha(slack=10.0, is_off=is_unpenalized),), companion=switch_penalty_on
)
_TREE = Capacity((LEAF,))
_GRADIENT_BOOSTING = Capacity((LEAF, learning_rate("n_estimators", 0.3)))
_HIST_BOOSTING = Capacity((LEAF, learning_rate("max_iter", 0.3)))
_ADABOOST = Capacity(
    (
        Dial(
            "n_estimators",
            ComputedValue("4 * own", lambda facts, params: 4 * params["n_estimators"]),
            1,
            "integer",
            rises=False,
        ),
        Dial("learning_rate", 1.0, 0.1, rises=False),
    ),
    limit="one weak learner",
)
_NEIGHBORS = Capacity(Dial("n_neighbors", 1, N_ROWS, "integer"), companion=equal_votes)
_RADIUS = Capacity(radius(), companion=equal_votes)
_LASSO = Capacity(mean_alpha(default=1.0))
_ELASTIC_NET = Capacity(mean_alpha())
_LOGISTIC = Capacity(inverse_alpha(is_off=is_unpenalized), companion=default_penalty)
_FEATURES = Capacity(
    components("n_nonzero_coefs", smallest_side, number=tenth_of_features),
    limit="one feature",
    companion=without_tolerance,
)
_LABELS = Capacity(spread_of_labels())
_XGBOOST = Capacity(
    (
        *own_leaf("min_child_weight", unset=1, loose=0.01),
        own_rate("n_estimators", own=0.3, default_rounds=100),
    )
)
_XGBOOST_FOREST = Capacity(own_leaf("min_child_weight", unset=1, loose=0.01))
_LIGHTGBM = Capacity(
    (
        *own_leaf("min_child_samples", unset=20),
        own_rate("n_estimators", own=0.1, default_rounds=100),
    )
)
_CATBOOST = Capacity(
    Dial(
        "l2_leaf_reg",
        ComputedValue(
            "0.1, own without a learning rate", lambda f, p: _loose_leaves(p)
        ),
        ComputedValue("n * iterations", lambda f, p: f.total_weight * _rounds(p)),
        unset=3,
    )
)


def _rounds(params: Params) -> float:
    return params.get("iterations") or 1000


def _loose_leaves(params: Params) -> float:
    """Return the own setting where CatBoost chooses the learning rate itself.

    It chooses the rate only while this parameter is unset, and takes a small rate
    otherwise. A looser setting would therefore give a stiffer model.
    """
    return (
        0.1
        if params.get("learning_rate")
        else MARGIN * (params.get("l2_leaf_reg") or 3.0)
    )


def _taken_over(capacity: Capacity, by: str, **picked: Any) -> Capacity:
    """Entry of a class that another one replaces, from the settings that it picked."""
    return replace(capacity, replaced_by=f"sklearn.linear_model.{by}", picked=picked)


_MLP = Capacity((Dial("alpha", 1e-3, 1e3),))
_COUNTS = ComputedValue("100 * sum of X", lambda facts, params: 100 * facts.count_mass)
_ROWS = ComputedValue("100 * n", lambda facts, params: 100 * facts.total_weight)
_LASSO_ALPHA = mean_alpha(default=1.0)
# Weaker penalties leave separated classes without a finite solution.
_SPARSE = Capacity(
    (
        Dial(
            "alpha",
            ComputedValue(
                "1 % of that end",
                lambda f, p: 0.01 * _LASSO_ALPHA.tight.compute(f, p),  # type: ignore[union-attr]
            ),
            _LASSO_ALPHA.tight,
            unset=ComputedValue(
                "10 % of the other end",
                lambda f, p: 0.1 * _LASSO_ALPHA.tight.compute(f, p),  # type: ignore[union-attr]
            ),
        ),
    )
)
_STRENGTH = Capacity((Dial("strength", 0, 1, "linear"),))

TABLE: dict[str, Capacity] = {
    "sklearn.linear_model.LogisticRegression": _LOGISTIC,
    "sklearn.linear_model.LogisticRegressionCV": _taken_over(
        _LOGISTIC, "LogisticRegression", C="C_", l1_ratio="l1_ratio_"
    ),
    "sklearn.linear_model.LinearRegression": Capacity(
        _RIDGE.dials, replaced_by="sklearn.linear_model.Ridge"
    ),
    "sklearn.linear_model.Ridge": _RIDGE,
    "sklearn.linear_model.RidgeClassifier": Capacity((sum_alpha(),)),
    "sklearn.linear_model.RidgeCV": _taken_over(_RIDGE, "Ridge", alpha="alpha_"),
    "sklearn.linear_model.RidgeClassifierCV": _taken_over(
        _RIDGE, "RidgeClassifier", alpha="alpha_"
    ),
    "sklearn.linear_model.Lasso": _LASSO,
    "sklearn.linear_model.LassoCV": _taken_over(_LASSO, "Lasso", alpha="alpha_"),
    "sklearn.linear_model.LassoLars": _LASSO,
    "sklearn.linear_model.LassoLarsCV": _taken_over(
        _LASSO, "LassoLars", alpha="alpha_"
    ),
    "sklearn.linear_model.LassoLarsIC": _taken_over(
        _LASSO, "LassoLars", alpha="alpha_"
    ),
    "sklearn.linear_model.MultiTaskLasso": _LASSO,
    "sklearn.linear_model.MultiTaskLassoCV": _taken_over(
        _LASSO, "MultiTaskLasso", alpha="alpha_"
    ),
    "sklearn.linear_model.ElasticNet": _ELASTIC_NET,
    "sklearn.linear_model.ElasticNetCV": _taken_over(
        _ELASTIC_NET, "ElasticNet", alpha="alpha_", l1_ratio="l1_ratio_"
    ),
    "sklearn.linear_model.MultiTaskElasticNet": _ELASTIC_NET,
    "sklearn.linear_model.MultiTaskElasticNetCV": _taken_over(
        _ELASTIC_NET, "MultiTaskElasticNet", alpha="alpha_", l1_ratio="l1_ratio_"
    ),
    "sklearn.linear_model.Lars": Capacity(
        components("n_nonzero_coefs", smallest_side), limit="one feature"
    ),
    "sklearn.linear_model.LarsCV": _taken_over(_LASSO, "LassoLars", alpha="alpha_"),
    "sklearn.linear_model.OrthogonalMatchingPursuit": _FEATURES,
    "sklearn.linear_model.OrthogonalMatchingPursuitCV": _taken_over(
        _FEATURES, "OrthogonalMatchingPursuit", n_nonzero_coefs="n_nonzero_coefs_"
    ),
    # With a stronger prior the estimated precision jumps to a constant model.
    "sklearn.linear_model.BayesianRidge": _taken_over(
        _RIDGE, "Ridge", alpha=lambda fitted: fitted.lambda_ / fitted.alpha_
    ),
    "sklearn.linear_model.ARDRegression": Capacity(
        Dial("lambda_1", 1e-3, ComputedValue("n", lambda f, p: f.total_weight))
    ),
    "sklearn.linear_model.HuberRegressor": Capacity(huber_alpha()),
    # As robust, but with a penalty.
    "sklearn.linear_model.TheilSenRegressor": _taken_over(
        Capacity(huber_alpha()), "HuberRegressor", alpha=0.0
    ),
    "sklearn.linear_model.QuantileRegressor": Capacity(pinball_alpha()),
    "sklearn.linear_model.PoissonRegressor": Capacity(deviance_alpha()),
    "sklearn.linear_model.GammaRegressor": Capacity(gamma_alpha()),
    "sklearn.linear_model.TweedieRegressor": Capacity(deviance_alpha()),
    "sklearn.cross_decomposition.PLSRegression": Capacity(
        components("n_components", smallest_side), limit="one component"
    ),
    "sklearn.cross_decomposition.CCA": Capacity(
        components("n_components", smallest_block), limit="one component"
    ),
    "sklearn.linear_model.SGDClassifier": _SGD,
    "sklearn.linear_model.SGDRegressor": _SGD,
    "sklearn.linear_model.Perceptron": Capacity(
        (Dial("alpha", 1e-6, 1.0, is_off=is_unpenalized),),
        limit="what the last mistakes say",
        companion=switch_penalty_on,
    ),
    "sklearn.linear_model.PassiveAggressiveClassifier": Capacity(
        Dial("C", 1e3, 1e-6, rises=False), limit="the nearest class mean"
    ),
    "sklearn.linear_model.PassiveAggressiveRegressor": Capacity(
        Dial(
            "C",
            ComputedValue("1e3 * spread of y", lambda f, p: 1e3 * f.y_spread),
            ComputedValue(
                "0.01 * spread of y / (n * max_iter * total variance)",
                lambda f, p: (
                    0.01
                    * f.y_spread
                    / (f.total_weight * p["max_iter"] * f.feature_power(False))
                ),
            ),
            rises=False,
        ),
        limit="zero",
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
    "sklearn.svm.NuSVC": Capacity(
        Dial(
            "nu",
            0.01,
            ComputedValue(
                "largest that is feasible", lambda f, p: f.class_balance / MARGIN
            ),
        ),
        limit="the nearest class mean",
    ),
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
    "sklearn.neighbors.RadiusNeighborsClassifier": _RADIUS,
    "sklearn.neighbors.RadiusNeighborsRegressor": _RADIUS,
    "sklearn.neighbors.NearestCentroid": Capacity(
        Dial("shrink_threshold", 0.01, N_ROWS), limit="one class"
    ),
    "sklearn.semi_supervised.LabelPropagation": _LABELS,
    "sklearn.semi_supervised.LabelSpreading": _LABELS,
    "sklearn.gaussian_process.GaussianProcessRegressor": Capacity(
        Dial("alpha", 1e-4, ComputedValue("30 * n", lambda f, p: STRONG * f.n_samples)),
        limit="zero, or the mean if normalize_y",
    ),
    "sklearn.gaussian_process.GaussianProcessClassifier": Capacity(
        kernel_amplitude(), limit="even odds"
    ),
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
                ComputedValue(
                    "1e-5 * kernel size", lambda f, p: WEAK * kernel_size(f, p)
                ),
                ComputedValue(
                    "30 * n * kernel size",
                    lambda f, p: STRONG * f.total_weight * kernel_size(f, p),
                ),
            ),
        ),
        limit="zero",
    ),
    "skoverfit.regularization.SparseRegressor": _SPARSE,
    "skoverfit.regularization.SparseClassifier": _SPARSE,
    "imblearn.ensemble.BalancedRandomForestClassifier": _TREE,
    "imblearn.ensemble.RUSBoostClassifier": _ADABOOST,
    "xgboost.XGBClassifier": _XGBOOST,
    "xgboost.XGBRegressor": _XGBOOST,
    "xgboost.XGBRFClassifier": _XGBOOST_FOREST,
    "xgboost.XGBRFRegressor": _XGBOOST_FOREST,
    "lightgbm.LGBMClassifier": _LIGHTGBM,
    "lightgbm.LGBMRegressor": _LIGHTGBM,
    "catboost.CatBoostClassifier": _CATBOOST,
    "catboost.CatBoostRegressor": _CATBOOST,
    "skglm.Lasso": _LASSO,
    "skglm.WeightedLasso": _LASSO,
    "skglm.GroupLasso": _LASSO,
    "skglm.MultiTaskLasso": _LASSO,
    "skglm.MCPRegression": _LASSO,
    "skglm.ElasticNet": _ELASTIC_NET,
    "skglm.SparseLogisticRegression": Capacity(mean_alpha(default=1.0)),
    # Without an intercept that is free of the penalty.
    "skglm.LinearSVC": Capacity((inverse_alpha(),), limit="the nearest class mean"),
    "skoverfit.regularization.RegularizedClassifier": _STRENGTH,
    "skoverfit.regularization.RegularizedRegressor": _STRENGTH,
}

for _name, _curve in CURVES.items():
    TABLE[_name] = replace(TABLE[_name], curve=_curve)

# Meta-estimators that take None and then fit this class, by the parameter.
DEFAULT_INNER: dict[str, dict[str, str]] = {
    "sklearn.calibration.CalibratedClassifierCV": {
        "estimator": "sklearn.svm.LinearSVC"
    },
    "sklearn.compose.TransformedTargetRegressor": {
        "regressor": "sklearn.linear_model.LinearRegression"
    },
    "sklearn.ensemble.BaggingClassifier": {
        "estimator": "sklearn.tree.DecisionTreeClassifier"
    },
    "sklearn.ensemble.BaggingRegressor": {
        "estimator": "sklearn.tree.DecisionTreeRegressor"
    },
    "sklearn.ensemble.StackingClassifier": {
        "final_estimator": "sklearn.linear_model.LogisticRegression"
    },
    "sklearn.ensemble.StackingRegressor": {
        "final_estimator": "sklearn.linear_model.RidgeCV"
    },
    "sklearn.linear_model.RANSACRegressor": {
        "estimator": "sklearn.linear_model.LinearRegression"
    },
    "imblearn.ensemble.BalancedBaggingClassifier": {
        "estimator": "sklearn.tree.DecisionTreeClassifier"
    },
    "imblearn.ensemble.EasyEnsembleClassifier": {
        "estimator": "sklearn.ensemble.AdaBoostClassifier"
    },
}

LEFT_OUT: dict[str, str] = {
    "sklearn.cross_decomposition.PLSCanonical": (
        "its predictions do not come nearer to the targets with more components"
    ),
    "sklearn.dummy.DummyClassifier": "it does not use the features",
    "sklearn.dummy.DummyRegressor": "it does not use the features",
    "sklearn.frozen.FrozenEstimator": "it is fitted already",
    "sklearn.isotonic.IsotonicRegression": (
        "it has no setting between a free monotone curve of one feature and a constant"
    ),
}
"""Classes without an entry, and why; members of ensembles, they stay as they are."""
