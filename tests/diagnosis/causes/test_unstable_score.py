"""Scores that depend on a lucky split or a seed."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import (
    load_iris,
    make_classification,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._judgment._ranking import is_doubt
from skoverfit.diagnosis.causes._unstable_score import (
    Stability,
    UnstableScore,
    _is_clear,
    is_seed,
    other_splits,
)
from tests.diagnosis.causes.planted import finding_of


def test_a_split_unlike_random_others_of_its_sizes_is_luck():
    X, y = make_classification(120, 6, flip_y=0.3, random_state=0)
    model = LogisticRegression()
    right = model.fit(X, y).predict(X) == y
    test = np.flatnonzero(~right)[:20]  # the hardest rows there are
    train = np.setdiff1d(np.arange(120), test)
    found = finding_of("unstable_score", model, X, y, single=(train, test))
    assert found.status == "present"
    assert "luck" in found.title
    assert found.counterfactual > 0.5 > found.counterfactual + found.effect


def test_random_splits_are_seldom_called_luck():
    rng = np.random.default_rng(0)
    scores = rng.normal(0.8, 0.08, size=(1000, 11))
    lucky = [Stability(s[0], s[:0], s[1:], 0.5).is_lucky for s in scores]
    assert np.mean(lucky) <= 0.07


def test_the_best_of_many_random_splits_is_mostly_called_luck_and_leads():
    rng = np.random.default_rng(0)
    scores = rng.normal(0.8, 0.08, size=(200, 90))
    found = [Stability(s[:60].max(), s[:0], s[60:], 0.5) for s in scores]
    assert np.mean([one.is_lucky for one in found]) >= 0.8
    luck = UnstableScore().judge(max(found, key=lambda one: one.luck), _ACCURACY)
    assert is_doubt(luck)


_ACCURACY = SimpleNamespace(scoring="accuracy")


def test_seeds_matter_to_some_models_only():
    X, y = load_iris(return_X_y=True)
    loose = DecisionTreeClassifier(max_depth=2, splitter="random", random_state=0)
    assert finding_of("unstable_score", loose, X, y).status == "present"
    steady = RandomForestClassifier(20, random_state=0)
    assert finding_of("unstable_score", steady, X, y).status == "absent"


def test_seeds_are_tried_until_it_is_clear():
    clear = partial(_is_clear, score_range=0.5)
    assert not clear([0.8])
    assert clear([0.8, 0.8])  # a model that has no use for its seed
    assert clear([0.8, 0.801, 0.802])
    assert not clear([0.8, 0.81, 0.82])
    assert clear([0.8, 0.81, 0.805, 0.804])
    assert not clear([0.8, 0.83, 0.805, 0.81])  # about the spread that counts
    assert clear([0.8, 0.7, 0.9, 0.75])


def test_seeds_are_parameters_of_any_part():
    names = ["random_state", "forest__random_state", "states", "random_state__depth"]
    assert [is_seed(name) for name in names] == [True, True, False, False]


@pytest.mark.parametrize(
    ("n", "n_rare", "n_splits"), [(1000, 100, 30), (1001, 100, 10), (60, 1, 30)]
)
@pytest.mark.parametrize("is_classification", [True, False])
def test_other_splits_have_the_sizes_of_the_single_one(
    n, n_rare, n_splits, is_classification
):
    y = (np.arange(n) < n_rare).astype(int)
    problem = SimpleNamespace(
        splits=[(np.arange(40), np.arange(40, 50))],
        y=y,
        n_samples=n,
        is_classification=is_classification,
        seed=2**32 + 5,
    )
    splits = other_splits(problem)
    assert len(splits) == n_splits
    assert {(len(train), len(test)) for train, test in splits} == {(40, 10)}
    rare = {int(y[test].sum()) for _, test in splits}
    stratified = is_classification and n_rare > 1
    assert (len(rare) == 1) is stratified
    again = other_splits(problem)
    assert all(
        (one[1] == other[1]).all() for one, other in zip(splits, again, strict=True)
    )


# ------------------------------------------------------------------------------ judged


def stable(score=0.8, by_seed=(), by_split=(), score_range=0.5):
    arrays = np.array(by_seed, float), np.array(by_split, float)
    return Stability(score, *arrays, score_range)


def judged(**options):
    return UnstableScore().judge(stable(**options), _ACCURACY)


OTHERS = np.array([0.68, 0.7, 0.72, 0.7])


def test_luck_is_tested_as_one_more_of_the_others():
    for score in (0.76, 0.64):
        found = stable(score, by_split=OTHERS)
        assert found.luck == pytest.approx(score - 0.7)
        spread = OTHERS.std(ddof=1) * np.sqrt(1 + 1 / 4)
        p = stats.t.sf(0.06 / spread, 3)
        # Who chooses a split chooses it for its high score.
        share = 0.8 if score > 0.7 else 0.2
        assert found.luck_pvalue == pytest.approx(p / share)
    assert stable(0.701, by_split=OTHERS).luck_pvalue <= 1
    assert stable(0.699, by_split=OTHERS).luck_pvalue == 1


def test_few_or_equal_splits_tell_little():
    for few in ((), (0.5, 0.6)):
        assert (stable(by_split=few).luck, stable(by_split=few).luck_pvalue) == (0, 1)
    assert stable(0.8, by_split=[0.75] * 3).luck_pvalue == 0
    assert stable(0.75, by_split=[0.75] * 3).luck_pvalue == 1
    assert stable(by_seed=[0.5]).seed_spread == 0


@pytest.mark.parametrize(
    ("score", "by_split", "status"),
    [
        (0.726, [0.699, 0.7, 0.701], "present"),  # a twentieth of the range
        (0.724, [0.699, 0.7, 0.701], "absent"),
        (0.674, [0.699, 0.7, 0.701], "present"),
        (0.8, [0.6, 0.7, 0.8], "absent"),
    ],
)
def test_a_split_that_is_off_by_enough_is_luck(score, by_split, status):
    found = judged(score=score, by_split=by_split)
    assert found.status == status
    if status == "present":
        measured = stable(score, by_split=by_split)
        assert found.severity == "serious"
        assert (found.effect, found.pvalue) == (measured.luck, measured.luck_pvalue)
        assert found.counterfactual == pytest.approx(0.7)


def test_the_spread_over_seeds_has_the_own_score_in_it():
    found = judged(by_seed=[0.83, 0.77])
    spread = np.std([0.8, 0.83, 0.77], ddof=1)
    assert (found.status, found.severity) == ("present", "warning")
    assert found.effect == pytest.approx(spread)
    assert found.counterfactual == pytest.approx(0.8)
    assert judged(by_seed=[0.83, 0.77], score_range=0.99).status == "present"
    assert judged(by_seed=[0.83, 0.77], score_range=1.01).status == "absent"


def test_what_is_told():
    lucky = judged(score=0.9, by_split=OTHERS, by_seed=[0.9, 0.91])
    assert lucky.title == "The score of this one split is luck"
    assert lucky.explanation == (
        "The test accuracy is 0.900. With other seeds of the model it is 0.900, 0.910. "
        "4 other random splits of the same sizes score 0.700 on average, from 0.680 to "
        "0.720."
    )
    assert lucky.counterfactual_label == (
        "mean of other random splits of the same sizes"
    )
    assert lucky.advice == (
        "Use cross-validation instead of one split (cv=5, or --cv shuffled:5), and "
        "report its mean with an interval."
    )
    seeds = judged(by_seed=[0.9, 0.7])
    assert seeds.title == "The score depends on the seed of the model"
    assert seeds.counterfactual_label == "mean over seeds"
    assert seeds.advice == (
        "Report the mean over several seeds, never the best one; average more models "
        "(larger n_estimators, or a BaggingClassifier or BaggingRegressor around the "
        "model)."
    )
    neither = judged()
    assert neither.title == "The score does not hang on one seed or split"
    assert neither.explanation == "The test accuracy is 0.800."
