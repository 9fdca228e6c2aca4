"""AdaBoost and gradient boosting: a longer ensemble begins with the shorter ones."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)

from skoverfit._compat._ensembles import adaboost_rows, first_prediction, start_from
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
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

METHODS = ("decision_function", "predict", "predict_log_proba", "predict_proba")


class GradientBoostingStages(Rounds):
    """Gradient boosting that differs in the number of stages."""

    name = "gradient boosting stages"
    free = ("n_estimators",)
    needs = (
        "a whole number of at least 1 for it, random_state=<int> (in init, too), "
        "warm_start=False and no monitor"
    )

    def knows(self, estimator: Any) -> bool:
        """Whether it is scikit-learn's gradient boosting."""
        return type(estimator) in (
            GradientBoostingClassifier,
            GradientBoostingRegressor,
        )

    def serves(self, estimator: Any) -> bool:
        """Whether every stage is the same in a longer ensemble.

        The trees draw their features in random order, and thereby settle ties
        between splits, even where all features are tried: a seed is always needed.
        """
        return (
            self.knows(estimator)
            and is_count(estimator.n_estimators)
            and is_seed(estimator.random_state)
            and not estimator.warm_start
            and _is_seeded(estimator.init)
        )

    def serves_on(self, estimator: Any, X: Any, fit_params: Mapping[str, Any]) -> bool:
        """Whether there is no monitor: it knows the size, and may stop anywhere."""
        return fit_params.get("monitor") is None

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return the first stages.

        Whether the fit stops early is decided by the stages until then alone.
        """
        n_stages = min(estimator.n_estimators, fitted.n_estimators_)
        # Copies: a slice would keep all stages in memory for as long as the view.
        attributes = {"n_estimators_": n_stages}
        for name in ("estimators_", "train_score_", "oob_improvement_", "oob_scores_"):
            if hasattr(fitted, name):
                attributes[name] = getattr(fitted, name)[:n_stages].copy()
        if hasattr(fitted, "oob_scores_"):
            attributes["oob_score_"] = attributes["oob_scores_"][-1]
        return view_of(fitted, estimator, **attributes)

    def answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return answers from running sums over the stages."""
        answer = partial(_staged_answer, fitted, RunningSums(rows))
        return by_method(fitted, METHODS, answer)


def _is_seeded(init: Any) -> bool:
    """Whether the first estimator is fitted in the same way every time."""
    if init is None or isinstance(init, str):
        return True
    states = {
        name: value
        for name, value in init.get_params(deep=True).items()
        if name.split("__")[-1] == "random_state"
    }
    return all(map(is_seed, states.values()))


def _staged_answer(
    fitted: Any, sums: RunningSums, name: str, view: Any, X: Any
) -> np.ndarray:
    """Return what a method would, from the sum over the stages so far.

    The method itself runs, on the stages that are new and a first prediction that
    holds the others: scikit-learn adds the stages up in place, one after the other.
    """
    start, raw = sums.resume(X, view.n_estimators_)

    def sum_so_far(checked_X: Any) -> np.ndarray:
        nonlocal raw
        if raw is None:
            raw = first_prediction(fitted, checked_X)
        return raw

    # Sums of floats depend on their order: adding the new stages to the old sum gives
    # the same bits as adding up all of them, a sum of two partial sums would not.
    rest = view_of(view, view, estimators_=view.estimators_[start:])
    start_from(rest, sum_so_far)
    answer = getattr(rest, name)(X)
    assert raw is not None  # every method starts from the first prediction
    sums.keep(X, view.n_estimators_, raw)
    return np.array(answer)  # not the sum itself, which goes on growing


class AdaBoostStages(Rounds):
    """AdaBoost that differs in the number of estimators."""

    name = "AdaBoost stages"
    free = ("n_estimators",)
    default_size = 50
    needs = "a whole number of at least 1 for it and random_state=<int>"

    def knows(self, estimator: Any) -> bool:
        """Whether it is scikit-learn's AdaBoost."""
        return type(estimator) in (AdaBoostClassifier, AdaBoostRegressor)

    def serves(self, estimator: Any) -> bool:
        """Whether every stage is the same in a longer ensemble."""
        return (
            self.knows(estimator)
            and is_count(estimator.n_estimators)
            and is_seed(estimator.random_state)
        )

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return the first members.

        Where boosting ended early there are fewer members than weights, which are as
        many as were asked for.
        """
        k = estimator.n_estimators
        return view_of(
            fitted,
            estimator,
            estimators_=fitted.estimators_[:k],
            estimator_weights_=fitted.estimator_weights_[:k].copy(),
            estimator_errors_=fitted.estimator_errors_[:k].copy(),
        )

    def answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return answers from running sums of votes, or from known predictions."""
        if isinstance(fitted, AdaBoostRegressor):
            return by_method(fitted, ["predict"], _Medians(fitted, rows))
        names = METHODS if fitted.n_classes_ > 1 else ()
        return by_method(fitted, names, _Votes(rows))


class _Votes:
    """Answers of AdaBoostClassifier from running sums of its members' votes."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._sums = RunningSums(rows)

    def __call__(self, name: str, view: Any, X: Any) -> np.ndarray:
        decide = partial(self._decision, view)
        if name == "decision_function":
            return decide(X)
        # The other methods derive their answer from the decision function, and each in
        # its own way: they run as they are, on one that knows the sums.
        plain = view_of(view, view)
        vars(plain)["decision_function"] = decide
        return getattr(plain, name)(X)

    def _decision(self, view: Any, X: Any) -> np.ndarray:
        total = self._total(view, X) / view.estimator_weights_.sum()
        if view.n_classes_ == 2:  # both columns say the same, with opposite signs
            total[:, 0] *= -1
            return total.sum(axis=1)
        return total

    def _total(self, view: Any, X: Any) -> np.ndarray:
        stages = len(view.estimators_)
        start, known = self._sums.resume(X, stages)
        total: Any = 0 if known is None else known
        checked = adaboost_rows(view, X)
        # More weights than members where boosting ended early; the others are 0.
        members = zip(view.estimators_, view.estimator_weights_, strict=False)
        for member, weight in list(members)[start:]:
            total = total + _vote(view, member, weight, checked)
        self._sums.keep(X, stages, total)
        return total


def _vote(view: Any, member: Any, weight: float, X: Any) -> np.ndarray:
    """Return the weight where a member votes for a class, and a penalty elsewhere."""
    others = -1 / (view.n_classes_ - 1) * weight
    return np.where(
        (member.predict(X) == view.classes_[:, np.newaxis]).T, weight, others
    )


class _Medians:
    """Answers of AdaBoostRegressor, each member asked once.

    A weighted median has no running sum: it needs the prediction of every member anew.
    So members are asked once, and repeat their answer for each longer ensemble.
    """

    def __init__(self, fitted: Any, rows: Sequence[Any]) -> None:
        self._fitted = fitted
        self._echoes = OncePerRows(lambda X: [], rows)

    def __call__(self, name: str, view: Any, X: Any) -> np.ndarray:
        echoes = self._echoes(X)
        stages = len(view.estimators_)
        if len(echoes) < stages:
            checked = adaboost_rows(view, X)
            new = self._fitted.estimators_[len(echoes) : stages]
            echoes += [_Echo(member.predict(checked)) for member in new]
        plain = view_of(view, view, estimators_=echoes[:stages])
        return getattr(plain, name)(X)


class _Echo:
    """A member that knows its prediction."""

    def __init__(self, prediction: np.ndarray) -> None:
        self._prediction = prediction

    def predict(self, X: Any) -> np.ndarray:
        """Return it."""
        return self._prediction


register_shared_fit(GradientBoostingStages())
register_shared_fit(AdaBoostStages())
