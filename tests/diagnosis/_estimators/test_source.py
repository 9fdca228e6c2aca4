import re

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import BaggingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from skoverfit import CommitteeClassifier, GapAwareSearchCV
from skoverfit.diagnosis._estimators._source import code_of
from skoverfit.model_selection import GreedyMembers

ESTIMATORS = [
    SVC(),
    SVC(C=float("inf"), gamma=0.1, class_weight={"a": 2, "b": 1.5}),
    RidgeCV(alphas=np.logspace(-3, 3, 4)),
    make_pipeline(StandardScaler(with_mean=False), SVC(kernel="linear")),
    make_pipeline(StandardScaler(), StandardScaler(), SVC(), memory="cache"),
    Pipeline([("model", SVC(C=2.0))]),
    FeatureUnion([("one", StandardScaler()), ("two", "passthrough")]),
    make_column_transformer(("drop", [0, 1]), remainder="passthrough"),
    make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        ("drop", make_column_selector("^id", dtype_exclude=[object, np.float32])),
    ),
    TransformedTargetRegressor(RidgeCV(), func=np.log1p, inverse_func=np.expm1),
    BaggingClassifier(LogisticRegression(C=3), n_estimators=3),
    GridSearchCV(SVC(), {"C": [1, 10]}, cv=StratifiedKFold(3)),
    GapAwareSearchCV(SVC(), {"C": [1]}, committee=GreedyMembers(5)),
    CommitteeClassifier(
        Pipeline([("model", SVC())]),
        [{"model": SVC()}, {"model": make_pipeline(StandardScaler(), SVC())}],
        weights=[2.0, 1.0],
    ),
    FunctionTransformer(expit, inverse_func=logit),
    FunctionTransformer(np.mean, kw_args={"axis": (0,), "keepdims": True}),
]


def told(estimator):
    """Text of an estimator; selectors of columns have none of their own."""
    selectors = [
        vars(step[-1])
        for step in getattr(estimator, "transformers", [])
        if isinstance(step[-1], make_column_selector)
    ]
    return re.sub(" at 0x[0-9a-f]+", "", repr(estimator)), selectors


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_code_builds_an_estimator_with_the_same_parameters(estimator):
    code, names = code_of(estimator), {}
    exec(code, names)
    assert told(names["estimator"]) == told(estimator)
    assert max(map(len, code.splitlines())) <= 88


def test_the_code_is_what_a_person_would_write():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    assert code_of(pipeline, name="model") == (
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "\n"
        "model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))"
    )


def test_long_calls_have_an_argument_on_each_line():
    code = code_of(
        SVC(
            C=2.5,
            kernel="poly",
            degree=7,
            coef0=0.5,
            cache_size=500,
            tol=0.01,
            shrinking=False,
        )
    )
    assert code.splitlines()[2:4] == ["estimator = SVC(", "    C=2.5,"]


def test_names_that_are_known_stand_for_their_objects():
    splits = [([0], [1])]
    code = code_of(CommitteeClassifier(SVC(), cv=splits), known={id(splits): "cv"})
    assert code.endswith("CommitteeClassifier(SVC(), cv=cv)")


def test_what_cannot_be_imported_is_said_to_be_the_users_own():
    def shorten(text):
        return text[:3]

    class Words:
        def __call__(self, text):
            return text.split()

    first, second = (lambda X: X + 1), (lambda X: X - 1)
    given = make_pipeline(
        FunctionTransformer(first, inverse_func=second),
        TfidfVectorizer(tokenizer=Words(), preprocessor=shorten),
    )
    code = code_of(given)
    assert code.startswith("# Your own: Words, function_1, function_2, shorten\n")
    names = {
        "function_1": first,
        "function_2": second,
        "shorten": shorten,
        "Words": Words,
    }
    exec(code, names)
    assert told(names["estimator"]) == told(given)
