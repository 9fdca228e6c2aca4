"""Steps that do what they should not: the searches give what fresh fits give."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import register_shared_fit
from skoverfit.model_selection._shared_fits import _contract as shared_fits
from tests.model_selection._shared_fits.custom_steps import (
    CS,
    FRAME,
    NUMERIC,
    PREFIX,
    Counting,
    Custom,
    FrameInPlace,
    InPlace,
    Raises,
    Reuses,
    Rotates,
    Rotations,
    Same,
    SpoilsInFit,
    Stateful,
    UsesGlobalSeed,
    X,
    pipe,
    y,
)
from tests.model_selection.side_by_side import compare, families, n_served, steps

OVERWRITING = {
    "scaler": pipe(StandardScaler(copy=False)),
    "later scaler": pipe(Same(), StandardScaler(copy=False)),
    "nested": pipe(pipe(StandardScaler(copy=False), final=MinMaxScaler())),
    "in place": pipe(InPlace()),
    "later in place": pipe(Same(), InPlace()),
    "classifier": pipe(StandardScaler(), final=SpoilsInFit(0.5)),
    "nested classifier": pipe(Same(), final=pipe(Same(), final=SpoilsInFit(0.5))),
}


@pytest.mark.parametrize("name", OVERWRITING)
def test_rows_are_overwritten_as_in_a_fresh_fit(name):
    estimator, stump = OVERWRITING[name], DecisionTreeClassifier(max_depth=1)
    stump.set_params(random_state=0)
    grid = {"clf": [SVC(), estimator.steps[-1][1], SVC(C=5), stump]}
    compare(estimator, grid, X, y, refit=False)
    scoring = ["accuracy", "f1"]
    compare(estimator, grid, X, y, scoring=scoring, refit=False)


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegression(copy_X=False),
        Lasso(copy_X=False),
        pipe(final=Lasso(copy_X=False)),
        pipe(StandardScaler(copy=False), final=Lasso(copy_X=False)),
    ],
)
def test_estimators_that_overwrite_their_rows(estimator):
    data, target = make_regression(60, 4, noise=3, random_state=0)
    name = "clf__positive" if isinstance(estimator, Pipeline) else "positive"
    grid = {name: [True, False, True]}
    search = compare(estimator, grid, data, target, refit=False)
    assert n_served(search) == 0


@pytest.mark.parametrize(
    "estimator",
    [
        pipe(FrameInPlace(), StandardScaler()),
        pipe(pipe(FrameInPlace(), final=StandardScaler())),
        pipe(ColumnTransformer([("in", FrameInPlace(), ["a", "b"])])),
        pipe(Same(), FrameInPlace()),
        pipe(Same(), final=SpoilsInFit(3.0)),
        pipe(StandardScaler().set_output(transform="pandas"), final=SpoilsInFit(3.0)),
    ],
)
def test_frames_that_are_overwritten(estimator):
    frame = pd.DataFrame(X[:, :2], columns=["a", "b"])
    spoils = isinstance(estimator.steps[-1][1], SpoilsInFit)
    grid = {"clf__factor": [1.0, 3.0, -2.0, 0.5]} if spoils else CS
    compare(estimator, grid, frame, y, refit=False)


def test_a_scorer_that_changes_rows():
    def scorer(estimator, rows, target):
        score = estimator.score(rows, target)
        rows["a"] = 0.0
        return score + 0.001 * estimator.score(rows, target)

    compare(pipe(StandardScaler()), CS, FRAME[NUMERIC], y, scoring=scorer)


@pytest.mark.parametrize("cls", [Stateful, Reuses, UsesGlobalSeed])
def test_steps_that_depend_on_more_than_rows_are_not_shared(cls):
    if cls is UsesGlobalSeed:
        search = GapAwareSearchCV(pipe(cls()), {"clf__C": [1.0] * 4}, cv=2).fit(X, y)
        assert len(set(search.cv_results_["mean_train_score"])) > 1
    else:
        search = compare(pipe(cls()), CS, X, y)
    assert n_served(search) == 0


def test_a_step_is_fitted_once_per_split_and_for_the_refit():
    Counting.fits = 0
    GapAwareSearchCV(pipe(Counting()), CS, cv=3).fit(X, y)
    assert Counting.fits == 2 * 3 + 1  # the second fit of a split proves the first
    GapAwareSearchCV(pipe(SaysSo()), CS, cv=3).fit(X, y)
    assert SaysSo.fits - Counting.fits == 3 + 1
    Counting.fits = 4
    GapAwareSearchCV(pipe(Counting()), CS, cv=3, share_fits=False).fit(X, y)
    assert Counting.fits == 4 + 9 + 1


class SaysSo(Counting):
    """Says of itself that equal fits give equal results."""

    __skoverfit_reproducible__ = True


class Jitter(Custom):
    """Random without a seed, with generators of its own."""

    def __init__(self, where="fit"):
        self.where = where

    def fit(self, X, y=None):
        self.noise_ = np.zeros(X.shape[1])
        if self.where == "fit":
            self.noise_ = np.random.default_rng().normal(size=X.shape[1])
        return self

    def transform(self, X):
        noise = self.noise_
        if self.where == "transform":
            noise = np.random.default_rng().normal(size=X.shape)
        return X * (1 + noise)


class JitteredTree(DecisionTreeClassifier):
    def fit(self, X, y, sample_weight=None, check_input=True):
        rng = np.random.default_rng()
        self.max_features = int(rng.integers(1, 3))
        self.random_state = int(rng.integers(10**6))
        return super().fit(X, y, sample_weight, check_input)


@pytest.mark.parametrize(
    "estimator",
    [
        pipe(Jitter()),
        pipe(Jitter("transform")),
        pipe(StandardScaler(), Jitter()),
        pipe(ColumnTransformer([("in", Jitter(), [0, 1, 2, 3])])),
        pipe(ColumnTransformer([("in", Jitter("transform"), [0, 1, 2, 3])])),
        pipe(final=JitteredTree(max_depth=2)),
        JitteredTree(max_depth=2),
        BaggingClassifier(JitteredTree(max_depth=2), 2, random_state=0),
    ],
)
def test_generators_that_nobody_sees_are_drawn_from_by_each_candidate(estimator):
    names = [
        name
        for name in ("clf__C", "clf__max_depth", "n_estimators", "max_depth")
        if name in estimator.get_params()
    ]
    value = estimator.get_params()[names[0]]
    grid = {names[0]: [value] * 5}
    rows, target = make_classification(300, 6, flip_y=0.2, random_state=0)
    search = GapAwareSearchCV(estimator, grid, cv=3, refit=False).fit(rows, target)
    assert len(set(search.cv_results_["mean_train_score"])) > 1
    assert n_served(search) == 0


@pytest.mark.parametrize("where", ["fit", "transform", "predict"])
@pytest.mark.parametrize("error_score", [np.nan, 0])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:Scoring failed:UserWarning")
@pytest.mark.filterwarnings("ignore:One or more of the .* scores are non-finite")
def test_steps_that_raise_for_some_candidates(where, error_score):
    grid = {"t1__where": [None, where], **CS}
    estimator = pipe(StandardScaler(), Raises())
    search = compare(estimator, grid, X, y, error_score=error_score)
    served = {key: n for key, n in families(search).items() if key == PREFIX}
    assert served == {PREFIX: 6}


def test_steps_that_raise_are_raised():
    search = GapAwareSearchCV(
        pipe(Raises(where="transform")), CS, error_score="raise", cv=2
    )
    with pytest.raises(ValueError, match="not in transform"):
        search.fit(X, y)


@pytest.fixture
def rotations():
    family = register_shared_fit(Rotations())
    yield family
    shared_fits._REGISTRY.remove(family)


SHIFTS = {"t1__shift": [0.0, 1.0, 2.0], "clf__max_depth": [1, 2]}


def rotated(seed):
    final = DecisionTreeClassifier(random_state=0)
    return pipe(StandardScaler(), Rotates(random_state=seed), final=final)


def test_a_family_of_steps_is_not_asked_for_random_ones(rotations):
    search = GapAwareSearchCV(rotated(None), SHIFTS, cv=2).fit(X, y)
    assert steps(search) == (2 * (6 + 6), 2 * (1 + 6))


@pytest.mark.parametrize(
    ("fault", "fitted"), [(None, 1), ("raises", 3), ("twice", 3), ("out of range", 4)]
)
def test_families_of_steps_that_go_wrong_cost_nothing_but_time(
    fault, fitted, rotations
):
    rotations.fault = fault
    search = compare(rotated(3), SHIFTS, X, y)
    assert steps(search) == (2 * (6 + 6), 2 * (1 + fitted))
    assert n_served(search) == 2 * 6
