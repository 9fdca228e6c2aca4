"""The contract of augmenters, as checks that third-party augmenters can run."""

from functools import partial
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import get_tags

from skoverfit.testing._cases import Table, table_of
from skoverfit.testing._kit import Kind
from skoverfit.testing._samplers import (
    SHARED_CHECKS,
    check_is_sampler,
    check_n_jobs_changes_nothing,
    has_param,
    seeded,
)

__all__ = ["AUGMENTER", "augmenter_checks", "check_augmenter"]

WRITTEN = "The X that _augment is given is not to be written to: that of the caller"


def check_no_copies_is_identity(augmenter, table):
    """Return the input with ``n_copies=0``, in other memory."""
    X, y = table.X.copy(), table.y.copy()
    X_out, y_out = seeded(augmenter, n_copies=0).fit_resample(X, y)
    np.testing.assert_array_equal(X_out, X, "n_copies=0 must not change X.")
    np.testing.assert_array_equal(y_out, y, "n_copies=0 must not change y.")
    assert not np.shares_memory(X_out, X), "The output must not be a view of X."
    assert not np.shares_memory(y_out, y), "The output must not be a view of y."


def check_originals_first(augmenter, table):
    """Put the original rows first, bit by bit, also where the X given is read-only."""
    X, y = table.X.copy(), table.y.copy()
    kept = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    made = seeded(augmenter)
    X_out, y_out = made.fit_resample(X, y)
    assert X_out.shape[1] == X.shape[1], "The number of columns must be kept."
    assert _n_rows_out(made, X_out) == 3 * len(X), "n_copies=2 must triple the rows."
    assert X_out[: len(X)].tobytes() == kept[0].tobytes(), "Originals were changed."
    np.testing.assert_array_equal(y_out[: len(y)], kept[1], "Targets were changed.")


def _n_rows_out(made, X_out):
    """Count the rows of the output: one that has two labels appears twice.

    Its two weights sum to one. An augmenter that says nothing of weights mixes no
    labels.
    """
    weights = getattr(made, "sample_weight_", np.ones(len(X_out)))
    if (weights == 1).all():
        return len(X_out)
    return int(np.round(weights.sum(), 6))


def check_parents_are_named(augmenter, table):
    """Name the parent of each row of the output in ``sample_indices_``."""
    X, y = table.X.copy(), table.y.copy()
    made = seeded(augmenter)
    X_out, _ = made.fit_resample(X, y)
    parents = made.sample_indices_
    assert parents.shape == (len(X_out),), "sample_indices_ needs one entry per row."
    assert parents.dtype.kind == "i", "sample_indices_ must be integers."
    np.testing.assert_array_equal(
        parents[: len(X)], np.arange(len(X)), "Originals are their own parents."
    )
    assert parents.min() >= 0, "A parent must be a row of the input."
    assert parents.max() < len(X), "A parent must be a row of the input."


def check_fewer_copies_are_first(augmenter, table):
    """Begin the output for more copies with the output for fewer."""
    X, y = table.X.copy(), table.y.copy()
    few, _ = seeded(augmenter, n_copies=1).fit_resample(X.copy(), y)
    many, _ = seeded(augmenter, n_copies=3).fit_resample(X, y)
    np.testing.assert_array_equal(
        few, many[: len(few)], "More copies must not change the first ones."
    )


def check_any_target(augmenter, table):
    """Accept continuous, single-class and multi-output targets."""
    X, y = table.X.copy(), table.y.copy()
    for target in (X[:, 0], np.zeros(len(X)), X[:, :2], np.c_[y, y]):
        made = seeded(augmenter)
        try:
            X_out, y_out = made.fit_resample(X, target)
        except ValueError as error:
            what = f"a target of shape {target.shape} and dtype {target.dtype}"
            raise AssertionError(f"It refused {what}: {error}") from error
        assert y_out.shape[1:] == target.shape[1:], "y has a wrong shape."
        assert len(y_out) == len(X_out), "X and y must have the same length."
        assert _n_rows_out(made, X_out) == 3 * len(X), "n_copies=2 must triple it."
        assert y_out.dtype == target.dtype, "The dtype of y must be kept."


def check_bad_n_copies_refused(augmenter, table):
    """Refuse a bad ``n_copies`` with a message that names it."""
    X, y = table.X.copy(), table.y.copy()
    for bad in (-1, 0.5, "two", None):
        message = _refusal(seeded(augmenter, n_copies=bad), X, y)
        assert message is not None, f"n_copies={bad!r} must be refused."
        assert "n_copies" in message, "The message must name n_copies."


def _refusal(augmenter, X, y):
    """Message with which the augmenter refuses the data, or None."""
    try:
        augmenter.fit_resample(X, y)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def check_synthetic_rows_are_marked(augmenter, table):
    """Mark the perturbed copies, and those alone, in ``is_synthetic_``."""
    X, y = table.X.copy(), table.y.copy()
    made = seeded(augmenter).set_params(mode="append")
    X_out, _ = made.fit_resample(X, y)
    marked = made.is_synthetic_
    assert marked.shape == (len(X_out),), "is_synthetic_ needs one entry per row."
    assert marked.dtype == bool, "is_synthetic_ must be boolean."
    expected = np.arange(len(X_out)) >= len(X)
    np.testing.assert_array_equal(marked, expected, "Copies follow the originals.")


def check_replaced_rows(augmenter, table):
    """Return with ``mode="replace"`` one pass of copies in place of the rows."""
    X, y = table.X.copy(), table.y.copy()
    appending = seeded(augmenter, n_copies=1).set_params(mode="append")
    X_both, y_both = appending.fit_resample(X.copy(), y)
    replacing = seeded(augmenter, n_copies=3).set_params(mode="replace")
    X_out, y_out = replacing.fit_resample(X, y)
    assert _n_rows_out(replacing, X_out) == len(X), "As many rows out as in."
    assert replacing.is_synthetic_.all(), "All rows of the output are copies."
    message = "The rows must be the first copies that mode='append' makes."
    np.testing.assert_array_equal(X_out, X_both[len(X) :], message)
    np.testing.assert_array_equal(y_out, y_both[len(X) :], message)


def check_weighted_copies(augmenter, table):
    """Give with ``mode="weight"`` all copies of a row together the row's weight."""
    X, y = table.X.copy(), table.y.copy()
    weight = np.arange(len(X)) / 4.0
    made = seeded(augmenter, n_copies=3).set_params(mode="weight")
    X_out, _ = made.fit_resample(X, y, sample_weight=weight)
    new, out = made.is_synthetic_, made.sample_weight_
    assert out.shape == (len(X_out),), "sample_weight_ needs one entry per row."
    np.testing.assert_array_equal(out[~new], weight, "Weights of rows were changed.")
    copies = np.bincount(made.sample_indices_[new], out[new], minlength=len(X))
    message = "All copies of a row together must weigh as much as the row."
    np.testing.assert_allclose(copies, weight, atol=1e-12, err_msg=message)


def check_weights_follow_parents(augmenter, table):
    """Give each copy its parent's weight, 1 by default, and its parent's group."""
    X, y = table.X.copy(), table.y.copy()
    weight, groups = np.arange(len(X)) / 4.0, np.arange(len(X)) // 3
    made = seeded(augmenter).set_params(mode="append")
    made.fit_resample(X, y)
    shares = made.sample_weight_
    parents = made.sample_indices_
    total = np.bincount(parents, shares)
    np.testing.assert_allclose(total, 3.0, err_msg="A copy weighs 1 by default.")
    made.fit_resample(X, y, sample_weight=weight, groups=groups)
    message = "A copy must weigh as much as its parent."
    np.testing.assert_allclose(
        made.sample_weight_, shares * weight[parents], err_msg=message
    )
    np.testing.assert_array_equal(
        made.groups_, groups[parents], "A copy must be in its parent's group."
    )


def check_nothing_is_left(augmenter, table):
    """Keep no attribute that begins with an underscore after the call."""
    X, y = table.X.copy(), table.y.copy()
    made = seeded(augmenter)
    before = set(vars(made))
    made.fit_resample(X, y)
    left = [name for name in set(vars(made)) - before if name.startswith("_")]
    assert left == [], f"Temporary attributes were left behind: {sorted(left)}."


def check_sparse_kept(augmenter, table):
    """Keep sparse formats, and the originals in them."""
    X, y = table.X.copy(), table.y.copy()
    X[np.abs(X) < 0.7] = 0.0
    for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array):
        matrix = kind(X)
        X_out, _ = seeded(augmenter).fit_resample(matrix, y)
        np.testing.assert_array_equal(matrix.toarray(), X, WRITTEN)
        assert type(X_out) is kind, f"{kind.__name__} must give {kind.__name__}."
        np.testing.assert_array_equal(X_out[: len(X)].toarray(), X)


def check_frame_of_numbers_kept(augmenter, table):
    """Keep the names of columns of one dtype, and the index."""
    import pandas as pd

    names = [f"column {number}" for number in range(table.X.shape[1])]
    frame = pd.DataFrame(table.X.copy(), _index_of(table), names)
    kept = frame.copy()
    X_out, y_out = seeded(augmenter).fit_resample(frame, table.y)
    pd.testing.assert_frame_equal(frame, kept, obj=WRITTEN)
    pd.testing.assert_frame_equal(X_out.iloc[: len(frame)], kept)
    assert list(X_out.dtypes) == list(kept.dtypes), "Column dtypes must be kept."
    assert len(X_out) == len(y_out), "X and y must have the same length."


def check_frame_kept(augmenter, table):
    """Keep column names, dtypes, categories, index and the name of y."""
    import pandas as pd

    frame = _mixed_frame(table)
    target = pd.Series(table.y, index=frame.index, name="target", dtype="int8")
    kept = frame.copy()
    X_out, y_out = seeded(augmenter).fit_resample(frame, target)
    pd.testing.assert_frame_equal(frame, kept, obj=WRITTEN)
    pd.testing.assert_frame_equal(X_out.iloc[: len(frame)], kept)
    pd.testing.assert_series_equal(y_out.iloc[: len(frame)], target)
    assert (X_out.dtypes == frame.dtypes).all(), "Column dtypes must be kept."
    assert y_out.dtype == target.dtype, "The dtype of y must be kept."
    assert X_out.index.equals(y_out.index), "X and y must have the same index."


def _mixed_frame(table):
    """Make a frame with a column of each kind."""
    import pandas as pd

    numbers, n_rows = table.X[:, 0], len(table.X)
    counts = [None, 1, 2, 3] * n_rows
    return pd.DataFrame(
        {
            "float": numbers.astype(np.float32),
            "int": (9 * numbers).astype(int),
            "bool": numbers > 0,
            "category": pd.Categorical(
                np.where(table.y, "a", "b"), ["a", "b", "unused"]
            ),
            "nullable": pd.array(counts[:n_rows], dtype="Int64"),
        },
        index=_index_of(table),
    )


def _index_of(table):
    return np.arange(100, 100 + len(table.X))


def check_no_missing_values_invented(augmenter, table):
    """Put no missing value into a column that has none."""
    X, y = table.X.copy(), table.y.copy()
    X[::3, 0] = np.nan
    X_out, _ = seeded(augmenter).fit_resample(X, y)
    assert not np.isnan(X_out[:, 1:]).any(), "Missing values were invented."


def _cases(augmenter: Any) -> list[Table]:
    return [table_of()]


AUGMENTER = Kind(
    "augmenter",
    lambda part: hasattr(part, "fit_resample") and has_param(part, "n_copies"),
    _cases,
)


def _tag(name: str) -> Any:
    """Make a function that says whether the tags of an augmenter's input have it."""
    return lambda augmenter: getattr(get_tags(augmenter).input_tags, name, False)


def _takes_mixed_frames(augmenter: Any) -> bool:
    return _tag("dataframe")(augmenter) and _tag("categorical")(augmenter)


def _has_mode(augmenter: Any) -> bool:
    return has_param(augmenter, "mode")


for _check in (
    check_is_sampler,
    check_no_copies_is_identity,
    check_originals_first,
    check_parents_are_named,
    *SHARED_CHECKS[1:],
    check_fewer_copies_are_first,
    check_any_target,
    check_bad_n_copies_refused,
):
    AUGMENTER.promise(_check)
for _check in (
    check_synthetic_rows_are_marked,
    check_replaced_rows,
    check_weighted_copies,
    check_weights_follow_parents,
    check_nothing_is_left,
):
    AUGMENTER.promise(_check, _has_mode)
AUGMENTER.promise(check_sparse_kept, _tag("sparse"))
AUGMENTER.promise(check_frame_of_numbers_kept, _tag("dataframe"))
AUGMENTER.promise(check_frame_kept, _takes_mixed_frames)
AUGMENTER.promise(check_no_missing_values_invented, _tag("allow_nan"))
AUGMENTER.promise(check_n_jobs_changes_nothing, lambda part: has_param(part, "n_jobs"))


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
    AUGMENTER.check(augmenter)


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
    return AUGMENTER.checks(augmenter)
