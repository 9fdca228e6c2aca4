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
        self.order = np.argsort(groups, kind="stable")
        self.sizes = np.bincount(groups)
        self.starts = np.cumsum(self.sizes) - self.sizes
        # Rank of each row within its group.
        self.ranks = np.empty_like(self.order)
        self.ranks[self.order] = np.arange(len(groups)) - np.repeat(
            self.starts, self.sizes
        )

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


def swapped_sparse(X, selected, p, donors, rng):
    """Copy of a CSR matrix in which each selected cell is swapped with chance p.

    Cells that hold a value are visited one by one. Empty cells are not: most of
    them receive another empty cell, and those that receive a value are drawn
    directly. So the cost depends on the stored values only.
    """
    source = X.copy()
    source.eliminate_zeros()
    rows = np.repeat(np.arange(X.shape[0]), np.diff(source.indptr))
    columns, values = source.indices.astype(np.int64), source.data
    picked = np.zeros(X.shape[1], dtype=bool)
    picked[selected] = True
    active = picked[columns]
    changed = values.copy()
    changed[active] = _swapped_stored(
        rows[active], columns[active], values[active], p, donors, rng
    )
    filled = _filled_empty(
        rows[active], columns[active], values[active], p, donors, rng
    )
    # Sparse arrays keep the index type they are given, and trees take no int64.
    cells = tuple(
        np.concatenate(parts).astype(X.indices.dtype, copy=False)
        for parts in ((rows, filled[0]), (columns, filled[1]))
    )
    result = type(X)(
        (np.concatenate([changed, filled[2]]), cells), shape=X.shape, dtype=X.dtype
    )
    result.eliminate_zeros()
    return result


def _swapped_stored(rows, columns, values, p, donors, rng):
    """Draw new values for the cells that hold one; the donor's may be empty."""
    hit = np.flatnonzero(rng.random(len(values)) < p)
    width = int(columns.max(initial=0)) + 1
    keys = rows * width + columns  # sorted, because the matrix is canonical
    wanted = donors.draw(rows[hit], rng) * width + columns[hit]
    found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    new = values.copy()
    new[hit] = np.where(keys[found] == wanted, values[found], values.dtype.type(0))
    return new


def _filled_empty(rows, columns, values, p, donors, rng):
    """Empty cells that receive a value, as (rows, columns, values).

    Within one column and group, each of the m empty cells receives one of the k
    values with chance q = p * k / (size - 1), independently. Throwing a Poisson
    number of darts with mean -m * log(1 - q) at the m cells and keeping the cells
    that were hit at least once has exactly this law.
    """
    ranks, n_groups = donors.ranks[rows], len(donors.sizes)
    codes = columns * n_groups + donors.groups[rows]
    order = np.argsort(codes, kind="stable")  # rows ascend, so ranks do too
    blocks, first = _distinct_sorted(codes[order])
    filled = np.diff(first, append=len(order))
    block_group = blocks % n_groups
    size = donors.sizes[block_group]
    empty = size - filled
    chance = np.minimum(p * filled / np.maximum(size - 1, 1), 1 - 1e-16)
    darts = rng.poisson(-empty * np.log1p(-chance))
    block = np.repeat(np.arange(len(blocks)), darts)
    cells = block * (len(donors.ranks) + 1) + rng.integers(0, empty[block])
    hits = _distinct_sorted(np.sort(cells))[0]
    block, nth = np.divmod(hits, len(donors.ranks) + 1)
    rank = _nth_empty_rank(block, nth, ranks[order], first, filled)
    giver = order[first[block] + rng.integers(0, filled[block])]
    return (
        donors.row(block_group[block], rank),
        blocks[block] // n_groups,
        values[giver],
    )


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
    span = int(taken.max()) + 1 + int(nth.max()) + 1
    position = np.arange(len(taken)) - np.repeat(first, filled)
    before = np.repeat(np.arange(len(first)), filled) * span + (taken - position)
    return (
        nth + np.searchsorted(before, block * span + nth, side="right") - first[block]
    )
