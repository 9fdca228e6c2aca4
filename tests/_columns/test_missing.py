"""One definition of "missing", for objects, arrays, pandas and polars."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skoverfit._columns import is_missing, is_missing_value

MISSING = [
    None,
    float("nan"),
    np.float16("nan"),
    np.float32("nan"),
    np.longdouble("nan"),
    complex("nan"),
    np.complex64(complex(0, float("nan"))),
    np.datetime64("NaT"),
    np.timedelta64("NaT", "s"),
    Decimal("NaN"),
    Decimal("sNaN"),
    pd.NA,
    pd.NaT,
]
PRESENT = [
    *(0, 0.0, -0.0, float("inf"), 2**70, False, "", "nan", "None", b"", (), [], {}),
    *(np.float32(1), np.datetime64("2020-01-01"), Decimal("Infinity"), 1j),
    *(pd.Timestamp("2020"), datetime.date(2020, 1, 1), [None], np.array([np.nan])),
]


def as_objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_objects():
    assert [is_missing_value(value) for value in MISSING] == [True] * len(MISSING)
    assert [is_missing_value(value) for value in PRESENT] == [False] * len(PRESENT)
    both = as_objects([*MISSING, *PRESENT])
    expected = np.arange(len(both)) < len(MISSING)
    np.testing.assert_array_equal(is_missing(both), expected)
    np.testing.assert_array_equal(is_missing(both.reshape(1, -1)), expected[np.newaxis])
    np.testing.assert_array_equal(is_missing(pd.Series(both)), expected)
    np.testing.assert_array_equal(
        is_missing(pl.Series(both.tolist(), dtype=pl.Object)), expected
    )


NAN = float("nan")
COLUMNS = {
    "bool": np.array([True, False]),
    "text": np.array(["", "nan"]),
    "StringDType": np.array(["a", NAN], dtype=np.dtypes.StringDType(na_object=NAN)),
    "half": np.array([1, NAN], dtype=np.float16),
    "big-endian": np.array([1, NAN], dtype=">f8"),
    "complex": np.array([1, NAN], dtype=complex),
    "date": np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
    "pandas float": pd.Series([1, NAN]),
    "pandas date": pd.Series(pd.to_datetime(["2020-01-01", None])),
    "pandas date with zone": pd.Series(pd.to_datetime(["2020-01-01", None], utc=True)),
    "pandas string": pd.Series(["a", None], dtype="string"),
    "pandas Int64": pd.Series([1, None], dtype="Int64"),
    "pandas Float64": pd.Series([1, None], dtype="Float64"),
    "pandas Float64 with NaN": pd.Series([1, 0], dtype="Float64") / pd.Series([1, 0]),
    "pandas category": pd.Series(["a", None], dtype="category"),
    "pandas sparse": pd.Series([1, NAN], dtype="Sparse[float64]"),
    "pandas period": pd.Series(pd.PeriodIndex(["2020", None], freq="Y")),
    "arrow float": pd.Series([1, None], dtype="float32[pyarrow]"),
    "arrow float with NaN": pd.Series([1.0, 0.0], dtype="double[pyarrow]") / [1.0, 0.0],
    "polars float": pl.Series([1.0, None]),
    "polars float with NaN": pl.Series([1.0, NAN]),
    "polars list": pl.Series([[None], None]),
    "polars null": pl.Series([None, None]),
    "polars text": pl.Series(["", None]),
}
NEVER, BOTH = ("bool", "text"), ("polars null",)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(name):
    found = is_missing(COLUMNS[name])
    assert isinstance(found, np.ndarray)
    assert found.dtype == bool
    assert found.tolist() == [name in BOTH, name not in NEVER]
