"""Nearest neighbours of every row of a table, within one block of rows.

For many columns every search compares all pairs. What takes the time then is not the
arithmetic but choosing the few smallest of the many distances, so here the smallest of
each group of distances is taken first, in the processor's cache, and only the groups
that can hold a neighbour are looked into.
"""

import numpy as np
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
# Groups beyond the number of neighbours that are looked into.
_SPARE_GROUPS = 3
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
        if len(levels) == 2:
            points = np.array([[0.0], [1.0]])
        elif len(levels) <= _MAX_LEVELS:
            points = np.eye(len(levels)) / np.sqrt(2)
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
    space = np.hstack([points, coded.embedding()]) if coded.codes else points
    n_rows = len(space)
    if coded.exact:
        return _search(space, k)
    candidates = _search(space, min(4 * k + 10, n_rows - 1))
    return _refined(points, coded, candidates, k)


def _search(space, k):
    n_rows, n_columns = space.shape
    if n_columns == 0:  # all rows are equal: those that follow, in a circle
        return (np.arange(n_rows)[:, np.newaxis] + np.arange(1, k + 1)) % n_rows
    if n_columns <= _MAX_TREE_COLUMNS:
        tree = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(space)
        return tree.kneighbors(return_distance=False)
    if n_rows <= _MAX_PLAIN_ROWS or k > _MAX_GROUPED_NEIGHBORS:
        return _plain(space, np.arange(n_rows), k)
    return _grouped(space - space.mean(axis=0), k)


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


def _grouped(space, k):
    """Search in single precision with a certificate; double where that fails."""
    search = _GroupedSearch(space, k)
    result = np.empty((len(space), k), dtype=np.intp)
    failed = []
    for batch in gen_batches(len(space), _QUERIES):
        result[batch], certain = search.query(np.arange(batch.start, batch.stop))
        failed.append(batch.start + np.flatnonzero(~certain))
    rows = np.concatenate(failed)
    if rows.size:
        result[rows] = _plain(space, rows, k)
    return result


class _GroupedSearch:
    """All pairs in single precision, the smallest of each group of distances kept.

    A row that is not in one of the groups looked into is further away than the
    smallest distance of each of them, up to rounding. There are more of them than
    neighbours, so it cannot be a neighbour, up to twice the rounding error.
    """

    def __init__(self, space, k):
        self.space, self.k = space, k
        self.single = space.astype(np.float32)
        self.norms = np.einsum("ij,ij->i", self.single, self.single)
        # |q - x|^2 - |q|^2 is one product: the last column adds |x|^2.
        self.left = np.hstack([-2 * self.single, np.ones_like(self.norms)[:, None]])
        self.tile = min(_TILE, -(-len(space) // _GROUP) * _GROUP)
        self.tiles = [self._right(part) for part in gen_batches(len(space), self.tile)]
        self.n_groups = self.tile // _GROUP

    def _right(self, part):
        """Transposed rows of a tile, filled up with rows that are infinitely far."""
        n_rows = part.stop - part.start
        right = np.zeros((self.single.shape[1] + 1, self.tile), dtype=np.float32)
        right[:-1, :n_rows] = self.single[part].T
        right[-1] = np.inf
        right[-1, :n_rows] = self.norms[part]
        return right

    def query(self, rows):
        """Neighbours of some rows, and for which of them they are certain."""
        smallest = self._smallest(self.left[rows])
        n_looked = min(self.k + 1 + _SPARE_GROUPS, smallest.shape[1])
        groups = np.argpartition(smallest, n_looked - 1, axis=1)[:, :n_looked]
        tile, place = np.divmod(groups, self.n_groups)
        first = tile * self.tile + place
        members = first[:, :, np.newaxis] + np.arange(_GROUP) * self.n_groups
        members = members.reshape(len(rows), -1)
        beyond = members >= len(self.space)
        distances = _squared(self.space, rows, np.where(beyond, 0, members))
        distances[beyond | (members == rows[:, np.newaxis])] = np.inf
        order = np.argpartition(distances, self.k - 1, axis=1)[:, : self.k]
        far = np.take_along_axis(distances, order, axis=1)
        by_distance = np.argsort(far, axis=1, kind="stable")
        order = np.take_along_axis(order, by_distance, axis=1)
        certain = self._certain(rows, far.max(axis=1))
        return np.take_along_axis(members, order, axis=1), certain

    def _smallest(self, left):
        result = np.empty((len(left), len(self.tiles) * self.n_groups), np.float32)
        buffer = np.empty((len(left), self.tile), dtype=np.float32)
        for i, right in enumerate(self.tiles):
            with np.errstate(over="ignore", invalid="ignore"):
                np.matmul(left, right, out=buffer)
            grouped = buffer.reshape(len(left), _GROUP, self.n_groups)
            part = slice(i * self.n_groups, (i + 1) * self.n_groups)
            np.minimum.reduce(grouped, axis=1, out=result[:, part])
        return result

    def _certain(self, rows, furthest):
        """Whether rounding errors are small beside the distance of the k-th."""
        largest = np.sqrt(self.norms[rows].astype(np.float64))
        largest += np.sqrt(float(self.norms.max()))
        unit = np.finfo(np.float32).eps / 2
        error = unit * (self.space.shape[1] + 4) * largest**2
        return (2 * error <= _TOLERANCE * furthest) | (furthest == 0)
