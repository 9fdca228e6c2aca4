"""A search with a list of families in the place of its estimator."""

import copy
from typing import Any, Self

from skoverfit._compat import BaseSearchCV, _BaseComposition, offered_as_by
from skoverfit.model_selection._families._checks import (
    check_default_score,
    families_of,
)

__all__ = ["FamiliesMixin", "estimator_of", "space_of"]


def estimator_of(search: Any) -> Any:
    """Return what a search varies: its estimator, or its list of families as one."""
    listed = search.estimator
    if not isinstance(listed, list):
        return listed
    return families_of(listed, list(search.get_params(deep=False)))


def space_of(search: Any) -> Any:
    """Return the space of a search, by families where it has a list of them."""
    if not isinstance(search.estimator, list):
        if search.param_space is None:
            raise ValueError(
                "param_space=None needs a list of (name, estimator, space) as the "
                f"estimator, but estimator={search.estimator!r}. Give a dict, a list "
                "of dicts or 'auto'."
            )
        return search.param_space
    if search.param_space is not None:
        raise ValueError(
            f"param_space={search.param_space!r} must be left out where estimator is a "
            "list: each family has its own space there."
        )
    return {name: space for name, _, space in search.estimator}


def _as_one(search: Any) -> Any:
    """Return a search whose estimator is one; the search itself where it is already."""
    if not isinstance(search.estimator, list):
        return search
    view = copy.copy(search)
    view.estimator = estimator_of(search)
    return view


def _offered(name: str) -> Any:
    return offered_as_by(BaseSearchCV, name, _as_one)


class FamiliesMixin(_BaseComposition):
    """What a search needs to take a list of families as its estimator."""

    estimator: Any

    predict = _offered("predict")
    predict_proba = _offered("predict_proba")
    predict_log_proba = _offered("predict_log_proba")
    decision_function = _offered("decision_function")
    score_samples = _offered("score_samples")
    transform = _offered("transform")
    inverse_transform = _offered("inverse_transform")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters of the search and of what it searches.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include those of the estimator as ``estimator__parameter``; of a
            list of families, each under its name and its own as ``name__parameter``.

        Returns
        -------
        params : dict
            Names and values.
        """
        return self._get_params("_named", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters: a family by its name, and others as in ``get_params``.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        self : object
            The search itself.
        """
        self._set_params("_named", **params)
        return self

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes to the estimator, the splitter and the scorer.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        return super(FamiliesMixin, _as_one(self)).get_metadata_routing()

    @property
    def _named(self) -> Any:
        """Families as pairs of a name and an estimator; None where there are none."""
        if not isinstance(self.estimator, list):  # ensembles can be iterated, too
            return None
        try:
            return [(name, part) for name, part, _ in self.estimator]
        except (TypeError, ValueError):  # a wrong one: `fit` will tell
            return None

    @_named.setter
    def _named(self, pairs: list[tuple[str, Any]]) -> None:
        spaces = [space for *_, space in self.estimator]
        self.estimator = [
            (*pair, space) for pair, space in zip(pairs, spaces, strict=True)
        ]

    def _get_scorers(self) -> Any:
        view = _as_one(self)
        if view is not self and self.scoring is None:
            check_default_score(view.estimator)
        return super(FamiliesMixin, view)._get_scorers()

    def _sk_visual_block_(self) -> Any:
        return super(FamiliesMixin, _as_one(self))._sk_visual_block_()

    def __sklearn_tags__(self):
        return super(FamiliesMixin, _as_one(self)).__sklearn_tags__()
