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
from skoverfit._folds import dealing_order, dealt_out, held_out

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
        cv, classes = self.cv, is_classifier(self._inner())
        cv = N_FOLDS if cv is None else cv
        if isinstance(cv, Real) and "groups" not in routed["split"]:
            return dealt_splits(y, cv, classes, self._chosen)
        cv = _group_split(cv) if _is_share(cv) else cv
        splitter = check_cv(cv, y, classifier=classes)
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

    def get_metadata_routing(self) -> Any:
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


def dealt_splits(y, cv, stratify, chosen) -> list[tuple[Any, Any]]:
    """Folds for an int, one held-out part for a share, dealt always in the same way."""
    n_rows = len(y)
    if n_rows < 2:
        raise ValueError(
            f"Choosing {chosen} by folds needs 2 rows or more, got n_samples={n_rows}."
        )
    strata = y if stratify and y.ndim == 1 else None
    order = dealing_order(n_rows, np.random.default_rng(0), strata)
    if not _is_share(cv):
        return dealt_out(order, min(cv, n_rows))
    split = held_out(order, cv)
    if split is None:
        raise ValueError(f"cv={cv!r} leaves no rows on one side of n_samples={n_rows}.")
    return [split]


def _is_share(cv):
    return isinstance(cv, Real) and not isinstance(cv, Integral)


def _group_split(held_out):
    return GroupShuffleSplit(1, test_size=held_out, random_state=0)


def as_target(y):
    """Target as an array; a single column becomes a vector."""
    y = np.asarray(y)
    return column_or_1d(y) if y.ndim == 2 and y.shape[1] == 1 else y
