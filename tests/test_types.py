"""A program of a user, for mypy: what is right passes, each mistake is reported.

``mypy`` reads this file with the package: an "ignore" whose error is not reported is an
error itself. The tests run what is right.
"""

from typing import assert_type

import numpy as np
from sklearn.tree import DecisionTreeClassifier

import skoverfit
from skoverfit import (
    GapAwareSearchCV,
    GapEstimate,
    GapScores,
    OverfitReport,
    diagnose,
    gap_scores,
)
from skoverfit.augmentation import (
    AugmentedClassifier,
    Compose,
    GaussianNoise,
    RandomAffine,
    SwapNoise,
    SynonymReplacement,
)
from skoverfit.model_selection import PenalizedGap, Racing
from skoverfit.regularization import (
    EarlyStoppingClassifier,
    RegularizedClassifier,
    with_strength,
)

X, y = np.arange(60.0).reshape(30, 2), np.tile([0, 1], 15)
TREE = DecisionTreeClassifier(random_state=0)


def test_augmenters_and_wrappers() -> None:
    noise = GaussianNoise(0.1, 2, mode="replace", random_state=0)
    swaps = SwapNoise(p=0.2, columns=["a", "b"], sampling_strategy={"rare": 100})
    Compose(
        [("noise", noise), ("swaps", swaps)], constraint=lambda rows: rows[:, 0] > 0
    )
    seed = np.random.RandomState(0)
    RandomAffine(degrees=5, flip="both", image_shape=(8, 8), random_state=seed)
    SynonymReplacement(source={"good": ["fine"]}, protected=("not",))
    RegularizedClassifier(strength="cv", feature_groups=[0, 0], n_se=1)
    EarlyStoppingClassifier(TREE, max_iter=None, validation=(X, y))
    model = AugmentedClassifier(TREE, noise, random_state=seed).fit(X, y)
    assert_type(model, AugmentedClassifier)
    assert len(model.predict(X)) == len(X)


def test_results() -> None:
    assert_type(gap_scores(TREE, X, y).gap, GapEstimate)
    scores = gap_scores(TREE, X, y, cv=2, scoring=["accuracy", "neg_log_loss"])
    assert_type(scores, dict[str, GapScores])
    search = GapAwareSearchCV(
        TREE, {"max_depth": [1, 2]}, selection=PenalizedGap(0.1), racing=Racing()
    )
    assert_type(search.fit(X, y), GapAwareSearchCV)
    assert search.best_params_ == {"max_depth": 1}


def report() -> None:
    """Read by mypy alone: measuring takes seconds."""
    report = diagnose(TREE, X, y, budget=1)
    assert_type(report, OverfitReport)
    assert_type(report.verdict.headline, str)
    assert_type(skoverfit.diagnose(TREE, X, y), OverfitReport)


def mistakes() -> None:
    """Read by mypy alone."""
    GaussianNoise(mode="appended")  # type: ignore[arg-type]
    GaussianNoise("0.1")  # type: ignore[arg-type]
    SwapNoise(probability=0.1)  # type: ignore[call-arg]
    RandomAffine(order=2)  # type: ignore[arg-type]
    AugmentedClassifier(TREE, accept="maybe")  # type: ignore[arg-type]
    RegularizedClassifier(strength="CV")  # type: ignore[arg-type]
    with_strength(TREE, "strong")  # type: ignore[arg-type]
    GapAwareSearchCV(TREE, {}, racing=True)  # type: ignore[arg-type]
    diagnose(TREE, X, y, budget=1).verdict.nonsense  # type: ignore[attr-defined]  # noqa: B018
