"""What meta-estimators promise, which fit clones of an estimator."""

import inspect
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError

from skoverfit.testing._cases import Table
from skoverfit.testing._estimators import (
    ASKED,
    answers,
    check_same_answers,
    inner_estimators,
    model_table,
    seeded_model,
    spied,
)
from skoverfit.testing._kit import Kind
from skoverfit.testing._randomness import check_repeats
from skoverfit.testing._samplers import has_param

__all__ = ["WRAPPER", "check_wrapper"]


def _inner(part: Any) -> dict[str, Any]:
    """Parameters of a wrapper that are estimators."""
    return {
        name: value
        for name, value in part.get_params(deep=False).items()
        if hasattr(value, "fit") and hasattr(value, "get_params")
    }


def _is_wrapper(part: Any) -> bool:
    if isinstance(part, type) or not hasattr(part, "get_params"):
        return False
    return hasattr(part, "fit") and bool(_inner(part) or has_param(part, "estimator"))


def _has_inner(part: Any) -> bool:
    return bool(_inner(part))


def _cases(wrapper: Any, *, n_rows: int = 60) -> list[Table]:
    return [model_table(wrapper, n_rows)]


WRAPPER = Kind("wrapper", _is_wrapper, _cases)


def check_wrapper(wrapper: Any, *, n_rows: int = 60) -> None:
    """Check a meta-estimator against what scikit-learn's checks do not ask of it.

    It fits clones of the estimator that it is given; leaves its parameters and the
    caller's arrays alone; gives the same model for the same seed, at any ``n_jobs``
    and after an earlier fit; counts the weights of rows; gives back the labels that it
    was given; predicts each row for itself and fits nothing then; and every method
    that it offers works. Run scikit-learn's ``check_estimator`` as well.

    Parameters
    ----------
    wrapper : estimator
        A meta-estimator, not fitted. It is not changed.
    n_rows : int, default=60
        Rows to fit on.

    Raises
    ------
    AssertionError
        If a promise is broken; the message says which, and the smallest table found
        that shows it.

    See Also
    --------
    parametrize_with_checks : One test for each promise, for use with pytest.

    Examples
    --------
    >>> from sklearn.ensemble import BaggingClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.testing import check_wrapper
    >>> check_wrapper(BaggingClassifier(DecisionTreeClassifier(), 3))
    """
    WRAPPER.check(wrapper, n_rows=n_rows)


def _fit(wrapper: Any, table: Table, **params: Any) -> Any:
    made = seeded_model(wrapper, **params)
    return made.fit(table.X.copy(), table.y.copy())


@WRAPPER.promise_where(_has_inner)
def check_given_estimator_is_not_fitted(wrapper, table):
    """Fit clones of the estimator that it is given, never that estimator itself."""
    made = seeded_model(wrapper)
    given = _inner(made)
    before = {name: sorted(vars(each)) for name, each in given.items()}
    made.fit(table.X, table.y)
    for name, each in given.items():
        new = sorted(set(vars(each)) - set(before[name]))
        assert not new, f"The estimator in {name} got the attributes {', '.join(new)}."


@WRAPPER.promise
def check_wrapper_params_kept(wrapper, table):
    """Leave its parameters as they were set, those of what it wraps included."""
    made = seeded_model(wrapper)
    before = {name: repr(value) for name, value in made.get_params().items()}
    made.fit(table.X, table.y)
    after = {name: repr(value) for name, value in made.get_params().items()}
    changed = sorted(name for name in before if before[name] != after.get(name))
    assert not changed, f"fit changed the parameters {', '.join(changed)}."


@WRAPPER.promise
def check_training_rows_not_written(wrapper, table):
    """Work on copies: never write to the X and y of the caller."""
    X, y = table.X.copy(), table.y.copy()
    seeded_model(wrapper).fit(X, y)
    np.testing.assert_array_equal(X, table.X, "The X of the caller was written to.")
    np.testing.assert_array_equal(y, table.y, "The y of the caller was written to.")


@WRAPPER.promise
def check_wrapper_seed_decides(wrapper, table):
    """Give the same model for an int seed; leave global state alone."""
    check_repeats(
        lambda: next(iter(answers(_fit(wrapper, table), table.X).values())),
        "the predictions",
        "draw from random_state, and give seeds to clones",
    )


@WRAPPER.promise_where(lambda part: has_param(part, "n_jobs"))
def check_wrapper_n_jobs(wrapper, table):
    """Give the same model at any ``n_jobs``."""
    with parallel_config(backend="threading"):
        one, two = (_fit(wrapper, table, n_jobs=n_jobs) for n_jobs in (1, 2))
    told = answers(one, table.X), answers(two, table.X)
    check_same_answers(*told, "with n_jobs=2 than with n_jobs=1")


@WRAPPER.promise
def check_second_fit_is_fresh(wrapper, table):
    """Forget an earlier fit: the next one is as if it were the first."""
    made = _fit(wrapper, Table(3 - 2 * table.X[::-1], table.y[::-1]))
    again = made.fit(table.X.copy(), table.y.copy())
    told = answers(_fit(wrapper, table), table.X), answers(again, table.X)
    check_same_answers(*told, "after an earlier fit on other rows")


def _takes_weights(part: Any) -> bool:
    return "sample_weight" in inspect.signature(part.fit).parameters


@WRAPPER.promise_where(_takes_weights)
def check_weights_count(wrapper, table):
    """Let each row count as much as its ``sample_weight`` says."""
    contrary = 1 - table.y if is_classifier(wrapper) else -table.y
    X, y = np.r_[table.X, table.X], np.r_[table.y, contrary]
    weight = np.repeat([1.0, 1e-6], len(table.X))
    order = np.random.default_rng(0).permutation(len(X))
    made = seeded_model(wrapper)
    made.fit(X[order], y[order], sample_weight=weight[order])
    told = made.predict(table.X)
    agrees = (
        np.mean(told == table.y)
        if is_classifier(wrapper)
        else 0.5 + np.corrcoef(told + 1e-12 * table.X[:, 0], table.y)[0, 1] / 2
    )
    assert agrees > 0.6, (
        "Each row came twice, the second time with the contrary target and hardly any "
        f"weight; predictions agree with the first in {agrees:.0%}."
    )


@WRAPPER.promise_where(is_classifier)
def check_labels_come_back(wrapper, table):
    """Predict the labels that it was given, whatever their names; ``classes_`` too."""
    labels = np.array(["no", "yes"])[table.y]
    made = seeded_model(wrapper).fit(table.X.copy(), labels)
    known = np.asarray(made.classes_).tolist()
    assert known == ["no", "yes"], f"classes_ is {known}, not ['no', 'yes']."
    told = np.asarray(made.predict(table.X))
    unknown = sorted({*told.tolist()} - {*known}, key=str)
    assert not unknown, f"It predicted {unknown}, which are not labels."
    codes = _fit(wrapper, table).predict(table.X)
    np.testing.assert_array_equal(
        told, np.array(["no", "yes"])[codes], "Classes of other names are told apart."
    )


@WRAPPER.promise
def check_prediction_fits_nothing(wrapper, table):
    """Fit nothing when it predicts, and be the same model afterwards."""
    made = _fit(wrapper, table)
    before = answers(made, table.X)
    with spied(inner_estimators(made)) as calls:
        answers(made, 5 - table.X)
    told = sorted({f"{call.cls.__name__}.{call.method}" for call in calls})
    assert not told, f"{', '.join(told)} was called while it predicted."
    check_same_answers(before, answers(made, table.X), "after other rows were asked")


@WRAPPER.promise
def check_each_row_for_itself(wrapper, table):
    """Predict each row for itself, whatever other rows are asked with it."""
    made = _fit(wrapper, table)
    half = len(table.X) // 2
    parts = answers(made, table.X[:half]), answers(made, table.X[half:])
    together = {
        name: np.concatenate([parts[0][name], parts[1][name]]) for name in parts[0]
    }
    check_same_answers(
        answers(made, table.X), together, "for rows that come in two parts"
    )


@WRAPPER.promise
def check_methods_work(wrapper, table):
    """Offer only methods that work once it is fitted."""
    made = _fit(wrapper, table)
    for name in ASKED:
        if hasattr(made, name):
            try:
                getattr(made, name)(table.X)
            except (AttributeError, NotFittedError, NotImplementedError) as error:
                raise AssertionError(
                    f"{name} is offered, but fails: {error}"
                ) from error
