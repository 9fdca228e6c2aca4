"""Digests are equal for equal values, in every process, and differ otherwise."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, fbeta_score, make_scorer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from skoverfit.model_selection._journal._digests import (
    candidate_key,
    describe,
    digest_of,
    search_identity,
    split_key,
)


def double(x):
    return 2 * x


def cube(x):
    return x**3


def power(exponent):
    return lambda x: x**exponent


class Named(BaseEstimator):
    def __init__(self, width=1):
        self.width = width

    def double(self):
        return 2 * self.width


ROOT = Path(__file__).parents[3]
ARRAY = np.arange(12.0).reshape(3, 4)
FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
# Each differs from all others.
VALUES = {
    "none": None,
    "true": True,
    "one": 1,
    "one as float": 1.0,
    "zero": 0.0,
    "minus zero": -0.0,
    "nan": float("nan"),
    "infinity": float("inf"),
    "str": "1",
    "bytes": b"1",
    "complex": 1 + 0j,
    "numpy float": np.float64(1.0),
    "numpy single": np.float32(1.0),
    "numpy integer": np.int64(1),
    "list": [1, 2],
    "tuple": (1, 2),
    "nested": [[1], 2],
    "nested otherwise": [1, [2]],
    "set": {1, 2},
    "frozenset": frozenset({1, 2}),
    "dict": {"a": 1, "b": 2},
    "dict in another order": {"b": 2, "a": 1},
    "array": ARRAY,
    "array of another shape": ARRAY.reshape(4, 3),
    "array in column order": np.asfortranarray(ARRAY),
    "single array": ARRAY.astype(np.float32),
    "array of other bytes": ARRAY.astype(">f8"),
    "array with one other value": ARRAY + (ARRAY == 11) * 1e-15 * 11,
    "empty array": np.empty((0, 3)),
    "scalar array": np.array(1.0),
    "strings": np.array(["a", "bc"]),
    "objects": np.array(["a", 1, None], dtype=object),
    "other objects": np.array(["a", 1.0, None], dtype=object),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "masked": np.ma.masked_equal([1, 2], 2),
    "csr": sparse.csr_matrix(ARRAY),
    "csr array": sparse.csr_array(ARRAY),
    "csc": sparse.csc_matrix(ARRAY),
    "coo": sparse.coo_matrix(ARRAY),
    "lil": sparse.lil_matrix(ARRAY),
    "dia": sparse.dia_matrix(np.eye(3)),
    "frame": FRAME,
    "frame with other names": FRAME.set_axis(["a", "c"], axis=1),
    "frame with another value": FRAME.replace("y", "z"),
    "frame with another index": FRAME.set_axis([5, 6], axis=0),
    "frame with categories": FRAME.astype({"b": "category"}),
    "frame with a category more": FRAME.astype(
        {"b": pd.CategoricalDtype(["x", "y", "z"])}
    ),
    "nullable frame": FRAME.astype({"a": "Int64"}),
    "polars frame": pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "other polars frame": pl.DataFrame({"a": [1, 2], "b": ["x", "z"]}),
    "polars column": pl.Series("a", [1, 2]),
    "column": FRAME["a"],
    "other column": FRAME["b"],
    "index": FRAME.columns,
    "class": StandardScaler,
    "estimator": StandardScaler(),
    "estimator with a parameter": StandardScaler(with_mean=False),
    "estimator with output": StandardScaler().set_output(transform="pandas"),
    "pipeline": make_pipeline(StandardScaler(), SVC()),
    "deep parameter": make_pipeline(StandardScaler(), SVC(C=2)),
    "columns": ColumnTransformer([("s", StandardScaler(), [0])]),
    "frozen": FrozenEstimator(Ridge().fit(ARRAY, [1, 2, 3])),
    "frozen, fitted to others": FrozenEstimator(Ridge().fit(ARRAY, [1, 2, 4])),
    "fitted, to be copied": {"model": Ridge().fit(ARRAY, [1, 2, 3])},
    "not fitted, to be copied": {"model": Ridge()},
    "own estimator": Named(),
    "function": double,
    "other function": cube,
    "closure": power(2),
    "other closure": power(3),
    "lambda": lambda x: x + 1,
    "other lambda": lambda x: x + 2,
    "partial": functools.partial(double, x=1),
    "other partial": functools.partial(double, x=2),
    "method": Named().double,
    "method of another": Named(2).double,
    "builtin": len,
    "ufunc": np.log,
    "other ufunc": np.exp,
    "scorer": make_scorer(fbeta_score, beta=1),
    "other scorer": make_scorer(fbeta_score, beta=2),
    "released function": accuracy_score,
    "splitter": KFold(3),
    "other splitter": KFold(4),
    "stratified": StratifiedKFold(3),
    "kernel": RBF(),
    "kernels": RBF() + WhiteKernel(),
    "random state": np.random.RandomState(0),
    "other random state": np.random.RandomState(1),
    "generator": np.random.default_rng(0),
    "other generator": np.random.default_rng(1),
    "transformer of a function": FunctionTransformer(double),
    "range": range(3),
    "slice": slice(3),
}


def test_all_values_have_digests_of_their_own():
    names = {}
    for name, value in VALUES.items():
        names.setdefault(digest_of(value), []).append(name)
    assert [same for same in names.values() if len(same) > 1] == []
    assert len({describe(value) for value in VALUES.values()}) == len(VALUES)


def test_every_process_finds_the_same_digests():
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]);"
        "import test_digests as t;"
        "print(json.dumps({k: t.digest_of(v) for k, v in t.VALUES.items()}))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, os.path.dirname(__file__)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    found = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["pipeline", "estimator with output", "own estimator"])
def test_clones_have_the_digest_of_their_original(name):
    assert digest_of(clone(VALUES[name])) == digest_of(VALUES[name])


def test_fitting_does_not_change_the_digest():
    model = Ridge()
    before = digest_of(model)
    assert digest_of(model.fit(ARRAY, [1, 2, 3])) == before


def test_equal_arrays_have_one_digest_whatever_memory_they_share(tmp_path):
    wide = np.zeros((3, 8))
    wide[:, ::2] = ARRAY
    on_disk = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=ARRAY.shape)
    on_disk[:] = ARRAY
    assert digest_of(wide[:, ::2]) == digest_of(ARRAY)
    assert digest_of(on_disk) == digest_of(ARRAY)


def test_large_arrays_are_hashed_in_pieces(monkeypatch):
    expected = digest_of(ARRAY)
    monkeypatch.setattr("skoverfit.model_selection._journal._encoding.CHUNK_BYTES", 40)
    assert digest_of(ARRAY) == expected


def test_cycles_end():
    one, other = [1], [1]
    one.append(one)
    other.append(other)
    assert digest_of(one) == digest_of(other) != digest_of([1, [1]])


def test_methods_of_own_classes_count():
    class Changed(BaseEstimator):
        def predict(self, X):
            return X + 1

    before = digest_of(Changed())
    Changed.predict = lambda self, X: X + 2
    assert digest_of(Changed()) != before


def test_the_order_of_parameters_does_not_matter():
    params = {"C": 1.0, "kernel": "rbf"}
    assert candidate_key(params) == candidate_key(dict(reversed(params.items())))
    assert candidate_key(params) != candidate_key({"C": "rbf", "kernel": 1.0})


@pytest.mark.parametrize("value", [(i for i in range(3)), open(os.devnull)])  # noqa: SIM115
def test_a_parameter_that_cannot_be_told_from_others_is_named(value):
    with pytest.raises(TypeError, match="parameter 'clf__what'"):
        candidate_key({"clf__what": value})


def test_masks_and_positions_are_the_same_split():
    mask = np.array([True, False, True])
    assert split_key(mask, ~mask) == split_key([0, 2], np.array([1], dtype=np.int32))
    assert split_key([0, 2], [1]) != split_key([2, 0], [1])
    assert split_key([0, 2], [1]) != split_key([0], [2, 1])


simple = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
params = st.dictionaries(st.text(), simple | st.lists(simple), max_size=4)


@given(params, params)
def test_keys_are_equal_where_parameters_are(one, other):
    # repr tells 1 from True, 0.0 from -0.0, and takes NaN as equal to NaN.
    same = repr(sorted(one.items())) == repr(sorted(other.items()))
    assert (candidate_key(one) == candidate_key(other)) == same
    assert candidate_key(one) == candidate_key(dict(reversed(one.items())))


# -------------------------------------------------------------------------- identity


def identity(**changes):
    given = {
        "estimator": make_pipeline(StandardScaler(), LogisticRegression()),
        "X": ARRAY,
        "y": np.array([0, 1, 1]),
        "params": {"sample_weight": np.ones(3)},
        "splits": [([0, 1], [2]), ([1, 2], [0])],
        "scoring": "accuracy",
        "settings": {"error_score": np.nan, "return_train_score": True},
    }
    return search_identity(**{**given, **changes})


def differing(one, other):
    items = one.keys() | other.keys()
    return {item for item in items if one.get(item) != other.get(item)}


def test_the_identity_is_text_that_can_be_read():
    found = identity()
    assert found["X"].startswith("numpy.ndarray float64 3 x 4 #")
    assert found["splits"].startswith("2 splits #")
    assert found["scoring"] == "'accuracy'"
    assert found["estimator.logisticregression__C"] == "1.0"
    assert found["return_train_score"] == "True"
    assert found["version of numpy"] == np.__version__
    assert found == identity()


@pytest.mark.parametrize(
    ("change", "items"),
    [
        ({"X": ARRAY + 1}, {"X"}),
        ({"y": np.array([0, 1, 0])}, {"y"}),
        ({"params": {"sample_weight": np.zeros(3)}}, {"fit parameter sample_weight"}),
        ({"params": {}}, {"fit parameter sample_weight"}),
        ({"splits": [([0, 1], [2])]}, {"splits"}),
        ({"splits": None}, {"splits"}),
        ({"scoring": "roc_auc"}, {"scoring"}),
        ({"scoring": make_scorer(accuracy_score)}, {"scoring"}),
        ({"settings": {"error_score": 0}}, {"error_score", "return_train_score"}),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_the_identity_tells_what_differs(change, items):
    assert differing(identity(), identity(**change)) == items


def test_the_identity_names_the_parameter_that_differs():
    other = make_pipeline(StandardScaler(), LogisticRegression(C=2))
    assert differing(identity(), identity(estimator=other)) == {
        "estimator.logisticregression__C",
        "estimator.steps",
        "estimator as a whole",
    }


def test_the_identity_has_the_versions_of_what_is_used():
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    found = identity(estimator=lightgbm.LGBMClassifier())
    assert found["version of lightgbm"] == lightgbm.__version__
