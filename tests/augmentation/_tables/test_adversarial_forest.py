"""Adversarial random forests: leaves, rounds, and relations of any form."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from skoverfit.augmentation import AdversarialForest
from skoverfit.augmentation._tables._adversarial_forest import (
    _coarse,
    _Leaves,
    _out_of_bag_accuracy,
    _seen,
    _shuffled,
)


def parabola(n_rows=600, seed=0):
    """Two columns whose relation is no correlation, and two classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_rows)
    y = rng.integers(0, 2, n_rows)
    sign = 2 * y - 1
    return np.c_[x, sign * x**2 + 0.1 * rng.normal(size=n_rows)], y


@pytest.mark.parametrize(
    ("within_leaf", "splitter"),
    [
        ("normal", "best"),
        ("uniform", "best"),
        ("empirical", "best"),
        ("normal", "random"),
    ],
)
def test_relations_of_any_form_are_kept(within_leaf, splitter):
    X, y = parabola()
    forest = AdversarialForest(
        within_leaf=within_leaf, splitter=splitter, random_state=0
    )
    X_out, y_out = forest.fit_resample(X, y)
    new, label = X_out[600:], y_out[600:]
    for value, sign in ((0, -1), (1, 1)):
        own = new[label == value]
        assert np.corrcoef(own[:, 0] ** 2, sign * own[:, 1])[0, 1] > 0.8
    assert forest.accuracies_[0] > 0.7  # independent columns are told apart
    assert forest.accuracies_[-1] < forest.accuracies_[0]
    error = new.mean(axis=0) - X.mean(axis=0)
    assert (np.abs(error) < 5 * X.std(axis=0) / np.sqrt(600)).all()


def test_empirical_cells_are_cells_of_the_class():
    X, y = parabola()
    forest = AdversarialForest(within_leaf="empirical", random_state=0)
    X_out, y_out = forest.fit_resample(X, y)
    for value in (0, 1):
        for j in (0, 1):
            assert set(X_out[y_out == value, j]) <= set(X[y == value, j])
    assert (X_out[600:] != X).mean() > 0.5


def test_p_is_the_share_of_cells_that_are_drawn():
    X, y = parabola()
    for p in (0.0, 0.3, 1.0):
        X_out, _ = AdversarialForest(p, random_state=0).fit_resample(X, y)
        changed = (X_out[600:] != X).mean()
        assert abs(changed - p) < 5 * np.sqrt(max(p * (1 - p), 1e-3) / 1200) + 0.05 * p


def test_n_jobs_does_not_change_the_result():
    X, y = parabola(200)
    one = AdversarialForest(random_state=0)
    two = clone(one).set_params(n_jobs=2)
    np.testing.assert_array_equal(one.fit_resample(X, y)[0], two.fit_resample(X, y)[0])
    np.testing.assert_array_equal(one.accuracies_, two.accuracies_)


def test_rounds_end():
    X, y = parabola(200)
    assert len(AdversarialForest(max_iter=1, random_state=0).fit(X, y).accuracies_) == 1
    easy = AdversarialForest(delta=0.5, random_state=0).fit(X, y)
    assert len(easy.accuracies_) == 1
    noise = np.random.default_rng(0).normal(size=(200, 2))
    rounds = AdversarialForest(random_state=0).fit(noise, y).accuracies_
    assert (np.diff(rounds)[:-1] < 0).all()


def fitted_tree(n_rows=300):
    rng = np.random.default_rng(0)
    values = np.round(rng.normal(size=(n_rows, 3)), 1)
    codes = np.column_stack([np.unique(c, return_inverse=True)[1] for c in values.T])
    labels = rng.integers(0, 2, n_rows)
    forest = RandomForestClassifier(1, min_samples_leaf=5, random_state=0)
    tree = forest.fit(codes, rng.integers(0, 2, n_rows)).estimators_[0].tree_
    return tree, codes.astype(np.float32), values, labels


def test_groups_are_leaves_by_class():
    tree, ranks, _, labels = fitted_tree()
    leaves = _Leaves(tree, ranks, labels)
    rng = np.random.default_rng(0)
    rows = leaves.rows(np.arange(300), 50, rng)
    leaf = tree.apply(ranks)
    assert (leaf[rows] == leaf[:, np.newaxis]).all()
    assert (labels[rows] == labels[:, np.newaxis]).all()
    groups = pd.Series(np.arange(300)).groupby([leaf, labels]).agg(set)
    small = [group for group in groups if len(group) <= 3]
    assert small
    for group in small:  # every member is drawn
        assert set(rows[list(group)].ravel()) == group


@pytest.mark.parametrize("n_rows", [999, 2500, 7001])
def test_coarse_ranks_are_in_order_and_of_equal_size(n_rows):
    rng = np.random.default_rng(n_rows)
    codes = rng.permutation(np.r_[np.arange(n_rows), -np.ones(50, dtype=int)])
    coarse = _coarse(codes)
    np.testing.assert_array_equal(coarse < 0, codes < 0)
    in_order = coarse[np.argsort(codes)]
    assert (np.diff(in_order) >= 0).all()
    sizes = np.unique(coarse[coarse >= 0], return_counts=True)[1]
    assert len(sizes) == min(n_rows, 1000)
    assert np.ptp(sizes) <= 1
    tied = _coarse(np.r_[codes, np.full(n_rows, 7)])  # a value that half of them have
    assert len(set(tied)) - 1 <= 1000
    smallest, largest = _seen(codes * 10.0, coarse)
    assert (largest[coarse[coarse >= 0]] >= 10.0 * codes[codes >= 0]).all()
    assert (smallest[1:] == largest[:-1] + 10).all()


def test_many_ranks_lose_no_relation():
    X, y = parabola(3000)
    forest = AdversarialForest(n_estimators=3, random_state=0)
    new = forest.fit_resample(X, y)[0][3000:]
    sign = 2 * y - 1
    assert np.corrcoef(new[:, 0] ** 2, sign * new[:, 1])[0, 1] > 0.95
    for j in (0, 1):
        assert X[:, j].min() <= new[:, j].min() <= np.quantile(X[:, j], 0.002)
        assert X[:, j].max() >= new[:, j].max() >= np.quantile(X[:, j], 0.998)


def test_fewer_trees_where_rows_are_many():
    trees = [
        AdversarialForest()._n_trees(n_rows)
        for n_rows in (1, 4000, 8000, 20_000, 10**6)
    ]
    assert trees == [20, 20, 10, 4, 4]
    assert AdversarialForest(n_estimators=7)._n_trees(10**6) == 7
    with pytest.raises(ValueError, match="n_estimators"):
        AdversarialForest(n_estimators="few").fit([[0.0], [1.0]], [0, 1])


def test_borders_are_those_of_the_path():
    tree, ranks, values, labels = fitted_tree()
    leaves = _Leaves(tree, ranks, labels)
    path = tree.decision_path(ranks).toarray().astype(bool)
    leaf = tree.apply(ranks)
    for j in range(3):
        codes = ranks[:, j].astype(int)
        seen = _seen(values[:, j], codes)
        low, high = leaves._borders(j, np.arange(tree.node_count), seen)
        for row in range(0, 300, 7):
            inside = np.ones(300, dtype=bool)
            for node in np.flatnonzero(path[row]):
                if node != leaf[row] and tree.feature[node] == j:
                    left = ranks[:, j] <= tree.threshold[node]
                    inside &= left == left[row]
            assert low[leaf[row]] == values[inside, j].min()
            assert high[leaf[row]] == values[inside, j].max()


def test_moments_of_groups_skip_missing_values():
    tree, ranks, values, labels = fitted_tree()
    leaves = _Leaves(tree, ranks, labels)
    column = values[:, 0] + 1e6
    column[::3] = np.nan
    mean, std = leaves._moments(column)
    by_group = pd.Series(column).groupby(leaves.group)
    np.testing.assert_allclose(mean, by_group.mean().fillna(0), rtol=1e-12)
    np.testing.assert_allclose(std, by_group.std(ddof=0).fillna(0), atol=1e-6)


def test_out_of_bag_accuracy_is_that_of_scikit_learn():
    X, y = parabola(300)
    fake = _shuffled(X, 2, y, np.random.default_rng(0))
    data, truth = np.concatenate([X, fake]), np.repeat([0, 1], 300)
    forest = RandomForestClassifier(60, oob_score=True, random_state=0)
    forest.fit(data, truth)
    # Ties are half right here and decided for the first class there.
    assert abs(_out_of_bag_accuracy(forest, X, fake) - forest.oob_score_) < 0.02


def test_shuffled_columns_keep_their_values_in_each_class():
    X, y = parabola(300)
    fake = _shuffled(np.c_[X, y], 2, y, np.random.default_rng(0))
    np.testing.assert_array_equal(fake[:, 2], y)
    for value in (0, 1):
        own, other = X[y == value], fake[y == value, :2]
        np.testing.assert_array_equal(np.sort(own, axis=0), np.sort(other, axis=0))
        assert abs(np.corrcoef(other[:, 0] ** 2, other[:, 1])[0, 1]) < 0.4


def test_missing_values_are_drawn_like_values():
    X, y = parabola(400)
    X[X[:, 0] > 0.5, 1] = np.nan  # missing where the first column is large
    X_out, _ = AdversarialForest(random_state=0).fit_resample(X, y)
    new = X_out[400:]
    assert np.isnan(new[new[:, 0] > 1, 1]).mean() > 0.85
    assert np.isnan(new[new[:, 0] < 0, 1]).mean() < 0.15
    assert not np.isnan(new[:, 0]).any()


def test_targets_of_numbers():
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, size=(500, 2))
    y = X[:, 0] ** 2
    forest = AdversarialForest(random_state=0)
    X_out, y_out = forest.fit_resample(X, y)
    np.testing.assert_array_equal(y_out, y[forest.sample_indices_])
    assert np.corrcoef(X_out[500:, 0] ** 2, y)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"p": 1.5}, "p"),
        ({"n_estimators": 0}, "n_estimators"),
        ({"delta": 0.6}, "delta"),
        ({"max_iter": 0}, "max_iter"),
        ({"min_samples_leaf": 0}, "min_samples_leaf"),
        ({"within_leaf": "kernel"}, "within_leaf"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=f"The '{message}' parameter"):
        AdversarialForest(**params).fit_resample([[0.0], [1.0]], [0, 1])


def test_sparse_matrices_are_refused():
    with pytest.raises(TypeError, match="Sparse data was passed to AdversarialForest"):
        AdversarialForest().fit_resample(sparse.eye_array(4).tocsr(), [0, 1, 0, 1])


def test_max_samples_bounds_the_rows_that_trees_are_grown_on():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), np.arange(300) % 2
    options = {"n_estimators": 3, "max_iter": 1, "random_state": 0}
    whole, _ = AdversarialForest(max_samples=None, **options).fit_resample(X, y)
    enough, _ = AdversarialForest(max_samples=600, **options).fit_resample(X, y)
    np.testing.assert_array_equal(whole, enough)
    few = AdversarialForest(max_samples=50, **options)
    for tree in few._fitted(X, X[::-1], 0).estimators_:
        assert tree.tree_.weighted_n_node_samples[0] == 50
    with pytest.raises(ValueError, match="max_samples"):
        AdversarialForest(max_samples=0).fit(X, y)
    with pytest.raises(ValueError, match="splitter"):
        AdversarialForest(splitter="worst").fit(X, y)
