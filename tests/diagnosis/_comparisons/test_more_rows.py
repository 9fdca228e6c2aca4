"""All training rows of a split against half of them."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._comparisons import _more_rows
from skoverfit.diagnosis._comparisons._more_rows import gain_of_doubling, halved
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))
y = X.sum(axis=1) + rng.normal(size=60)


def lab_of(estimator, target, **options):
    problem = make_problem(estimator, X, target, random_state=0, **options)
    lab = Lab(problem, Clock(math.inf))
    measure_core(lab)
    return lab


def test_halves_part_the_training_rows_and_keep_class_shares():
    labels = np.repeat([0, 1, 2], [40, 14, 6])
    problem = make_problem(DecisionTreeClassifier(), X, labels, random_state=0)
    halves = halved(problem)
    for (train, test), *parts in zip(
        problem.splits, *(half.splits for half in halves), strict=True
    ):
        assert sorted(np.concatenate([own for own, _ in parts])) == sorted(train)
        assert all(np.array_equal(own, test) for _, own in parts)
        counts = [np.bincount(labels[own]) for own, _ in parts]
        assert np.abs(counts[0] - counts[1]).max() <= 2


def test_gain_is_over_the_mean_of_both_halves(monkeypatch):
    monkeypatch.setattr(_more_rows, "FEW_ROWS", 0)
    lab = lab_of(Ridge(), y, cv=KFold(4, shuffle=True, random_state=0))

    def mean_score(splits):
        fitted = [(Ridge().fit(X[train], y[train]), test) for train, test in splits]
        return np.mean([model.score(X[test], y[test]) for model, test in fitted])

    halves = [mean_score(half.splits) for half in halved(lab.problem)]
    whole = mean_score(lab.problem.splits)
    assert gain_of_doubling(lab).mean == pytest.approx(whole - np.mean(halves))


@pytest.mark.parametrize(("row_order", "n_passes"), [("random", 5), ("related", 1)])
def test_further_splits_take_part_unless_rows_are_in_an_order(row_order, n_passes):
    lab = lab_of(Ridge(), y, cv=KFold(4))
    lab.evidence = SimpleNamespace(row_order=row_order)
    assert gain_of_doubling(lab).n_splits == 4 * n_passes


def test_scores_that_rows_do_not_make_up_are_judged_by_splits():
    lab = lab_of(Ridge(), y, scoring=make_scorer(lambda a, b: r2_score(a, b)))
    assert 0 <= gain_of_doubling(lab).pvalue <= 1


def test_a_stopped_clock_allows_nothing():
    lab = lab_of(Ridge(), y)
    lab.clock.stop()
    assert gain_of_doubling(lab) is None
    assert _more_rows.WHAT in [skipped.what for skipped in lab.skipped]


def test_the_luck_of_a_single_fit_is_not_judged():
    assert (
        gain_of_doubling(lab_of(Ridge(), y, cv=ShuffleSplit(1, random_state=0))) is None
    )
