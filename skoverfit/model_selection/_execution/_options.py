"""What a search tells its run: what to do, and what to do it on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._types import PathLike, Seed
from skoverfit.model_selection._committee._spec import Committee
from skoverfit.model_selection._racing import Racing, Refinement

__all__ = ["FitData", "RunOptions"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RunOptions:
    """What a run needs to know of a search.

    Attributes
    ----------
    metric : str or None
        Name of the metric to choose by; None where there is one only.
    objective : callable
        From test scores and gaps to what candidates compete for.
    needs_rows : bool
        Whether the rule compares rows where they make up the score.
    needs_own_settings : bool
        Whether the rule compares with the estimator as it is.
    scorer : callable
        The scorer, or a multimetric one, that `scoring` stands for.

    Notes
    -----
    All others are the search's parameters of the same name.
    """

    estimator: Any
    param_space: Any
    n_iter: int | None
    sampler: Any
    random_state: Seed
    scoring: Any
    scorer: Any
    metric: str | None
    objective: Callable[[FloatArray, FloatArray], FloatArray]
    needs_rows: bool
    needs_own_settings: bool
    cv: Any
    n_jobs: int | None
    pre_dispatch: int | str
    verbose: int
    error_score: Any
    return_train_score: bool
    share_fits: bool
    racing: Racing | None
    refine: int | Refinement | None
    timeout: float | None
    journal: PathLike | None
    store_predictions: bool | int
    committee: Committee | None


@dataclass(frozen=True)
class FitData:
    """What ``fit`` of a search is given.

    Attributes
    ----------
    X, y : array-like
        Rows and target; `y` may be None.
    params : dict
        Metadata as given.
    routed : Bunch
        The same for the estimator, the splitter and the scorer.
    """

    X: Any
    y: Any
    params: dict[str, Any]
    routed: Any
