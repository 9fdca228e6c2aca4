"""Drawing the partner with whom a row is mixed."""

import numpy as np

__all__ = ["SimilarPool"]

#: Beyond this many bandwidths the chance of a partner is below 4e-4 of the nearest.
_REACH = 4.0
#: Bands of a bandwidth's width in which a partner is looked for, on each side.
_N_BANDS = 8


class SimilarPool:
    """Rows that may be mixed with a row: the more alike the targets, the likelier.

    The chance of a partner is proportional to ``exp(-d**2 / (2 * bandwidth**2))``,
    where d is the difference of the targets, up to four bandwidths. Rows are sorted by
    target; each side of a row is cut into bands, a band is drawn by its size times its
    highest chance, a row of it uniformly, and that row is accepted with its chance
    relative to the highest. This draws from exactly that law without looking at pairs.
    A row without any other within four bandwidths gets the nearest.

    Parameters
    ----------
    values : ndarray of shape (n_rows,), dtype float
        The targets.
    bandwidth : float
        In units of the targets; may be infinite.
    """

    def __init__(self, values: np.ndarray, bandwidth: float) -> None:
        self.order = np.argsort(values, kind="stable")
        self.sorted = values[self.order]
        self.rank = np.empty_like(self.order)
        self.rank[self.order] = np.arange(len(values))
        self.bandwidth = bandwidth

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One other row for each given row; a row that is alone gets itself."""
        if len(self.order) == 1:
            return np.zeros(len(rows), dtype=np.intp)
        rank = self.rank[rows]
        starts, stops, chance = self._bands(rank)
        cumulated = np.cumsum(chance * (stops - starts), axis=0)
        found = np.where(cumulated[-1] > 0, -1, self._nearest(rank))
        left = np.flatnonzero(found < 0)
        while left.size:
            drawn = rng.random(left.size) * cumulated[-1, left]
            band = (drawn >= cumulated[:, left]).sum(axis=0).clip(max=len(chance) - 1)
            first, after = starts[band, left], stops[band, left]
            # Rounding can hit a band without rows; then the draw is repeated.
            choice = rng.integers(first, np.maximum(after, first + 1))
            chances = self._chance(rank[left], choice.clip(max=len(self.order) - 1))
            accepted = rng.random(left.size) * chance[band, 0] < chances
            accepted &= after > first
            found[left[accepted]] = choice[accepted]
            left = left[~accepted]
        return self.order[found]

    def _chance(self, rank, other):
        distance = (self.sorted[rank] - self.sorted[other]) / self.bandwidth
        return np.exp(-0.5 * distance**2)

    def _bands(self, rank):
        """Ranks at which bands begin and end, and the highest chance in each."""
        own = self.sorted[rank]
        width = _REACH / _N_BANDS * self.bandwidth
        edges = np.arange(1, _N_BANDS + 1) * width
        below = [np.searchsorted(self.sorted, own - edge) for edge in edges]
        above = [np.searchsorted(self.sorted, own + edge, "right") for edge in edges]
        starts = np.array([*below, rank + 1, *above[:-1]])
        stops = np.array([rank, *below[:-1], *above])
        nearest = np.arange(_N_BANDS) * _REACH / _N_BANDS
        chance = np.exp(-0.5 * np.tile(nearest, 2) ** 2)[:, np.newaxis]
        return starts, np.maximum(stops, starts), chance

    def _nearest(self, rank):
        """Rank of the row with the most similar target."""
        last = len(self.order) - 1
        left, right = np.maximum(rank - 1, 0), np.minimum(rank + 1, last)
        own = self.sorted[rank]
        is_left = own - self.sorted[left] < self.sorted[right] - own
        return np.where((rank == last) | (is_left & (rank > 0)), left, right)
