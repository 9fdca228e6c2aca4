"""Several estimators in one search: a list of them as one estimator with a choice.

A search is given ``[(name, estimator, space), ...]``. Inside, that is one estimator
with a parameter ``family``, the name of the one that counts, and those of each behind
its name, so that all that a search does with parameters it does with families too.
Where something is fitted, it is the estimator of that name itself: see `narrowed`.
"""

from skoverfit.model_selection._families._candidates import (
    candidate_of,
    fit_params_of,
    narrowed,
    setting_of,
    written_out,
)
from skoverfit.model_selection._families._search import (
    FamiliesMixin,
    estimator_of,
    space_of,
)

__all__ = [
    "FamiliesMixin",
    "candidate_of",
    "estimator_of",
    "fit_params_of",
    "narrowed",
    "setting_of",
    "space_of",
    "written_out",
]
