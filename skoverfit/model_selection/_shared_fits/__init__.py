"""Which candidates one fit can serve, and serving them: the door of this folder.

`in_common` says of a candidate which others one fit may serve, and `serve` yields
fitted views of such candidates on one training set. A view is `lent` to the scorer,
rows that views have in common are kept by a `Guard`, and `Unshareable` says that
nothing of it can be relied on. Families of estimators are registered by importing this
folder; `SharedFit` is what others write theirs with.
"""

from skoverfit.model_selection._shared_fits import families as _families  # noqa: F401
from skoverfit.model_selection._shared_fits._alone import quick_fits
from skoverfit.model_selection._shared_fits._asking import only_asks
from skoverfit.model_selection._shared_fits._contract import (
    AskedOnly,
    OncePerRows,
    Remembered,
    SharedFit,
    TrainingSet,
    find_family,
    foreign_families,
    register_missing,
    register_shared_fit,
    remember,
    value_key,
    view_of,
    views_of,
)
from skoverfit.model_selection._shared_fits._guard import Guard, Unshareable
from skoverfit.model_selection._shared_fits._lending import (
    lent,
    remembered,
    without_memory,
)
from skoverfit.model_selection._shared_fits._rounds import (
    obstacle,
    resized,
    rounds_family,
)
from skoverfit.model_selection._shared_fits._serving import (
    InCommon,
    Ledger,
    Served,
    in_common,
    serve,
)
from skoverfit.model_selection._shared_fits.families._prefixes import Rounds, is_count

__all__ = [
    "AskedOnly",
    "Guard",
    "InCommon",
    "Ledger",
    "OncePerRows",
    "Remembered",
    "Rounds",
    "Served",
    "SharedFit",
    "TrainingSet",
    "Unshareable",
    "find_family",
    "foreign_families",
    "in_common",
    "is_count",
    "lent",
    "obstacle",
    "only_asks",
    "quick_fits",
    "register_missing",
    "register_shared_fit",
    "remember",
    "remembered",
    "resized",
    "rounds_family",
    "serve",
    "value_key",
    "view_of",
    "views_of",
    "without_memory",
]
