"""Other estimators for the last step, with the code that builds them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import ensemble
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import augmentation
from skoverfit.diagnosis._problem import Problem, is_numeric
from skoverfit.diagnosis._records import Skipped
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.regularization import with_strength


def untried(skipped: Iterable[Skipped]) -> list[str]:
    """Name the decisive candidates that were skipped for want of time.

    Augmentation is none of them: it rarely changes a verdict on a table.
    """
    late = [item.what for item in skipped if "budget" in item.reason]
    return [what for what in late if what.startswith(_BEGINNINGS)]


OTHER_ROWS = 10_000
"""Training rows of a split on which models of another kind are fitted at most: their
cost has nothing to do with that of the model under diagnosis."""

_BEGINNINGS = (
    "dial at",
    "stronger regularization",
    "weaker regularization",
    "regularized linear",
    "boosted trees",
    "extra trees",
    "forest",
)
"""First words of the names under which candidates are skipped."""


# ------------------------------------------------------------------------ last steps
def head(estimator: Any) -> Any:
    """Find the predictor: the last step of a Pipeline, or the estimator itself."""
    return (
        head(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator
    )


def replace_head(estimator: Any, new: Any) -> Any:
    """Clone an estimator with another last step."""
    if not isinstance(estimator, Pipeline):
        return new
    return clone(estimator).set_params(**{_head_name(estimator): new})


def _head_name(estimator: Any) -> str:
    name, last = estimator.steps[-1]
    return f"{name}__{_head_name(last)}" if isinstance(last, Pipeline) else name


def head_code(estimator: Any, imports: list[str], expression: str) -> str:
    """Code of :func:`replace_head`; in `expression`, HEAD stands for the old step."""
    if not isinstance(estimator, Pipeline):
        lines = [*imports, "", f"estimator = {expression}"]
        return "\n".join(lines).replace("HEAD", "estimator")
    name = _head_name(estimator)
    lines = [
        "from sklearn.base import clone",
        *imports,
        "",
        f"estimator = clone(estimator).set_params(**{{{name!r}: {expression}}})",
    ]
    return "\n".join(lines).replace("HEAD", f"estimator.get_params()[{name!r}]")


# -------------------------------------------------------------------------- the dial
def dial(problem: Problem, strength: float) -> Candidate:
    """Build the same estimator with another strength of the regularization dial."""
    word = "stronger" if strength > 0.5 else "weaker"
    return Candidate(
        f"{word} regularization ({strength:g})",
        f"The same model, its capacity dial turned from 0.5 to {strength:g}.",
        "from skoverfit.regularization import with_strength\n\n"
        f"estimator = with_strength(estimator, {strength!r}, scale_free=False)",
        with_strength(problem.estimator, strength, scale_free=False),
        regularizes=strength > 0.5,
    )


# ------------------------------------------------------------------- other predictors
def _ensemble(
    problem: Problem, trees: str, name: str, description: str, **options: Any
) -> Candidate:
    """Put an ensemble of scikit-learn in the place of the last step."""
    kind = trees + ("Classifier" if problem.is_classification else "Regressor")
    options["random_state"] = 0
    arguments = ", ".join(f"{key}={value!r}" for key, value in options.items())
    return Candidate(
        name,
        description,
        head_code(
            problem.estimator,
            [f"from sklearn.ensemble import {kind}"],
            f"{kind}({arguments})",
        ),
        replace_head(problem.estimator, getattr(ensemble, kind)(**options)),
        OTHER_ROWS,
        regularizes=_is_single_tree(problem),
    )


def flexible(problem: Problem) -> Candidate | None:
    """Build a model of high capacity; None if the estimator is that itself."""
    if "Boosting" in type(head(problem.estimator)).__name__:
        return None
    if _may_be_sparse(problem) or _has_many_classes(problem):
        return _extra_trees(problem)
    return _ensemble(
        problem,
        "HistGradientBoosting",
        "boosted trees",
        "Histogram gradient boosting with scikit-learn's defaults.",
    )


def _extra_trees(problem: Problem) -> Candidate | None:
    """Trees that take sparse input, and whose cost does not grow with the classes."""
    if _is_forest(problem):
        return None
    return _ensemble(
        problem,
        "ExtraTrees",
        "extra trees",
        "100 extremely randomized trees with scikit-learn's defaults.",
    )


def _is_forest(problem: Problem) -> bool:
    return type(head(problem.estimator)).__name__.startswith(("RandomF", "ExtraTrees"))


def simple(problem: Problem) -> Candidate | None:
    """Build a regularized linear model; None if the estimator is linear itself."""
    if is_linear(problem):
        return None
    center = not _may_be_sparse(problem)
    steps = [SimpleImputer(), StandardScaler(with_mean=center), _linear(problem)]
    inner = (
        "LogisticRegression(C=0.1, max_iter=1000)"
        if problem.is_classification
        else "RidgeCV(alphas=np.logspace(-2, 5, 15))"
    )
    imports = [
        "from sklearn.impute import SimpleImputer",
        f"from sklearn.linear_model import {inner.split('(')[0]}",
        "from sklearn.pipeline import make_pipeline",
        "from sklearn.preprocessing import StandardScaler",
    ]
    if not problem.is_classification:
        imports = ["import numpy as np", *imports]
    return Candidate(
        "regularized linear model",
        "A linear model with an L2 penalty on standardized features.",
        head_code(
            problem.estimator,
            imports,
            "make_pipeline(\n    SimpleImputer(),\n"
            f"    StandardScaler(with_mean={center}),\n    {inner},\n)",
        ),
        replace_head(problem.estimator, make_pipeline(*steps)),
        OTHER_ROWS,
    )


def is_linear(problem: Problem) -> bool:
    """Whether the estimator is a linear model of scikit-learn."""
    return type(head(problem.estimator)).__module__.startswith("sklearn.linear_model")


def _linear(problem: Problem) -> Any:
    if problem.is_classification:
        return LogisticRegression(C=0.1, max_iter=1000)
    return RidgeCV(alphas=np.logspace(-2, 5, 15))


def forest(problem: Problem) -> Candidate | None:
    """Replace a single tree by a forest; None for anything else."""
    if not _is_single_tree(problem):
        return None
    return _ensemble(
        problem,
        "RandomForest",
        "forest instead of one tree",
        "100 trees on bootstrap samples, averaged.",
    )


def _is_single_tree(problem: Problem) -> bool:
    name = type(head(problem.estimator)).__name__
    return name.startswith(("DecisionTree", "ExtraTree")) and "Trees" not in name


def cautious_forest(problem: Problem) -> Candidate | None:
    """Build a forest that sees weak signal; None for a forest."""
    if _is_forest(problem):
        return None
    return _ensemble(
        problem,
        "ExtraTrees",
        "forest with large leaves",
        "100 extremely randomized trees whose leaves hold at least ten rows.",
        min_samples_leaf=10,
    )


# ----------------------------------------------------------------------- augmentation
def swap_noise(problem: Problem) -> Candidate | None:
    """Add copies with some cells swapped at fit; None without a table."""
    if not _is_table(problem.X):
        return None
    return _augmented(problem, "SwapNoise", "cells taken from other rows", whole=True)


def gaussian_noise(problem: Problem) -> Candidate | None:
    """Add noisy copies at fit; None where no numbers are to be found."""
    is_pipeline = isinstance(problem.estimator, Pipeline)
    if not _is_table(problem.X) or not (is_pipeline or is_numeric(problem.X)):
        return None
    return _augmented(problem, "GaussianNoise", "noise on the numbers", whole=False)


def _augmented(problem: Problem, name: str, how: str, *, whole: bool) -> Candidate:
    kind = "Classifier" if problem.is_classification else "Regressor"
    meta = getattr(augmentation, f"Augmented{kind}")
    augmenter = getattr(augmentation, name)()
    expression = f"Augmented{kind}(HEAD, {name}(), random_state=0)"
    imports = [f"from skoverfit.augmentation import Augmented{kind}, {name}"]
    if whole:
        code = "\n".join([*imports, "", f"estimator = {expression}"])
        code = code.replace("HEAD", "estimator")
        built = meta(clone(problem.estimator), augmenter, random_state=0)
    else:
        inner = clone(head(problem.estimator))
        code = head_code(problem.estimator, imports, expression)
        built = replace_head(problem.estimator, meta(inner, augmenter, random_state=0))
    spaced = "swap noise" if name == "SwapNoise" else "Gaussian noise"
    return Candidate(
        f"augmentation with {spaced}",
        f"At fit, one perturbed copy of every training row is added: {how}.",
        code,
        built,
        regularizes=True,
    )


# --------------------------------------------------------------------- kinds of input
def _has_many_classes(problem: Problem) -> bool:
    return problem.is_classification and len(np.unique(problem.y)) > 5


def _is_table(X: Any) -> bool:
    """Whether X has rows and columns."""
    shape = getattr(X, "shape", None) or np.shape(X)
    return len(shape) == 2 and shape[1] > 0


def _may_be_sparse(problem: Problem) -> bool:
    """Whether the last step may see a sparse matrix: sparse input or texts."""
    return issparse(problem.X) or not _is_table(problem.X)
