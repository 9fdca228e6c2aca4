"""SKO206: what rows cost that were made before the splits."""

from types import SimpleNamespace

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    NearestNeighbors,
)

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._rows._interpolated import Interpolated, interpolated_rows
from skoverfit.diagnosis.causes._base import NotMeasured
from skoverfit.diagnosis.causes._resampled_before_split import (
    Resampled,
    ResampledBeforeSplit,
    _scored,
    original_splits,
)
from tests.diagnosis.causes.planted import SHUFFLED

MODEL = KNeighborsClassifier(3)


def imbalanced(seed=0):
    return make_classification(
        400, 8, n_informative=4, weights=[0.85], flip_y=0.05, random_state=seed
    )


def made(rows, parents=(), shares=(("few", 0.4), ("many", 0.01)), labels=("few",)):
    """Interpolated rows, with their parents."""
    return Interpolated(np.array(rows, bool), dict(parents), dict(shares), labels)


def asked(scoring="accuracy", n_splits=5):
    return SimpleNamespace(scoring=scoring, splits=[None] * n_splits)


# ---------------------------------------------------------------------------- measured


def test_resampling_before_the_split_is_named_with_the_score_without(find):
    X, y = imbalanced(1)
    more, labels = SMOTE(random_state=0).fit_resample(X, y)
    found = find("SKO206", more, labels, MODEL, cv=SHUFFLED)
    assert found.status == "present"
    assert found.effect > 0.02
    assert found.counterfactual < 0.95
    assert all(row >= len(X) for row in found.rows)  # what SMOTE has added
    assert find("SKO206", X, y, MODEL, cv=SHUFFLED).status == "absent"
    few = find("SKO206", X[:, :2], y, MODEL, cv=SHUFFLED)
    assert few.status == "not_measured"
    assert "ewer than 3 columns" in few.explanation


def test_what_it_costs_is_judged_against_the_range_of_the_score(find):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    Xy = np.column_stack([X, X[:, 0] + rng.normal(size=120)])
    near = NearestNeighbors(n_neighbors=6).fit(X).kneighbors(X)[1]
    parent, at = rng.permuted(near[:, 1:], axis=1)[:, 0], rng.random((120, 1))
    more = np.concatenate([Xy, Xy + at * (Xy[parent] - Xy)])
    model, scoring = KNeighborsRegressor(1), "neg_mean_squared_error"
    for unit in (0.001, 1.0):
        y = unit * more[:, -1]
        found = find("SKO206", more[:, :-1], y, model, scoring=scoring)
        assert (found.status, found.severity) == ("present", "serious")


def test_made_rows_follow_their_parents():
    X, y = imbalanced()
    more, labels = SMOTE(random_state=0).fit_resample(X, y)
    found = interpolated_rows(more, labels, is_classification=True)
    for train, test in original_splits(found, list(SHUFFLED.split(more, labels))):
        assert not found.rows[test].any()
        kept = train[found.rows[train]]
        assert all(np.isin(found.parents[row], train).all() for row in kept)


def test_made_rows_stay_where_all_their_parents_are():
    found = made([0, 0, 0, 0, 1, 1, 1], {4: [0, 1], 5: [2, 3], 6: []})
    splits = [
        (np.array([0, 1, 2, 4, 5, 6]), np.array([3])),
        (np.array([2, 3, 5]), np.array([0, 1, 4, 6])),
    ]
    kept = [(a.tolist(), b.tolist()) for a, b in original_splits(found, splits)]
    assert kept == [([0, 1, 2, 4], [3]), ([2, 3, 5], [0, 1])]


Y = np.repeat(["many", "few"], [6, 14])
MADE = made(np.arange(20) >= 14)
HITS = np.array([1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0.0])


def scored(scoring="accuracy", n_tested=14, rows=True):
    """Scores of a model that is right where `HITS` says, and on original rows only."""
    problem = SimpleNamespace(scoring=scoring, y=Y, n_samples=20)
    outcomes = [
        SimpleNamespace(
            rows=[HITS[test]] if rows else [],
            tests=[test],
            scores=SimpleNamespace(gap=SimpleNamespace(mean_test=HITS[test].mean())),
        )
        for test in (np.arange(20), np.arange(n_tested))
    ]
    lab = SimpleNamespace(problem=problem, model=outcomes[0], compare=compared)
    return _scored(MADE, lab, outcomes[1])


def compared(one, other):
    means = [outcome.scores.gap.mean_test for outcome in (one, other)]
    return corrected_estimate(means[0] - means[1] + np.array([-0.1, 0.1]))


def noise(values):
    return values.var(ddof=1) / len(values)


def test_original_rows_are_weighted_as_the_classes_of_all_rows_are():
    many, few = HITS[:6], HITS[6:14]
    found = scored()
    assert (found.found, found.score) == (MADE, pytest.approx(HITS.mean()))
    assert found.honest == pytest.approx(0.3 * many.mean() + 0.7 * few.mean())
    assert found.change == pytest.approx(found.score - found.honest)
    own = 0.3**2 * noise(many) + 0.7**2 * noise(few)
    assert found.error == pytest.approx(np.sqrt(noise(HITS) + own))


def test_another_score_is_the_mean_of_all_original_rows():
    found = scored("neg_brier_score")
    assert found.honest == pytest.approx(HITS[:14].mean())
    assert found.error == pytest.approx(np.sqrt(noise(HITS) + noise(HITS[:14])))


@pytest.mark.parametrize(("n_tested", "is_enough"), [(11, True), (10, False)])
def test_a_class_needs_five_original_rows(n_tested, is_enough):
    if is_enough:  # the few are the last ones
        assert np.isfinite(scored(n_tested=n_tested).honest)
        return
    with pytest.raises(NotMeasured, match="a class has hardly any original rows"):
        scored(n_tested=n_tested)


def test_a_score_that_rows_do_not_make_up_is_compared_by_splits():
    found = scored(rows=False)
    assert found.found is MADE
    assert (found.score, found.honest) == (HITS.mean(), HITS[:14].mean())
    assert found.change == pytest.approx(HITS.mean() - HITS[:14].mean())
    difference = corrected_estimate(np.array([-0.1, 0.1]))
    assert found.error == pytest.approx(difference.std_error)


# ------------------------------------------------------------------------------ judged


def test_the_cost_has_a_p_value_and_an_interval():
    found = Resampled(MADE, 0.9, 0.8, 0.1, 0.05)
    assert found.pvalue == pytest.approx(stats.norm.sf(2))
    assert found.interval == pytest.approx((0.1 - 1.96 * 0.05, 0.1 + 1.96 * 0.05), 1e-3)
    sure = [Resampled(MADE, 0.9, 0.9 - change, change, 0.0) for change in (0.1, 0, -1)]
    assert [each.pvalue for each in sure] == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("change", "error", "score_range", "severity"),
    [
        (0.2, 0.02, 1.0, "serious"),
        (0.02, 0.02, 1.0, "warning"),  # may be none
        (0.02, 0.001, 1.0, "serious"),
        (0.02, 0.001, 3.0, "warning"),  # is hardly any
        (0.0002, 0.00001, 0.01, "serious"),
    ],
)
def test_made_rows_are_a_warning_whatever_they_cost(
    change, error, score_range, severity
):
    measured = Resampled(MADE, 0.97, 0.97 - change, change, error, score_range)
    found = ResampledBeforeSplit().judge(measured, asked())
    assert (found.status, found.severity) == ("present", severity)
    assert (found.effect, found.interval) == (change, measured.interval)
    assert found.counterfactual == 0.97 - change
    # A cost that may be none is no reason to take the finding back.
    assert found.pvalue == (measured.pvalue if severity == "serious" else None)


def test_what_is_told():
    measured = Resampled(made(np.arange(40) % 2), 0.95, 0.85, 0.1, 0.02)
    found = ResampledBeforeSplit().judge(measured, asked(n_splits=3))
    assert found.title == (
        "Rows were made from others (as by SMOTE) before the splits were drawn"
    )
    assert found.explanation == (
        "40% of the rows of class 'few' lie exactly between two others (at most 1% in "
        "other classes). accuracy 0.950 on all rows, 0.850 on original rows, classes "
        "weighted as they are now, where no row is made of test rows."
    )
    assert found.advice == (
        "Drop the made rows and resample inside the splits, where it reaches training "
        "rows only: imblearn.pipeline.make_pipeline(SMOTE(random_state=0), estimator), "
        "cv=StratifiedKFold(3, shuffle=True, random_state=0)."
    )
    assert found.counterfactual_label == (
        "on original rows, classes weighted as they are now"
    )
    assert found.rows == (1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


def test_what_is_told_of_numbers_and_of_several_classes():
    numbers = made([1], shares={None: 0.5}.items(), labels=(None,))
    found = ResampledBeforeSplit().judge(
        Resampled(numbers, 0.95, 0.85, 0.1, 0.02), asked("r2")
    )
    assert found.explanation == (
        "50% of the rows lie exactly between two others. r2 0.950 on all rows, 0.850 "
        "on original rows, where no row is made of test rows."
    )
    classes = made(
        [1], shares={0: 0.5, 1: 0.01, 2: 0.4, 3: 0.02}.items(), labels=(0, 2)
    )
    found = ResampledBeforeSplit().judge(
        Resampled(classes, 0.95, 0.85, 0.1, 0.02), asked("r2")
    )
    assert found.explanation.startswith(
        "50% of the rows of class 0 and 40% of the rows of class 2 lie exactly between "
        "two others (at most 2% in other classes)."
    )


def test_what_is_told_without_made_rows():
    found = ResampledBeforeSplit().judge(Resampled(None), asked())
    assert (found.status, found.severity) == ("absent", "info")
    assert found.title == "No rows lie between others of their class"
    assert found.explanation == (
        "In no class are there far more rows on a line between two others than in the "
        "other classes."
    )
