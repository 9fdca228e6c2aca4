"""scikit-learn's own tests of metaestimators pass with the library's in their place.

Its functions are called with rows of ours; nothing of them is copied. Its tests of
searches run in tests/model_selection/test_drop_in.py.
"""

import inspect
import io
import warnings
from contextlib import redirect_stdout

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import (
    LogisticRegression,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.tests import test_metaestimators_metadata_routing as routing

from skoverfit.augmentation import (
    AugmentedClassifier,
    AugmentedRegressor,
    DropoutClassifier,
    RandomSwap,
)
from skoverfit.model_selection import (
    CommitteeClassifier,
    CommitteeRegressor,
    GapAwareSearchCV,
)
from skoverfit.regularization import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
    RegularizedClassifier,
    RegularizedRegressor,
)
from tests.testing.grouped_checks import on_one_line

# It lists all estimators, prints them, and says which it cannot make.
with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
    warnings.simplefilter("ignore")
    from sklearn.tests import test_metaestimators as delegation


def row(metaestimator, estimator="classifier", **more):
    """A row as in scikit-learn's table of metaestimators."""
    return {
        "metaestimator": metaestimator,
        "estimator_name": "estimator",
        "estimator": estimator,
        "X": routing.X,
        "y": routing.y,
        "estimator_routing_methods": ["fit"],
        "preserves_metadata": "subset",
        **more,
    }


SPLIT = {"cv_name": "cv", "cv_routing_methods": ["fit"]}
ROUTING = [
    row(
        GapAwareSearchCV,
        init_args={"param_space": {"alpha": [0.1, 0.2]}},
        scorer_name="scoring",
        scorer_routing_methods=["fit", "score"],
        **SPLIT,
    ),
    row(CommitteeClassifier, **SPLIT),
    row(CommitteeRegressor, "regressor", **SPLIT),
    row(AugmentedClassifier),
    row(AugmentedRegressor, "regressor"),
    row(DropoutClassifier),
]
TESTS = {
    name: test
    for name, test in vars(routing).items()
    if name.startswith("test_")
    and "metaestimator" in inspect.signature(test).parameters
}
#: By class and test; docs/expected.rst shows them.
EXCLUDED = {
    (AugmentedClassifier, "test_default_request"): "the augmenter inside asks for "
    "weights and groups by itself: its new rows get those of the old",
    (AugmentedRegressor, "test_default_request"): "the same",
    (DropoutClassifier, "test_setting_request_on_sub_estimator_removes_error"): "its "
    "copies of a row share the weight, so what arrives is no part of what was given",
}


def routed():
    """Each test with each row; those that are excluded have to fail."""
    for each in ROUTING:
        kind = each["metaestimator"]
        for name, test in TESTS.items():
            reason = EXCLUDED.get((kind, name))
            marks = () if reason is None else pytest.mark.xfail(reason=reason)
            yield pytest.param(test, each, id=f"{kind.__name__}-{name}", marks=marks)


@pytest.mark.parametrize(("test", "metaestimator"), [*routed()])
def test_metadata_are_routed_as_there(test, metaestimator):
    test(metaestimator)


# "score" is that of the search, as in scikit-learn's row of its own searches.
DELEGATING = [
    delegation.DelegatorData(
        "GapAwareSearchCV",
        lambda inner: GapAwareSearchCV(inner, {"param": [5]}, cv=2),
        skip_methods=["score"],
    ),
]


def test_methods_are_those_of_the_inner_estimator(monkeypatch):
    monkeypatch.setattr(delegation, "DELEGATING_METAESTIMATORS", DELEGATING)
    delegation.test_metaestimator_delegation()


def of_texts(model):
    return make_pipeline(TfidfVectorizer(), model)


CLASSIFIER, REGRESSOR = of_texts(LogisticRegression()), of_texts(Ridge())
TAKES_ANYTHING = [
    GapAwareSearchCV(CLASSIFIER, {"logisticregression__C": [0.1, 1.0]}),
    GapAwareSearchCV(REGRESSOR, {"ridge__alpha": [0.1, 1.0]}),
    CommitteeClassifier(CLASSIFIER),
    CommitteeRegressor(REGRESSOR),
    RegularizedClassifier(CLASSIFIER, strength=0.7),
    RegularizedRegressor(REGRESSOR, strength=0.7),
    AugmentedClassifier(CLASSIFIER, RandomSwap()),
    AugmentedRegressor(REGRESSOR, RandomSwap()),
    EarlyStoppingClassifier(of_texts(SGDClassifier()), max_iter=2),
    EarlyStoppingRegressor(of_texts(SGDRegressor()), max_iter=2),
]


@pytest.mark.parametrize("estimator", TAKES_ANYTHING, ids=on_one_line)
def test_data_are_checked_by_the_inner_estimator(estimator):
    delegation.test_meta_estimators_delegate_data_validation(estimator)
