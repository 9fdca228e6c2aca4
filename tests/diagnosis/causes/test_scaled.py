"""SKO209: columns that were scaled on all rows."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from skoverfit.diagnosis._columns._encodings import scaled_columns

X, Y = load_wine(return_X_y=True)


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_scaled_columns_are_found_and_hardly_matter(find, scaler):
    found = find("SKO209", scaler.fit_transform(X), Y)
    assert (found.status, found.severity) == ("present", "info")
    assert type(scaler).__name__ in found.advice
    assert abs(found.effect) < 0.02


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_columns_that_were_scaled_on_other_rows_are_not(scaler):
    assert scaled_columns(scaler.fit(X[::2]).transform(X)[:150])[0] == ""


@pytest.mark.parametrize(
    "load", [load_wine, load_breast_cancer, load_diabetes, load_digits]
)
def test_honest_tables_are_not_scaled(load):
    assert scaled_columns(load().data) == ("", [])


def test_images_from_0_to_1_are_not_scaled_by_column():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, size=(300, 10)) / 255
    images[:2] = [[0.0], [1.0]]
    assert scaled_columns(images)[0] == ""
