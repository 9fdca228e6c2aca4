"""Forests: prefixes of trees, and trees whose limits never bind, tree by tree.

Each tree has a seed of its own, so that a smaller forest is the first trees of a
larger one, and each tree can be grown, certified and pruned without the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from skoverfit._compat import _num_samples
from skoverfit._compat._ensembles import (
    fit_tree,
    forest_rows,
    make_tree,
    planting,
    pruned_tree,
)
from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
    SharedFit,
    TrainingSet,
    register_shared_fit,
    remember,
    view_of,
)
from skoverfit.model_selection._shared_fits.families._growth import (
    LIMITS,
    Draw,
    Grown,
    Limits,
    Plot,
    Sample,
    has_usable_limits,
    loosest_first,
    reseeded,
    same_tree,
    sums_are_exact,
)
from skoverfit.model_selection._shared_fits.families._prefixes import (
    RunningSums,
    ascending,
    is_count,
    is_seed,
)

__all__ = ["ForestFamily"]

FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
#: Seeds of trees are below it, as in scikit-learn's ensembles.
MAX_SEED = np.iinfo(np.int32).max
#: What trees predict is kept for other forests up to this size, per group.
MAX_BYTES = 2**24


class ForestFamily(SharedFit):
    """Forests that differ in their size and in what stops the growth of trees."""

    name = "forest"
    free = ("n_estimators", *LIMITS, "ccp_alpha")

    def serves(self, estimator: Any) -> bool:
        """Whether the trees' random numbers and limits are known."""
        return (
            type(estimator) in FORESTS
            and is_seed(estimator.random_state)
            and is_count(estimator.n_estimators)
            and isinstance(estimator.criterion, str)
            and not estimator.warm_start
            # Trees are asked for their out-of-bag rows one by one: nothing to gain.
            and not estimator.oob_score
            and has_usable_limits(estimator)
        )

    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Grow each distinct tree once, the loosest limits first."""
        X, y, fit_params, rows = data
        plan = _plan(estimators, _num_samples(X))
        nursery = _Nursery(estimators, list(plan), (X, y, fit_params))
        votes_of = _VotesOfTrees(nursery.forest, rows)
        for limits, positions in plan.items():
            size = max(estimators[position].n_estimators for position in positions)
            stand = nursery.grow(limits, size)
            for group in _by_alpha(estimators, positions):
                # Pruning happens after growth and draws nothing, so one stand of trees
                # is pruned for each alpha.
                alpha = estimators[group[0]].ccp_alpha
                trees = stand if alpha == 0 else [_pruned(g, alpha) for g in stand]
                votes = _Votes(trees, votes_of, rows, nursery.is_kept(stand))
                for position in group:
                    view = nursery.view(estimators[position], trees)
                    name = "predict_proba" if hasattr(view, "classes_") else "predict"
                    remember(view, name, votes.of(view), rows)
                    yield position, view

    def cost(self, estimator: Any) -> float:
        """Trees to grow."""
        return float(estimator.n_estimators)


def _plan(estimators: Sequence[Any], n_samples: int) -> dict[Limits, list[int]]:
    """Positions by limits, the loosest first; the smallest forests first."""
    # Small forests first, because the sum of votes of a larger one goes on from them.
    plan: dict[Limits, list[int]] = {}
    for position in ascending(estimators, "n_estimators"):
        limits = Limits.of(estimators[position], n_samples)
        plan.setdefault(limits, []).append(position)
    return {limits: plan[limits] for limits in sorted(plan, key=loosest_first)}


def _by_alpha(estimators: Sequence[Any], positions: list[int]) -> list[list[int]]:
    groups: dict[float, list[int]] = {}
    for position in positions:
        groups.setdefault(estimators[position].ccp_alpha, []).append(position)
    return list(groups.values())


def _pruned(grown: Grown, ccp_alpha: float) -> Grown:
    tree = pruned_tree(grown.tree, ccp_alpha)
    return Grown(tree, grown.limits, grown.total_weight, grown.exact_sums)


class _Seedling:
    """Stands in for a tree in a forest's ``fit``: keeps what a tree would grow from."""

    def __init__(self, seed: int, pilot: Any = None) -> None:
        self.seed, self._pilot = seed, pilot

    @property
    def random_state(self) -> Any:
        """What scikit-learn draws the bootstrap from."""
        return reseeded(self.seed)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        check_input: bool = True,
        missing_values_in_feature_mask: Any = None,
    ) -> "_Seedling":
        self.data = X, y, missing_values_in_feature_mask
        # A forest holds the weights of all its trees until the last one has grown.
        self.weights, self.whole = _compact(sample_weight)
        if self._pilot is not None:
            fit_tree(
                self._pilot,
                X,
                y,
                sample_weight=sample_weight,
                check_input=check_input,
                missing_values_in_feature_mask=missing_values_in_feature_mask,
            )
        return self

    def sample(self) -> Sample:
        """Return what the tree is grown from, besides the rows."""
        weights = self.weights
        if weights is None:
            return Sample(Draw(self.seed), None, float(len(self.data[1])))
        # The total is added up in the order and type of scikit-learn: its last bit
        # decides whether a leaf is heavy enough.
        weights = weights.astype(np.float64)
        return Sample(Draw(self.seed), weights, float(np.sum(weights)))


def _compact(weights: Any) -> tuple[Any, bool]:
    """Return weights, in a byte each if they are small whole numbers."""
    if weights is None:
        return None, True
    # Bootstrap counts are small whole numbers; an eighth of the memory holds them.
    with np.errstate(invalid="ignore"):
        small = weights.astype(np.uint8)
    whole = np.array_equal(small, weights)
    return (small if whole else weights), whole


class _Nursery:
    """Grows the trees of all forests of a group on one training set.

    scikit-learn's own ``fit`` of the largest forest validates, draws seeds and
    bootstraps; only its trees are replaced by `_Seedling`, the first one apart.

    Attributes
    ----------
    forest : estimator object
        Fitted, with a single tree.
    """

    def __init__(
        self, estimators: Sequence[Any], plan: list[Limits], data: tuple[Any, ...]
    ) -> None:
        self._left = list(plan)
        self._stands: list[tuple[Limits, list[Grown]]] = []
        X, y, fit_params = data
        largest = max(estimators, key=lambda estimator: estimator.n_estimators)
        self.forest = clone(largest)
        # Only the pilot grows in this fit; `grow` uses the threads.
        settings = {"n_jobs": 1, "verbose": 0, "ccp_alpha": 0.0}
        limits = {name: getattr(estimators[0], name) for name in LIMITS}
        self.forest.set_params(**settings, **limits)
        self._seedlings: list[_Seedling] = []
        self._draws = np.random.RandomState(largest.random_state)
        with planting(self.forest, self._make_seedling):
            self.forest.fit(X, y, **fit_params)
        self._pilot = self._seedlings[0]._pilot
        self.forest.estimators_ = [self._pilot]
        self._n_jobs = largest.n_jobs
        self._plot = Plot(self._pilot, *self._seedlings[0].data)
        # Constraints of monotonicity have a code of their own.
        self._trusted = getattr(largest, "monotonic_cst", None) is None
        codes = self._seedlings[0].data[1]
        # A bootstrap count fits a byte (see `_compact`), which bounds all sums.
        self._exact = sums_are_exact(
            largest.criterion,
            np.zeros(1) if hasattr(self._pilot, "classes_") else codes,
            np.full(len(codes), float(np.iinfo(np.uint8).max)),
        )

    def _make_seedling(self, append: bool = True, random_state: Any = None) -> Any:
        """Draw a seed as forests do for trees, which is checked on two of them."""
        pilot = None
        if self._seedlings:
            seed = random_state.randint(MAX_SEED)
        else:
            pilot = make_tree(self.forest, random_state)
            seed = pilot.random_state
        if len(self._seedlings) < 2 and seed != self._draws.randint(MAX_SEED):
            raise InternalsChangedError("Forests draw other seeds for their trees.")
        self._seedlings.append(_Seedling(seed, pilot))
        return self._seedlings[-1]

    def grow(self, limits: Limits, size: int) -> list[Grown]:
        """Return the first `size` unpruned trees under limits.

        Limits must come in the order of the plan.
        """
        self._left.remove(limits)
        # Any stand under looser limits may have the tree, also one that was itself
        # taken over tree by tree.
        sources = [stand for own, stand in self._stands if own.allow(limits)]
        reused = [_reused(index, limits, sources) for index in range(size)]
        missing = [index for index, grown in enumerate(reused) if grown is None]
        new = dict(zip(missing, self._grow_anew(limits, missing), strict=True))
        stand = [grown or new[index] for index, grown in enumerate(reused)]
        if new:
            self._stands.append((limits, stand))
        # Trees take most of the memory: those that no later limits can use are let go.
        self._stands = [known for known in self._stands if self._is_useful(*known)]
        return stand

    def is_kept(self, stand: list[Grown]) -> bool:
        """Whether trees of a stand may serve further limits."""
        return any(stand is kept for _, kept in self._stands)

    def _is_useful(self, limits: Limits, stand: list[Grown]) -> bool:
        return any(
            limits.allow(other)
            and any(grown.smallest_tried >= other.min_samples_split for grown in stand)
            for other in self._left
        )

    def _grow_anew(self, limits: Limits, indices: list[int]) -> list[Grown]:
        if not indices:
            return []
        # scikit-learn's `fit` checks and converts the rows for each tree. The short way
        # is taken only as long as it grows the same first tree.
        first = self._slowly(limits, indices[0])
        if self._trusted:
            first_again = self._quickly(limits, indices[0])
            self._trusted = same_tree(first.tree, first_again.tree)
        grow = self._quickly if self._trusted else self._slowly
        rest = _each(lambda index: grow(limits, index), indices[1:], self._n_jobs)
        return [first, *rest]

    def _quickly(self, limits: Limits, index: int) -> Grown:
        seedling = self._seedlings[index]
        sample = seedling.sample()
        tree = self._plot.grow(limits, sample)
        return Grown(tree, limits, sample.total_weight, self._exact and seedling.whole)

    def _slowly(self, limits: Limits, index: int) -> Grown:
        """Let scikit-learn grow the tree."""
        seedling = self._seedlings[index]
        X, y, missing = seedling.data
        sample = seedling.sample()
        tree = clone(self._pilot)
        tree.set_params(random_state=seedling.seed, **asdict(limits))
        fit_tree(
            tree,
            X,
            y,
            sample_weight=sample.weights,
            check_input=False,
            missing_values_in_feature_mask=missing,
        )
        exact = self._exact and seedling.whole
        return Grown(tree.tree_, limits, sample.total_weight, exact)

    def view(self, estimator: Any, trees: list[Grown]) -> Any:
        """Return a fitted forest of the first trees."""
        state = dict(vars(self._pilot))
        for name in self.forest.estimator_params:
            state[name] = getattr(estimator, name)
        seedlings = self._seedlings[: estimator.n_estimators]
        fitted = []
        for seedling, grown in zip(seedlings, trees, strict=False):
            # Views hold many trees, so these are put together without the constructor.
            tree = object.__new__(type(self._pilot))
            own = {"random_state": seedling.seed, "tree_": grown.tree}
            vars(tree).update(state, **own)
            fitted.append(tree)
        return view_of(self.forest, estimator, estimators_=fitted)


def _each(function: Callable[[int], Any], items: list[int], n_jobs: Any) -> list[Any]:
    """Apply a function in as many threads as the forest's own ``fit`` would."""
    if n_jobs in (None, 1):
        return [function(item) for item in items]
    run = Parallel(n_jobs=n_jobs, prefer="threads")
    return list(run(delayed(function)(item) for item in items))


def _reused(index: int, limits: Limits, stands: list[list[Grown]]) -> Grown | None:
    """Return a tree of other limits that these would have grown, too."""
    for stand in stands:
        grown = stand[index].under(limits) if index < len(stand) else None
        if grown is not None:
            return grown
    return None


class _KnownRows:
    """Rows as trees take them, and how much is kept of what trees say of them."""

    def __init__(self, X: Any) -> None:
        self.X = X


class _VotesOfTrees:
    """What single trees predict, computed once while other forests may ask again."""

    def __init__(self, forest: Any, rows: Sequence[Any]) -> None:
        self._known = OncePerRows(lambda X: _KnownRows(forest_rows(forest, X)), rows)
        self._room = MAX_BYTES

    def __call__(self, grown: Grown, X: Any, keep: bool) -> np.ndarray:
        known = self._known(X)
        votes = grown.votes.get(known)
        if votes is None:
            votes = grown.tree.predict(known.X)
            # What does not fit is computed again, which costs time and not memory.
            if keep and votes.nbytes <= self._room:
                self._room -= votes.nbytes
                grown.votes[known] = votes
        return votes


class _Votes:
    """What forests of the first trees of a stand predict for known rows.

    Trees are added up in their order, as scikit-learn does in a single thread, each
    once: a larger forest continues the sum of a smaller one.
    """

    def __init__(
        self,
        trees: list[Grown],
        votes_of: _VotesOfTrees,
        rows: Sequence[Any],
        keep: bool,
    ) -> None:
        self._trees, self._votes_of, self._keep = trees, votes_of, keep
        self._sums = RunningSums(rows)

    def of(self, forest: Any) -> Callable[[Any], Any]:
        """Return the answer of one forest."""
        finish = _class_shares if hasattr(forest, "classes_") else _means
        return lambda X: finish(self._sum(X, forest.n_estimators), forest)

    def _sum(self, X: Any, size: int) -> np.ndarray:
        start, total = self._sums.resume(X, size)
        for grown in self._trees[start:size]:
            votes = self._votes_of(grown, X, self._keep)
            # From zero, as scikit-learn does: 0 + x is x, but -0.0 becomes 0.0.
            total = np.zeros_like(votes) if total is None else total
            total += votes
        assert total is not None  # forests have trees
        self._sums.keep(X, size, total)
        return total


def _class_shares(total: np.ndarray, forest: Any) -> Any:
    """Return what ``predict_proba`` makes of the sum of the trees' shares."""
    if forest.n_outputs_ == 1:
        return total / forest.n_estimators
    return [
        # A tree has as many columns for each output as the output with most classes.
        np.ascontiguousarray(total[:, output, :n_classes]) / forest.n_estimators
        for output, n_classes in enumerate(forest.n_classes_)
    ]


def _means(total: np.ndarray, forest: Any) -> np.ndarray:
    """Return what ``predict`` makes of the sum of the trees' values."""
    return total[..., 0] / forest.n_estimators


register_shared_fit(ForestFamily())
