"""Columns that belong together, and cells of them that change together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["Units", "given_blocks", "with_blocks_taken"]


@dataclass(frozen=True)
class Units:
    """What changes together: single columns and blocks of columns.

    Attributes
    ----------
    single : ndarray of int
        Positions of columns that change alone.
    blocks : list of ndarray of int
        Positions of columns that change together.
    """

    single: np.ndarray
    blocks: list[np.ndarray]

    def __len__(self) -> int:
        return len(self.single) + len(self.blocks)

    @cached_property
    def columns(self) -> np.ndarray:
        """Positions of all columns, unit by unit."""
        return np.concatenate([self.single, *self.blocks]).astype(np.intp)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of columns of each unit."""
        sizes = [len(block) for block in self.blocks]
        return np.array([1] * len(self.single) + sizes, dtype=np.intp)

    @property
    def firsts(self) -> list[int]:
        """The first column of each unit, in the order of the table."""
        return sorted([*self.single.tolist(), *(int(b[0]) for b in self.blocks)])

    def cells(self, units: np.ndarray) -> tuple[np.ndarray, Any]:
        """Columns of the given units, and an index of the unit of each."""
        if not self.blocks:
            return self.single[units], slice(None)
        sizes = self.sizes[units]
        owner = np.repeat(np.arange(len(units)), sizes)
        within = np.arange(len(owner)) - (np.cumsum(sizes) - sizes)[owner]
        starts = np.cumsum(self.sizes) - self.sizes
        return self.columns[starts[units][owner] + within], owner


def given_blocks(blocks: Any, position_of: Callable[[Any], int]) -> list[np.ndarray]:
    """Return what the parameter ``blocks`` says as positions."""
    found = []
    for block in blocks:
        if isinstance(block, str) or not np.iterable(block):
            raise ValueError(
                f"blocks must be 'auto', None or lists of columns. Got {block!r} in it."
            )
        found.append(np.array([position_of(each) for each in block], dtype=np.intp))
    every = [*np.concatenate([np.empty(0, np.intp), *found]).tolist()]
    twice = sorted({j for j in every if every.count(j) > 1})
    if twice:
        raise ValueError(
            f"blocks must hold each column once. Got positions {twice} more often."
        )
    return [block for block in found if block.size]


# ------------------------------------------------------------------------ sparse blocks


def with_blocks_taken(
    matrix: Any, whole: Any, blocks: list[np.ndarray], sources: list[np.ndarray]
) -> Any:
    """CSR matrix in which blocks of some rows come from rows of another one.

    Parameters
    ----------
    matrix, whole : CSR matrix
        What is changed, and what gives the blocks.
    blocks : list of ndarray of int
        Columns of each block.
    sources : list of ndarray of int of shape (n_rows,)
        For each block and row of the matrix, a row of ``whole``; -1 changes nothing.
    """
    if not blocks:
        return matrix
    number = np.full(matrix.shape[1], -1)
    for b, block in enumerate(blocks):
        number[block] = b
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    own = number[matrix.indices]
    kept = (own < 0) | (np.array(sources)[own, row] < 0)
    parts = [(row[kept], matrix.indices[kept], matrix.data[kept])]
    for block, source in zip(blocks, sources, strict=True):
        at = np.flatnonzero(source >= 0)
        taken = whole[:, block][source[at]].tocoo()
        parts.append((at[taken.row], block[taken.col], taken.data))
    rows, columns, data = (np.concatenate(each) for each in zip(*parts, strict=True))
    # Sparse arrays keep the index type they are given, and trees take no int64.
    places = rows.astype(matrix.indices.dtype), columns.astype(matrix.indices.dtype)
    result = type(matrix)((data, places), shape=matrix.shape, dtype=matrix.dtype)
    result.eliminate_zeros()
    return result
