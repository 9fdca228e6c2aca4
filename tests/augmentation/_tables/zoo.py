"""Columns of every type of NumPy, pandas, Arrow and polars, and tables of them."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

N_ROWS = st.integers(1, 14)
NUMPY = [
    *("?", "i1", "u2", "i4", "u8", ">i2", ">i8", ">u4", "f2", "f4", "f8", "g", ">f4"),
    *(">f8", "U3", ">U3", "S3", "M8[D]", ">M8[ns]", "m8[s]", "T", "O"),
]


def integers(n, rng):
    return rng.integers(0, 40, n).tolist()


def floats(n, rng):
    return rng.normal(size=n).astype(np.float16).tolist()


def some(values, rng):
    """Values of which some are missing."""
    return [None if rng.random() < 0.25 else value for value in values]


def gaps(values, rng):
    return [float("nan") if rng.random() < 0.25 else value for value in values]


def words(n, rng):
    return ["abc"[k % 3] for k in integers(n, rng)]


def days(n, rng):
    return [datetime.date(2020, 1, 1 + k % 28) for k in integers(n, rng)]


def moments(n, rng):
    return [datetime.datetime(2020, 1, 1 + k % 28, 5) for k in integers(n, rng)]


def spans(n, rng):
    return [datetime.timedelta(k) for k in integers(n, rng)]


def hours(n, rng):
    return [datetime.time(k % 24) for k in integers(n, rng)]


def decimals(n, rng):
    return [Decimal(k) / 4 for k in integers(n, rng)]


def truths(n, rng):
    return [k % 2 == 0 for k in integers(n, rng)]


def lists(n, rng):
    return [[k, 1] for k in integers(n, rng)]


def records(n, rng):
    return [{"a": k, "b": "x"} for k in integers(n, rng)]


def chunks(n, rng):
    return [word.encode() for word in words(n, rng)]


def series(dtype, values, missing=True):
    """Maker of a column of pandas."""
    return lambda n, rng: pd.Series(
        some(values(n, rng), rng) if missing else values(n, rng), dtype=dtype
    )


def arrow(type_, values):
    """Maker of a column of pandas that Arrow holds."""
    return lambda n, rng: pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array(some(values(n, rng), rng), type_))
    )


def sparse(values, fill):
    return lambda n, rng: pd.Series(
        pd.arrays.SparseArray(
            [fill if v % 3 == 0 else v for v in values(n, rng)], fill_value=fill
        )
    )


def divided(dtype):
    """Zero by zero is NaN beside NA in a nullable column."""
    return lambda n, rng: pd.Series(some(truths(n, rng), rng), dtype=dtype).pipe(
        lambda column: column / column
    )


PANDAS = {
    **{t: series(t, integers, False) for t in ("int8", "uint64", "float32", ">f8")},
    **{t: series(t, integers) for t in ("Int8", "UInt64", "Float32", "Float64")},
    "float": lambda n, rng: pd.Series(gaps(floats(n, rng), rng), dtype=float),
    "Float64 with NaN": divided("Float64"),
    "bool": series(bool, truths, False),
    "boolean": series("boolean", truths),
    **{t: series(t, words) for t in ("object", "string", "str", "category")},
    "ordered": series(pd.CategoricalDtype(["c", "x", "b", "a"], ordered=True), words),
    "category of numbers": series("category", integers),
    "category of dates": series("category", days),
    "datetime": series("datetime64[s]", days),
    "datetime with zone": series("datetime64[ns, Europe/Berlin]", days),
    "timedelta": series("timedelta64[ns]", spans),
    "period": lambda n, rng: pd.Series(
        pd.PeriodIndex(some(days(n, rng), rng), freq="D")
    ),
    "interval": lambda n, rng: pd.Series(
        pd.arrays.IntervalArray.from_arrays(*2 * [np.arange(n)], closed="both")
    ),
    "interval with gaps": lambda n, rng: pd.Series(
        pd.arrays.IntervalArray.from_arrays(*2 * [gaps(floats(n, rng), rng)], "both")
    ),
    "sparse": sparse(floats, 0.0),
    "sparse of integers": sparse(integers, 0),
    "objects": series(object, lambda n, rng: (["a", 1, 2.5, (1, 2)] * n)[:n]),
    "numbers as objects": series(object, floats),
    "decimals": series(object, decimals),
    "dates as objects": series(object, days),
    "lists": series(object, lists),
    "records": series(object, records),
    "arrow int": arrow(pa.int16(), integers),
    "arrow float": arrow(pa.float64(), lambda n, rng: gaps(floats(n, rng), rng)),
    "arrow bool": arrow(pa.bool_(), truths),
    "arrow string": arrow(pa.large_string(), words),
    "arrow binary": arrow(pa.binary(), chunks),
    "arrow date": arrow(pa.date32(), days),
    "arrow timestamp": arrow(pa.timestamp("us", "UTC"), moments),
    "arrow duration": arrow(pa.duration("s"), spans),
    "arrow time": arrow(pa.time64("us"), hours),
    "arrow decimal": arrow(pa.decimal128(10, 2), decimals),
    "arrow dictionary": arrow(pa.dictionary(pa.int32(), pa.string()), words),
    "arrow list": arrow(pa.list_(pa.int64()), lists),
    "arrow array": arrow(pa.list_(pa.int64(), 2), lists),
    "arrow struct": arrow(pa.struct([("a", pa.int64()), ("b", pa.string())]), records),
    "arrow map": arrow(
        pa.map_(pa.string(), pa.int64()), lambda n, rng: n * [[("key", 1)]]
    ),
    "arrow null": arrow(pa.null(), lambda n, rng: n * [None]),
}


def column(dtype, values):
    """Maker of a column of polars."""
    return lambda n, rng: pl.Series(some(values(n, rng), rng), dtype=dtype)


def huge(n, rng):
    return [2**100 + k for k in integers(n, rng)]


# The oldest polars that is tested has no integers of 128 bits.
WIDEST = getattr(pl, "Int128", None)
NUMBERS = [pl.Int8, pl.UInt64, pl.Float32, *filter(None, [WIDEST])]
POLARS = {
    **{str(t): column(t, integers) for t in NUMBERS},
    **({"huge": column(WIDEST, huge)} if WIDEST else {}),
    "float": lambda n, rng: pl.Series(gaps(floats(n, rng), rng), dtype=pl.Float64),
    "bool": column(pl.Boolean, truths),
    "string": column(pl.String, words),
    "categorical": column(pl.Categorical, words),
    "enum": column(pl.Enum(["c", "x", "b", "a"]), words),
    "binary": column(pl.Binary, chunks),
    "date": column(pl.Date, days),
    "datetime": column(pl.Datetime("us", "UTC"), moments),
    "duration": column(pl.Duration, spans),
    "time": column(pl.Time, hours),
    "decimal": column(pl.Decimal(20, 2), decimals),
    "list": column(pl.List(pl.Int64), lists),
    "array": column(pl.Array(pl.Int64, 2), lists),
    "struct": column(pl.Struct({"a": pl.Int64, "b": pl.String}), records),
    "null": column(pl.Null, lambda n, rng: n * [None]),
    "object": column(pl.Object, decimals),
}
OBJECTS = [floats, integers, words, days, decimals, truths, records, lists]


def numpy_table(dtype, n, rng):
    """Array of three columns."""
    if dtype == "O":
        kinds = rng.choice(len(OBJECTS), 3)
        cells = np.empty((n, 3), dtype=object)
        for target, kind in zip(cells.T, kinds.tolist(), strict=True):
            target[:] = gaps(OBJECTS[kind](n, rng), rng)
        return cells
    numbers = np.reshape(integers(3 * n, rng), (n, 3))
    if dtype == "T":
        return numbers.astype(str).astype(np.dtypes.StringDType())
    table = numbers.astype(dtype)
    if table.dtype.kind in "fmM":
        table[rng.random(table.shape) < 0.25] = (
            "NaT" if table.dtype.kind in "mM" else "nan"
        )
    return table


@st.composite
def tables(draw):
    """Tables of one to three columns of any types, some of their cells missing."""
    n_rows, seed = draw(N_ROWS), draw(st.integers(0, 99))
    rng = np.random.default_rng(seed)
    kind = draw(st.sampled_from(["numpy", "list", "pandas", "pandas", "polars"]))
    if kind == "numpy":
        dtype = draw(st.sampled_from(NUMPY))
        return numpy_table(dtype, n_rows, rng)
    if kind == "list":
        cells = st.sampled_from(OBJECTS[:-1])  # of lists alone NumPy makes a third axis
        makers = draw(st.lists(cells, min_size=1, max_size=3))
        columns = [some(maker(n_rows, rng), rng) for maker in makers]
        return [list(row) for row in zip(*columns, strict=True)]
    known = PANDAS if kind == "pandas" else POLARS
    names = draw(
        st.lists(st.sampled_from(list(known)), min_size=1, max_size=3, unique=True)
    )
    columns = {name: known[name](n_rows, rng) for name in names}
    if kind == "polars":
        return pl.DataFrame(columns)
    return pd.DataFrame(columns).set_axis(np.arange(n_rows) + 7)
