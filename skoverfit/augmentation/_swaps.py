"""Drawing donors for swapped cells, and swapping the cells of sparse matrices."""

import numpy as np

__all__ = ["DonorPool", "swapped_sparse"]


class DonorPool:
    """Rows that may give a value to a row: the other rows of its group.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,), dtype int
        Group codes from 0 without holes.
    """

    def __init__(self, groups: np.ndarray) -> None:
        self.groups = groups
        few = groups.max(initial=0) < 2**16  # short integers are sorted faster
        keys = groups.astype(np.uint16) if few else groups
        self.order = np.argsort(keys, kind="stable")
        self.sizes = np.bincount(groups)
        self.starts = np.cumsum(self.sizes) - self.sizes
        # Rank of each row within its group.
        self.ranks = np.empty_like(self.order)
        self.ranks[self.order] = np.arange(len(groups)) - np.repeat(
            self.starts, self.sizes
        )

    def of_copies(self, parents: np.ndarray) -> "DonorPool":
        """Return a pool of copies of these rows, with the same groups."""
        pool = DonorPool(self.groups[parents])
        missing = len(self.sizes) - len(pool.sizes)
        pool.sizes = np.pad(pool.sizes, (0, missing))
        pool.starts = np.cumsum(pool.sizes) - pool.sizes
        return pool

    def row(self, groups: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """Rows that have the given ranks within the given groups."""
        return self.order[self.starts[groups] + ranks]

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One uniformly drawn other row of the group for each given row.

        A row that is alone in its group is its own donor.
        """
        groups, ranks = self.groups[rows], self.ranks[rows]
        others = self.sizes[groups] - 1
        draws = rng.integers(0, np.maximum(others, 1))
        draws += (draws >= ranks) & (others > 0)
        return self.row(groups, draws)


class _Cells:
    """Stored cells of the active columns of a CSR matrix, with groups of the rows."""

    def __init__(self, X, picked, pool):
        self.row = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        self.column = X.indices.astype(np.int64)
        self.active = picked[self.column]
        row, column = self.row[self.active], self.column[self.active]
        self.value = X.data[self.active]
        self.code = column * len(pool.sizes) + pool.groups[row]
        self.rank = pool.ranks[row]
        self.key = row * X.shape[1] + column  # sorted, because X is canonical


def swapped_sparse(X, whole, parents, selected, p, donors, rng):
    """Copy of a CSR matrix in which each selected cell is swapped with chance p.

    Cells that hold a value are visited one by one. Empty cells are not: most of
    them receive another empty cell, and those that receive a value are drawn
    directly. So the cost depends on the stored values only.

    Parameters
    ----------
    X : CSR matrix
        Rows that receive values.
    whole : CSR matrix
        Rows that give values.
    parents : ndarray of int
        Row of ``whole`` that each row of ``X`` is a copy of.
    selected : ndarray of int
        Columns that may change.
    p : float
        Chance of each cell.
    donors : DonorPool
        Groups of the rows of ``whole``.
    rng : numpy.random.Generator
        Source of randomness.
    """
    source = _without_stored_zeros(X)
    picked = np.zeros(X.shape[1], dtype=bool)
    picked[selected] = True
    pool = donors if X is whole else donors.of_copies(parents)
    cells = _Cells(source, picked, pool)
    given = cells
    if X is not whole:
        given = _Cells(_without_stored_zeros(whole), picked, donors)
    changed = source.data.copy()
    changed[cells.active] = _swapped_stored(
        cells, given, parents, p, donors, rng, X.shape[1]
    )
    filled = _filled_empty(cells, given, p, donors, pool, rng)
    # Sparse arrays keep the index type they are given, and trees take no int64.
    places = tuple(
        np.concatenate(parts).astype(X.indices.dtype, copy=False)
        for parts in ((cells.row, filled[0]), (cells.column, filled[1]))
    )
    result = type(X)(
        (np.concatenate([changed, filled[2]]), places), shape=X.shape, dtype=X.dtype
    )
    result.eliminate_zeros()
    return result


def _without_stored_zeros(X):
    if X.data.all():
        return X
    X = X.copy()
    X.eliminate_zeros()
    return X


def _swapped_stored(cells, given, parents, p, donors, rng, width):
    """Draw new values for the cells that hold one; the donor's may be empty."""
    hit = np.flatnonzero(rng.random(len(cells.value)) < p)
    new = cells.value.copy()
    if not hit.size:
        return new
    row, column = np.divmod(cells.key[hit], width)
    wanted = donors.draw(parents[row], rng) * width + column
    found = np.searchsorted(given.key, wanted).clip(max=len(given.key) - 1)
    zero = new.dtype.type(0)
    new[hit] = np.where(given.key[found] == wanted, given.value[found], zero)
    return new


def _filled_empty(cells, given, p, donors, pool, rng):
    """Empty cells that receive a value, as (rows, columns, values).

    Within one column and group, each of the m empty cells receives one of the k
    values with chance q = p * k / (size - 1), independently. Throwing a Poisson
    number of darts with mean -m * log(1 - q) at the m cells and keeping the cells
    that were hit at least once has exactly this law.
    """
    order = np.argsort(given.code, kind="stable")
    blocks, first = _distinct_sorted(given.code[order])
    n_given = np.diff(first, append=len(order))
    column, group = np.divmod(blocks, len(donors.sizes))
    ranks, first_taken, n_taken = _taken_ranks(cells, blocks)
    empty = pool.sizes[group] - n_taken
    chance = p * n_given / np.maximum(donors.sizes[group] - 1, 1)
    darts = rng.poisson(-empty * np.log1p(-np.minimum(chance, 1 - 1e-16)))
    block = np.repeat(np.arange(len(blocks)), darts)
    places = block * (len(pool.ranks) + 1) + rng.integers(0, empty[block])
    hits = _distinct_sorted(np.sort(places))[0]
    block, nth = np.divmod(hits, len(pool.ranks) + 1)
    rank = _nth_empty_rank(block, nth, ranks, first_taken, n_taken)
    giver = order[first[block] + rng.integers(0, n_given[block])]
    return pool.row(group[block], rank), column[block], given.value[giver]


def _taken_ranks(cells, blocks):
    """Ranks of the rows that hold a value, by block: all, first of each, how many."""
    order = np.argsort(cells.code, kind="stable")  # rows ascend, so ranks do too
    codes = cells.code[order]
    first = np.searchsorted(codes, blocks)
    # What was not in the given rows, and so is in no block, cannot be received.
    n_taken = np.searchsorted(codes, blocks, side="right") - first
    known = np.isin(codes, blocks)
    kept_first = np.cumsum(n_taken) - n_taken
    return cells.rank[order[known]], kept_first, n_taken


def _distinct_sorted(values):
    """Distinct values of a sorted array, and the position of the first of each."""
    first = np.flatnonzero(np.diff(values, prepend=values[:1] - 1))
    return values[first], first


def _nth_empty_rank(block, nth, taken, first, filled):
    """Rank of the n-th empty cell of a block, given the sorted ranks that are taken.

    Before the t-th taken rank lie ``taken - t`` empty ones, so the wanted rank is
    n plus the number of taken ranks with at most n empty ones before them.
    """
    if len(block) == 0:
        return nth
    span = int(taken.max(initial=0)) + 1 + int(nth.max()) + 1
    position = np.arange(len(taken)) - np.repeat(first, filled)
    before = np.repeat(np.arange(len(first)), filled) * span + (taken - position)
    return (
        nth + np.searchsorted(before, block * span + nth, side="right") - first[block]
    )
