"""Parts of other libraries that keep the promises, as they are."""

from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import (
    AllKNN,
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    NearMiss,
    OneSidedSelection,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
    TomekLinks,
)

__all__ = ["SOUND"]

SAMPLERS = [
    RandomOverSampler(),
    RandomUnderSampler(),
    NearMiss(),
    TomekLinks(),
    EditedNearestNeighbours(),
    RepeatedEditedNearestNeighbours(),
    AllKNN(),
    OneSidedSelection(),
    CondensedNearestNeighbour(),
]
SOUND = [*SAMPLERS]
