"""Data sets of the benchmark: where they lie, how a sample is drawn and encoded."""

import csv
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MAX_TEST_ROWS = 2000
MISSING_CATEGORY = "(missing)"
BUNDLED = {
    "bundled_breast_cancer": load_breast_cancer,
    "bundled_digits": load_digits,
    "bundled_iris": load_iris,
    "bundled_wine": load_wine,
}


@dataclass(frozen=True)
class Sample:
    """One training sample and the held-out rows, encoded as plain numbers."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def data_folder():
    """Folder of the shared sets: ``SKOVERFIT_DATA`` or next to the repository."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("SKOVERFIT_DATA", root.parent / "shared" / "data"))
    if not (folder / "index.csv").is_file():
        raise FileNotFoundError(
            f"No index.csv in {folder}: point SKOVERFIT_DATA at the data folder "
            "or use --smoke."
        )
    return folder


def dataset_rows(task):
    """Name -> number of rows of the shared tabular sets, in alphabetical order."""
    with open(data_folder() / "index.csv", newline="", encoding="utf-8") as stream:
        rows = {
            row["name"]: int(row["rows"])
            for row in csv.DictReader(stream)
            if row["kind"] == "tabular" and row["task"] == task
        }
    return dict(sorted(rows.items()))


def load_frame(name):
    """Features and target of a shared or bundled set, as pandas objects."""
    if name in BUNDLED:
        return BUNDLED[name](return_X_y=True, as_frame=True)
    import pandas as pd

    frame = pd.read_csv(data_folder() / "tabular" / f"{name}.csv.gz")
    return frame.drop(columns="target"), frame["target"]


def draw_sample(X, y, *, name, task, n_train, seed):
    """Draw ``n_train`` rows (stratified for classes) and encode them.

    The encoding is fitted on the training rows only and then shared by all models.
    """
    rng = np.random.RandomState(zlib.crc32(f"{name}/{n_train}/{seed}".encode()))
    stratify = y if task == "classification" else None
    train, test = train_test_split(
        np.arange(len(y)), train_size=n_train, stratify=stratify, random_state=rng
    )
    test = rng.permutation(test)[:MAX_TEST_ROWS]
    encoder = table_encoder(X).fit(X.iloc[train])
    y = encode_target(y, train, task)
    return Sample(
        np.ascontiguousarray(encoder.transform(X.iloc[train])),
        y[train],
        np.ascontiguousarray(encoder.transform(X.iloc[test])),
        y[test],
    )


def table_encoder(X):
    """Median imputation and scaling for numbers, one-hot columns for the rest."""
    numbers = X.select_dtypes("number").columns
    categories = X.columns.difference(numbers, sort=False)
    return make_pipeline(
        make_column_transformer(
            (
                make_pipeline(
                    SimpleImputer(strategy="median", keep_empty_features=True),
                    StandardScaler(),
                ),
                numbers,
            ),
            (
                make_pipeline(
                    SimpleImputer(
                        strategy="constant",
                        fill_value=MISSING_CATEGORY,
                        missing_values=np.nan,
                    ),
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ),
                categories,
            ),
        ),
        VarianceThreshold(),
    )


def encode_target(y, train, task):
    """Class codes, or the target standardized with the training rows."""
    if task == "classification":
        return np.unique(np.asarray(y).astype(str), return_inverse=True)[1]
    values = np.asarray(y, dtype=float)
    return (values - values[train].mean()) / values[train].std()
