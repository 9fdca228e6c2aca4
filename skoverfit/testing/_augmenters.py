"""The contract of augmenters, as checks that third-party augmenters can run."""

import random
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy import random as numpy_random
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import get_tags

from skoverfit._optional import import_optional

__all__ = [
    "augmenter_checks",
    "check_augmenter",
    "parametrize_with_augmenter_checks",
]


def check_augmenter(augmenter: Any) -> None:
    """Check that an augmenter of tables keeps the contract of BaseAugmenter.

    Parameters
    ----------
    augmenter : augmenter
        An instance with ``fit_resample``, ``n_copies`` and ``random_state``. It is
        not changed.

    Raises
    ------
    AssertionError
        If a promise is broken; the message says which.

    See Also
    --------
    parametrize_with_augmenter_checks : One test for each check, for use with pytest.
    augmenter_checks : The checks one by one.

    Examples
    --------
    >>> from skoverfit.augmentation import SwapNoise
    >>> from skoverfit.testing import check_augmenter
    >>> check_augmenter(SwapNoise())
    """
    for check in augmenter_checks(augmenter):
        check()


def augmenter_checks(augmenter: Any) -> list[partial]:
    """Return the checks of the contract, each ready to be called.

    Parameters
    ----------
    augmenter : augmenter
        An instance with ``fit_resample``, ``n_copies`` and ``random_state``. Its
        tags decide whether sparse matrices, frames and missing values are tried, and
        whether it has ``mode`` decides about modes, weights and groups.

    Returns
    -------
    checks : list of functools.partial
        Each takes no argument and raises AssertionError, or lets an error of the
        augmenter pass. ``check.func.__name__`` names the promise; ``check.__name__``
        names the augmenter, too, and is what pytest shows of
        ``@pytest.mark.parametrize("check", augmenter_checks(MyAugmenter()))``.

    Examples
    --------
    >>> from skoverfit.augmentation import GaussianNoise
    >>> from skoverfit.testing import augmenter_checks
    >>> names = [check.func.__name__ for check in augmenter_checks(GaussianNoise())]
    >>> names[0]
    'check_is_sampler'
    """
    tags = get_tags(augmenter).input_tags
    checks = [*_CHECKS]
    if "mode" in augmenter.get_params(deep=False):
        checks += _MODE_CHECKS
    if tags.sparse:
        checks.append(check_sparse_kept)
    if getattr(tags, "dataframe", False):
        checks.append(check_frame_of_numbers_kept)
        checks += [check_frame_kept] if tags.categorical else []
    if tags.allow_nan:
        checks.append(check_no_missing_values_invented)
    return [_ready(check, augmenter) for check in checks]


def parametrize_with_augmenter_checks(augmenters: Sequence[tuple[str, Any]]) -> Any:
    """Make a test for each check of the contract of some augmenters.

    For use with pytest, as a decorator of a function of an augmenter and a check. The
    tests are named after the augmenter, with the parameters that are not the default,
    and the check: ``test_contract[SwapNoise(p=0.5)-check_labels_kept]``.

    Parameters
    ----------
    augmenters : sequence of augmenter
        Instances, as for :func:`augmenter_checks`.

    Returns
    -------
    decorator : pytest.MarkDecorator
        Its tests get the arguments `augmenter` and `check`.

    See Also
    --------
    check_augmenter : All checks at once, without pytest.

    Examples
    --------
    >>> from skoverfit.augmentation import SwapNoise
    >>> from skoverfit.testing import parametrize_with_augmenter_checks
    >>> @parametrize_with_augmenter_checks([SwapNoise(), SwapNoise(p=0.5)])
    ... def test_contract(augmenter, check):
    ...     check(augmenter)
    """
    pytest = import_optional("pytest", extra="test")
    cases: list[Any] = [
        pytest.param(augmenter, ready.func, id=_named(augmenter, ready.func))
        for augmenter in augmenters
        for ready in augmenter_checks(augmenter)
    ]
    return pytest.mark.parametrize(("augmenter", "check"), cases)


def _named(augmenter: Any, check: Callable) -> str:
    """Name of a check of an augmenter, on one line."""
    return f"{' '.join(repr(augmenter).split())}-{check.__name__}"


def _ready(check: Any, augmenter: Any) -> partial:
    """Give a check its augmenter, and a name for lists of tests."""
    ready: Any = partial(check, augmenter)
    ready.__name__ = f"{check.__name__}-{type(augmenter).__name__}"
    return ready


def _table(n_rows=24, n_columns=4):
    """Rows of normal numbers with two classes, the same in each call."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_rows, n_columns)), np.arange(n_rows) % 2


def _seeded(augmenter, n_copies=2, seed=0):
    return clone(augmenter).set_params(n_copies=n_copies, random_state=seed)


def check_is_sampler(augmenter):
    """Have ``fit_resample`` and no ``transform``, as imblearn's Pipeline needs."""
    assert hasattr(augmenter, "fit_resample"), "An augmenter needs fit_resample."
    assert not hasattr(augmenter, "transform"), (
        "An augmenter must not have transform: imblearn's Pipeline refuses both."
    )


def check_no_copies_is_identity(augmenter):
    """Return the input with ``n_copies=0``, in other memory."""
    X, y = _table()
    X_out, y_out = _seeded(augmenter, n_copies=0).fit_resample(X, y)
    np.testing.assert_array_equal(X_out, X, "n_copies=0 must not change X.")
    np.testing.assert_array_equal(y_out, y, "n_copies=0 must not change y.")
    assert not np.shares_memory(X_out, X), "The output must not be a view of X."
    assert not np.shares_memory(y_out, y), "The output must not be a view of y."


def check_originals_first(augmenter):
    """Put the original rows first, bit by bit; never write the caller's arrays."""
    X, y = _table()
    kept = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    seeded = _seeded(augmenter)
    X_out, y_out = seeded.fit_resample(X, y)
    assert X_out.shape[1] == X.shape[1], "The number of columns must be kept."
    assert _n_rows_out(seeded, X_out) == 3 * len(X), "n_copies=2 must triple the rows."
    assert X_out[: len(X)].tobytes() == kept[0].tobytes(), "Originals were changed."
    np.testing.assert_array_equal(y_out[: len(y)], kept[1], "Targets were changed.")


def _n_rows_out(seeded, X_out):
    """Count the rows of the output: one that has two labels appears twice.

    Its two weights sum to one. An augmenter that says nothing of weights mixes no
    labels.
    """
    weights = getattr(seeded, "sample_weight_", np.ones(len(X_out)))
    if (weights == 1).all():
        return len(X_out)
    return int(np.round(weights.sum(), 6))


def check_parents_are_named(augmenter):
    """Name the parent of each row of the output in ``sample_indices_``."""
    X, y = _table()
    seeded = _seeded(augmenter)
    X_out, _ = seeded.fit_resample(X, y)
    parents = seeded.sample_indices_
    assert parents.shape == (len(X_out),), "sample_indices_ needs one entry per row."
    assert parents.dtype.kind == "i", "sample_indices_ must be integers."
    np.testing.assert_array_equal(
        parents[: len(X)], np.arange(len(X)), "Originals are their own parents."
    )
    assert parents.min() >= 0, "A parent must be a row of the input."
    assert parents.max() < len(X), "A parent must be a row of the input."


def check_fewer_copies_are_first(augmenter):
    """Begin the output for more copies with the output for fewer."""
    X, y = _table()
    few, _ = _seeded(augmenter, n_copies=1).fit_resample(X, y)
    many, _ = _seeded(augmenter, n_copies=3).fit_resample(X, y)
    np.testing.assert_array_equal(
        few, many[: len(few)], "More copies must not change the first ones."
    )


def check_seed_decides(augmenter):
    """Repeat the output for an int seed; leave global state alone."""
    X, y = _table()
    seeded = _seeded(augmenter, seed=7)
    results = []
    for seed in (20_011, 30_011):
        with _global_states(seed) as is_untouched:
            results.append(seeded.fit_resample(X, y)[0])
            assert is_untouched(), (
                "The global random state of NumPy or Python was used or set: draw from "
                "the rng that _augment is given."
            )
    message = "The same seed must repeat the output."
    np.testing.assert_array_equal(results[0], results[1], err_msg=message)


@contextmanager
def _global_states(seed):
    """Set the global generators to states that nobody expects, and back at the end.

    The state that was found might be just the one that the augmenter sets. Nowhere else
    does the library touch these generators.
    """
    kept = numpy_random.get_state(), random.getstate()  # noqa: NPY002
    try:
        numpy_random.set_state(numpy_random.RandomState(seed).get_state())  # noqa: NPY002
        random.setstate(random.Random(seed).getstate())
        before = _global_draws()
        yield lambda: _global_draws() == before
    finally:
        numpy_random.set_state(kept[0])  # noqa: NPY002
        random.setstate(kept[1])


def _global_draws():
    """State of the global generators of NumPy and of Python."""
    state: Any = numpy_random.get_state(legacy=False)  # noqa: NPY002
    return state["state"]["key"].tobytes(), state["state"]["pos"], random.getstate()


def check_labels_kept(augmenter):
    """Keep the set of labels, their dtype and the container of y."""
    X, y = _table()
    for labels in (np.array(["no", "yes"])[y], y.astype(np.int8), y.astype(bool)):
        _, y_out = _seeded(augmenter).fit_resample(X, labels)
        assert y_out.dtype == labels.dtype, "The dtype of y must be kept."
        assert set(y_out) == set(labels), "The set of labels must be kept."
    _, y_list = _seeded(augmenter).fit_resample(X, y.tolist())
    assert isinstance(y_list, list), "A list y must give a list."


def check_any_target(augmenter):
    """Accept continuous, single-class and multi-output targets."""
    X, y = _table()
    for target in (X[:, 0], np.zeros(len(X)), X[:, :2], np.c_[y, y]):
        seeded = _seeded(augmenter)
        X_out, y_out = seeded.fit_resample(X, target)
        assert y_out.shape[1:] == target.shape[1:], "y has a wrong shape."
        assert len(y_out) == len(X_out), "X and y must have the same length."
        assert _n_rows_out(seeded, X_out) == 3 * len(X), "n_copies=2 must triple it."
        assert y_out.dtype == target.dtype, "The dtype of y must be kept."


def check_dtypes_kept(augmenter):
    """Keep the dtype of array rows: floats, integers and bools."""
    X, y = _table()
    for dtype in (np.float32, np.float64, np.int8, np.int64, bool):
        X_out, _ = _seeded(augmenter).fit_resample((4 * X).astype(dtype), y)
        assert X_out.dtype == dtype, f"dtype {np.dtype(dtype)} of X must be kept."


def check_bad_n_copies_refused(augmenter):
    """Refuse a bad ``n_copies`` with a message that names it."""
    X, y = _table()
    for bad in (-1, 0.5, "two", None):
        message = _refusal(_seeded(augmenter, n_copies=bad), X, y)
        assert message is not None, f"n_copies={bad!r} must be refused."
        assert "n_copies" in message, "The message must name n_copies."


def _refusal(augmenter, X, y):
    """Message with which the augmenter refuses the data, or None."""
    try:
        augmenter.fit_resample(X, y)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def check_synthetic_rows_are_marked(augmenter):
    """Mark the perturbed copies, and those alone, in ``is_synthetic_``."""
    X, y = _table()
    seeded = _seeded(augmenter).set_params(mode="append")
    X_out, _ = seeded.fit_resample(X, y)
    marked = seeded.is_synthetic_
    assert marked.shape == (len(X_out),), "is_synthetic_ needs one entry per row."
    assert marked.dtype == bool, "is_synthetic_ must be boolean."
    expected = np.arange(len(X_out)) >= len(X)
    np.testing.assert_array_equal(marked, expected, "Copies follow the originals.")


def check_replaced_rows(augmenter):
    """Return with ``mode="replace"`` one pass of copies in place of the rows."""
    X, y = _table()
    appending = _seeded(augmenter, n_copies=1).set_params(mode="append")
    X_both, y_both = appending.fit_resample(X, y)
    replacing = _seeded(augmenter, n_copies=3).set_params(mode="replace")
    X_out, y_out = replacing.fit_resample(X, y)
    assert _n_rows_out(replacing, X_out) == len(X), "As many rows out as in."
    assert replacing.is_synthetic_.all(), "All rows of the output are copies."
    message = "The rows must be the first copies that mode='append' makes."
    np.testing.assert_array_equal(X_out, X_both[len(X) :], message)
    np.testing.assert_array_equal(y_out, y_both[len(X) :], message)


def check_weighted_copies(augmenter):
    """Give with ``mode="weight"`` all copies of a row together the row's weight."""
    X, y = _table()
    weight = np.arange(len(X)) / 4.0
    seeded = _seeded(augmenter, n_copies=3).set_params(mode="weight")
    X_out, _ = seeded.fit_resample(X, y, sample_weight=weight)
    new, out = seeded.is_synthetic_, seeded.sample_weight_
    assert out.shape == (len(X_out),), "sample_weight_ needs one entry per row."
    np.testing.assert_array_equal(out[~new], weight, "Weights of rows were changed.")
    copies = np.bincount(seeded.sample_indices_[new], out[new], minlength=len(X))
    message = "All copies of a row together must weigh as much as the row."
    np.testing.assert_allclose(copies, weight, atol=1e-12, err_msg=message)


def check_weights_follow_parents(augmenter):
    """Give each copy its parent's weight, 1 by default, and its parent's group."""
    X, y = _table()
    weight, groups = np.arange(len(X)) / 4.0, np.arange(len(X)) // 3
    seeded = _seeded(augmenter).set_params(mode="append")
    seeded.fit_resample(X, y)
    shares = seeded.sample_weight_
    parents = seeded.sample_indices_
    total = np.bincount(parents, shares)
    np.testing.assert_allclose(total, 3.0, err_msg="A copy weighs 1 by default.")
    seeded.fit_resample(X, y, sample_weight=weight, groups=groups)
    message = "A copy must weigh as much as its parent."
    np.testing.assert_allclose(
        seeded.sample_weight_, shares * weight[parents], err_msg=message
    )
    np.testing.assert_array_equal(
        seeded.groups_, groups[parents], "A copy must be in its parent's group."
    )


def check_nothing_is_left(augmenter):
    """Keep no attribute that begins with an underscore after the call."""
    X, y = _table()
    seeded = _seeded(augmenter)
    before = set(vars(seeded))
    seeded.fit_resample(X, y)
    left = [name for name in set(vars(seeded)) - before if name.startswith("_")]
    assert left == [], f"Temporary attributes were left behind: {sorted(left)}."


def check_sparse_kept(augmenter):
    """Keep sparse formats, and the originals in them."""
    X, y = _table()
    X[np.abs(X) < 0.7] = 0.0
    for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array):
        matrix = kind(X)
        X_out, _ = _seeded(augmenter).fit_resample(matrix, y)
        np.testing.assert_array_equal(matrix.toarray(), X, _WRITTEN)
        assert type(X_out) is kind, f"{kind.__name__} must give {kind.__name__}."
        np.testing.assert_array_equal(X_out[: len(X)].toarray(), X)


def check_frame_of_numbers_kept(augmenter):
    """Keep the names of columns of one dtype, and the index."""
    import pandas as pd

    X, y = _table()
    frame = pd.DataFrame(X, columns=list("abcd"), index=np.arange(100, 124))
    kept = frame.copy()
    X_out, y_out = _seeded(augmenter).fit_resample(frame, y)
    pd.testing.assert_frame_equal(frame, kept, obj=_WRITTEN)
    pd.testing.assert_frame_equal(X_out.iloc[: len(frame)], kept)
    assert list(X_out.dtypes) == list(kept.dtypes), "Column dtypes must be kept."
    assert len(X_out) == len(y_out), "X and y must have the same length."


def check_frame_kept(augmenter):
    """Keep column names, dtypes, categories, index and the name of y."""
    import pandas as pd

    X, y = _table()
    frame = pd.DataFrame(
        {
            "float": X[:, 0].astype(np.float32),
            "int": (9 * X[:, 1]).astype(int),
            "bool": X[:, 2] > 0,
            "category": pd.Categorical(np.where(y, "a", "b"), ["a", "b", "unused"]),
            "nullable": pd.array([None, 1, 2, 3] * 6, dtype="Int64"),
        },
        index=np.arange(100, 124),
    )
    target = pd.Series(y, index=frame.index, name="target", dtype="int8")
    kept = frame.copy()
    X_out, y_out = _seeded(augmenter).fit_resample(frame, target)
    pd.testing.assert_frame_equal(frame, kept, obj=_WRITTEN)
    pd.testing.assert_frame_equal(X_out.iloc[: len(frame)], kept)
    pd.testing.assert_series_equal(y_out.iloc[: len(frame)], target)
    assert (X_out.dtypes == frame.dtypes).all(), "Column dtypes must be kept."
    assert y_out.dtype == target.dtype, "The dtype of y must be kept."
    assert X_out.index.equals(y_out.index), "X and y must have the same index."


def check_no_missing_values_invented(augmenter):
    """Put no missing value into a column that has none."""
    X, y = _table()
    X[::3, 0] = np.nan
    X_out, _ = _seeded(augmenter).fit_resample(X, y)
    assert not np.isnan(X_out[:, 1:]).any(), "Missing values were invented."


_WRITTEN = "The X that _augment is given is not to be written to: that of the caller"
_MODE_CHECKS = (
    check_synthetic_rows_are_marked,
    check_replaced_rows,
    check_weighted_copies,
    check_weights_follow_parents,
    check_nothing_is_left,
)
_CHECKS = (
    check_is_sampler,
    check_no_copies_is_identity,
    check_originals_first,
    check_parents_are_named,
    check_fewer_copies_are_first,
    check_seed_decides,
    check_labels_kept,
    check_any_target,
    check_dtypes_kept,
    check_bad_n_copies_refused,
)
