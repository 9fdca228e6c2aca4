"""What is compared with what."""

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC, RandomOverSampler
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV, gap_scores
from skoverfit.augmentation import (
    AugmentedClassifier,
    GaussianNoise,
    Mixup,
    NeighborInterpolation,
    SwapNoise,
)
from skoverfit.regularization import RegularizedClassifier, ShrunkTreeClassifier

from .ratios import Case

# Balancing classes of 2 % and 98 % adds 0.96 times as many rows as there were; one
# copy of each row adds as many.
RARE = 0.02

BALANCE = {"sampling_strategy": "auto", "random_state": 0}
CATEGORICAL = [15, 16, 17, 18, 19]


def data(n_rows, weights=None):
    """Twenty features, as in the comparisons that other libraries publish."""
    return make_classification(
        n_samples=n_rows, n_features=20, weights=weights, flip_y=0, random_state=0
    )


def grid_search(n_rows):
    """Many cheap fits, so that the cost of the search itself shows."""
    X, y = data(n_rows)
    space = {"max_depth": [1, 2, 3, 4, 5, 6], "min_samples_leaf": [1, 2, 4, 8, 16]}
    tree = DecisionTreeClassifier(random_state=0)
    ours = GapAwareSearchCV(tree, space, cv=5)
    peer = GridSearchCV(tree, space, cv=5, return_train_score=True)
    return lambda: ours.fit(X, y), lambda: peer.fit(X, y)


def gap_of_one_model(n_rows):
    X, y = data(n_rows)
    model = LogisticRegression(max_iter=1000)
    return (
        lambda: gap_scores(model, X, y, cv=5),
        lambda: cross_validate(model, X, y, cv=5, return_train_score=True),
    )


def resampling(ours, peer):
    """One copy of each row by ours, about as many rows by a balancing peer."""

    def prepare(n_rows):
        X, y = data(n_rows)
        X_rare, y_rare = data(n_rows, weights=[1 - RARE])
        return (
            lambda: ours.fit_resample(X, y),
            lambda: peer.fit_resample(X_rare, y_rare),
        )

    return prepare


def balancing(ours, peer, weights, categorical=()):
    """Let both interpolate the same rows."""

    def prepare(n_rows):
        X, y = data(n_rows, weights=weights)
        X[:, categorical] = np.random.default_rng(0).integers(
            0, 5, size=(n_rows, len(categorical))
        )
        return lambda: ours.fit_resample(X, y), lambda: peer.fit_resample(X, y)

    return prepare


def doubled(y):
    """As many new rows of each class as there are."""
    return {label: 2 * count for label, count in enumerate(np.bincount(y).tolist())}


def augmented_fit(n_rows):
    """Compare the wrapper with its two steps done by hand."""
    X, y = data(n_rows)
    tree, noise = DecisionTreeClassifier(random_state=0), GaussianNoise(random_state=0)
    ours = AugmentedClassifier(tree, noise, random_state=0)
    return (
        lambda: ours.fit(X, y),
        lambda: tree.fit(*noise.fit_resample(X, y)),
    )


def dial(n_rows):
    """At strength 0.5 the wrapper fits this pipeline: only overhead differs."""
    X, y = data(n_rows)
    model = LogisticRegression(max_iter=1000)
    ours = RegularizedClassifier(model, strength=0.5)
    pipeline = make_pipeline(StandardScaler(), model)
    return lambda: ours.fit(X, y), lambda: pipeline.fit(X, y)


def shrinkage(model, **options):
    """Choose among 20 amounts of shrinkage, against the fit alone."""

    def prepare(n_rows):
        X, y = data(n_rows)
        ours = ShrunkTreeClassifier(model, **options)
        return lambda: ours.fit(X, y), lambda: model.fit(X, y)

    return prepare


CASES = (
    Case(
        "search over 30 trees, 5 folds, with train scores",
        "GapAwareSearchCV",
        "GridSearchCV",
        grid_search,
        500,
        100,
    ),
    Case(
        "cross-validation of logistic regression",
        "gap_scores",
        "cross_validate",
        gap_of_one_model,
        500,
        100,
    ),
    Case(
        "as many new rows as there were",
        "GaussianNoise",
        "RandomOverSampler",
        resampling(GaussianNoise(random_state=0), RandomOverSampler(random_state=0)),
        100_000,
        2_000,
    ),
    Case(
        "as many new rows as there were",
        "GaussianNoise",
        "SMOTE",
        resampling(GaussianNoise(random_state=0), SMOTE(random_state=0)),
        100_000,
        2_000,
    ),
    Case(
        "as many new rows as there were",
        "Mixup",
        "RandomOverSampler",
        resampling(Mixup(random_state=0), RandomOverSampler(random_state=0)),
        100_000,
        2_000,
    ),
    Case(
        "as many new rows as there were",
        "SwapNoise",
        "SMOTE",
        resampling(SwapNoise(random_state=0), SMOTE(random_state=0)),
        100_000,
        2_000,
    ),
    Case(
        "fill up a class of 2 %",
        "NeighborInterpolation",
        "SMOTE",
        balancing(NeighborInterpolation(**BALANCE), SMOTE(random_state=0), [1 - RARE]),
        100_000,
        2_000,
    ),
    Case(
        "fill up a class of 2 %, 5 of 20 columns categorical",
        "NeighborInterpolation",
        "SMOTENC",
        balancing(
            NeighborInterpolation(**BALANCE, categorical_features=CATEGORICAL),
            SMOTENC(CATEGORICAL, random_state=0),
            [1 - RARE],
            CATEGORICAL,
        ),
        10_000,
        2_000,
    ),
    Case(
        "double two classes",
        "NeighborInterpolation",
        "SMOTE",
        balancing(
            NeighborInterpolation(sampling_strategy=doubled, random_state=0),
            SMOTE(sampling_strategy=doubled, random_state=0),
            None,
        ),
        10_000,
        2_000,
    ),
    Case(
        "augment and fit a tree",
        "AugmentedClassifier",
        "the two steps by hand",
        augmented_fit,
        2_000,
        500,
    ),
    Case(
        "fit logistic regression at strength 0.5",
        "RegularizedClassifier",
        "StandardScaler and LogisticRegression",
        dial,
        2_000,
        500,
    ),
    Case(
        "fit a forest, 20 amounts of shrinkage out of bag",
        "ShrunkTreeClassifier",
        "RandomForestClassifier",
        shrinkage(RandomForestClassifier(random_state=0)),
        2_000,
        200,
    ),
    Case(
        "fit a tree, 20 amounts of shrinkage on 5 folds",
        "ShrunkTreeClassifier",
        "DecisionTreeClassifier",
        shrinkage(DecisionTreeClassifier(random_state=0)),
        2_000,
        200,
    ),
)
