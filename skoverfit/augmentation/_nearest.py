"""Nearest neighbours of every row of a table, within one block of rows.

For many columns every search compares all pairs. What takes the time then is not the
arithmetic but choosing the few smallest of the many distances, so here the smallest of
each group of distances is taken first, in the processor's cache, and only the groups
that can hold a neighbour are looked into. Rows that agree in some columns of levels are
searched together, so that these columns cost one number for each row.
"""

import numpy as np
from scipy.linalg import helmert
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import gen_batches

from skoverfit._compat import ArgKmin

__all__ = ["CodedColumns", "nearest"]

# Up to this number of columns a tree beats comparing all pairs.
_MAX_TREE_COLUMNS = 6
# Up to this number of rows the plain comparison of all pairs is as fast.
_MAX_PLAIN_ROWS = 10_000
# Rows that are compared at once, rows that they are compared with, and distances of
# which the smallest is kept. The first two make a block that fits the cache.
_QUERIES, _TILE, _GROUP = 256, 4096, 32
# Groups, and then rows of them, beyond the number of neighbours that are looked into.
_SPARE = 3
# Rows that must agree on average in the columns that are not made points of space.
_ALIKE = 128
# What single precision may cost: a neighbour that is not the nearest may have a squared
# distance that is larger by this share. Else the row is searched in double precision.
_TOLERANCE = 1e-3
# Columns with more levels than this get codes that are only nearly orthogonal.
_MAX_LEVELS = 16
# More neighbours than this are searched by the plain comparison, whose memory is small.
_MAX_GROUPED_NEIGHBORS = 50
# Rows whose candidates are compared at once.
_BATCH = 512


class CodedColumns:
    """Columns in which two rows either agree or differ, as points in space.

    Two rows that differ in a column are `penalty` apart in it. For few levels the
    points that stand for the levels are exactly so far apart; for many, their squared
    distance varies around that by a quarter, and the search has to be refined.

    Parameters
    ----------
    codes : list of ndarray of int
        Codes of the levels of each column, -1 for missing, which is a level.
    penalty : float
        Distance of two levels.
    """

    def __init__(self, codes, penalty):
        self.codes, self.penalty = codes, penalty
        self.exact = True
        self._parts = [self._points(each) for each in codes]

    def _points(self, codes):
        levels, inverse = np.unique(codes, return_inverse=True)
        if len(levels) < 2:
            return np.empty((0, len(codes))), None
        if len(levels) <= _MAX_LEVELS:  # a regular simplex
            points = helmert(len(levels)).T / np.sqrt(2)
        else:
            self.exact = False
            points = np.random.default_rng(0).normal(size=(len(levels), _MAX_LEVELS))
            points /= np.sqrt(2) * np.linalg.norm(points, axis=1, keepdims=True)
        return points, inverse

    def embedding(self):
        """One row of coordinates for each row of the table."""
        parts = [p[i] for p, i in self._parts if i is not None]
        if not parts:
            return np.empty((len(self.codes[0]) if self.codes else 0, 0))
        return self.penalty * np.hstack(parts)

    def shared(self):
        """Columns in which enough rows agree to be searched together.

        Returns
        -------
        columns : list of int
            Those with the most levels that leave sets of `_ALIKE` rows on average.
        labels : ndarray of int
            Number of the set of each row.
        """
        n_rows = len(self.codes[0]) if self.codes else 0
        columns, labels = [], np.zeros(n_rows, dtype=np.intp)
        sizes = [len(points) for points, _ in self._parts]
        for j in np.argsort(sizes, kind="stable")[::-1].tolist():
            inverse = self._parts[j][1]
            if inverse is None:
                continue
            finer = np.unique(labels * sizes[j] + inverse, return_inverse=True)
            if len(finer[0]) * _ALIKE <= n_rows:
                columns.append(j)
                labels = finer[1]
        return columns, labels

    def part(self, columns):
        """Return some of the columns."""
        return CodedColumns([self.codes[j] for j in columns], self.penalty)

    def squared_distances(self, rows, candidates):
        """Exact share of these columns in squared distances of rows to candidates."""
        differ = np.zeros(candidates.shape)
        for codes in self.codes:
            differ += codes[rows][:, np.newaxis] != codes[candidates]
        return self.penalty**2 * differ


def nearest(points, coded, k):
    """Return the k nearest other rows of each row, the nearest first.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_columns)
        Coordinates, finite.
    coded : CodedColumns
        Further columns.
    k : int
        Number of neighbours, less than n_rows.

    Returns
    -------
    neighbors : ndarray of shape (n_rows, k)
    """
    n_rows = len(points)
    if _is_grouped(n_rows, points.shape[1] + len(coded.codes), k):
        return _split_search(points, coded, k)
    space = np.hstack([points, coded.embedding()]) if coded.codes else points
    if coded.exact:
        return _search(space, k)
    candidates = _search(space, _n_candidates(n_rows, k))
    return _refined(points, coded, candidates, k)


def _is_grouped(n_rows, n_columns, k):
    """Whether comparing all pairs in groups is the fastest."""
    if n_rows <= _MAX_PLAIN_ROWS or k > _MAX_GROUPED_NEIGHBORS:
        return False
    return n_columns > _MAX_TREE_COLUMNS


def _n_candidates(n_rows, k):
    """How many neighbours to look for where distances are only nearly right."""
    return min(4 * k + 10, n_rows - 1)


def _split_search(points, coded, k):
    """Search in groups; columns of levels that many rows share are not in space."""
    columns, labels = coded.shared()
    others = coded.part([j for j in range(len(coded.codes)) if j not in columns])
    space = np.hstack([points, others.embedding()]) if others.codes else points
    space = space - space.mean(axis=0) if space.shape[1] else space
    shared = coded.part(columns) if columns else None
    if others.exact:
        return _grouped(space, shared, labels, k)
    candidates = _grouped(space, shared, labels, _n_candidates(len(points), k))
    return _refined(points, coded, candidates, k)


def _search(space, k):
    n_rows, n_columns = space.shape
    if n_columns == 0:  # all rows are equal: those that follow, in a circle
        return (np.arange(n_rows)[:, np.newaxis] + np.arange(1, k + 1)) % n_rows
    if n_columns <= _MAX_TREE_COLUMNS:
        tree = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(space)
        return tree.kneighbors(return_distance=False)
    if not _is_grouped(n_rows, n_columns, k):
        return _plain(space, np.arange(n_rows), k)
    return _grouped(space - space.mean(axis=0), None, None, k)


def _plain(space, rows, k):
    """Compare all pairs in double precision."""
    # One strategy for any number of threads, so that ties are resolved alike.
    found = ArgKmin.compute(
        np.ascontiguousarray(space[rows]),
        np.ascontiguousarray(space),
        min(k + 1, len(space)),
        metric="sqeuclidean",
        strategy="parallel_on_X",
        return_distance=False,
    )
    return _without(found, rows, k)


def _without(found, rows, k):
    """Drop the row itself, or the last if duplicates have crowded it out."""
    own = found == rows[:, np.newaxis]
    own[~own.any(axis=1), -1] = True
    return found[~own].reshape(len(rows), -1)[:, :k]


def _refined(points, coded, candidates, k):
    """Choose the k nearest of the candidates by exact distances."""
    result = np.empty((len(points), k), dtype=candidates.dtype)
    for batch in gen_batches(len(points), _BATCH):
        near, rows = candidates[batch], np.arange(batch.start, batch.stop)
        distances = _squared(points, rows, near) + coded.squared_distances(rows, near)
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        result[batch] = np.take_along_axis(near, order, axis=1)
    return result


def _squared(space, rows, candidates):
    difference = space[candidates]
    difference -= space[rows][:, np.newaxis]
    return np.einsum("ijk,ijk->ij", difference, difference)


def _grouped(space, shared, labels, k):
    """Search in single precision with a certificate; double where that fails."""
    search = _GroupedSearch(space, shared, k)
    result = np.empty((len(space), k), dtype=np.intp)
    failed = []
    for rows in _alike(labels, len(space)):
        result[rows], certain = search.query(rows)
        failed.append(rows[~certain])
    rows = np.concatenate(failed)
    if rows.size:
        whole = np.hstack([space, shared.embedding()]) if shared else space
        result[rows] = _plain(whole, rows, k)
    return result


def _alike(labels, n_rows):
    """Yield rows to be searched together, all of one label."""
    if labels is None or not len(labels):
        rows, starts = np.arange(n_rows), [0]
    else:
        rows = np.argsort(labels, kind="stable")
        starts = np.flatnonzero(np.diff(labels[rows], prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], n_rows], strict=True):
        for batch in gen_batches(end - start, _QUERIES):
            yield rows[start + batch.start : start + batch.stop]


class _GroupedSearch:
    """All pairs in single precision, the smallest of each group of distances kept.

    A row that is not in one of the groups looked into is further away than the
    smallest distance of each of them, up to rounding. There are more of them than
    neighbours, so it cannot be a neighbour, up to twice the rounding error. The same
    holds for the rows of these groups, of which only the nearest are compared exactly.

    Parameters
    ----------
    space : ndarray of shape (n_rows, n_columns)
        Coordinates around 0.
    shared : CodedColumns or None
        Further columns, of few and exact levels or of any; rows of one query agree in
        all of them.
    k : int
        Number of neighbours.
    """

    def __init__(self, space, shared, k):
        self.space, self.shared, self.k = space, shared, k
        n_rows, n_columns = space.shape
        self.tile = min(_TILE, -(-n_rows // _GROUP) * _GROUP)
        n_tiles = -(-n_rows // self.tile)
        # Filled up with rows that are infinitely far; the last column is |x|^2.
        self.single = np.zeros((n_tiles * self.tile, n_columns + 1), dtype=np.float32)
        self.single[:n_rows, :-1] = space
        norms = np.einsum("ij,ij->i", self.single[:n_rows], self.single[:n_rows])
        self.norms = np.full(len(self.single), np.inf, dtype=np.float32)
        self.norms[:n_rows] = self.single[:n_rows, -1] = norms
        self.single[n_rows:, -1] = np.inf
        self.largest = float(norms.max())
        self.n_groups = self.tile // _GROUP
        tiles = self.single.reshape(n_tiles, self.n_groups, _GROUP, n_columns + 1)
        # A group is a run of rows; in a tile the first rows of all groups come first.
        self.tiles = [
            each.transpose(2, 1, 0).reshape(n_columns + 1, self.tile) for each in tiles
        ]

    def query(self, rows):
        """Neighbours of some rows, and for which of them they are certain."""
        # |q - x|^2 - |q|^2 is one product: the last column adds |x|^2.
        left = -2 * self.single[rows]
        left[:, -1] = 1
        further = self._further(rows[0])
        members, near = self._candidates(left, self._smallest(left, further), further)
        near[members == rows[:, np.newaxis]] = np.inf
        near[members >= len(self.space)] = np.inf
        n_kept = min(self.k + _SPARE, members.shape[1])
        kept = np.argpartition(near, n_kept - 1, axis=1)[:, :n_kept]
        members = np.take_along_axis(members, kept, axis=1)
        infinite = np.isinf(np.take_along_axis(near, kept, axis=1))
        distances = self._exact(rows, np.where(infinite, 0, members))
        distances[infinite] = np.inf
        order = np.argsort(distances, axis=1, kind="stable")[:, : self.k]
        furthest = np.take_along_axis(distances, order[:, -1:], axis=1)[:, 0]
        return np.take_along_axis(members, order, axis=1), self._certain(rows, furthest)

    def _further(self, row):
        """Share of the columns that queries agree in, of squared distances to rows."""
        result = np.zeros(len(self.single), dtype=np.float32)
        if self.shared is not None:
            everything = np.arange(len(self.space))[np.newaxis]
            own = self.shared.squared_distances(np.array([row]), everything)
            result[: len(self.space)] = own[0]
        return result

    def _smallest(self, left, further):
        """Smallest distance of each row to the rows of each group."""
        n_columns = len(self.tiles) * self.n_groups
        result = np.empty((len(left), n_columns), np.float32)
        buffer = np.empty((len(left), self.tile), dtype=np.float32)
        ordered = further.reshape(len(self.tiles), self.n_groups, _GROUP)
        norms = self.norms.reshape(ordered.shape)
        for i, right in enumerate(self.tiles):
            right[-1] = (norms[i] + ordered[i]).T.ravel()
            with np.errstate(over="ignore", invalid="ignore"):
                np.matmul(left, right, out=buffer)
            grouped = buffer.reshape(len(left), _GROUP, self.n_groups)
            part = slice(i * self.n_groups, (i + 1) * self.n_groups)
            np.minimum.reduce(grouped, axis=1, out=result[:, part])
        return result

    def _candidates(self, left, smallest, further):
        """Rows of the nearest groups, and their distances in single precision."""
        n_looked = min(self.k + 1 + _SPARE, smallest.shape[1])
        groups = np.argpartition(smallest, n_looked - 1, axis=1)[:, :n_looked]
        blocks = self.single.reshape(-1, _GROUP * self.single.shape[1])[groups]
        blocks = blocks.reshape(len(left), n_looked * _GROUP, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            near = np.matmul(blocks, left[:, :, np.newaxis])[:, :, 0]
        near += further.reshape(-1, _GROUP)[groups].reshape(near.shape)
        members = groups[:, :, np.newaxis] * _GROUP + np.arange(_GROUP)
        return members.reshape(near.shape), near

    def _exact(self, rows, members):
        distances = _squared(self.space, rows, members)
        if self.shared is not None:
            distances += self.shared.squared_distances(rows, members)
        return distances

    def _certain(self, rows, furthest):
        """Whether rounding errors are small beside the distance of the k-th."""
        largest = np.sqrt(self.norms[rows].astype(np.float64))
        largest += np.sqrt(self.largest)
        squared = largest**2
        if self.shared is not None:
            squared += len(self.shared.codes) * self.shared.penalty**2
        unit = np.finfo(np.float32).eps / 2
        error = unit * (self.space.shape[1] + 5) * squared
        return (2 * error <= _TOLERANCE * furthest) | (furthest == 0)
