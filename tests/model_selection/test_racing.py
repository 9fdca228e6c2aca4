"""Racing and refinement: properties of the masks, whatever the scores are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    check_cv,
)

from skoverfit.model_selection import Racing, Refinement
from skoverfit.model_selection._racing import repeated_splitter

RACES = [
    Racing(),
    Racing(significance_level=0.3),
    Racing(significance_level=0.5, min_splits=3),
    Racing(test="paired"),
    Racing(significance_level=0.3, test="paired"),
    Racing(test="friedman"),
    Racing(significance_level=0.4, test="friedman"),
]
POLICIES = [
    Refinement(),
    Refinement(n_se=0.0),
    Refinement(n_se=3.0, max_share=0.1),
    Refinement(adaptive=False),
]
few = settings(max_examples=30)  # there are many tests with many policies
each_race = pytest.mark.parametrize("race", RACES, ids=repr)
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=repr)


def draw_scores(seed, n_candidates, n_splits, noise, digits):
    """Scores of candidates that differ, with noise in common and of their own."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.5, 0.9, n_candidates)[:, np.newaxis]
    split = rng.normal(0, 0.05, n_splits)
    own = rng.normal(0, noise, (n_candidates, n_splits))
    return np.round(level + split + own, digits)  # rounding makes ties


matrices = st.builds(
    draw_scores,
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.01, 0.1]),
    st.sampled_from([1, 2, 12]),
)


@each_race
@few
@given(scores=matrices, more=st.integers(1, 5))
def test_the_leader_and_its_ties_stay(race, scores, more):
    stays = race.survivors(scores, n_splits_total=scores.shape[1] + more)
    if race.test == "friedman":
        sums = np.argsort(np.argsort(scores, axis=0), axis=0)  # untied ranks
        leaders = [int(sums.sum(axis=1).argmax())] if untied(scores) else []
    else:
        means = scores.mean(axis=1)
        leaders = np.flatnonzero(means >= means.max() - 1e-12)
    assert stays[leaders].all()
    assert stays.any()


def untied(scores):
    return all(len(np.unique(column)) == len(column) for column in scores.T)


@each_race
@few
@given(scores=matrices)
def test_nothing_is_dropped_before_min_splits_nor_after_the_last(race, scores):
    n_done = scores.shape[1]
    total = n_done if n_done >= race.min_splits else n_done + 4
    assert race.survivors(scores, n_splits_total=total).all()


@each_race
@few
@given(seed=st.integers(0, 999))
def test_one_split_never_decides(race, seed):
    scores = draw_scores(seed, 20, 1, 0.0, 12)
    assert race.survivors(scores, n_splits_total=5).all()


@each_race
@few
@given(scores=matrices, shift=st.floats(-3, 3), scale=st.floats(0.1, 50))
def test_shifted_and_scaled_scores_race_alike(race, scores, shift, scale):
    total = scores.shape[1] + 2
    # Rounding errors of the transformation must not break exact ties: no ties here.
    scores = scores + np.linspace(0, 1e-3, scores.size).reshape(scores.shape) ** 2
    plain = race.survivors(scores, n_splits_total=total)
    moved = race.survivors(scores * scale + shift, n_splits_total=total)
    assert (plain == moved).all()


@each_race
@few
@given(scores=matrices, seed=st.integers(0, 999))
def test_the_order_of_candidates_and_splits_does_not_matter(race, scores, seed):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(scores.shape[0])
    columns = rng.permutation(scores.shape[1])
    total = scores.shape[1] + 3
    plain = race.survivors(scores, n_splits_total=total)
    moved = race.survivors(scores[rows][:, columns], n_splits_total=total)
    assert (plain[rows] == moved).all()


@few
@given(
    scores=matrices,
    test=st.sampled_from(["curtailed", "paired", "friedman"]),
    alphas=st.tuples(st.floats(1e-4, 0.5), st.floats(1e-4, 0.5)),
)
def test_a_smaller_level_drops_no_more(scores, test, alphas):
    total = scores.shape[1] + 2
    strict, lax = (
        Racing(significance_level=alpha, test=test).survivors(
            scores, n_splits_total=total
        )
        for alpha in sorted(alphas)
    )
    assert (strict | ~lax).all()


@each_race
@few
@given(scores=matrices, seed=st.integers(0, 999))
def test_failed_and_dropped_candidates_stay_out_and_change_nothing(race, scores, seed):
    total = scores.shape[1] + 2
    rng = np.random.default_rng(seed)
    bad = np.repeat(scores[:1], 3, axis=0) + 5
    bad[np.arange(3), rng.integers(scores.shape[1], size=3)] = [np.nan, np.inf, -np.inf]
    stays = race.survivors(np.vstack([bad, scores]), n_splits_total=total)
    assert not stays[:3].any()
    assert (stays[3:] == race.survivors(scores, n_splits_total=total)).all()


@each_race
def test_all_failed(race):
    scores = np.full((4, 2), np.nan)
    assert not race.survivors(scores, n_splits_total=5).any()


def clear_and_close():
    """Four candidates near the top, sixteen that are far behind on every split."""
    rng = np.random.default_rng(0)
    level = np.r_[np.full(4, 0.9), np.linspace(0.3, 0.5, 16)]
    return level[:, np.newaxis] + rng.normal(0, 0.01, (20, 3))


@pytest.mark.parametrize("test", ["curtailed", "paired", "friedman"])
def test_the_hopeless_go_and_the_close_stay(test):
    # Ranks of three splits tell little: the Friedman race needs a laxer level.
    race = Racing(significance_level=0.3 if test == "friedman" else 0.05, test=test)
    stays = race.survivors(clear_and_close(), n_splits_total=10, test_train_ratio=0.1)
    # Ranks are pooled over candidates whose order is certain: that race is stricter.
    assert stays[:4].sum() >= (3 if test == "friedman" else 4)
    assert not stays[-4:].any()


def test_parallel_candidates_without_noise_are_kept():
    scores = np.array([[0.9, 0.7], [0.8, 0.6], [0.7, 0.5]])
    assert Racing().survivors(scores, n_splits_total=5).all()


def test_curtailed_is_sure_only_of_what_cannot_be_made_up():
    scores = np.array([[0.90, 0.80], [0.88, 0.79], [0.85, 0.78], [0.83, 0.69]])
    early = Racing(significance_level=0.2).survivors(scores, n_splits_total=50)
    late = Racing(significance_level=0.2, min_splits=2).survivors(
        scores, n_splits_total=3
    )
    assert early.sum() > late.sum()


def test_the_default_ratio_is_that_of_k_fold():
    scores = clear_and_close()
    race = Racing(significance_level=0.4, test="paired")
    told = race.survivors(scores, n_splits_total=5, test_train_ratio=0.25)
    assert (race.survivors(scores, n_splits_total=5) == told).all()


def test_a_larger_ratio_is_more_forgiving():
    rng = np.random.default_rng(3)
    scores = np.linspace(0.7, 0.9, 30)[:, np.newaxis] + rng.normal(0, 0.03, (30, 4))
    race = Racing(significance_level=0.2, test="paired")
    kept = [
        race.survivors(scores, n_splits_total=5, test_train_ratio=ratio).sum()
        for ratio in (0.05, 0.25, 1.0)
    ]
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"significance_level": 0.0}, "significance_level"),
        ({"significance_level": 0.6}, "significance_level"),
        ({"significance_level": "low"}, "significance_level"),
        ({"min_splits": 1}, "min_splits"),
        ({"min_splits": 2.5}, "min_splits"),
        ({"test": "t"}, "test"),
    ],
)
def test_bad_races_are_refused_when_made(values, message):
    with pytest.raises(ValueError, match=f"'{message}' parameter of Racing"):
        Racing(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"repeats": 0}, "repeats"),
        ({"repeats": 1.5}, "repeats"),
        ({"n_se": -0.1}, "n_se"),
        ({"n_se": float("nan")}, "n_se"),
        ({"max_share": 0.0}, "max_share"),
        ({"max_share": 1.1}, "max_share"),
        ({"adaptive": "yes"}, "adaptive"),
    ],
)
def test_bad_refinements_are_refused_when_made(values, message):
    with pytest.raises(ValueError, match=f"'{message}' parameter of Refinement"):
        Refinement(**values)


@pytest.mark.parametrize("scores", [[0.1, 0.2], [], [[]], [[[0.1]]]])
def test_scores_must_be_a_matrix(scores):
    with pytest.raises(ValueError, match="one row per candidate"):
        Racing().survivors(scores, n_splits_total=5)
    with pytest.raises(ValueError, match="one row per candidate"):
        Refinement().contenders(scores, chosen=0)
    with pytest.raises(ValueError, match="one row per candidate"):
        Refinement().remaining(scores)


def test_more_splits_than_there_are():
    with pytest.raises(ValueError, match="n_splits_total=3"):
        Racing().survivors(np.zeros((2, 4)), n_splits_total=3)


def test_policies_are_values():
    assert Racing() == Racing()
    assert hash(Refinement(repeats=2)) == hash(Refinement(repeats=2))
    assert Refinement(repeats=2).n_passes == 3
    with pytest.raises(AttributeError):
        Racing().significance_level = 0.1


@each_policy
@few
@given(scores=matrices, data=st.data())
def test_contenders_are_the_best_and_the_chosen(policy, scores, data):
    chosen = data.draw(st.integers(0, len(scores) - 1))
    contenders = policy.contenders(scores, chosen=chosen)
    if not contenders.any():
        # Nothing to choose between: the best is the chosen one and stands alone.
        assert chosen == scores.mean(axis=1).argmax()
        return
    means = scores.mean(axis=1)
    assert contenders[chosen]
    assert contenders[means.argmax()]
    allowed = max(2, int(policy.max_share * len(scores)))
    assert contenders.sum() <= allowed + 1  # one more where the chosen is far behind
    others = np.flatnonzero(contenders & (np.arange(len(scores)) != chosen))
    assert means[others].min() >= np.sort(means)[-allowed:].min() - 1e-12


@few
@given(scores=matrices, narrow=st.floats(0, 3), wide=st.floats(0, 3))
def test_a_wider_band_has_all_contenders_of_a_narrow_one(scores, narrow, wide):
    narrow, wide = sorted([narrow, wide])
    few, many = (
        Refinement(n_se=width).contenders(scores, chosen=0) for width in (narrow, wide)
    )
    assert (many | ~few).all()


def test_the_band_is_one_standard_error_of_the_best():
    best = np.array([0.90, 0.80, 0.85, 0.85])
    error = best.std(ddof=1) / 2
    steps = np.array([0.5, 0.99, 1.01, 3.0]) * error
    scores = np.vstack([best, best - steps[:, np.newaxis]])
    contenders = Refinement(max_share=1.0).contenders(scores, chosen=0)
    assert contenders.tolist() == [True, True, True, False, False]


def test_failed_candidates_are_no_contenders():
    scores = np.array([[0.9, np.nan], [0.8, 0.7], [0.79, 0.72], [np.inf, 0.9]])
    contenders = Refinement(max_share=1.0).contenders(scores, chosen=0)
    assert contenders.tolist() == [False, True, True, False]
    assert not Refinement().contenders(scores * np.nan, chosen=0).any()


@each_policy
@few
@given(scores=matrices)
def test_the_leader_remains_unless_the_choice_is_settled(policy, scores):
    remaining = policy.remaining(scores)
    if remaining.any():
        means = scores.mean(axis=1)
        assert remaining[means >= means.max() - 1e-12].all()
        assert remaining.sum() > 1
    elif not policy.adaptive:
        assert (np.ptp(scores, axis=0) == 0).all()


@each_policy
def test_candidates_without_the_last_repeat_do_not_come_back(policy):
    scores = np.array(
        [
            [0.9, 0.8, 0.9, 0.8],
            [0.8, 0.9, 0.8, 0.9],
            [0.9, 0.9, np.nan, np.nan],
        ]
    )
    assert policy.remaining(scores).tolist() == [True, True, False]


def test_settled_when_the_leader_is_clear_or_all_are_alike():
    rng = np.random.default_rng(0)
    clear = np.array([[0.9], [0.8], [0.5]]) + rng.normal(0, 0.01, (3, 15))
    assert not Refinement().remaining(clear).any()
    assert Refinement(adaptive=False).remaining(clear).all()
    same = np.repeat(rng.random((1, 15)), 3, axis=0)
    assert not Refinement(adaptive=False).remaining(same).any()


def test_more_repeats_tell_smaller_differences():
    rng = np.random.default_rng(1)
    scores = np.array([[0.80], [0.79]]) + rng.normal(0, 0.02, (2, 45))
    assert Refinement().remaining(scores[:, :5]).all()
    big = np.array([[0.80], [0.79]]) + rng.normal(0, 0.02, (2, 1000))
    assert not Refinement().remaining(big).any()


GROUPS = np.repeat(np.arange(12), 5)
X = np.zeros((60, 2))
Y = np.tile([0, 1, 1], 20)
SHUFFLING = [
    KFold(5),
    KFold(5, shuffle=True, random_state=3),
    StratifiedKFold(5),
    StratifiedGroupKFold(4),
    GroupKFold(4),
    ShuffleSplit(4),
    ShuffleSplit(4, random_state=np.random.RandomState(1)),
    StratifiedShuffleSplit(4, random_state=0),
    GroupShuffleSplit(4, random_state=0),
    RepeatedKFold(n_splits=3, n_repeats=2),
    RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
    check_cv(5, Y, classifier=True),
]
RIGID = [
    TimeSeriesSplit(4),
    LeaveOneOut(),
    LeaveOneGroupOut(),
    PredefinedSplit(np.arange(60) % 4),
    check_cv([(np.arange(30), np.arange(30, 60))]),
]
# Names without addresses: every worker must collect the same tests.
NAMES = [f"{type(cv).__name__}-{at}" for at, cv in enumerate(SHUFFLING)]
each_shuffling = pytest.mark.parametrize("cv", SHUFFLING, ids=NAMES)


def rows_of(splitter):
    groups = GROUPS if "Group" in type(splitter).__name__ else None
    return [test.tolist() for _, test in splitter.split(X, Y, groups)]


@each_shuffling
def test_repeats_are_reproducible_and_differ(cv):
    before = dict(vars(cv))
    repeats = [rows_of(repeated_splitter(cv, repeat, 0)) for repeat in range(1, 6)]
    again = [rows_of(repeated_splitter(cv, repeat, 0)) for repeat in range(1, 6)]
    assert repeats == again
    assert len({str(rows) for rows in repeats}) == 5
    assert vars(cv) == before
    assert all(len(rows) == len(rows_of(cv)) for rows in repeats)


@each_shuffling
def test_each_repeat_is_the_same_kind_of_splitter(cv):
    repeat = repeated_splitter(cv, 1, 0)
    assert type(repeat) is type(cv)
    assert repeat.get_n_splits(X, Y, GROUPS) == cv.get_n_splits(X, Y, GROUPS)
    if "Group" in type(cv).__name__:
        for train, test in repeat.split(X, Y, GROUPS):
            assert not set(GROUPS[train]) & set(GROUPS[test])
    if isinstance(cv, StratifiedKFold):
        shares = [Y[test].mean() for _, test in repeat.split(X, Y)]
        assert np.ptp(shares) < 0.1


def test_other_seeds_of_search_or_splitter_give_other_splits():
    by_search = {
        str(rows_of(repeated_splitter(KFold(5), 1, seed))) for seed in range(5)
    }
    splitters = [KFold(5, shuffle=True, random_state=seed) for seed in range(5)]
    by_splitter = {str(rows_of(repeated_splitter(cv, 1, 0))) for cv in splitters}
    assert len(by_search) == len(by_splitter) == 5
    assert rows_of(repeated_splitter(KFold(5), 1)) == rows_of(
        repeated_splitter(KFold(5), 1, None)
    )


def test_a_generator_is_read_and_not_advanced():
    generator = np.random.RandomState(7)
    first = rows_of(repeated_splitter(KFold(5), 1, generator))
    assert first == rows_of(repeated_splitter(KFold(5), 1, generator))
    assert generator.randint(10**6) == np.random.RandomState(7).randint(10**6)


@pytest.mark.parametrize("cv", RIGID, ids=lambda cv: type(cv).__name__)
def test_splits_that_cannot_be_reshuffled_are_refused(cv):
    with pytest.raises(ValueError, match=r"refine needs splits .* cv="):
        repeated_splitter(cv, 1, 0)


class EveryThird:
    """A splitter of somebody else's, without a random_state."""

    def split(self, X, y=None, groups=None):
        rows = np.arange(len(X))
        yield rows[rows % 3 > 0], rows[rows % 3 == 0]

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


class RandomHalf(EveryThird):
    """One with it."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def split(self, X, y=None, groups=None):
        rows = np.random.RandomState(self.random_state).permutation(len(X))
        yield rows[:30], rows[30:]


def test_splitters_of_others():
    with pytest.raises(ValueError, match="EveryThird"):
        repeated_splitter(EveryThird(), 1, 0)
    repeats = [rows_of(repeated_splitter(RandomHalf(), k, 0)) for k in (1, 2)]
    assert repeats[0] != repeats[1]


@given(seed=st.integers(0, 999), n_splits=st.integers(2, 8))
def test_no_friedman_race_drops_where_scipys_test_does_not_reject(seed, n_splits):
    rng = np.random.default_rng(seed)
    scores = np.linspace(0, 1, 5)[:, np.newaxis] + rng.normal(0, 1, (5, n_splits))
    scores = np.round(scores, 1)
    level = stats.friedmanchisquare(*scores).pvalue
    below = Racing(
        significance_level=min(0.5, 0.999 * level), min_splits=n_splits, test="friedman"
    )
    # One split before the end there is a single look: the level is not divided.
    early = Racing(
        significance_level=below.significance_level, min_splits=2, test="friedman"
    )
    total = n_splits + 1
    assert early.survivors(scores, n_splits_total=total).all()
    assert below.survivors(scores, n_splits_total=total).all()


def test_a_friedman_race_drops_where_ranks_agree():
    scores = np.array([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.2, 0.3, 0.1]])
    race = Racing(significance_level=0.1, min_splits=3, test="friedman")
    assert stats.friedmanchisquare(*scores).pvalue < 0.1
    # Ranks that agree on every split leave no noise: all behind the leader go.
    assert race.survivors(scores, n_splits_total=4).tolist() == [True, False, False]
