"""Rows with all that belongs to them, on their way through an augmenter into fit."""

from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object

from skoverfit._compat import (
    PIPELINES,
    BaseSearchCV,
    _check_method_params,
    _num_samples,
    _routing_enabled,
    _safe_indexing,
)
from skoverfit._delegation import Wrapper, fit
from skoverfit.augmentation._base import BaseAugmenter
from skoverfit.augmentation._targets import class_codes

__all__ = [
    "TrainingRows",
    "accepted_names",
    "fitted",
    "seeded_clone",
    "told_task",
    "weight_keyword",
]

_MAX_SEED = np.iinfo(np.int32).max


@dataclass(frozen=True)
class TrainingRows:
    """Rows, targets and metadata of one fit.

    Attributes
    ----------
    X, y : array-like
        Rows and targets.
    weight : ndarray or None
        Weight of each row; None where all weigh 1.
    params : dict
        Further parameters of the estimator's ``fit``.
    augmenter_params : dict
        What ``fit_resample`` gets besides rows and targets.
    unit : float
        The weight that one row stands for where rows are repeated by weight.
    """

    X: Any
    y: Any
    weight: np.ndarray | None = None
    params: dict[str, Any] = field(default_factory=dict)
    augmenter_params: dict[str, Any] = field(default_factory=dict)
    unit: float = 1.0

    def __len__(self) -> int:
        return _num_samples(self.X)

    def taken(self, index: np.ndarray) -> "TrainingRows":
        """Take some of the rows, with what belongs to them."""
        weight = None if self.weight is None else self.weight[index]
        return replace(
            self,
            X=_safe_indexing(self.X, index),
            y=_safe_indexing(self.y, index),
            weight=weight,
            params=_check_method_params(self.X, self.params, indices=index),
            augmenter_params=_check_method_params(
                self.X, self.augmenter_params, indices=index
            ),
        )

    def with_unit(self) -> "TrainingRows":
        """Let a row of mean weight count as one row."""
        unit = 1.0 if self.weight is None else float(np.mean(self.weight))
        return replace(self, unit=unit)

    def augmented(self, augmenter: Any) -> "TrainingRows":
        """Rows that a sampler makes of these; the sampler is fitted."""
        X, y = augmenter.fit_resample(self.X, self.y, **self.augmenter_params)
        parents = parents_of(augmenter, X)
        needed = dict(self.params)
        if self.weight is not None:
            needed["sample_weight"] = self.weight
        if parents is None and needed:
            raise ValueError(
                f"augmenter={augmenter!r} does not say which row each synthetic row "
                "comes from (it sets no sample_indices_ for all rows), so "
                f"{sorted(needed)} cannot be passed on. Leave it out, or use an "
                "augmenter that sets sample_indices_."
            )
        params = _check_method_params(self.X, self.params, indices=parents)
        weight = self._weight_of(augmenter, parents, _num_samples(X))
        return replace(self, X=X, y=y, weight=weight, params=params)

    def _weight_of(self, augmenter: Any, parents: Any, n_rows: int) -> Any:
        """Weights of the output: the augmenter's own, times what it was not given."""
        own = getattr(augmenter, "sample_weight_", None)
        inherited = None if self.weight is None else self.weight[parents]
        if own is None or np.shape(own) != (n_rows,):
            return inherited
        if "sample_weight" in self.augmenter_params:
            return own
        if inherited is not None:
            return own * inherited
        return None if np.all(own == 1) else own


def parents_of(augmenter: Any, X_out: Any) -> np.ndarray | None:
    """Position of the parent of each row, if a fitted sampler tells."""
    parents = getattr(augmenter, "sample_indices_", None)
    if parents is None or len(parents) != _num_samples(X_out):
        return None
    return np.asarray(parents)


def accepted_names(method: Any, names: tuple[str, ...]) -> set[str]:
    """Which names a method has as parameters."""
    return set(names) & set(signature(method).parameters)


def seeded_clone(augmenter: Any, random_state: Any) -> Any:
    """Clone an augmenter; a given random_state replaces those inside it."""
    augmenter = clone(augmenter)
    if random_state is None:
        return augmenter
    rng = check_random_state(random_state)
    names = _seed_names(augmenter)
    return augmenter.set_params(**{name: int(rng.randint(_MAX_SEED)) for name in names})


def told_task(augmenter: Any, task: str) -> Any:
    """Return an augmenter that knows what the target is made of.

    Its parts, too. What the caller has said, or says by ``sampling_strategy``, stays.

    Parameters
    ----------
    augmenter : sampler
        It is not changed; a clone of it is returned where there is something to say.
    task : {"classification", "regression"}
        What the estimator does that is trained.
    """
    if not isinstance(augmenter, BaseAugmenter):
        return augmenter
    params = augmenter.get_params(deep=True)
    names = [
        name
        for name, value in params.items()
        if name.split("__")[-1] == "task"
        and isinstance(value, str)
        and value == "auto"
        and params.get(name.removesuffix("task") + "sampling_strategy") is None
    ]
    told = clone(augmenter) if names else augmenter
    return told.set_params(**dict.fromkeys(names, task))


def _seed_names(augmenter: Any) -> list[str]:
    """Names of the seeds of an augmenter and of what is inside it."""
    return [
        name
        for name in sorted(augmenter.get_params(deep=True))
        if name == "random_state" or name.endswith("__random_state")
    ]


# ------------------------------------------------------------------ weights into fit


def weight_keyword(estimator: Any, method: str = "fit") -> str | None:
    """Name under which an estimator takes weights; None where it takes none."""
    if _routing_enabled():
        return _requested_keyword(estimator, method)
    if isinstance(estimator, PIPELINES):
        return _pipeline_keyword(estimator)
    if isinstance(estimator, BaseSearchCV):
        return weight_keyword(estimator.estimator)
    if isinstance(estimator, Wrapper) and hasattr(estimator, "augmenter"):
        return "sample_weight"  # brings weights into whatever it wraps
    names = accepted_names(getattr(estimator, method), ("sample_weight",))
    return "sample_weight" if names else None


def _requested_keyword(estimator: Any, method: str) -> str | None:
    """Follow the requests; an estimator that has not said anything takes weights."""
    routing = get_routing_for_object(estimator)
    if isinstance(routing, MetadataRequest):
        requests = getattr(routing, method).requests
        refused = requests.get("sample_weight", False) is False
        return None if refused else "sample_weight"
    asked = routing.consumes(method, ["sample_weight"])
    return "sample_weight" if asked else None


def _pipeline_keyword(pipeline: Any) -> str | None:
    """Weights go to the last step, where no step before it changes the rows."""
    if any(hasattr(step, "fit_resample") for _, step in pipeline.steps):
        return None
    name, last = pipeline.steps[-1]
    if not hasattr(last, "fit"):
        return None
    inner = weight_keyword(last)
    return inner and f"{name}__{inner}"


def fitted(
    estimator: Any,
    rows: TrainingRows,
    random_state: Any,
    *,
    method: str = "fit",
    **options: Any,
) -> Any:
    """Train an estimator on rows and their weights, in whichever way it takes them.

    Parameters
    ----------
    estimator : estimator
        It is trained itself, not a clone of it.
    rows : TrainingRows
        What to train it on.
    random_state : int, RandomState or None
        For repeating rows in proportion to their weights, where the estimator takes
        no weights and they are not all equal.
    method : {"fit", "partial_fit"}
        How to train it.
    **options : object
        Passed to the method as they are.
    """
    weights = {}
    if rows.weight is not None:
        keyword = weight_keyword(estimator, method)
        if keyword is not None:
            weights = {keyword: rows.weight}
        elif _differ(rows.weight):
            labels = rows.y if is_classifier(estimator) else None
            rows = rows.taken(
                rows_by_weight(rows.weight / rows.unit, labels, random_state)
            )
    params = {**rows.params, **weights, **options}
    if method == "fit":
        return fit(estimator, rows.X, rows.y, **params)
    return getattr(estimator, method)(rows.X, rows.y, **params)


def _differ(weight: np.ndarray) -> bool:
    """Whether weights differ; refuse those that no number of rows can stand for."""
    if np.min(weight) < 0 or not np.max(weight) > 0:
        raise ValueError(
            "sample_weight must be 0 or more, and not 0 everywhere, for an estimator "
            "that takes no weights: its rows are repeated in proportion to them. Got "
            f"weights from {np.min(weight):.3g} to {np.max(weight):.3g}."
        )
    return bool(np.ptp(weight) > 0)


def rows_by_weight(expected: np.ndarray, labels: Any, random_state: Any) -> np.ndarray:
    """Repeat rows so often that the mean over seeds is what is expected.

    Systematic sampling: the total is as expected to within one row, and so is that of
    each class. A class that would vanish keeps its heaviest row.

    Parameters
    ----------
    expected : ndarray of shape (n_rows,)
        How often each row is wanted, 0 or more.
    labels : array-like of shape (n_rows,) or None
        Class of each row; None where there are no classes.
    random_state : int, RandomState or None
        Seed of the draw.

    Returns
    -------
    index : ndarray of int
        Rows, in ascending order.
    """
    rng = check_random_state(random_state)
    codes = _class_codes(labels, len(expected))
    order = rng.permutation(len(expected))
    order = order[np.argsort(codes[order], kind="stable")]
    reached = np.floor(np.cumsum(expected[order]) + rng.uniform()).astype(np.intp)
    counts = np.empty(len(expected), dtype=np.intp)
    counts[order] = np.diff(reached, prepend=0)
    if labels is not None:
        _keep_each_class(counts, codes, expected)
    return np.repeat(np.arange(len(counts)), counts)


def _class_codes(labels: Any, n_rows: int) -> np.ndarray:
    """Return a number for each class; all one where there are none."""
    values = None if labels is None else np.asarray(labels)
    if values is None or values.ndim != 1:
        return np.zeros(n_rows, dtype=np.intp)
    return class_codes(values)


def _keep_each_class(counts: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> None:
    """Give one row to classes that have weight and got none, in place."""
    for code in np.flatnonzero(np.bincount(codes, weights=counts) == 0):
        members = np.flatnonzero(codes == code)
        heaviest = members[np.argmax(weight[members])]
        counts[heaviest] = weight[heaviest] > 0
