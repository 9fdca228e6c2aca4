"""Functions whose code shows that they only ask, and such that are not certain.

Not a test.
"""

from functools import partial, wraps

import numpy as np
from sklearn.metrics import accuracy_score

from tests.model_selection._shared_fits.meddlers import MEDDLERS


def asks_once(estimator, X, y=None):
    return float(np.mean(y == estimator.predict(X)))


def asks_twice(model, X, y, share=0.5, **others):
    first = model.predict(X)
    labels = [label for label in np.unique(y) if label is not None]
    rest = accuracy_score(y, model.predict(X[:, :])) if labels else 0.0
    return {"first": share * np.mean(first == y), "second": rest}


def asks_with_a_guard(estimator, X, y):
    try:
        values = estimator.decision_function(X)
    except AttributeError:
        values = (lambda rows: rows[:, -1])(estimator.predict_proba(X))
    return np.mean((values > 0.5) == y)


class Asks:
    weight = 2.0

    def __call__(self, estimator, X, y):
        return self.weight * estimator.score(X, y)

    def method(self, estimator, X, y):
        return self(estimator, X, y)

    def own_method(self, estimator, X, y):
        return self.weight * estimator.score(X, y)


def asks_a_part(estimator, X, y):
    return np.mean(estimator[-1].predict(X) == y)


def reads(estimator, X, y):
    return estimator.predict(X).mean() + np.size(estimator.classes_)


def takes_a_method(estimator, X, y):
    predict = estimator.predict
    return np.mean(predict(X) == y) + (predict.__self__ is None)


def hands_options_on(estimator, X, y, **options):
    return np.mean(estimator.predict(X, **options) == y)


def finds_the_owner(estimator, X, y):
    return np.mean(estimator.predict.__self__.fit(X, y).predict(X) == y)


def hands_on(estimator, X, y):
    return asks_once(estimator, X, y)


def hands_on_by_name(estimator, X, y):
    return asks_once(X=X, y=y, estimator=estimator)


def renames(estimator, X, y):
    model = estimator
    return model.fit(X, y).score(X, y)


def replaces(estimator, X, y):
    estimator = estimator.predict(X)
    return np.mean(estimator == y)


def closes_over(estimator, X, y):
    return max(estimator.score(rows, y) for rows in [X])


def in_a_list(estimator, X, y):
    return [estimator for _ in range(2)][-1].score(X, y)


def by_its_variables(estimator, X, y):
    return next(iter(locals().values())).score(X, y) + 0 * estimator.score(X, y)


def refits_it(estimator, X, y):
    return estimator.fit(X, y).score(X, y)


def any_arguments(*args):
    return args[0].score(*args[1:])


def yields(estimator, X, y):
    yield estimator.score(X, y)


@wraps(asks_once)
def wrapped(*args, **kwargs):
    return asks_once(*args, **kwargs)


ASKERS = [
    asks_once,
    asks_twice,
    asks_with_a_guard,
    Asks(),
    Asks().own_method,
    partial(asks_twice, share=0.2),
    partial(partial(asks_twice, share=0.2), check=True),
    lambda estimator, X, y: estimator.score(X, y),
]
NOT_CERTAIN = [
    *MEDDLERS,
    *(asks_a_part, reads, takes_a_method, finds_the_owner, hands_on, renames),
    *(
        hands_options_on,
        hands_on_by_name,
        replaces,
        closes_over,
        in_a_list,
        by_its_variables,
    ),
    *(refits_it, any_arguments, yields, wrapped, Asks().method),
    *(partial(asks_twice, None), Asks, len, np.mean),
]
