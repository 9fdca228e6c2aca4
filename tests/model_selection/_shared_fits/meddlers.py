"""Scorers that do more to an estimator than to ask it for predictions. Not a test.

Each returns the same for the same fitted estimator, whatever it did to others.
"""

import contextlib
import copy
import pickle
import threading

import numpy as np
from sklearn.base import clone, is_clusterer, is_regressor
from sklearn.metrics import accuracy_score, r2_score, silhouette_score
from sklearn.pipeline import Pipeline

#: Each thread keeps its own: what others do meanwhile would be a race.
KEPT = threading.local()


def quality(estimator, X, y):
    """Score of what an estimator predicts, 0 for clusterings that have none."""
    labels = np.asarray(estimator.predict(X)).ravel()
    if is_clusterer(estimator):
        return silhouette_score(X, labels) if 1 < len(set(labels)) < len(X) else 0.0
    metric = r2_score if is_regressor(estimator) else accuracy_score
    return metric(y, labels)


def asks(estimator, X, y=None):
    return quality(estimator, X, y)


def asks_for_other_rows(estimator, X, y=None):
    half = len(X) // 2
    target = (None, None) if y is None else (y[:half], y[half:])
    parts = zip((X[:half], X[half:]), target, strict=True)
    return sum(quality(estimator, *part) for part in parts)


def refits(estimator, X, y=None):
    return quality(estimator.fit(X, y), X, y)


def refits_part_of_the_rows(estimator, X, y=None):
    return quality(estimator.fit(X[::2], None if y is None else y[::2]), X, y)


def refits_after_taking_a_method(estimator, X, y=None):
    predict = estimator.predict
    estimator.fit(X, y)
    return quality(estimator, X, y) + np.mean(predict(X) == estimator.predict(X))


def refits_a_clone(estimator, X, y=None):
    return quality(clone(estimator).fit(X, y), X, y)


def refits_a_shallow_copy(estimator, X, y=None):
    twin = copy.copy(estimator)
    return quality(twin.fit(X, y), X, y) + quality(estimator, X, y)


def refits_a_deep_copy(estimator, X, y=None):
    twin = copy.deepcopy(estimator)
    return quality(twin.fit(X, y), X, y) + quality(estimator, X, y)


def asks_a_pickle(estimator, X, y=None):
    twin = pickle.loads(pickle.dumps(estimator))
    return quality(twin, X, y) + quality(twin.fit(X, y), X, y)


def refits_what_it_kept(estimator, X, y=None):
    """Others before this one; they are no business of the score."""
    kept = vars(KEPT).setdefault("estimators", [])
    del kept[:-3]
    for other in kept:
        with contextlib.suppress(Exception):  # theirs, not of the score
            other.fit(X.copy(), copy.copy(y))  # some keep the very rows
            spoil(other)
    kept.append(estimator)
    return quality(estimator, X, y)


def sets_parameters(estimator, X, y=None):
    """Parameters of which many matter to predictions, too."""
    changes = {}
    for name, value in estimator.get_params(deep=True).items():
        if name.rpartition("__")[2] in ("n_neighbors", "n_estimators", "max_iter"):
            changes[name] = max(1, value // 2)
    return quality(estimator.set_params(**changes), X, y)


def sets_parameters_and_refits(estimator, X, y=None):
    names = estimator.get_params(deep=True)
    changes = {k: True for k in names if k.rpartition("__")[2] == "warm_start"}
    sizes = {k: v + 2 for k, v in names.items() if k.rpartition("__")[2] in GROWING}
    return quality(estimator.set_params(**changes, **sizes).fit(X, y), X, y)


GROWING = ("n_neighbors", "n_estimators", "max_iter")


def spoils_contents(estimator, X, y=None):
    spoil(estimator)
    return quality(estimator, X, y)


def replaces_attributes(estimator, X, y=None):
    for part in parts_of(estimator):
        for name, value in list(vars(part).items()):
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                setattr(part, name, value * 1.5)
    return quality(estimator, X, y)


def shortens_lists(estimator, X, y=None):
    """Of members, in place."""
    for part in parts_of(estimator):
        members = vars(part).get("estimators_")
        if isinstance(members, list) and len(members) > 1:
            members.pop()
    return quality(estimator, X, y)


def fits_further(estimator, X, y=None):
    final = parts_of(estimator)[-1]
    if hasattr(final, "partial_fit") and y is not None:
        inner = estimator[:-1].transform(X) if final is not estimator else X
        final.partial_fit(inner, y)
    return quality(estimator, X, y)


def deletes_what_was_learned(estimator, X, y=None):
    for part in parts_of(estimator):
        for name in [k for k in vars(part) if k.endswith("_")]:
            delattr(part, name)
    return quality(estimator, X, y)  # not fitted: the score is the error score


def spoil(estimator):
    """Change what an estimator has learned where it lies: arrays, trees, members."""
    for part in parts_of(estimator):
        for value in list(vars(part).values()):
            _spoil_value(value)


def _spoil_value(value):
    if isinstance(value, np.ndarray) and value.dtype == object:
        for member in value.ravel():
            _spoil_value(getattr(member, "tree_", None))
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
        value *= -0.5  # the rows of neighbors are the scorer's own
    elif isinstance(value, list):
        for member in value:
            _spoil_value(getattr(member, "tree_", None))
    elif hasattr(value, "children_left"):
        value.value[...] = value.value[::-1].copy()


def parts_of(estimator):
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if hasattr(step, "fit")]
        return [part for step in steps for part in parts_of(step)]
    return [estimator]


MEDDLERS = [
    asks,
    asks_for_other_rows,
    refits,
    refits_part_of_the_rows,
    refits_after_taking_a_method,
    refits_a_clone,
    refits_a_shallow_copy,
    refits_a_deep_copy,
    asks_a_pickle,
    refits_what_it_kept,
    sets_parameters,
    sets_parameters_and_refits,
    spoils_contents,
    replaces_attributes,
    shortens_lists,
    fits_further,
    deletes_what_was_learned,
]
