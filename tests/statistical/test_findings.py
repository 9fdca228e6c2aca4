"""How often findings and remedies are wrong, and how often they are found."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence
from skoverfit.diagnosis._judgment._signal import beats_baseline
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._remedies import best_remedy, try_remedies
from skoverfit.diagnosis._rows._order import order_pvalue
from skoverfit.diagnosis.remedies import _usual as usual
from tests.diagnosis.made_evidence import JUDGES

pytestmark = pytest.mark.statistical


@pytest.fixture(autouse=True)
def light_references(monkeypatch):
    """Leave out the slow reference models; the rates are about the judgments."""
    for name in ("flexible", "forest"):
        monkeypatch.setattr(usual, name, lambda problem: None)


def _lab(estimator, X, y, seed, **options):
    problem = make_problem(estimator, X, y, random_state=seed, **options)
    return Lab(problem, Clock(math.inf))


def _limit(n, rate):
    """Largest count that `rate` allows at 99 % in n trials."""
    return stats.binom.ppf(0.99, n, rate)


def _finding(code, fields, estimator, X, y, seed, **options):
    """Judge one code from the measurements it needs."""
    evidence = collect_evidence(_lab(estimator, X, y, seed, **options), fields)
    return JUDGES[code](evidence)


def _count(code, fields, draw, estimator, n_seeds, **options):
    """In how many of `n_seeds` drawn data sets the finding is present."""
    judged = [
        _finding(code, fields, estimator, *draw(seed), seed, **options)
        for seed in range(n_seeds)
    ]
    return sum(finding.status == "present" for finding in judged)


def _noise(seed, n=60, is_classification=True):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, rng.integers(0, 2, n) if is_classification else rng.normal(size=n)


def _numeric_noise(seed, n=60):
    return _noise(seed, n, is_classification=False)


def _linear(seed, n=100):
    """Separable along a line, with noise: a linear model is right."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, (X[:, 0] + X[:, 1] + rng.normal(size=n) > 0).astype(int)


def _step(seed, n=200):
    """One split of one feature explains the target; a fifth of the labels is wrong."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X, ((X[:, 0] > 0) ^ (rng.random(n) < 0.2)).astype(int)


TREE = DecisionTreeClassifier(random_state=0)
TREE_R = DecisionTreeRegressor(random_state=0)


# ------------------------------------------------------------------------ false alarms
def _signal_status(draw, estimator, n_seeds):
    """Status of the finding in each of some data sets."""
    fields = ("references",)
    return [
        _finding("no_signal", fields, estimator, *draw(seed), seed).status
        for seed in range(n_seeds)
    ]


@pytest.mark.parametrize(
    ("estimator", "draw"),
    [(GaussianNB(), _noise), (TREE_R, _numeric_noise)],
)
def test_pure_noise_has_no_signal(estimator, draw):
    """At 300 rows it is said in at least 90 % of data sets without any signal."""
    n = 30
    said = _signal_status(lambda seed: draw(seed, 300), estimator, n)
    assert said.count("present") >= n - _limit(n, 0.10)
    assert said.count("absent") <= _limit(n, 0.05)


@pytest.mark.parametrize("n_rows", [20, 30])
def test_few_rows_cannot_tell_noise_from_signal(n_rows):
    n = 30
    said = _signal_status(lambda seed: _noise(seed, n_rows), GaussianNB(), n)
    assert said.count("present") == 0
    assert said.count("absent") <= _limit(n, 0.05)


@pytest.mark.parametrize("estimator", [TREE_R, Ridge()])
def test_r2_of_a_quarter_at_300_rows_is_signal(estimator):
    def draw(seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(300, 8))
        return X, X @ np.r_[0.5, 0.25, np.zeros(6)] + rng.normal(0, 0.95, 300)

    said = _signal_status(draw, estimator, 20)
    assert "present" not in said
    assert said.count("absent") >= 18


def test_an_area_of_three_quarters_is_never_no_signal():
    def draw(seed):
        rng = np.random.default_rng(seed)
        y = (rng.random(300) < 0.15).astype(int)
        X = rng.normal(size=(300, 6))
        X[:, 0] += y
        return X, y

    assert "present" not in _signal_status(draw, TREE, 30)


@pytest.mark.parametrize(
    ("estimator", "draw"),
    [(TREE, _noise), (GaussianNB(), _noise), (Ridge(), _numeric_noise)],
)
def test_noise_does_not_beat_the_baseline(estimator, draw):
    n = 100
    beats = 0
    for seed in range(n):
        evidence = collect_evidence(_lab(estimator, *draw(seed), seed), ())
        beats += beats_baseline(evidence)
    assert beats <= _limit(n, 0.05)


@pytest.mark.parametrize(
    ("code", "fields", "draw", "estimator"),
    [
        ("row_order", ("shuffled",), _linear, GaussianNB()),
        ("row_order", ("shuffled",), _numeric_noise, Ridge()),
        ("too_little_data", ("learning_curve",), _noise, GaussianNB()),
        ("excess_capacity", ("dial",), _linear, LogisticRegression()),
        ("excess_capacity", ("dial",), _noise, TREE),
        ("overfitting", (), _noise, DummyClassifier()),
    ],
)
def test_false_alarms(code, fields, draw, estimator):
    n = 40
    assert _count(code, fields, draw, estimator, n) <= _limit(n, 0.05)


def test_random_targets_do_not_look_ordered():
    rng = np.random.default_rng(0)
    n = 2000
    labels = [rng.integers(0, 3, 50) for _ in range(n)]
    numbers = [rng.exponential(size=50) for _ in range(n)]
    for targets, is_classification in ((labels, True), (numbers, False)):
        alarms = sum(
            order_pvalue(y, is_classification=is_classification) < 0.05 for y in targets
        )
        assert alarms <= _limit(n, 0.055)


def test_no_remedy_is_best_where_none_helps():
    """The target is noise, so that no change of the estimator can help."""
    n, chosen = 25, 0
    for seed in range(n):
        X, y = _noise(seed)
        lab = _lab(GaussianNB(), X, y, seed)
        evidence = collect_evidence(lab, ("dial", "references"))
        chosen += best_remedy(evidence, try_remedies(lab, evidence, ())) is not None
    assert chosen <= _limit(n, 0.05)


# ------------------------------------------------------------------------------- power
def test_sorted_labels_are_always_found():
    """Three classes in three folds: every test fold has a class never seen."""

    def draw(seed):
        X, y = make_classification(
            120, 5, n_informative=3, n_classes=3, class_sep=2, random_state=seed
        )
        order = np.argsort(y, kind="stable")
        return X[order], y[order]

    n = 20
    found = _count("row_order", ("shuffled",), draw, GaussianNB(), n, cv=KFold(3))
    assert found >= 0.95 * n


def test_sorted_numbers_are_always_found():
    def draw(seed):
        X, y = make_regression(120, 4, noise=5, random_state=seed)
        order = np.argsort(y)
        return X[order], y[order]

    n = 20
    found = _count("row_order", ("shuffled",), draw, TREE_R, n)
    assert found >= 0.95 * n


def test_excess_capacity_of_a_tree_is_usually_found():
    n = 20
    assert _count("excess_capacity", ("dial",), _step, TREE, n) >= 0.5 * n


def test_copies_are_found_and_called_serious():
    def draw(seed):
        X, y = _step(seed, 160)
        rows = np.random.default_rng(seed).integers(0, 160, 160)
        order = np.random.default_rng(seed).permutation(320)
        return np.vstack([X, X[rows]])[order], np.r_[y, y[rows]][order]

    n = 20
    judged = [
        _finding("duplicates", ("duplicates",), TREE, *draw(seed), seed)
        for seed in range(n)
    ]
    assert all(finding.status == "present" for finding in judged)
    assert sum(f.severity == "serious" for f in judged) >= 0.7 * n


def test_gap_of_a_tree_on_noise_is_always_found():
    assert _count("overfitting", (), _noise, TREE, 20) == 20
