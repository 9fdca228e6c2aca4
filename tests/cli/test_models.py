"""Model names, module:callable and scorers: what works, and one line where not."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor

from skoverfit.cli._models import (
    DEFAULT_MODEL,
    check_scorer,
    model_names,
    resolve_model,
)
from skoverfit.exceptions import InputError

NAMES_AND_TASKS = [
    (name, task) for name, tasks in model_names().items() for task in tasks
]

USER_MODULE = """
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeClassifier
import numpy as np

instance = Ridge()
number = 3

def tree():
    return DecisionTreeClassifier(max_depth=2)

def ridge():
    return Ridge()

def cls():
    return Ridge

def text():
    return "ridge"

def broken():
    raise RuntimeError("no luck\\nsecond line")

def leaves():
    raise SystemExit(7)

class Foreign:
    def fit(self, X, y): return self
    def predict(self, X): return np.zeros(len(X))
    def get_params(self, deep=True): return {}
"""


@pytest.fixture
def mixed_table():
    """Numbers, categories, free text, dates-as-text, missing values."""
    rng = np.random.default_rng(0)
    n = 60
    number = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "number": number,
            "holes": np.where(rng.random(n) < 0.2, np.nan, number**2),
            "color": rng.choice(["red", "green", None], n),
            "flag": rng.random(n) < 0.5,
        }
    )
    return frame, number


@pytest.fixture
def user_module(tmp_path, monkeypatch):
    (tmp_path / "user_models.py").write_text(USER_MODULE)
    (tmp_path / "broken_models.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("user_models", "broken_models"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("name", "task"), NAMES_AND_TASKS)
def test_every_model_learns_from_a_mixed_table(name, task, mixed_table):
    X, number = mixed_table
    y = number if task == "regression" else np.where(number > 0, "high", "low")
    model = resolve_model(name, task, random_state=3).estimator
    assert (is_regressor if task == "regression" else is_classifier)(model)
    before = X.copy()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Stochastic Optimizer")
        first = clone(model).fit(X, y).predict(X)
        second = model.fit(X, y).predict(X)
    pd.testing.assert_frame_equal(X, before)
    np.testing.assert_array_equal(first, second)
    share = np.mean(first == y) if task == "classification" else model.score(X, y)
    assert name == "dummy" or share > 0.55


@pytest.mark.parametrize(("name", "task"), NAMES_AND_TASKS)
def test_every_random_state_is_set(name, task):
    params = resolve_model(name, task, random_state=5).estimator.get_params()
    states = {key: v for key, v in params.items() if key.endswith("random_state")}
    encoder = states.pop("tablevectorizer__high_cardinality__random_state")
    assert encoder == 5
    # these models use theirs for nothing with the solvers chosen here
    deterministic = name in {"svm", "logistic", "linear", "ridge", "dummy"}
    assert deterministic or set(states.values()) <= {5}


@pytest.mark.parametrize(("name", "task"), NAMES_AND_TASKS)
def test_shown_code_builds_the_same_estimator(name, task):
    model = resolve_model(name, task, random_state=2)
    namespace = {}
    exec(model.code, namespace)
    assert repr(namespace["estimator"]) == repr(model.estimator)
    assert max(len(line) for line in model.code.splitlines()) <= 96


@pytest.mark.parametrize(("name", "task"), NAMES_AND_TASKS)
def test_numbers_alone_need_no_encoder(name, task):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=40), "b": np.arange(40)})
    X.loc[3, "a"] = np.nan
    y = X["b"].astype(float) if task == "regression" else X["b"] > 19
    model = resolve_model(name, task, random_state=2, X=X)
    assert "tablevectorizer" not in model.estimator.named_steps
    namespace = {}
    exec(model.code, namespace)
    assert repr(namespace["estimator"]) == repr(model.estimator)
    if name != "mlp":  # which would not converge on so little
        assert np.isfinite(model.estimator.fit(X, y).score(X, y))
    mixed = X.assign(text="x")
    encoded = resolve_model(name, task, X=mixed).estimator
    assert "tablevectorizer" in encoded.named_steps


def test_names_of_the_command_line():
    assert sorted(model_names()) == [
        "dummy",
        "extra_trees",
        "gradient_boosting",
        "hist_gradient_boosting",
        "knn",
        "lasso",
        "linear",
        "logistic",
        "mlp",
        "naive_bayes",
        "random_forest",
        "ridge",
        "svm",
        "tree",
    ]
    assert model_names()[DEFAULT_MODEL] == ("classification", "regression")


@pytest.mark.parametrize(
    ("name", "task", "reason"),
    [
        ("random_forst", "regression", "Did you mean 'random_forest'"),
        ("zzz", "regression", "Known: random_forest, tree"),
        ("logistic", "regression", "for classification only"),
        ("naive_bayes", "regression", "for classification only"),
    ],
)
def test_unknown_names(name, task, reason):
    with pytest.raises(InputError, match=reason):
        resolve_model(name, task)


@pytest.mark.usefixtures("user_module")
def test_models_from_callables():
    model = resolve_model("user_models:tree", "classification")
    assert repr(model.estimator) == "DecisionTreeClassifier(max_depth=2)"
    namespace = {}
    exec(model.code, namespace)
    assert repr(namespace["estimator"]) == repr(model.estimator)
    for task in ("classification", "regression"):
        assert resolve_model("user_models:Foreign", task).estimator.fit([], [])
    assert resolve_model("sklearn.svm:SVC", "classification").estimator.C == 1


@pytest.mark.usefixtures("user_module")
@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("no_such_module:f", "cannot import 'no_such_module'"),
        (":f", "cannot import ''"),
        ("broken_models:f", "ZeroDivisionError"),
        ("user_models:", "has no ''"),
        ("user_models:tre", "Did you mean 'tree'"),
        ("user_models:instance", "Put it into a function"),
        ("user_models:number", "is a int, which cannot be called"),
        ("user_models:cls", "returned the class Ridge"),
        ("user_models:text", r"returned a str, which has no fit\(\)"),
        ("user_models:broken", "failed with RuntimeError: no luck"),
        ("user_models:leaves", "failed with SystemExit: 7"),
        ("user_models:ridge", "not for classification"),
    ],
)
def test_callables_that_give_no_estimator(spec, reason):
    with pytest.raises(InputError, match=reason) as caught:
        resolve_model(spec, "classification")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("user_module")
def test_a_classifier_cannot_serve_regression():
    with pytest.raises(InputError, match="not for regression"):
        resolve_model("user_models:tree", "regression")


@pytest.mark.parametrize(
    ("name", "task", "y"),
    [
        ("accuracy", "classification", list("aab")),
        ("roc_auc", "classification", [0, 1, 1]),
        ("roc_auc_ovr", "classification", list("abcabc")),
        ("f1", "classification", [0, 1, 1]),
        ("neg_log_loss", "classification", list("aab")),
        ("r2", "regression", [0.5, 1.5, 2.5]),
        ("neg_root_mean_squared_error", "regression", [0.5, 1.5, 2.5]),
    ],
)
def test_scorers_that_fit(name, task, y):
    check_scorer(name, task, np.asarray(y))


@pytest.mark.parametrize(
    ("name", "task", "y", "reason"),
    [
        ("acuracy", "classification", list("ab"), "Did you mean 'accuracy'"),
        ("zzzzzz", "classification", list("ab"), "unknown scorer 'zzzzzz'"),
        ("r2", "classification", list("ab"), "cannot score this classification"),
        ("accuracy", "regression", [0.5, 1.5], "cannot score this regression"),
        ("roc_auc", "classification", list("abc"), "multi"),
        ("f1", "classification", list("ab"), "pos_label"),
        ("neg_mean_squared_log_error", "regression", [-5.0, 1.0], "cannot score"),
    ],
)
def test_scorers_that_do_not_fit(name, task, y, reason):
    with pytest.raises(InputError, match=reason) as caught:
        check_scorer(name, task, np.asarray(y))
    assert "\n" not in str(caught.value)
