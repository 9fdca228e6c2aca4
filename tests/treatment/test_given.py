"""A budget, by a made clock that only the work of a treatment turns."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skoverfit import TreatedClassifier
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._measuring import _measurement
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.treatment import _audit, _estimators, _fits

ROWS = 100


class Time:
    """The time of a test."""

    now = 0.0

    @classmethod
    def read(cls):
        return cls.now


class Costs(LogisticRegression):
    """Takes `seconds` for 100 rows, and in proportion for others."""

    def __init__(self, seconds=1.0, C=1.0):
        super().__init__(C=C)
        self.seconds = seconds

    def fit(self, X, y, sample_weight=None):
        Time.now += self.seconds * len(X) / ROWS
        return super().fit(X, y, sample_weight)


@pytest.fixture
def treated(monkeypatch):
    """Treat a model that takes some seconds, with remedies that take others."""
    monkeypatch.setattr(Time, "now", 0.0)
    for module in (_fits, _measurement):
        monkeypatch.setattr(module, "perf_counter", Time.read)
    for module in (_estimators, _audit):
        monkeypatch.setattr(module, "Clock", lambda seconds: Clock(seconds, Time.read))

    def run(given, kinds, budget, **options):
        monkeypatch.setattr(_estimators, "choose_kinds", lambda wanted: kinds)
        rng = np.random.default_rng(0)
        X = rng.normal(size=(ROWS, 4))
        y = (X.sum(axis=1) + rng.normal(size=ROWS) > 0).astype(int)
        options = {"trust": True, "random_state": 0, **options}
        model = TreatedClassifier(Costs(given, C=1e-4), budget=budget, **options)
        return model.fit(X, y).report_

    return run


def kind_of(seconds, cost=None, proposing=0.0):
    """A kind of two candidates that takes time to propose, and to fit."""

    class Kind(RemedyKind):
        name = f"takes {seconds}"
        changes_given = False  # what does is fitted elsewhere, where this clock is not

        def candidates(self, problem):
            Time.now += proposing
            return [
                Candidate(
                    f"{self.name}, {C}",
                    "",
                    "",
                    Costs(seconds, C=C),
                    cost=seconds if cost is None else cost,
                    is_variant=C > 1,
                )
                for C in (1.0, 10.0)
            ]

    return Kind()


@pytest.mark.parametrize(
    ("given", "trust"), [(0.2, True), (1.0, True), (2.0, True), (0.5, False)]
)
def test_the_budget_is_kept_where_it_pays_for_the_least(treated, given, trust):
    # Their costs are in fits of the given model, whose own is 1 by its name.
    kinds = [kind_of(cost * given, cost) for cost in (0.5, 1.0, 2.0, 5.0)]
    report = treated(given, kinds, 10.0, trust=trust)
    assert report.seconds <= 11.0
    assert report.seconds >= 2 * given


def test_a_slow_model_is_measured_on_fewer_splits(treated):
    assert treated(0.1, [], 10.0).n_splits == 5
    assert treated(1.0, [], 10.0).n_splits == 4
    assert treated(2.0, [], 10.0).n_splits == 2


def test_what_does_not_fit_the_budget_is_skipped_and_named(treated):
    report = treated(0.1, [kind_of(2.0, cost=0.1), kind_of(20.0)], 10.0)
    reasons = {s.name: s.reason for s in report.steps if s.state == "skipped"}
    assert reasons["takes 2.0, 1.0"] == "it would take too long"
    assert reasons["takes 20.0, 1.0"] == "the budget is used up"


def test_a_model_for_which_two_splits_take_too_long_is_scored_on_one(treated):
    report = treated(4.0, [kind_of(0.1)], 10.0, trust=False)
    assert report.n_splits == 1
    assert report.seconds < 8.0
    assert 0 < report.given_score.mean < 1
    assert report.headline == (
        "The given model is kept: the budget leaves no time to try anything else."
    )
    (asked, short) = report.notes
    assert asked.startswith("For want of time, the data were not asked")
    assert short.startswith(
        "The budget of 10 seconds is too small to measure the given model on two splits"
    )
    assert "takes about 10.6 seconds" in short
    assert "1 split, 1 pass" in str(report)


def test_what_could_not_be_finished_is_as_late_as_the_last_fit(treated):
    """No budget is small enough that nothing is fitted."""
    report = treated(20.0, [], 10.0)
    assert report.n_splits == 1
    assert report.seconds == pytest.approx(36.0)  # a split of 80 rows, and all rows


def test_kinds_are_not_asked_when_the_budget_is_used_up(treated):
    kinds = [kind_of(0.01 * k, proposing=3.0) for k in range(1, 6)]
    report = treated(0.1, kinds, 10.0)
    assert report.seconds <= 11.0
    refused = [s for s in report.steps if s.reason == "the budget is used up"]
    assert {step.name for step in refused} >= {"takes 0.04", "takes 0.05"}


def test_little_time_that_is_left_for_remedies_is_used(treated):
    """A quarter of what is left is kept for the proof, not of what there was."""

    def start_slowly(stage, done, total):
        Time.now += 7.5 * (stage == "the given model")

    report = treated(0.1, [kind_of(0.05)], 10.0, progress=start_slowly)
    assert report.steps[1].state in ("used", "tried")
    assert report.seconds <= 11.0
