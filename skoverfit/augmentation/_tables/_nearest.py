"""Nearest neighbors of every row of a table, within one block of rows.

For many columns every search compares all pairs. What takes the time then is not the
arithmetic but choosing the few smallest of the many distances, so here the smallest of
each group of distances is taken first, in the processor's cache, and only the groups
that can hold a neighbor are looked into. Rows that agree in some columns of levels are
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
# Groups, and then rows of them, beyond the number of neighbors that are looked into.
_SPARE = 3
# Rows that must agree on average in the columns that are not made points of space.
_ALIKE = 128
# What single precision may cost: a neighbor that is not the nearest may have a squared
# distance that is larger by this share. Else the row is searched in double precision.
_TOLERANCE = 1e-3
# Columns with more levels than this get codes that are only nearly orthogonal.
_MAX_LEVELS = 16
# More neighbors than this are searched by the plain comparison, whose memory is small.
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

    @property
    def width(self):
        """Number of coordinates."""
        return sum(p.shape[1] for p, i in self._parts if i is not None)

    def embed(self, out):
        """Write one row of coordinates for each row of the table."""
        parts = [(p, i) for p, i in self._parts if i is not None]
        ends = np.cumsum([p.shape[1] for p, _ in parts])
        for (points, inverse), end in zip(parts, ends.tolist(), strict=True):
            out[:, end - points.shape[1] : end] = (self.penalty * points)[inverse]

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
        Number of neighbors, less than n_rows.
    """
    n_rows, n_columns = len(points), points.shape[1] + coded.width
    n_wanted = k if coded.exact else _n_candidates(n_rows, k)
    if n_columns == 0:  # all rows are equal: those that follow, in a circle
        return (np.arange(n_rows)[:, np.newaxis] + np.arange(1, k + 1)) % n_rows
    grouped = n_rows > _MAX_PLAIN_ROWS and n_wanted <= _MAX_GROUPED_NEIGHBORS
    if grouped and n_columns > _MAX_TREE_COLUMNS:
        return _grouped(points, coded, k)
    rows = np.arange(n_rows)
    found = _search(_space(points, coded), rows, n_wanted)
    return found if coded.exact else _refined(points, coded, rows, found, k)


def _n_candidates(n_rows, k):
    """How many neighbors to look for where distances are only nearly right."""
    return min(4 * k + 10, n_rows - 1)


def _space(points, coded):
    """Coordinates of all columns."""
    if not coded.width:
        return points
    space = np.empty((len(points), points.shape[1] + coded.width))
    space[:, : points.shape[1]] = points
    coded.embed(space[:, points.shape[1] :])
    return space


def _search(space, rows, k):
    if space.shape[1] > _MAX_TREE_COLUMNS:
        return _plain(space, rows, k)
    tree = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(space)
    return tree.kneighbors(return_distance=False)


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


def _refined(points, coded, rows, candidates, k):
    """Choose the k nearest of the candidates of some rows by exact distances."""
    result = np.empty((len(rows), k), dtype=candidates.dtype)
    for batch in gen_batches(len(rows), _BATCH):
        near = candidates[batch]
        distances = _exact(points, coded, rows[batch], near)
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        result[batch] = np.take_along_axis(near, order, axis=1)
    return result


def _exact(points, coded, rows, candidates):
    """Squared distances of rows to candidates in all columns."""
    shares = coded.squared_distances(rows, candidates)
    return _squared(points, rows, candidates) + shares


def _squared(space, rows, candidates):
    difference = space[candidates]
    difference -= space[rows][:, np.newaxis]
    return np.einsum("ijk,ijk->ij", difference, difference)


def _grouped(points, coded, k):
    """Search in single precision with a certificate; double where that fails."""
    columns, labels = coded.shared()
    search = _GroupedSearch(points, coded, columns, k)
    result = np.empty((len(points), k), dtype=np.int32)
    failed = []
    for rows in _alike(labels, len(points)):
        result[rows], certain = search.query(rows)
        failed.append(rows[~certain])
    rows = np.concatenate(failed)
    if rows.size:
        n_wanted = k if coded.exact else _n_candidates(len(points), k)
        found = _plain(_space(points, coded), rows, n_wanted)
        result[rows] = found if coded.exact else _refined(points, coded, rows, found, k)
    return result


def _alike(labels, n_rows):
    """Yield rows to be searched together, all of one label."""
    if not len(labels):
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
    neighbors, so it cannot be a neighbor, up to twice the rounding error. The same
    holds for the rows of these groups, of which only the nearest are compared exactly.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_columns)
        Coordinates.
    coded : CodedColumns
        Further columns.
    columns : list of int
        Those of them in which all rows of a query agree.
    k : int
        Number of neighbors.
    """

    def __init__(self, points, coded, columns, k):
        self.points, self.coded, self.k = points, coded, k
        others = [j for j in range(len(coded.codes)) if j not in columns]
        in_space = coded.part(others)
        self.shared = coded.part(columns) if columns else None
        n_rows, n_numbers = points.shape
        self.n_wanted = k if in_space.exact else _n_candidates(n_rows, k)
        n_columns = n_numbers + in_space.width
        self.tile = min(_TILE, -(-n_rows // _GROUP) * _GROUP)
        n_tiles = -(-n_rows // self.tile)
        # Filled up with rows that are infinitely far; the last column is |x|^2.
        self.single = np.zeros((n_tiles * self.tile, n_columns + 1), dtype=np.float32)
        own = self.single[:n_rows]
        with np.errstate(over="ignore"):
            for j in range(n_numbers):  # around 0, where single precision is finest
                own[:, j] = points[:, j] - points[:, j].mean()
        in_space.embed(own[:, n_numbers:n_columns])
        norms = np.einsum("ij,ij->i", own, own)
        self.norms = np.full(len(self.single), np.inf, dtype=np.float32)
        self.norms[:n_rows] = own[:, -1] = norms
        self.single[n_rows:, -1] = np.inf
        self.largest = float(norms.max())
        self.n_groups = self.tile // _GROUP
        tiles = self.single.reshape(n_tiles, self.n_groups, _GROUP, n_columns + 1)
        # A group is a run of rows; in a tile the first rows of all groups come first.
        self.tiles = [
            each.transpose(2, 1, 0).reshape(n_columns + 1, self.tile) for each in tiles
        ]

    def query(self, rows):
        """Neighbors of some rows, and for which of them they are certain."""
        # |q - x|^2 - |q|^2 is one product: the last column adds |x|^2.
        left = -2 * self.single[rows]
        left[:, -1] = 1
        further = self._further(rows[0])
        members, near = self._candidates(left, self._smallest(left, further), further)
        near[members == rows[:, np.newaxis]] = np.inf
        near[members >= len(self.points)] = np.inf
        n_kept = min(self.n_wanted + _SPARE, members.shape[1])
        kept = np.argpartition(near, n_kept - 1, axis=1)[:, :n_kept]
        members = np.take_along_axis(members, kept, axis=1)
        infinite = np.isinf(np.take_along_axis(near, kept, axis=1))
        members[infinite] = 0
        distances = _exact(self.points, self.coded, rows, members)
        distances[infinite] = np.inf
        order = np.argsort(distances, axis=1, kind="stable")[:, : self.k]
        furthest = np.take_along_axis(distances, order[:, -1:], axis=1)[:, 0]
        return np.take_along_axis(members, order, axis=1), self._certain(rows, furthest)

    def _further(self, row):
        """Share of the columns that queries agree in, of squared distances to rows."""
        result = np.zeros(len(self.single), dtype=np.float32)
        if self.shared is not None:
            everything = np.arange(len(self.points))[np.newaxis]
            own = self.shared.squared_distances(np.array([row]), everything)
            result[: len(self.points)] = own[0]
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
        n_looked = min(self.n_wanted + 1 + _SPARE, smallest.shape[1])
        groups = np.argpartition(smallest, n_looked - 1, axis=1)[:, :n_looked]
        blocks = self.single.reshape(-1, _GROUP * self.single.shape[1])[groups]
        blocks = blocks.reshape(len(left), n_looked * _GROUP, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            near = np.matmul(blocks, left[:, :, np.newaxis])[:, :, 0]
        near += further.reshape(-1, _GROUP)[groups].reshape(near.shape)
        members = groups[:, :, np.newaxis] * _GROUP + np.arange(_GROUP)
        return members.reshape(near.shape), near

    def _certain(self, rows, furthest):
        """Whether rounding errors are small beside the distance of the k-th."""
        largest = np.sqrt(self.norms[rows].astype(np.float64))
        largest += np.sqrt(self.largest)
        squared = largest**2
        if self.shared is not None:
            squared += len(self.shared.codes) * self.shared.penalty**2
        unit = np.finfo(np.float32).eps / 2
        error = unit * (self.single.shape[1] + 4) * squared
        return (2 * error <= _TOLERANCE * furthest) | (furthest == 0)
