"""The contract of all samplers: what has ``fit_resample``, augmenters included."""

from typing import Any

import numpy as np
from sklearn.base import clone

from skoverfit.testing._cases import Table, table_of
from skoverfit.testing._kit import Kind
from skoverfit.testing._randomness import check_repeats

__all__ = ["SAMPLER", "SHARED_CHECKS", "has_param", "seeded"]

ADVICE = "draw from the rng that _augment is given, or that random_state makes"


def has_param(part: Any, name: str) -> bool:
    """Whether a part has a parameter of its own of some name."""
    return hasattr(part, "get_params") and name in part.get_params(deep=False)


def seeded(sampler: Any, *, seed: int = 0, **params: Any) -> Any:
    """Clone a sampler and give it a seed, and two copies where it makes copies."""
    ours = {"random_state": seed, "n_copies": 2}
    known = {k: v for k, v in ours.items() if has_param(sampler, k)}
    return clone(sampler).set_params(**{**known, **params})


def check_is_sampler(sampler, table):
    """Have ``fit_resample`` and no ``transform``, as imblearn's Pipeline needs."""
    assert hasattr(sampler, "fit_resample"), "It needs fit_resample."
    assert not hasattr(sampler, "transform"), (
        "It must not have transform: imblearn's Pipeline refuses both."
    )


def check_params_kept(sampler, table):
    """Leave its own parameters as they were set; what is learned has a ``_`` behind."""
    made = seeded(sampler)
    before = {name: repr(value) for name, value in made.get_params().items()}
    made.fit_resample(table.X, table.y)
    after = {name: repr(value) for name, value in made.get_params().items()}
    changed = sorted(name for name in before if before[name] != after.get(name))
    assert not changed, f"fit_resample changed the parameters {', '.join(changed)}."


def check_data_not_written(sampler, table):
    """Work on copies: never write to the X and y of the caller."""
    X, y = table.X.copy(), table.y.copy()
    seeded(sampler).fit_resample(X, y)
    np.testing.assert_array_equal(X, table.X, "The X of the caller was written to.")
    np.testing.assert_array_equal(y, table.y, "The y of the caller was written to.")


def check_seed_decides(sampler, table):
    """Repeat the output for an int seed; leave global state alone."""
    made = seeded(sampler, seed=7)
    check_repeats(
        lambda: made.fit_resample(table.X.copy(), table.y)[0], "the output", ADVICE
    )


def check_lengths_agree(sampler, table):
    """Return as many targets as rows, with the columns of the input."""
    X_out, y_out = seeded(sampler).fit_resample(table.X, table.y)
    assert len(X_out) == len(y_out), f"{len(X_out)} rows and {len(y_out)} targets."
    assert X_out.shape[1:] == table.X.shape[1:], "The number of columns must be kept."


def check_labels_kept(sampler, table):
    """Keep the set of labels, their dtype and the container of y."""
    X, y = table.X, table.y
    for labels in (np.array(["no", "yes"])[y], y.astype(np.int8), y.astype(bool)):
        _, y_out = seeded(sampler).fit_resample(X, labels)
        assert y_out.dtype == labels.dtype, "The dtype of y must be kept."
        assert set(y_out) == set(labels), "The set of labels must be kept."
    _, y_list = seeded(sampler).fit_resample(X, y.tolist())
    assert isinstance(y_list, list), "A list y must give a list."


def check_dtypes_kept(sampler, table):
    """Keep the dtype of array rows: floats, integers and bools."""
    for dtype in (np.float32, np.float64, np.int8, np.int64, bool):
        rows = (4 * table.X).astype(dtype)
        X_out, _ = seeded(sampler).fit_resample(rows, table.y)
        assert X_out.dtype == dtype, (
            f"dtype {np.dtype(dtype)} of X must be kept; got {X_out.dtype}."
        )


def check_n_jobs_changes_nothing(sampler, table):
    """Give the same output at any ``n_jobs``."""
    one, two = (
        seeded(sampler, n_jobs=n_jobs).fit_resample(table.X, table.y)[0]
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(two, one, "n_jobs must not change the output.")


def check_indices_name_rows(sampler, table):
    """Return in ``sample_indices_`` the row of the input that each row is."""
    made = seeded(sampler)
    X_out, y_out = made.fit_resample(table.X, table.y)
    rows = getattr(made, "sample_indices_", None)
    if rows is None:
        return
    assert len(rows) == len(X_out), "sample_indices_ needs one entry per row."
    np.testing.assert_array_equal(X_out, table.X[rows], "They name other rows.")
    np.testing.assert_array_equal(y_out, table.y[rows], "They name other targets.")


#: What augmenters promise, too.
SHARED_CHECKS = (
    check_is_sampler,
    check_params_kept,
    check_data_not_written,
    check_lengths_agree,
    check_labels_kept,
    check_dtypes_kept,
    check_seed_decides,
)


def _cases(sampler: Any) -> list[Table]:
    return [table_of(30, n_minority=3)]


SAMPLER = Kind(
    "sampler",
    lambda part: hasattr(part, "fit_resample") and not has_param(part, "n_copies"),
    _cases,
)
for _check in (*SHARED_CHECKS, check_indices_name_rows):
    SAMPLER.promise(_check)
SAMPLER.promise(check_n_jobs_changes_nothing, lambda part: has_param(part, "n_jobs"))
