"""What wrappers have in common that choose an amount by the scores of folds."""

from copy import deepcopy
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import GroupShuffleSplit, check_cv
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import column_or_1d

from skoverfit._compat import _routing_enabled, get_tags
from skoverfit._delegation import Wrapper

__all__ = ["FoldChoice", "as_target"]

N_FOLDS = 5


class FoldChoice(Wrapper):
    """Metadata, folds and tags of wrappers with `cv` and `scoring`."""

    # Weights are passed on, so the request that counts is the inner estimator's.
    __metadata_request__fit = {"sample_weight": UNUSED}

    #: What is chosen, for messages.
    _chosen = "an amount"

    def _splits(self, X, y, routed):
        """Training and test rows of each fold."""
        if self.cv is None or isinstance(self.cv, Integral):
            n_folds = N_FOLDS if self.cv is None else self.cv
            if "groups" not in routed["split"]:
                stratify = is_classifier(self._inner())
                return shuffled_folds(y, n_folds, stratify, self._chosen)
        if _is_share(self.cv):
            if "groups" not in routed["split"]:
                return one_split(y, self.cv, is_classifier(self._inner()), self._chosen)
            return list(_group_split(self.cv).split(X, y, **routed["split"]))
        splitter = check_cv(self.cv, y, classifier=is_classifier(self._inner()))
        return list(splitter.split(X, y, **routed["split"]))

    def _routed(self, params):
        """Metadata for fit, split and score."""
        if not _routing_enabled():
            groups = params.pop("groups", None)
            weights = params.get("sample_weight")
            return {
                "fit": params,
                "split": {} if groups is None else {"groups": groups},
                "score": {} if weights is None else {"sample_weight": weights},
            }
        routed = process_routing(self, "fit", **params)
        fit = routed.estimator.fit
        score = routed.scorer.score if self.scoring is not None else fit
        return {"fit": fit, "split": routed.splitter.split, "score": score}

    def get_metadata_routing(self):
        """Say which metadata goes to the estimator, the splitter and the scorer.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """

        def to(method):
            return MethodMapping().add(caller="fit", callee=method)

        router = MetadataRouter(owner=self)
        router.add(estimator=self._inner(), method_mapping=to("fit"))
        cv = _group_split(self.cv) if _is_share(self.cv) else self.cv
        cv = None if isinstance(cv, str) else cv
        router.add(splitter=check_cv(cv), method_mapping=to("split"))
        if self.scoring is not None:
            scorer = check_scoring(self._inner(), self.scoring)
            router.add(scorer=scorer, method_mapping=to("score"))
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = deepcopy(get_tags(self._inner()))
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.non_deterministic = inner.non_deterministic
        tags.no_validation = inner.no_validation
        return tags


def shuffled_folds(y, n_folds, stratify, chosen) -> list[tuple[Any, Any]]:
    """Deal out shuffled rows, class after class where there are classes.

    Always in the same way, and without complaint about rare classes.
    """
    n_rows, order = len(y), _dealing_order(y, stratify, chosen)
    fold = np.empty(n_rows, dtype=int)
    fold[order] = np.arange(n_rows) % min(n_folds, n_rows)
    return [
        (np.flatnonzero(fold != k), np.flatnonzero(fold == k))
        for k in range(min(n_folds, n_rows))
    ]


def one_split(y, held_out, stratify, chosen) -> list[tuple[Any, Any]]:
    """Hold out a share of the rows, as evenly over classes as folds do."""
    n_rows, order = len(y), _dealing_order(y, stratify, chosen)
    steps = np.floor(np.arange(n_rows + 1) * held_out + 0.5)
    is_held = np.zeros(n_rows, dtype=bool)
    is_held[order] = np.diff(steps) > 0
    if is_held.all() or not is_held.any():
        raise ValueError(
            f"cv={held_out!r} leaves no rows on one side of n_samples={n_rows}."
        )
    return [(np.flatnonzero(~is_held), np.flatnonzero(is_held))]


def _dealing_order(y, stratify, chosen):
    """Rows in an order that is always the same, class after class."""
    n_rows = len(y)
    if n_rows < 2:
        raise ValueError(
            f"Choosing {chosen} by folds needs 2 rows or more, got n_samples={n_rows}."
        )
    order = np.random.default_rng(0).permutation(n_rows)
    if stratify and y.ndim == 1:
        order = order[np.argsort(y[order], kind="stable")]
    return order


def _is_share(cv):
    return isinstance(cv, Real) and not isinstance(cv, Integral)


def _group_split(held_out):
    return GroupShuffleSplit(1, test_size=held_out, random_state=0)


def as_target(y):
    """Target as an array; a single column becomes a vector."""
    y = np.asarray(y)
    return column_or_1d(y) if y.ndim == 2 and y.shape[1] == 1 else y
