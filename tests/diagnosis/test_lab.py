"""What causes share: the table, nearest rows, columns alone, the model elsewhere."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import NotMeasured
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._table import make_table

X, Y = make_classification(200, 4, n_informative=2, n_redundant=0, random_state=0)
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(leak=Y)


def lab_of(X, y=Y, estimator=None, **options):
    model = DecisionTreeClassifier(random_state=0) if estimator is None else estimator
    lab = Lab(make_problem(model, X, y, random_state=0, **options), Clock(np.inf))
    measure_core(lab)
    return lab


@pytest.fixture(scope="module")
def lab():
    return lab_of(FRAME)


def test_images_are_tables_and_texts_are_none():
    assert make_table(np.zeros((5, 2, 3)), 0).matrix.shape == (5, 6)
    assert make_table(["a", "b"], 0) is None


def test_many_rows_are_drawn():
    table = make_table(np.arange(100.0).reshape(-1, 1), 0, max_rows=10)
    assert len(table.rows) == 10
    np.testing.assert_array_equal(table.matrix[:, 0], table.rows)


def test_nearest_rows_are_other_rows():
    twins = np.vstack([X, X + 1e-6])
    found = lab_of(twins, np.r_[Y, Y]).neighbors
    rows = np.arange(len(twins))
    assert not np.any(found.indices == found.rows[:, None])
    np.testing.assert_array_equal(found.indices[:, 0], (rows + len(X)) % len(twins))
    assert np.all(found.distances[:, 0] < 1e-4 * found.distances[:, 9])


def test_a_column_that_gives_the_answer_away_stands_out_alone(lab):
    assert lab.alone["leak"] == 1.0
    assert max(score for name, score in lab.alone.items() if name != "leak") < 0.95


def test_out_of_fold_predictions_make_up_the_score(lab):
    found = lab.oof
    assert len(found.rows) == len(Y)
    assert np.mean(found.predictions == found.y) == lab.core.model.gap.mean_test
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_the_model_without_a_column_is_measured_once(lab):
    without = lab.without(["leak"])
    assert lab.without([4]) is without
    assert lab.compare(without, lab.model).mean < -0.02
    assert without.scores.gap.mean_test < 1 == lab.core.model.gap.mean_test


def test_other_splits_and_models(lab):
    splits = list(KFold(3, shuffle=True, random_state=1).split(X))
    again = lab.on("three folds", splits)
    assert lab.on("three folds", splits) is again
    assert len(again.tests) == 3
    assert abs(lab.compare(again, lab.model).mean) < 0.01  # a leak is one anywhere
    other = lab.with_model("logistic", LogisticRegression())
    assert np.isfinite(lab.compare(other, lab.model).mean)


def test_a_pipeline_that_names_its_columns_cannot_lose_them():
    only = ColumnTransformer([("some", "passthrough", ["a", "b"])])
    lab = lab_of(FRAME, estimator=make_pipeline(only, DecisionTreeClassifier()))
    with pytest.raises(NotMeasured, match="without a"):
        lab.without(["a"])
    with pytest.raises(NotMeasured, match="no column 'z'"):
        lab.without(["z"])


@pytest.mark.parametrize(
    ("cv", "kind"),
    [
        (5, "in order"),
        (KFold(5, shuffle=True), "shuffled"),
        (ShuffleSplit(3), "shuffled"),
        (TimeSeriesSplit(3), "forward"),
        (GroupKFold(4), "grouped"),
        (list(KFold(3).split(X)), "own"),
    ],
)
def test_kinds_of_splits(cv, kind):
    groups = np.arange(len(Y)) % 8 if kind == "grouped" else None
    problem = make_problem(DecisionTreeClassifier(), X, Y, cv=cv, groups=groups)
    assert Lab(problem, Clock(np.inf)).split_kind == kind
