"""What has to be done with rows of a kind before a model can read them."""

from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from skoverfit._columns import is_missing
from skoverfit._optional import import_optional
from skoverfit.exceptions import InputError

__all__ = [
    "ENCODER_SEED",
    "Kind",
    "bag_of_words",
    "characters",
    "has_missing",
    "kind_of_rows",
    "plain_model",
    "prepared",
    "tabular",
]

Kind = Literal["numbers", "table", "sparse", "texts", "images", "other"]

ENCODER_SEED = "tablevectorizer__high_cardinality__random_state"

SHAPE = "shape" if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else "newshape"
"""What NumPy calls the shape that it gives to an array."""

MOST_CATEGORIES = 30
"""Categories of a column that get a column of their own, without skrub."""


def kind_of_rows(X: Any) -> Kind:
    """Tell tables of numbers, mixed tables, sparse matrices, texts, images apart."""
    if issparse(X):
        return "sparse"
    if hasattr(X, "columns"):
        kinds = [getattr(dtype, "kind", "O") for dtype in X.dtypes]
        return "numbers" if all(kind in "iuf" for kind in kinds) else "table"
    values = np.asarray(X)
    if values.ndim == 1 and len(values):
        return "texts" if all(isinstance(v, str) for v in values) else "other"
    if values.ndim in (3, 4) and values.size and values.dtype.kind in "uif":
        return "images"
    if values.ndim != 2 or not values.shape[1]:
        return "other"
    return "numbers" if values.dtype.kind in "biuf" else "other"


def has_missing(X: Any) -> bool:
    """Whether a cell of a table is missing."""
    if issparse(X):
        return bool(np.isnan(X.data).any())
    if hasattr(X, "columns"):
        return any(bool(is_missing(X[name]).any()) for name in X.columns)
    return bool(is_missing(np.asarray(X)).any())


def tabular(model: Any, seed: int) -> Any:
    """Put a model behind the steps that it needs for mixed tables, by skrub."""
    skrub = import_optional("skrub", extra="report")
    estimator = skrub.tabular_pipeline(model)
    # The encoder of columns of texts has a random state of its own.
    return estimator.set_params(**{ENCODER_SEED: seed})


def _without_skrub(model: Any, *, scaled: bool, takes_missing: bool) -> Any:
    """Put a model behind the same steps, with texts and dates read as categories."""
    steps = [] if takes_missing else [SimpleImputer(add_indicator=True)]
    steps += [StandardScaler()] if scaled else []
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MOST_CATEGORIES,
        sparse_output=False,
    )
    columns = make_column_transformer(
        (
            make_pipeline(*steps) if steps else "passthrough",
            make_column_selector(dtype_include="number"),
        ),
        (categories, make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(columns, model)


def prepared(
    X: Any,
    model: Any,
    *,
    seed: int = 0,
    scaled: bool = False,
    takes_missing: bool = False,
) -> Any:
    """Put a model behind the steps that it needs for rows of this kind.

    Parameters
    ----------
    X : table
        A table, sparse matrix or texts.
    model : estimator object
        The model.
    seed : int, default=0
        Seeds encoders of texts.
    scaled : bool, default=False
        Whether the model needs columns of like scale.
    takes_missing : bool, default=False
        Whether the model takes missing values.
    """
    kind = kind_of_rows(X)
    if kind == "texts":
        return make_pipeline(bag_of_words(), model)
    if kind == "table" and find_spec("skrub") is not None:
        return tabular(model, seed)
    if kind == "table":
        return _without_skrub(model, scaled=scaled, takes_missing=takes_missing)
    steps: list[Any] = [] if kind != "images" else [as_rows(X)]
    if not takes_missing and has_missing(X):
        steps.append(SimpleImputer(add_indicator=True))
    if scaled:
        steps.append(StandardScaler(with_mean=kind != "sparse"))
    return make_pipeline(*steps, model) if steps else model


def plain_model(X: Any, seed: int, *, is_classification: bool) -> Any:
    """Build what is tried first on rows of this kind: a forest, or a linear model.

    Parameters
    ----------
    X : table
        A table, sparse matrix or texts.
    seed : int
        Seeds it.
    is_classification : bool
        Whether the target holds classes.
    """
    kind = kind_of_rows(X)
    if kind == "other":
        _refuse_missing_texts(X)
    if kind == "texts":
        linear = LogisticRegression(C=10.0, max_iter=1000)
        return prepared(X, linear if is_classification else RidgeCV())
    forest = RandomForestClassifier if is_classification else RandomForestRegressor
    return prepared(X, forest(random_state=seed), seed=seed, takes_missing=True)


def _refuse_missing_texts(X: Any) -> None:
    """Say what is wrong with texts some of which are missing."""
    rows = np.asarray(X)
    lacks = is_missing(rows) if rows.ndim == 1 else np.zeros(1, bool)
    if lacks.any() and any(isinstance(row, str) for row in rows):
        raise InputError(
            f"X holds texts, but {lacks.sum()} of {len(rows)} are missing; leave these "
            "rows out, or fill them with empty texts."
        )


def as_rows(X: Any) -> Any:
    """Lay the pixels of images side by side."""
    n_pixels = int(np.prod(np.shape(X)[1:]))
    return FunctionTransformer(np.reshape, kw_args={SHAPE: (-1, n_pixels)})


def bag_of_words() -> Any:
    """Count the words, word pairs and character sequences of texts."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return FeatureUnion([("words", words), ("characters", characters())])


def characters() -> Any:
    """Count the sequences of characters within the words of texts."""
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
