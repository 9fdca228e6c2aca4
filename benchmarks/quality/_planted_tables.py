"""Tables in which causes are planted, and the models that meet them."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import f_classif, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality._datasets import load_frame

#: Kind of table -> those that causes may be mended by, and those that confirm: in
#: alphabetical order, dealt alternately; and the one that CI uses.
POOLS = {
    "numbers": {
        "choose": ("breast_cancer_wdbc", "ionosphere", "satimage", "vehicle"),
        "confirm": ("bundled_digits", "phoneme", "spambase"),
        "smoke": ("bundled_breast_cancer",),
    },
    "two classes": {
        "choose": ("breast_cancer_wdbc", "ionosphere"),
        "confirm": ("phoneme", "spambase"),
        "smoke": ("bundled_breast_cancer",),
    },
    "mixed": {
        "choose": ("compas_recidivism", "cylinder_bands", "telco_churn"),
        "confirm": ("credit_approval", "heart_cleveland", "titanic"),
        "smoke": ("bundled_breast_cancer",),
    },
    "regression": {
        "choose": ("airfoil_noise", "california_housing", "diabetes_progression"),
        "confirm": ("auto_mpg", "concrete", "puma32h"),
        "smoke": ("bundled_breast_cancer",),
    },
}
MISSING = "(missing)"
MODELS = {
    "tree": (DecisionTreeClassifier(), DecisionTreeRegressor()),
    "forest": (RandomForestClassifier(30), RandomForestRegressor(30)),
    "boosting": (
        HistGradientBoostingClassifier(max_iter=40),
        HistGradientBoostingRegressor(max_iter=40),
    ),
    "linear": (LogisticRegression(max_iter=1000), Ridge()),
    "free linear": (LogisticRegression(C=1e6, max_iter=1000), LinearRegression()),
    "vector machine": (SVC(), SVR()),
    "neighbors": (KNeighborsClassifier(), KNeighborsRegressor()),
}
#: Models that are put behind a scaler.
SCALED = ("linear", "free linear", "vector machine", "neighbors")


@dataclass
class Base:
    """Rows of a table before anything is planted, in random order.

    Attributes
    ----------
    X : DataFrame
        Numbers, and texts in "mixed" tables; numbers may be missing there.
    y : ndarray
        Class codes, or a quantity.
    name : str
        Of the table.
    rng : Generator
        Draws what is planted.
    kind : str
        Which pool it is from.
    """

    X: pd.DataFrame
    y: np.ndarray
    name: str
    rng: np.random.Generator
    kind: str

    @property
    def is_classification(self):
        """Whether the target holds classes."""
        return self.kind != "regression"

    def part(self, rows):
        """Return the features and targets of some rows."""
        return self.X.iloc[rows].reset_index(drop=True), self.y[rows]

    def ranked(self):
        """Columns of numbers, the one that says most about the target first."""
        numbers = self.X.select_dtypes("number")
        filled = numbers.fillna(numbers.median()).fillna(0.0)
        test = f_classif if self.is_classification else f_regression
        with np.errstate(all="ignore"):
            scores = np.nan_to_num(test(filled, self.y)[0])
        return [numbers.columns[j] for j in np.argsort(-scores)]


def draw(situation, kind, collection, seed, n_rows):
    """Draw rows of the table that is the situation's turn, without copies."""
    pool = POOLS[kind][collection]
    name = pool[(zlib.crc32(situation.encode()) + seed) % len(pool)]
    rng = np.random.default_rng([zlib.crc32(f"{situation}/{name}".encode()), seed])
    X, y = load_frame(name)
    first = ~X.duplicated().to_numpy()
    X, y = X[first], np.asarray(y)[first]
    if kind == "regression":
        y = y.astype(float)
        X = X.select_dtypes("number")
        complete = X.notna().all(axis=1).to_numpy()
        X, y = X[complete], y[complete]
    else:
        y = np.unique(y.astype(str), return_inverse=True)[1]
    rows = rng.permutation(len(y))[:n_rows]
    X, y = X.iloc[rows], y[rows]
    varying = X.columns[X.nunique() > 1]
    return Base(X[varying].reset_index(drop=True), y, name, rng, kind)


def model(name, X, y, *, raw=False, **options: Any):
    """Build a model for a table: texts become columns, gaps are filled.

    Parameters
    ----------
    name : str
        Key of MODELS.
    X : DataFrame
        To see what it needs.
    y : ndarray
        Numbers with a fraction are a quantity.
    raw : bool
        Leave the scaler out.
    **options
        Parameters of the model.
    """
    head = clone(MODELS[name][int(y.dtype.kind == "f")]).set_params(**options)
    if "random_state" in head.get_params():
        head.set_params(random_state=0)
    scaler = [StandardScaler()] if name in SCALED and not raw else []
    has_texts = any(dtype.kind not in "biuf" for dtype in X.dtypes)
    has_gaps = name != "boosting" and bool(X.isna().any().any())
    if not (has_texts or has_gaps):
        return make_pipeline(*scaler, head) if scaler else head
    texts = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=MISSING, missing_values=np.nan),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    preparation = make_column_transformer(
        (texts, make_column_selector(dtype_exclude="number")),
        remainder=make_pipeline(SimpleImputer(strategy="median"), *scaler),
    )
    return make_pipeline(preparation, head)
