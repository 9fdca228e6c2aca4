"""New rows from the leaves of an adversarial random forest."""

from dataclasses import KW_ONLY
from functools import cached_property
from math import isqrt
from numbers import Integral, Real
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.utils import check_random_state

from skoverfit._compat import Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit._types import (
    Columns,
    TaskName,
)
from skoverfit.augmentation._docs import AUGMENTERS
from skoverfit.augmentation._tables._cells._mixed_table import (
    Lazy,
    MixedTable,
    is_smooth,
    refuse_sparse,
)
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter
from skoverfit.augmentation._targets import TASKS, class_codes, is_numeric_target

__all__ = ["AdversarialForest"]


# Rows on which the accuracy of a forest is measured, at most.
_MOST_JUDGED = 50_000

# Ranks that the trees see of a column, at most: sorting few takes half the time.
_MOST_RANKS = 1_000

# Trees of a forest by default: as many as keep trees times rows at most this large.
_TREE_ROWS, _FEWEST_TREES, _MOST_TREES = 80_000, 4, 20

# Columns of which a tree with random borders tries one border each, at least: of few
# columns that are drawn at random, often none tells the rows.
_LEAST_TRIED = 8

_FORESTS = {"best": RandomForestClassifier, "random": ExtraTreesClassifier}


@documented(AUGMENTERS)
@declared
class AdversarialForest(ColumnAugmenter):
    """Add rows drawn from the leaves of an adversarial random forest.

    A random forest learns to tell the rows from synthetic ones, whose columns were
    drawn independently. New synthetic rows are drawn independently within its leaves
    only, and a new forest learns to tell those, until it cannot [1]_. Then the columns
    are nearly independent within each leaf, and rows that are drawn there have the
    relations of the data, of whatever form.

    A new row is drawn in the leaf that its parent has in a tree drawn at random, from
    the rows of the same class in that leaf. What its cells hold depends on the column:

    - float: a number, see `within_leaf`; a value seen in the leaf if all of the column
      are whole;
    - integer, bool, category, string, date: a value seen in the leaf, with the
      frequency seen there;
    - missing: drawn like a value.

    The target is always the parent's.

    Parameters
    ----------
    p : float, default=1.0
        Probability that a cell is drawn, in [0, 1]; else it keeps the parent's value.
    {n_copies}
    n_estimators : int or "auto", default="auto"
        Number of trees of each forest, 1 or more. "auto" takes 20 for up to 4,000
        rows, fewer for more rows, and 4 from 20,000 rows on. Each new row is drawn
        in one tree, so that trees save time at little cost where rows are many.
    delta : float, default=0.0
        The rounds end when the out-of-bag accuracy of the forest is at most
        ``0.5 + delta``. In [0, 0.5].
    max_iter : int, default=10
        Largest number of rounds, 1 or more. They also end when the accuracy is no
        smaller than in the round before.
    max_samples : int or None, default=None
        Most rows, real and synthetic together, that one tree is grown on; drawn with
        replacement. It bounds the time of many rows, at a cost: all real rows are
        sorted into leaves of trees that are smaller, so each leaf holds more of them,
        within it their relations are lost, and new rows are easier to tell from real
        ones. None takes as many as there are; fewer trees cost less quality.
    splitter : {"best", "random"}, default="best"
        How the trees split. "best": at the best border of each column that is tried,
        as random forests do. "random": at the best of random borders, as extremely
        randomized trees do, of eight columns or more if there are as many. That takes
        less time where there are many rows, and keeps a little less of the relations.
    min_samples_leaf : int, default=5
        Smallest number of rows, synthetic ones included, in a leaf; 1 or more.
    within_leaf : {"normal", "uniform", "empirical"}, default="normal"
        How floats are drawn within a leaf. "normal": from a normal distribution with
        the mean and standard deviation of the rows there, cut off at the borders of
        the leaf. "uniform": between the smallest and the largest value there.
        "empirical": a value seen there.
    categorical_features : array-like of str or int, or None, default=None
        Names or positions of columns of floats that code categories, which must not be
        interpolated although not all are whole.
    n_jobs : int or None, default=None
        Number of threads that grow the trees; None is one, -1 all cores. The result
        does not depend on it.
    {task, columns}
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are one
        category, and taken from one row. "auto" finds columns that are one-hot
        in the data, scaled or not; None lets all columns change by themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    accuracies_ : ndarray of shape (n_rounds,)
        Out-of-bag accuracy of the forest of each round; 0.5 means that it cannot tell
        synthetic rows. The last round whose accuracy went down gives the leaves.
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range.
    TypeError
        If ``X`` is sparse.

    See Also
    --------
    GaussianCopula : Correlations only, and much faster.

    Notes
    -----
    The forest sees the ranks of the values in each column, missing as the lowest, and
    the target as one more column; ranks that are more than 1,000 are joined to 1,000
    of about as many rows each. All columns are seen, also those that are not drawn.
    Each row is the parent of as many new rows as any other, so leaves are drawn as
    often as they hold rows of the class.

    Differences from the method as published: values stay inside the range seen; and
    where a leaf holds rows of several classes, only those of the parent's class are
    drawn from, so that labels stay right also where the rounds end early. A row that
    is alone with its class in a leaf keeps its values there.

    References
    ----------
    .. [1] D. S. Watson, K. Blesch, J. Kapar, M. N. Wright, "Adversarial random forests
       for density estimation and generative modeling", International Conference on
       Artificial Intelligence and Statistics, PMLR 206, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import AdversarialForest
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 2))
    >>> forest = AdversarialForest(random_state=0)
    >>> X_out, y_out = forest.fit_resample(X, np.repeat([0, 1], 30))
    >>> X_out.shape
    (120, 2)
    >>> bool((X_out.min(axis=0) == X.min(axis=0)).all())
    True
    """

    p: float = 1.0
    n_copies: int = 1
    _: KW_ONLY
    n_estimators: int | Literal["auto"] = "auto"
    delta: float = 0.0
    max_iter: int = 10
    max_samples: int | None = None
    splitter: Literal["best", "random"] = "best"
    min_samples_leaf: int = 5
    within_leaf: Literal["normal", "uniform", "empirical"] = "normal"
    categorical_features: Columns = None
    n_jobs: int | None = None
    task: TaskName = "auto"

    _parameter_constraints = {
        "p": [Interval(Real, 0, 1, closed="both")],
        "n_estimators": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "delta": [Interval(Real, 0, 0.5, closed="both")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_samples": [Interval(Integral, 1, None, closed="left"), None],
        "splitter": [StrOptions(set(_FORESTS))],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
        "within_leaf": [StrOptions({"normal", "uniform", "empirical"})],
        "categorical_features": ["array-like", None],
        "task": TASKS,
        "n_jobs": [Integral, None],
    }

    def _learn(self, X, y):
        given = [] if self.categorical_features is None else self.categorical_features
        named = {self._position(each, "categorical_features") for each in given}
        units = self._learned_units(X)
        self._table = MixedTable(X, named, units.blocks)
        codes = [_coarse(self._table.codes(j)) for j in range(X.shape[1])]
        self._drawn = [j for j in units.firsts if self._table.kinds[j] != "other"]
        self._smooth = []
        if self.within_leaf != "empirical":
            self._smooth = [j for j in self._drawn if is_smooth(self._table, j)]
        numeric = is_numeric_target(y, self.task, self.sampling_strategy)
        labels, targets = _split_target(y, numeric)
        ranks = np.column_stack([*codes, *targets]).astype(np.float32)
        self._leaves = self._grown(ranks, X.shape[1], labels)

    def _grown(self, ranks, n_columns, labels):
        """Leaves of the last forest that was harder to grow than the one before."""
        rng = _own_generator(self.random_state)
        fake = _shuffled(ranks, n_columns, labels, rng)
        accuracies: list[float] = []
        best = None
        for _ in range(self.max_iter):
            forest = self._fitted(ranks, fake, int(rng.integers(2**31)))
            accuracy = _out_of_bag_accuracy(forest, ranks, fake)
            if accuracies and accuracy >= accuracies[-1]:
                accuracies.append(accuracy)
                break
            accuracies.append(accuracy)
            best = [_Leaves(tree.tree_, ranks, labels) for tree in forest.estimators_]
            if accuracy <= 0.5 + self.delta:
                break
            fake = ranks.copy()
            sources = _drawn_rows(best, np.arange(len(ranks)), n_columns, rng)
            fake[:, :n_columns] = ranks[sources, np.arange(n_columns)]
        self.accuracies_ = np.array(accuracies)
        return best

    def _fitted(self, ranks, fake, seed):
        n_rows = len(ranks) + len(fake)
        few = self.max_samples is None or n_rows <= self.max_samples
        n_columns = ranks.shape[1]
        n_tried = isqrt(n_columns)
        if self.splitter == "random":
            n_tried = min(max(n_tried, _LEAST_TRIED), n_columns)
        forest = _FORESTS[self.splitter](
            self._n_trees(len(ranks)),
            bootstrap=True,
            max_features=n_tried,
            max_samples=None if few else self.max_samples,
            min_samples_leaf=self.min_samples_leaf,
            n_jobs=self.n_jobs,
            random_state=seed,
        )
        return forest.fit(np.concatenate([ranks, fake]), _is_fake(ranks, fake))

    def _n_trees(self, n_rows):
        if self.n_estimators != "auto":
            return self.n_estimators
        return min(max(_TREE_ROWS // n_rows, _FEWEST_TREES), _MOST_TREES)

    def _augment(self, X, y, rng):
        parents, n_drawn = self._parents, len(self._drawn)
        rows = np.empty((n_drawn, len(parents)), dtype=np.int32)
        trees = rng.integers(len(self._leaves), size=len(parents))
        grown = [np.flatnonzero(trees == t) for t in range(len(self._leaves))]
        for leaves, places in zip(self._leaves, grown, strict=True):
            rows[:, places] = leaves.rows(parents[places], n_drawn, rng).T
        kept = None
        if self.p < 1:
            kept = rng.random(rows.shape, dtype=np.float32) >= self.p
            np.copyto(rows, parents, where=kept, casting="same_kind")
        seeds = rng.integers(2**63, size=n_drawn)
        number = {j: i for i, j in enumerate(self._drawn)}

        def computed(j):
            i = number[j]
            values = self._computed(j, grown, np.random.default_rng(seeds[i]))
            if kept is not None:
                own = self._table.numbers(j)[0][parents]
                np.copyto(values, own, where=kept[i])
            return values

        # One column after the other, so that only the sources take memory.
        taken, numbers = dict(zip(self._drawn, rows, strict=True)), self._smooth
        new_rows = self._new_rows
        return self._table.build(X, taken, Lazy(numbers, computed), out=new_rows), y

    def _computed(self, j, grown, rng):
        """Numbers of a column, drawn inside the leaves of the parents."""
        parents, values = self._parents, self._table.numbers(j)[0]
        seen = _seen(values, _coarse(self._table.codes(j)))
        result = np.empty(len(parents))
        for leaves, places in zip(self._leaves, grown, strict=True):
            draws = rng.random(len(places))
            if self.within_leaf == "normal":
                drawn = leaves.normal(parents[places], j, values, seen, draws)
            else:
                drawn = leaves.uniform(parents[places], values, draws)
            result[places] = drawn
        return result

    def _check_rows(self, X, y):
        refuse_sparse(self, X)
        return super()._check_rows(X, y)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def _own_generator(random_state):
    """Make a generator for the forests, whose draws are not those of the copies."""
    seed = check_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng([*seed.tolist(), 1])


def _split_target(y, numeric):
    """Class of each row, and the target as columns of ranks."""
    if numeric:
        columns = [
            _coarse(np.unique(c, return_inverse=True)[1])
            for c in y.reshape(len(y), -1).T
        ]
        return np.zeros(len(y), dtype=np.intp), columns
    labels = class_codes(y)
    return labels, [labels]


def _is_fake(ranks, fake):
    return np.repeat([0, 1], [len(ranks), len(fake)])


def _shuffled(ranks, n_columns, labels, rng):
    """Rows whose columns are shuffled independently within each class."""
    fake = ranks.copy()
    order = np.argsort(labels, kind="stable")
    for j in range(n_columns):
        shuffled = np.lexsort([rng.random(len(ranks)), labels])
        fake[order, j] = ranks[shuffled, j]
    return fake


def _out_of_bag_accuracy(forest, ranks, fake):
    """Accuracy of the votes of trees that have not seen a row."""
    data, truth = np.concatenate([ranks, fake]), _is_fake(ranks, fake)
    votes = np.zeros((len(data), 2))
    judged = np.arange(len(data)) % -(-len(data) // _MOST_JUDGED) == 0
    for tree, seen in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = judged.copy()
        unseen[seen] = False
        rows = np.flatnonzero(unseen)
        if rows.size:
            votes[rows] += tree.predict_proba(data[rows])
    voted = votes.sum(axis=1) > 0
    if not voted.any():
        return 0.5
    # A tie is half right.
    margin = (votes[:, 1] - votes[:, 0])[voted] * (2 * truth[voted] - 1)
    return float(np.mean(0.5 * (1 + np.sign(margin))))


def _drawn_rows(forest, parents, n_columns, rng):
    """Rows from which the cells of new rows are taken, one tree drawn for each."""
    rows = np.empty((len(parents), n_columns), dtype=np.intp)
    trees = rng.integers(len(forest), size=len(parents))
    for t, leaves in enumerate(forest):
        places = np.flatnonzero(trees == t)
        rows[places] = leaves.rows(parents[places], n_columns, rng)
    return rows


class _Leaves:
    """The real rows in the leaves of one tree, the classes in each leaf apart.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        Grown on ranks.
    ranks : ndarray of shape (n_rows, n_columns)
        The real rows as the tree sees them.
    labels : ndarray of int
        Class of each.
    """

    def __init__(self, tree, ranks, labels):
        self.tree = tree
        leaf = tree.apply(ranks)
        keys = leaf * (int(labels.max()) + 1) + labels
        self.order = np.argsort(keys, kind="stable").astype(np.int32)
        ordered = keys[self.order]
        first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.starts = first
        self.sizes = np.diff(np.r_[first, len(keys)])
        self.group = np.empty(len(keys), dtype=np.int32)
        self.group[self.order] = np.repeat(np.arange(len(first)), self.sizes)
        self.leaf = leaf[self.order[first]]  # of each group

    def rows(self, parents, n_columns, rng):
        """Rows of the groups of the parents, drawn for each column."""
        group = self.group[parents][:, np.newaxis]
        place = rng.random((len(parents), n_columns)) * self.sizes[group]
        return self.order[self.starts[group] + place.astype(np.intp)]

    def _extremes(self, values):
        """Smallest and largest value of each group."""
        ordered = values[self.order].astype(np.float64)
        return (
            np.fmin.reduceat(ordered, self.starts),
            np.fmax.reduceat(ordered, self.starts),
        )

    def uniform(self, parents, values, draws):
        """Numbers between the smallest and the largest of each parent's group."""
        group = self.group[parents]
        low, high = (extreme[group] for extreme in self._extremes(values))
        return low * (1 - draws) + high * draws

    def normal(self, parents, j, values, seen, draws):
        """Numbers from a normal distribution inside the leaf of each parent."""
        group = self.group[parents]
        mean, std = (part[group] for part in self._moments(values))
        low, high = self._borders(j, self.leaf[group], seen)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            first, last = ndtr((low - mean) / std), ndtr((high - mean) / std)
            drawn = mean + std * ndtri(first + draws * (last - first))
        # No spread, or numbers too large for it: the mean is as good.
        drawn = np.where(np.isfinite(drawn), drawn, mean)
        return np.clip(drawn, low, high)

    def _moments(self, values):
        """Mean and standard deviation of each group, of the values present."""
        ordered = values[self.order].astype(np.float64)
        missing = np.isnan(ordered)
        gaps = bool(missing.any())
        count = np.add.reduceat(~missing, self.starts, dtype=np.float64)
        count = np.maximum(count, 1)
        # Differences to a value of the group keep the sums small and constants exact.
        origin = np.fmin.reduceat(ordered, self.starts)
        if gaps:
            origin[np.isnan(origin)] = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            shift = ordered - np.repeat(origin, self.sizes)
            if gaps:
                shift[missing] = 0.0
            mean = np.add.reduceat(shift, self.starts) / count
            square = np.add.reduceat(shift**2, self.starts) / count
            std = np.sqrt(np.maximum(square - mean**2, 0.0))
            return np.where(np.isfinite(mean), origin + mean, origin), std

    def _borders(self, j, leaves, seen):
        """Smallest and largest value seen that some leaves admit in a column."""
        smallest, largest = seen
        lowest, highest = self._rank_borders(j, len(smallest) - 1)
        return smallest[lowest[leaves]], largest[highest[leaves]]

    def _rank_borders(self, j, last):
        """Smallest and largest rank that each node admits in a column."""
        start, end, nodes, firsts = self._layout
        low = np.zeros(self.tree.node_count, dtype=np.intp)
        high = np.full(self.tree.node_count, last)
        splits = nodes[firsts[j] : firsts[j + 1]]
        if not len(splits):
            return low, high
        # What is below a node stands in a row; what is above comes first.
        sides = self.tree.children_left[splits], self.tree.children_right[splits]
        left, right = ([start[side], end[side]] for side in sides)
        below = np.floor(self.tree.threshold[splits]).astype(np.intp).tolist()
        bounds = (part.tolist() for part in (*left, *right))
        for rank, a, b, c, d in zip(below, *bounds, strict=True):
            high[a:b] = min(high[a], rank)
            low[c:d] = max(low[c], rank + 1)
        low, high = low[start], high[start]
        # A leaf that admits missing cells only has an empty range.
        return np.clip(low, 0, last), np.clip(high, 0, last)

    @cached_property
    def _layout(self):
        """Places of the nodes when all below a node follow it, and the splits.

        Returned are where each node and all below it begin and end, the nodes that
        split, by column and from the top, and where those of each column begin.
        """
        tree, levels = self.tree, [np.zeros(1, dtype=np.intp)]
        while levels[-1].size:  # one level of the tree after the other
            nodes = levels[-1][tree.children_left[levels[-1]] >= 0]
            below = tree.children_left[nodes], tree.children_right[nodes]
            levels.append(np.concatenate(below))
        size = np.ones(tree.node_count, dtype=np.intp)
        start = np.zeros(tree.node_count, dtype=np.intp)
        inner = [nodes[tree.children_left[nodes] >= 0] for nodes in levels]
        for nodes in inner[::-1]:
            below = tree.children_left[nodes], tree.children_right[nodes]
            size[nodes] += size[below[0]] + size[below[1]]
        for nodes in inner:
            left = tree.children_left[nodes]
            start[left] = start[nodes] + 1
            start[tree.children_right[nodes]] = start[left] + size[left]
        splits = np.flatnonzero(tree.children_left >= 0)
        splits = splits[np.lexsort([start[splits], tree.feature[splits]])]
        columns = np.arange(tree.n_features + 1)
        return start, start + size, splits, tree.feature[splits].searchsorted(columns)


def _coarse(codes):
    """Join neighboring ranks to ``_MOST_RANKS`` of about as many rows each.

    Rows without a value keep the rank -1.
    """
    rows_up_to = np.cumsum(np.bincount(codes[codes >= 0]))
    if len(rows_up_to) <= _MOST_RANKS:
        return codes
    parts = (rows_up_to - 1) * _MOST_RANKS // rows_up_to[-1]
    joined = np.unique(parts, return_inverse=True)[1]
    return np.r_[joined, -1][codes]


def _seen(values, codes):
    """Smallest and largest value of each rank in a column."""
    values, codes = values[codes >= 0], codes[codes >= 0]
    smallest = np.full(int(codes.max()) + 1, np.inf)
    largest = -smallest
    np.minimum.at(smallest, codes, values)
    np.maximum.at(largest, codes, values)
    return smallest, largest
