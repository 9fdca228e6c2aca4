"""What the base class promises to those who write an augmenter."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit.augmentation import (
    BaseAugmenter,
    GaussianNoise,
    Mixup,
    SmoothedBootstrap,
    SoftTarget,
    SwapNoise,
)


class Mirror(BaseAugmenter):
    """Changes rows and targets alike."""

    def _augment(self, X, y, rng):
        return -X, -y


class Wrong(BaseAugmenter):
    """Returns whatever it is told to."""

    def __init__(self, answer=None, n_copies=1, random_state=None):
        super().__init__(n_copies=n_copies, random_state=random_state)
        self.answer = answer

    _parameter_constraints: dict = {"answer": [callable]}

    def _augment(self, X, y, rng):
        return self.answer(X, y)


X = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("bad", [{"answer": 3}, {"answer": abs, "n_copies": -1}])
def test_a_class_adds_its_constraints_to_those_of_the_base(bad):
    with pytest.raises(ValueError, match=f"'{list(bad)[-1]}' parameter of Wrong"):
        Wrong(**bad).fit_resample(X, [0, 1])


def test_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        BaseAugmenter()


@pytest.mark.parametrize(
    "y",
    [
        np.array([1, 2], dtype=np.int16),
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        [1, 2],
        pd.Series([1, 2], name="target", dtype="int8", index=[7, 9]),
        pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=[7, 9]),
        pl.Series("target", [1, 2], dtype=pl.Int16),
        pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}),
    ],
    ids=["array", "multi-output", "list", "Series", "DataFrame", "polars", "polars-2d"],
)
def test_changed_targets_keep_container_name_and_dtype(y):
    _, y_out = Mirror(n_copies=2).fit_resample(X, y)
    assert type(y_out) is type(y)
    values = np.asarray(y)
    np.testing.assert_array_equal(
        np.asarray(y_out), np.concatenate([values, -values, -values])
    )
    if isinstance(y, pd.Series | pl.Series):
        assert (y_out.name, y_out.dtype) == (y.name, y.dtype)
    if isinstance(y, pd.DataFrame | pl.DataFrame):
        assert list(y_out.columns) == list(y.columns)
        assert list(y_out.dtypes) == list(y.dtypes)
    if isinstance(y, pd.Series | pd.DataFrame):
        assert list(y_out.index) == [7, 9] * 3


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (lambda X, y: (X[:1], y), "rows"),
        (lambda X, y: (X.astype(np.float32), y), "rows"),
        (lambda X, y: (X.tolist(), y), "rows"),
        (lambda X, y: (X, y[:1]), "targets"),
        (lambda X, y: (X, y.astype(float)), "targets"),
    ],
)
def test_a_wrong_augment_is_named(answer, what):
    with pytest.raises(TypeError, match=rf"Wrong\._augment must return {what}"):
        Wrong(answer).fit_resample(X, np.array([0, 1]))


def test_fit_learns_without_copies():
    noise = GaussianNoise(n_copies=10**9).fit(X, [0, 1])
    np.testing.assert_allclose(noise.noise_scale_, 0.1)
    assert noise.n_features_in_ == 2


@pytest.mark.parametrize(
    ("rows", "y", "message"),
    [
        (X, None, "y"),
        (X, [0], "inconsistent numbers of samples"),
        (X, [0, np.nan], "NaN"),
        (X, np.zeros((2, 1, 1)), "dim 3"),
        (X[0], [0, 1], "Expected 2D array"),
        (np.array([[1.0, np.inf]]), [0], "infinity"),
        (np.array([[1.0, 1j]]), [0], "Complex"),
        (X[:0], [], "0 sample"),
        (pd.DataFrame({"a": [1.0, np.inf], "b": ["x", "y"]}), [0, 1], "'a'.*infinity"),
        (pd.DataFrame({"a": [1j, 2j], "b": ["x", "y"]}), [0, 1], "Complex.*'a'"),
        (pd.DataFrame([[1.0, "a"]], columns=["x", "x"]), [0], "distinct.*'x'"),
        (pd.DataFrame({"a": [], "b": []}, dtype=object), [], "Got shape"),
        (pl.DataFrame({"a": [1.0, np.inf], "b": ["x", "y"]}), [0, 1], "'a'.*infinity"),
    ],
)
def test_bad_data_is_refused(rows, y, message):
    with pytest.raises(ValueError, match=message):
        GaussianNoise().fit_resample(rows, y)


def test_sparse_target_is_refused():
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        GaussianNoise().fit_resample(X, sparse.csr_matrix([[0], [1]]))


def test_random_state_instance_advances():
    noise = GaussianNoise(random_state=np.random.RandomState(0))
    first, _ = noise.fit_resample(X, [0, 1])
    second, _ = noise.fit_resample(X, [0, 1])
    assert not np.array_equal(first, second)


# ------------------------------------------------------------------------------ modes


class Shifted(BaseAugmenter):
    """Adds a large draw to each row, so that each copy can be told from its parent."""

    def _augment(self, X, y, rng):
        return X + 100 + rng.random((len(X), 1)), y


DATA = np.arange(12.0).reshape(6, 2)
LABELS = np.array(["a", "a", "a", "a", "b", "b"])
WEIGHT = np.array([1.0, 2.0, 0.0, 0.5, 1.0, 3.0])


def test_append_puts_originals_first():
    shifted = Shifted(n_copies=2, random_state=0)
    X_out, y_out = shifted.fit_resample(DATA, LABELS)
    np.testing.assert_array_equal(X_out[:6], DATA)
    assert (X_out[6:] >= 100).all()
    np.testing.assert_array_equal(shifted.is_synthetic_, [False] * 6 + [True] * 12)
    np.testing.assert_array_equal(shifted.sample_indices_, np.tile(np.arange(6), 3))
    np.testing.assert_array_equal(shifted.sample_weight_, np.ones(18))
    np.testing.assert_array_equal(y_out, np.tile(LABELS, 3))
    assert not hasattr(shifted, "groups_")


@pytest.mark.parametrize("n_copies", [1, 2, 10**12])
def test_replace_gives_as_many_rows_all_perturbed(n_copies):
    shifted = Shifted(n_copies, mode="replace", random_state=0)
    X_out, y_out = shifted.fit_resample(DATA, LABELS, sample_weight=WEIGHT)
    assert (X_out >= 100).all()
    np.testing.assert_array_equal(shifted.is_synthetic_, [True] * 6)
    np.testing.assert_array_equal(shifted.sample_indices_, np.arange(6))
    np.testing.assert_array_equal(shifted.sample_weight_, WEIGHT)
    np.testing.assert_array_equal(y_out, LABELS)
    appended, _ = Shifted(random_state=0).fit_resample(DATA, LABELS)
    np.testing.assert_array_equal(X_out, appended[6:])


@pytest.mark.parametrize("mode", ["append", "replace", "weight"])
def test_no_copies_are_the_identity_in_each_mode(mode):
    shifted = Shifted(0, mode=mode)
    X_out, _ = shifted.fit_resample(DATA, LABELS, sample_weight=WEIGHT)
    np.testing.assert_array_equal(X_out, DATA)
    assert not np.shares_memory(X_out, DATA)
    assert not shifted.is_synthetic_.any()
    np.testing.assert_array_equal(shifted.sample_weight_, WEIGHT)


@pytest.mark.parametrize("n_copies", [1, 3])
def test_weight_gives_all_copies_of_a_row_its_weight(n_copies):
    shifted = Shifted(n_copies, mode="weight")
    shifted.fit_resample(DATA, LABELS, sample_weight=WEIGHT)
    weight, parents = shifted.sample_weight_, shifted.sample_indices_
    np.testing.assert_array_equal(weight[:6], WEIGHT)
    copies = np.bincount(parents[6:], weight[6:], minlength=6)
    np.testing.assert_allclose(copies, WEIGHT)


def test_weight_holds_for_mixed_classes_and_for_class_wise_amounts():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 4 == 0
    mixup = Mixup(2.0, 3, partner="any", mode="weight", random_state=0)
    mixup.fit_resample(X, y)
    parents, new = mixup.sample_indices_, mixup.is_synthetic_
    assert new.sum() > 3 * 40  # some are there twice
    np.testing.assert_allclose(np.bincount(parents[new], mixup.sample_weight_[new]), 1)
    noise = GaussianNoise(mode="weight", sampling_strategy="auto", random_state=0)
    noise.fit_resample(X, y)
    parents, new = noise.sample_indices_, noise.is_synthetic_
    weight = np.bincount(parents[new], noise.sample_weight_[new], minlength=40)
    np.testing.assert_allclose(weight, y)  # the copied rows and no others


@pytest.mark.parametrize(
    ("weight", "message"),
    [([1.0], "shape"), ([1, 2, 3, 4, 5, np.nan], "NaN"), (["a"] * 6, "convert")],
)
def test_bad_weights_are_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        Shifted().fit_resample(DATA, LABELS, sample_weight=weight)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pl.Series])
def test_groups_follow_parents(kind):
    groups = ["u", "u", "v", "v", "w", "w"]
    shifted = Shifted(sampling_strategy={"b": 4}, random_state=0)
    shifted.fit_resample(DATA, LABELS, groups=kind(groups))
    assert list(shifted.groups_) == [*groups, "w", "w"]
    shifted.fit_resample(DATA, LABELS)
    assert not hasattr(shifted, "groups_")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        shifted.fit_resample(DATA, LABELS, groups=kind(groups[:2]))


# ------------------------------------------------------------------ class-wise amounts


@pytest.mark.parametrize(
    ("strategy", "added"),
    [
        ("auto", {"b": 2}),
        ("minority", {"b": 2}),
        ("all", {"a": 0, "b": 2}),
        (0.75, {"b": 1}),
        ({"a": 5, "b": 9}, {"a": 1, "b": 7}),
        ({"b": 2}, {"b": 0}),
        (lambda y: {"b": 3}, {"b": 1}),
    ],
)
def test_sampling_strategy_counts_like_imbalanced_learn(strategy, added):
    shifted = Shifted(sampling_strategy=strategy, n_copies=7, random_state=0)
    X_out, y_out = shifted.fit_resample(DATA, LABELS)
    assert shifted.sampling_strategy_ == added
    new = shifted.is_synthetic_
    np.testing.assert_array_equal(X_out[:6], DATA)
    assert {label: int((y_out[new] == label).sum()) for label in added} == added
    assert new.sum() == sum(added.values())
    np.testing.assert_array_equal(y_out, LABELS[shifted.sample_indices_])
    # Each row of a class is a parent as often as the others, or once more.
    for label in added:
        uses = np.bincount(shifted.sample_indices_[new], minlength=6)[label == LABELS]
        assert np.ptp(uses) <= 1


@pytest.mark.parametrize(
    ("parameters", "y", "message"),
    [
        ({"sampling_strategy": {"b": 1}}, LABELS, "greater or equal"),
        ({"sampling_strategy": {"c": 9}}, LABELS, "is/are not present"),
        ({"sampling_strategy": "most"}, LABELS, "sampling_strategy"),
        ({"sampling_strategy": 0.1}, LABELS, "ratio"),
        ({"sampling_strategy": 2.0}, LABELS, r"range \(0, 1\]"),
        ({"sampling_strategy": "majority"}, LABELS, "must be one of"),
        ({"sampling_strategy": True}, LABELS, "True must be a share"),
        ({"sampling_strategy": {"b": 9.5}}, LABELS, "whole numbers of rows.*9.5"),
        ({"sampling_strategy": {"b": "9"}}, LABELS, "whole numbers of rows.*'9'"),
        ({"sampling_strategy": lambda y: None}, LABELS, "must return a dict.*None"),
        ({"sampling_strategy": lambda y: "auto"}, LABELS, "must return a dict.*'auto'"),
        ({"sampling_strategy": [1]}, LABELS, "'sampling_strategy' parameter"),
        ({"sampling_strategy": "auto"}, DATA[:, 0] + 0.5, "needs class labels"),
        ({"sampling_strategy": "auto"}, np.eye(6, 2, dtype=int), "needs class labels"),
        ({"sampling_strategy": "auto", "mode": "replace"}, LABELS, "mode='replace'"),
        ({"mode": "instead"}, LABELS, "'mode' parameter"),
        ({"constraint": "positive"}, LABELS, "'constraint' parameter"),
    ],
)
def test_bad_amounts_are_refused(parameters, y, message):
    with pytest.raises(ValueError, match=message):
        Shifted(**parameters).fit(DATA, y)


@pytest.mark.parametrize("kind", [SwapNoise, GaussianNoise, SmoothedBootstrap, Mixup])
def test_few_parents_still_see_all_rows(kind):
    # One row is copied; ranges, donors and statistics are those of the whole data.
    X = np.arange(60).reshape(20, 3)
    y = np.isin(np.arange(20), [9, 10]).astype(int)
    parameters = {"partner": "any"} if kind is Mixup else {}
    augmenter = kind(0.9 if kind is not GaussianNoise else 0.3, **parameters)
    augmenter.set_params(sampling_strategy={1: 12}, random_state=0)
    for rows in (X, pd.DataFrame(X).assign(text="t").rename(columns=str)):
        X_out, _ = augmenter.fit_resample(rows, y)
        new = np.asarray(X_out)[augmenter.is_synthetic_][:, :3]
        assert len(np.unique(new[:, 0])) > 2
    if kind is SwapNoise:
        assert np.isin(new[:, 0], X[y == 0, 0]).any()


# -------------------------------------------------------------------------- constraint


def even(X):
    return np.asarray(X)[:, 0].astype(int) % 2 == 0


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, sparse.csr_array])
def test_constraint_is_met_by_redrawing(kind):
    X = np.random.default_rng(0).uniform(0.5, 20, size=(40, 2))
    seen = []

    def constraint(rows):
        seen.append(type(rows))
        return even(rows.toarray() if sparse.issparse(rows) else rows)

    noise = GaussianNoise(1.0, 3, constraint=constraint, random_state=0)
    X_out, y_out = noise.fit_resample(kind(X), np.arange(40) % 2)
    rows = X_out.toarray() if sparse.issparse(X_out) else np.asarray(X_out)
    assert even(rows[40:]).all()
    np.testing.assert_array_equal(rows[:40], X)
    assert (rows[40:] != rows[noise.sample_indices_[40:]]).all()
    np.testing.assert_array_equal(y_out, (np.arange(40) % 2)[noise.sample_indices_])
    assert set(seen) == {type(kind(X))}
    assert len(seen) > 3


def test_parents_stand_in_where_nothing_else_is_possible():
    shifted = Shifted(2, constraint=lambda X: (X[:, 0] < 5) | (X[:, 0] > 104))
    X_out, _ = shifted.fit_resample(DATA, LABELS)
    copies = X_out[6:]
    small = DATA[shifted.sample_indices_[6:], 0] < 4
    np.testing.assert_array_equal(copies[small], np.tile(DATA[:2], (2, 1)))
    assert (copies[~small] > 104).all()


@pytest.mark.parametrize("limit", [-1, 5])
def test_a_constraint_that_nothing_meets_is_an_error(limit):
    # -1: not even the rows themselves; 5: rows below meet it, all rows above do not.
    with pytest.raises(ValueError, match=r"constraint=.* allowed none of 51 draws"):
        Shifted(constraint=lambda X: X[:, 0] < limit).fit_resample(DATA, LABELS)


@pytest.mark.parametrize(
    "answer",
    [True, np.ones(3, bool), np.ones(6), np.ones((6, 1), bool), ["yes"] * 6, None],
)
def test_a_wrong_mask_is_named(answer):
    with pytest.raises(ValueError, match=r"boolean mask of shape \(6,\)\. Got dtype"):
        Shifted(constraint=lambda X: answer).fit_resample(DATA, LABELS)


def test_a_series_is_a_mask():
    X = pd.DataFrame(DATA, columns=["u", "v"])
    X_out, _ = Shifted(constraint=lambda X: X["u"] > 0).fit_resample(X, LABELS)
    assert len(X_out) == 12


def test_constraint_on_mixed_classes():
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    mixup = Mixup(5.0, partner="any", constraint=lambda X: X[:, 0] < 1, random_state=0)
    X_out, y_out = mixup.fit_resample(X[X[:, 0] < 1], y[X[:, 0] < 1])
    assert (X_out[:, 0] < 1).all()
    assert len(X_out) == len(y_out) == len(mixup.sample_weight_)


# ------------------------------------------------------------------------ soft targets


class Soft(BaseAugmenter):
    """Says that each row has the label "b" with a given share."""

    def __init__(self, share, n_copies=1, mode="append"):
        super().__init__(n_copies=n_copies, mode=mode)
        self.share = share

    _parameter_constraints: dict = {
        **BaseAugmenter._parameter_constraints,
        "share": ["array-like"],
    }

    def _augment(self, X, y, rng):
        other = np.full_like(y, "b" if y.dtype.kind == "U" else 1)
        return X + 100, SoftTarget(y, other, 1 - np.asarray(self.share))


@pytest.mark.parametrize("mode", ["append", "replace", "weight"])
def test_soft_labels_become_weighted_rows(mode):
    share = [0.0, 0.25, 0.5, 1.0, 0.5, 1.0]
    soft = Soft(share, mode=mode)
    X_out, y_out = soft.fit_resample(DATA, LABELS, sample_weight=WEIGHT)
    new = soft.is_synthetic_
    assert new.sum() == 8
    parents, weight = soft.sample_indices_[new], soft.sample_weight_[new]
    assert list(parents) == [0, 1, 1, 2, 2, 3, 4, 5]
    assert list(y_out[new]) == ["a", "a", "b", "a", "b", "b", "b", "b"]
    shares = [1, 0.75, 0.25, 0.5, 0.5, 1, 1, 1]
    np.testing.assert_allclose(weight, WEIGHT[parents] * shares)
    np.testing.assert_array_equal(X_out[new], DATA[parents] + 100)
    assert len(X_out) == (8 if mode == "replace" else 14)


def test_soft_labels_of_several_outputs():
    y = np.array([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0], [1, 1]])
    soft = Soft([0.5] * 6)
    _, y_out = soft.fit_resample(DATA, y)
    np.testing.assert_array_equal(
        soft.sample_indices_[6:], [0, 0, 1, 1, 2, 3, 3, 4, 4, 5]
    )
    np.testing.assert_array_equal(y_out[6:8], [[0, 0], [1, 1]])
    assert soft.sample_weight_.sum() == 12


def test_soft_labels_keep_the_container_of_y():
    y = pd.Series(LABELS, dtype="category", name="label", index=list("uvwxyz"))
    soft = Soft([0.5] * 6)
    _, y_out = soft.fit_resample(DATA, y.astype(object))
    assert y_out.index.equals(y.index[soft.sample_indices_])
    assert y_out.name == "label"


# ------------------------------------------------------------- memory, what is left


class Keeps(BaseAugmenter):
    """Keeps the rows for the time of a call."""

    def _learn(self, X, y):
        self._rows, self.mean_ = X, X.mean()

    def _augment(self, X, y, rng):
        assert self._rows.shape[1] == X.shape[1]
        result = self._new_rows(X)
        result[...] = self._rows[self._parents]
        return result, y


def test_temporaries_are_deleted():
    for call in (Keeps().fit, Keeps().fit_resample):
        call(DATA, LABELS)
        left = vars(call.__self__)
        assert {"mean_", "n_features_in_"} <= set(left)
        assert [name for name in left if name.startswith("_")] == []


def test_temporaries_are_deleted_after_an_error():
    broken = Wrong(lambda X, y: (X[:1], y))
    with pytest.raises(TypeError):
        broken.fit_resample(DATA, LABELS)
    assert [name for name in vars(broken) if name.startswith("_")] == []


def test_requests_for_metadata_are_no_temporaries():
    keeps = Keeps()
    keeps._kept_by_user = 1
    keeps.fit_resample(DATA, LABELS)
    assert keeps._kept_by_user == 1


def test_result_returned_as_given_is_copied():
    class Same(BaseAugmenter):
        def _augment(self, X, y, rng):
            return X, y

    X_out, _ = Same(2).fit_resample(DATA, LABELS)
    np.testing.assert_array_equal(X_out, np.tile(DATA, (3, 1)))
    assert not np.shares_memory(X_out, DATA)


@pytest.mark.parametrize("mode", ["append", "replace", "weight"])
def test_any_memory_gives_the_same_rows(mode, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 3))
    y = np.arange(30) % 2
    path = tmp_path / "X"
    X.tofile(path)
    read_only = X.copy()
    read_only.flags.writeable = False
    wide = np.zeros((60, 6))
    wide[::2, ::2] = X
    inputs = {
        "C": X,
        "Fortran": np.asfortranarray(X),
        "read-only": read_only,
        "strided": wide[::2, ::2],
        "memory-mapped": np.memmap(path, dtype=float, mode="r", shape=X.shape),
        "frame": pd.DataFrame(X, columns=list("abc")),
        "polars": pl.DataFrame(X, schema=list("abc")),
        "CSC": sparse.csc_array(X),
        "list": X.tolist(),
    }
    for augmenter in (GaussianNoise(), Mixup(), SwapNoise()):
        augmenter.set_params(mode=mode, n_copies=2, random_state=0)
        expected, _ = augmenter.fit_resample(X, y)
        for name, rows in inputs.items():
            out, _ = augmenter.fit_resample(rows, y)
            dense = out.toarray() if sparse.issparse(out) else np.asarray(out)
            np.testing.assert_allclose(dense, expected, err_msg=name)
            if name not in ("memory-mapped", "list"):
                assert type(out) is type(rows)


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_multilabel_and_multi_output_targets(kind):
    y = np.array([[0, 1, 1], [1, 0, 0]] * 3)
    _, y_out = Shifted(2).fit_resample(DATA, kind(y))
    assert type(y_out) is type(kind(y))
    np.testing.assert_array_equal(np.asarray(y_out), np.tile(y, (3, 1)))


def test_memory_is_that_of_the_output():
    import tracemalloc

    X, y = np.zeros((20_000, 20)), np.arange(20_000) % 2
    X[:] = np.random.default_rng(0).normal(size=X.shape)
    for augmenter in (GaussianNoise(), Mixup(), SmoothedBootstrap()):
        augmenter.set_params(n_copies=4, random_state=0)
        augmenter.fit_resample(X, y)
        tracemalloc.start()
        out, _ = augmenter.fit_resample(X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1.6 * out.nbytes
