"""No cause fails on the kinds of data that people have."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification, make_regression
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence, measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import ask, judge, proposed
from skoverfit.diagnosis.causes import _irrelevant_columns, _wrong_labels
from skoverfit.diagnosis.causes._base import choose_causes

N = 120
X, Y = make_classification(N, 5, n_informative=3, flip_y=0.1, random_state=0)
TREE = DecisionTreeClassifier(min_samples_leaf=3, random_state=0)


def _mixed():
    """Numbers with gaps, texts as categories, dates, booleans; one column is empty."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(X[:, :3].copy(), columns=["size", "age", "mass"])
    frame.loc[::7, "age"] = np.nan
    frame["city"] = rng.choice(["Ulm", "Bonn", "Kiel", None], N)
    frame["grade"] = pd.Categorical(rng.choice(["a", "b"], N))
    frame["is_new"] = rng.random(N) < 0.5
    frame["day"] = pd.date_range("2024-01-01", periods=N)
    frame["empty"] = np.nan
    return frame


def _mixed_model():
    encode = make_column_transformer(
        (SimpleImputer(), ["size", "age", "mass"]),
        (OneHotEncoder(handle_unknown="ignore"), ["city", "grade"]),
    )
    return make_pipeline(encode, LogisticRegression())


def _texts():
    words = np.array(["good", "bad", "film", "plot", "long", "short", "dull", "fine"])
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(words, 6)) for _ in range(N)]


def _searched():
    search = GridSearchCV(TREE, {"max_depth": [1, 2, 4]}, cv=3)
    return search.fit(X, Y)


CASES = {
    "numbers": lambda: (TREE, X, Y, {}),
    "lists": lambda: (KNeighborsClassifier(), X.tolist(), Y.tolist(), {}),
    "float32 and three classes": lambda: (
        LogisticRegression(),
        X.astype("float32"),
        np.array(["a", "b", "c"])[Y + (X[:, 0] > 0)],
        {"scoring": "roc_auc_ovr"},
    ),
    "mixed frame": lambda: (_mixed_model(), _mixed(), np.where(Y, "yes", "no"), {}),
    "texts": lambda: (
        make_pipeline(CountVectorizer(), LogisticRegression()),
        _texts(),
        Y,
        {},
    ),
    "sparse": lambda: (LinearSVC(), sparse.csr_matrix(X * (X > 0)), Y, {}),
    "regression": lambda: (
        DecisionTreeRegressor(random_state=0),
        *make_regression(N, 4, noise=10, random_state=0),
        {"scoring": "neg_mean_absolute_error"},
    ),
    "own test part": lambda: (
        TREE,
        _mixed()[["size", "mass"]][:80],
        Y[:80],
        {"X_test": _mixed()[["size", "mass"]][80:], "y_test": Y[80:]},
    ),
    "groups": lambda: (TREE, X, Y, {"groups": np.arange(N) // 6}),
    "time": lambda: (
        Ridge(),
        _mixed()[["size", "mass", "day"]],
        X[:, 3],
        {"time": "day"},
    ),
    "fitted search": lambda: (_searched(), X, Y, {}),
    "weights and few rows": lambda: (
        TREE,
        X[:30],
        Y[:30],
        {"sample_weight": np.linspace(0.5, 2, 30), "scoring": ["accuracy", "f1"]},
    ),
    "one split": lambda: (TREE, X, Y, {"cv": (np.arange(80), np.arange(80, N))}),
}


@pytest.mark.parametrize("name", CASES)
def test_no_cause_fails(name, monkeypatch):
    for module in (_irrelevant_columns, _wrong_labels):  # fast
        monkeypatch.setattr(module, "N_TREES", 3)
    estimator, data, y, options = CASES[name]()
    if not {"cv", "time", "groups"} & set(options):
        options["cv"] = 3
    problem = make_problem(estimator, data, y, random_state=0, **options)
    lab, causes = Lab(problem, Clock(np.inf)), choose_causes(None)
    measure_core(lab)
    early = [cause for cause in causes if not cause.after_evidence]
    asked = ask(lab, early)
    collect_evidence(lab, ("duplicates", "ranking", "shuffled"))
    asked += ask(lab, set(causes) - set(early))
    findings = judge(asked, problem)
    assert len(findings) == len(causes)
    failed = {f.code: f.explanation for f in findings if "ailed" in f.explanation}
    assert failed == {}
    assert all(c.estimator is not None for c in proposed(lab, asked, findings))
