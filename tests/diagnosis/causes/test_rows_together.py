"""Near copies, subjects, interpolated rows, copies of a class: found where planted."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE
from sklearn.datasets import (
    load_breast_cancer,
    load_iris,
    load_wine,
    make_blobs,
    make_classification,
    make_swiss_roll,
)

from skoverfit.diagnosis import near_copy_groups
from skoverfit.diagnosis._rows._interpolated import interpolated_rows
from skoverfit.diagnosis._rows._near_copies import (
    columns_constant_in,
    explained,
    group_columns,
    near_copies,
)
from skoverfit.diagnosis.causes._duplicates import repeated_class
from skoverfit.exceptions import InputError
from tests.diagnosis.causes.planted import subjects


def _imbalanced(seed=0):
    return make_classification(
        400, 8, n_informative=4, weights=[0.85], flip_y=0.05, random_state=seed
    )


CLEAN = {
    "iris": lambda: load_iris(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
    "cancer": lambda: load_breast_cancer(return_X_y=True),
    "blobs": lambda: make_blobs(300, centers=5, n_features=4, random_state=0),
    "imbalanced": _imbalanced,
    "roll": lambda: (make_swiss_roll(300, random_state=0)[0], np.arange(300) % 2),
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_tables_raise_no_alarm(name):
    X, y = CLEAN[name]()
    assert near_copies(X, y) is None
    assert interpolated_rows(X, y, is_classification=True) is None
    assert group_columns(X, [str(j) for j in range(X.shape[1])]) == []


@pytest.mark.parametrize(("n", "size"), [(150, 2), (80, 4), (40, 8), (12, 40)])
def test_clusters_of_any_size_are_found(n, size):
    X, y, subject = subjects(n, size, noise=0.4)
    near = near_copies(X, y)
    assert near is not None
    assert near.label is None
    assert near.size == pytest.approx(size, rel=0.1)
    # No cluster holds rows of two subjects that are far apart.
    pairs = len(np.unique(np.column_stack([near.groups, subject]), axis=0))
    assert pairs <= 1.1 * n
    frame = np.column_stack([X, subject])
    names = [*"abcdefgh", "who"]
    assert columns_constant_in(near.groups, frame, names) == ("who",)


@pytest.mark.parametrize("seed", range(3))
def test_columns_that_vary_within_subjects_hide_no_clusters(seed):
    X, _, subject = subjects(90, 5, noise=0.3, seed=seed)
    noise = np.random.default_rng(seed).normal(size=(len(X), 2))
    near = near_copies(np.column_stack([X[:, :6], noise]))
    assert near is not None
    assert near.size == 5
    pairs = len(np.unique(np.column_stack([near.groups, subject]), axis=0))
    assert pairs <= 1.2 * 90


@pytest.mark.parametrize("seed", range(5))
def test_independent_rows_have_no_clusters_however_columns_are_weighted(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6))
    X[:, 0] = np.exp(X[:, 0])
    assert near_copies(np.column_stack([X, rng.random((400, 2))])) is None


def test_changed_copies_of_one_class_are_found():
    X, y = _imbalanced()
    rng = np.random.default_rng(0)
    few = X[y == 1]
    copies = np.repeat(few, 4, axis=0) + rng.normal(0, 0.02, (4 * len(few), 8))
    near = near_copies(np.r_[X, copies], np.r_[y, np.ones(len(copies), int)])
    assert near is not None
    assert near.n_clusters >= 0.9 * len(few)


def test_the_column_of_groups_is_told_from_a_measurement():
    X, _, subject = subjects(30, 12, noise=2.0)
    measurement = np.round(X[:, 0] * 2)  # whole numbers that repeat, in order
    frame = np.column_stack([X, subject, measurement])
    found = group_columns(frame, [*"abcdefgh", "who", "measured"])
    assert [name for name, *_ in found] == ["who"]


def test_intraclass_correlation_is_that_of_the_model():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(500), 4)
    between, noise = rng.normal(size=500)[codes], rng.normal(size=2000)
    assert explained(between + noise, codes) == pytest.approx(0.5, abs=0.05)
    assert explained(noise, codes) < 0.05
    assert explained(between, codes) == 1


@pytest.mark.parametrize("sampler", [SMOTE, BorderlineSMOTE, ADASYN])
def test_interpolated_rows_are_found(sampler):
    X, y = _imbalanced()
    more, labels = sampler(random_state=0).fit_resample(X, y)
    scaled = (more - more.mean(axis=0)) / more.std(axis=0)
    found = interpolated_rows(scaled, labels, is_classification=True)
    assert found is not None
    assert found.labels == (1,)
    is_made = np.arange(len(more)) >= len(X)
    assert found.rows[is_made].mean() > 0.9
    assert found.rows[~is_made].mean() < 0.05


def test_few_columns_cannot_tell():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="fewer than 3 columns"):
        interpolated_rows(
            rng.normal(size=(50, 2)), np.arange(50) % 2, is_classification=True
        )


def test_the_class_that_was_repeated_is_named():
    groups = np.array([0, 1, 2, 3, 4, 4, 4, 5, 5, 5])
    y = np.repeat(["many", "few"], [4, 6])
    assert repeated_class(groups, y) == ("few", pytest.approx(4 / 6))
    assert repeated_class(groups, np.arange(10) % 2) == ("", 0.0)


def test_groups_for_a_splitter():
    X, _, subject = subjects(30, 8)
    groups = near_copy_groups(pd.DataFrame(X))
    assert len(np.unique(np.column_stack([groups, subject]), axis=0)) == 30
    assert len(set(near_copy_groups(load_iris().data))) == 150
    with pytest.raises(InputError, match="X must be a table"):
        near_copy_groups(["a text", "another"])
