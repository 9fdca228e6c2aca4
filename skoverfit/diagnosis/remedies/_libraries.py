"""Models of other libraries, which are tried where they are asked for and installed."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from skoverfit._optional import import_optional
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.diagnosis.remedies._family import Family, Setting
from skoverfit.regularization import SparseClassifier, SparseRegressor

__all__ = ["CatBoost", "LightGBM", "NonconvexSparse", "TabICL", "TabPFN", "XGBoost"]

Options = dict[str, Any]


class _OfLibrary(Family):
    """A model of another library, where it is installed."""

    asked_only = True
    takes_missing = True
    cost = 60.0
    library: ClassVar[str]
    classes: ClassVar[tuple[str, str]]

    def applies(self, problem: Problem) -> bool:
        """Whether the library is installed."""
        return find_spec(self.library) is not None and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give one setting."""
        module = import_optional(self.library, extra="interop")
        name = self.classes[0 if problem.is_classification else 1]
        seed = problem.seed
        yield "", getattr(module, name)(random_state=seed, **self.options(problem))

    def options(self, problem: Problem) -> Options:
        """Give what differs from the defaults of the library."""
        return {}


class LightGBM(_OfLibrary):
    """LightGBM with the tuned defaults of Holzmueller et al. [1]_, without stopping.

    References
    ----------
    .. [1] D. Holzmueller, L. Grinsztajn, I. Steinwart, "Better by Default: Strong
       Pre-Tuned MLPs and Boosted Trees on Tabular Data", NeurIPS, 2024.
    """

    name = library = "lightgbm"
    title = "LightGBM"
    classes = ("LGBMClassifier", "LGBMRegressor")

    def options(self, problem: Problem) -> Options:
        """Give slow learning of samples of the rows, with one thread."""
        is_class = problem.is_classification
        return {
            "learning_rate": 0.04 if is_class else 0.05,
            "num_leaves": 50 if is_class else 100,
            "min_child_samples": 40 if is_class else 3,
            "min_child_weight": 1e-7,
            "subsample": 0.75 if is_class else 0.7,
            "subsample_freq": 1,
            "n_jobs": 1,
            "verbose": -1,
        }


class XGBoost(_OfLibrary):
    """XGBoost."""

    name = library = "xgboost"
    title = "XGBoost"
    classes = ("XGBClassifier", "XGBRegressor")

    def options(self, problem: Problem) -> Options:
        """Give small trees, with one thread."""
        return {"learning_rate": 0.1, "max_depth": 4, "n_jobs": 1}


class CatBoost(_OfLibrary):
    """CatBoost."""

    name = library = "catboost"
    title = "CatBoost"
    classes = ("CatBoostClassifier", "CatBoostRegressor")

    def options(self, problem: Problem) -> Options:
        """Give few iterations, with one thread and no files."""
        return {
            "iterations": 300,
            "verbose": False,
            "thread_count": 1,
            "allow_writing_files": False,
        }


class NonconvexSparse(Family):
    """A linear model that leaves columns out and shrinks the others little."""

    name = library = "skglm"
    title = "sparse linear model with the penalty MCP"
    asked_only = True
    scaled = True
    cost = 20.0

    def applies(self, problem: Problem) -> bool:
        """Whether skglm is installed."""
        return find_spec(self.library) is not None and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give a penalty that follows from the rows."""
        yield "", SparseClassifier() if problem.is_classification else SparseRegressor()


class _Pretrained(_OfLibrary):
    """A network that was trained on other tables, with its weights on this disk.

    Nothing is downloaded: without the file of weights it is not tried.
    """

    cost = 200.0
    most_rows = 10_000
    license: ClassVar[str]

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose it, with the license of its weights in the description."""
        return [
            replace(own, description=f"{own.description} {self.license}")
            for own in super().candidates(problem)
        ]


class TabICL(_Pretrained):
    """TabICL [1]_; its weights must be in the cache of Hugging Face.

    References
    ----------
    .. [1] J. Qu, D. Holzmueller, G. Varoquaux, M. Le Morvan, "TabICL: A Tabular
       Foundation Model for In-Context Learning on Large Data", ICML, 2025.
    """

    name = library = "tabicl"
    title = "TabICL"
    classes = ("TabICLClassifier", "TabICLRegressor")
    license = "Its weights are under the BSD 3-clause license."

    def options(self, problem: Problem) -> Options:
        """Forbid to download weights: a fit without them fails, and says so."""
        return {"allow_auto_download": False, "n_jobs": 1}


class TabPFN(_Pretrained):
    """TabPFN [1]_; its weights must be in the folder ``TABPFN_MODEL_CACHE_DIR``.

    References
    ----------
    .. [1] N. Hollmann et al., "Accurate predictions on small data with a tabular
       foundation model", Nature 637, 2025.
    """

    name = library = "tabpfn"
    title = "TabPFN"
    classes = ("TabPFNClassifier", "TabPFNRegressor")
    license = (
        "Its weights are under a license of Prior Labs: those of version 2 ask for "
        "attribution, later ones forbid commercial use."
    )

    def applies(self, problem: Problem) -> bool:
        """Whether the library is installed, and a file of weights is there."""
        return bool(_weights(problem)) and super().applies(problem)

    def options(self, problem: Problem) -> Options:
        """Name the newest file of weights, so that none is downloaded."""
        return {"model_path": _weights(problem)[-1], "n_jobs": 1}


def _weights(problem: Problem) -> list[str]:
    """Find the files of weights of TabPFN, by name."""
    folder = os.environ.get("TABPFN_MODEL_CACHE_DIR")
    if not folder:
        return []
    task = "classifier" if problem.is_classification else "regressor"
    return sorted(str(path) for path in Path(folder).glob(f"tabpfn*{task}*.ckpt"))
