"""The protocol of candidate sources, and Optuna's samplers behind it."""

import logging
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection._candidates import LogInteger
from skoverfit.model_selection._sampling import make_source

needs_optuna = pytest.mark.skipif(
    find_spec("optuna") is None,
    reason="optuna is not installed",
)

SPACE = {
    "log": stats.loguniform(1e-3, 1e3),
    "flat": stats.uniform(2, 3),
    "whole": stats.randint(2, 9),
    "normal": stats.norm(3, 2),
    "counts": stats.poisson(4),
    "log_whole": LogInteger(1, 50),
    "shifted": stats.loguniform(1, 10, loc=5),
    "choice": ["x", None, (1, 2)],
}


LOG = {"log": SPACE["log"]}


def score_of(candidate):
    """Greatest at log = 10."""
    return -((np.log10(candidate["log"]) - 1) ** 2)


def batches_of(source, score=score_of):
    batches = []
    for batch in iter(source.ask, []):
        batches.append(batch)
        source.tell([score(candidate) for candidate in batch])
    return batches


def candidates_of(*args, score=score_of, **kwargs):
    batches = batches_of(make_source(*args, **kwargs), score)
    return [candidate for batch in batches for candidate in batch]


# ------------------------------------------------------------------- without a sampler
def test_a_grid_is_one_batch():
    source = make_source({"log": [1, 2, 3]}, None, 0)
    assert source.n_candidates == 3
    assert batches_of(source) == [[{"log": 1}, {"log": 2}, {"log": 3}]]
    assert source.ask() == []


def test_distributions_are_sampled_as_scikit_learn_does():
    source = make_source({"log": stats.loguniform(1, 10)}, None, 0)
    assert source.n_candidates == 10
    assert len(source.ask()) == 10


def test_without_optuna_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"skoverfit\[optuna\]"):
        make_source(SPACE, 5, 0, "tpe")


# ---------------------------------------------------------------------- with a sampler
@needs_optuna
@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_samplers_give_values_of_the_space(sampler):
    candidates = candidates_of(SPACE, 40, 0, sampler)
    assert len(candidates) == 40
    for candidate in candidates:
        assert set(candidate) == set(SPACE)
        assert 1e-3 <= candidate["log"] <= 1e3
        assert 2 <= candidate["flat"] <= 5
        assert candidate["whole"] in range(2, 9)
        assert candidate["counts"] >= 0
        assert candidate["log_whole"] in range(1, 51)
        assert 6 <= candidate["shifted"] <= 15
        assert candidate["choice"] in SPACE["choice"]
        assert type(candidate["whole"]) is type(candidate["counts"]) is int
        assert type(candidate["normal"]) is type(candidate["log"]) is float


@needs_optuna
@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_same_seed_same_candidates(sampler):
    first = candidates_of(SPACE, 30, 3, sampler)
    assert first == candidates_of(SPACE, 30, 3, sampler)
    assert first == candidates_of(dict(reversed(SPACE.items())), 30, 3, sampler)
    assert first != candidates_of(SPACE, 30, 4, sampler)


@needs_optuna
def test_tpe_learns_from_what_it_is_told():
    late = {"tpe": [], "random": []}
    for name, scores in late.items():
        for seed in range(5):
            chosen = candidates_of(LOG, 40, seed, name)[20:]
            scores.append(np.mean([score_of(candidate) for candidate in chosen]))
    assert np.mean(late["tpe"]) > np.mean(late["random"]) + 1.0


@needs_optuna
@pytest.mark.parametrize(
    "name", ["log", "flat", "whole", "normal", "counts", "log_whole", "shifted"]
)
def test_random_sampling_follows_the_distribution(name):
    space = {name: SPACE[name], "log": SPACE["log"]}
    drawn = [c[name] for c in candidates_of(space, 400, 0, "random")]
    other = SPACE[name].rvs(4000, random_state=1)
    # A test of equal distributions, at a level that a fixed seed passes or fails.
    assert stats.ks_2samp(drawn, other, method="asymp").pvalue > 1e-3


@needs_optuna
def test_batches_do_not_depend_on_anything_but_the_number_of_candidates():
    sizes = {
        n: [len(batch) for batch in batches_of(make_source(LOG, n, 0, "random"))]
        for n in (1, 7, 50, 200)
    }
    assert {n: sum(batches) for n, batches in sizes.items()} == {n: n for n in sizes}
    assert {n: max(batches) for n, batches in sizes.items()} == {
        1: 1,
        7: 1,
        50: 6,
        200: 16,
    }


@needs_optuna
def test_the_default_number_of_candidates():
    assert make_source({"log": [1, 2]}, None, 0, "tpe").n_candidates == 50


@needs_optuna
@given(
    values=st.lists(
        st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0]), min_size=12, max_size=12
    )
)
@settings(max_examples=10, deadline=None)
def test_candidates_without_a_score_are_left_out(values):
    told = iter(values)
    candidates = candidates_of(SPACE, 12, 0, "tpe", score=lambda _: next(told))
    assert len(candidates) == 12


@needs_optuna
def test_scores_must_match_the_batch():
    source = make_source(SPACE, 50, 0, "tpe")
    source.ask()
    with pytest.raises(ValueError, match="values has 1 scores for 6 candidates"):
        source.tell([0.5])


@needs_optuna
def test_of_several_dicts_one_is_chosen_per_candidate():
    spaces = [
        {"kernel": ["rbf"], "log": stats.loguniform(1e-3, 1e3), "d": [1, 2]},
        {"kernel": ["linear"], "log": stats.uniform(5, 10), "d": ["one"]},
    ]
    candidates = candidates_of(spaces, 40, 0, "tpe")
    assert {c["kernel"] for c in candidates} == {"rbf", "linear"}
    for candidate in candidates:
        is_linear = candidate["kernel"] == "linear"
        assert (candidate["d"] == "one") == is_linear
        assert not is_linear or 5 <= candidate["log"] <= 15


@needs_optuna
def test_optuna_distributions_are_taken_as_they_are():
    import optuna

    distributions = optuna.distributions
    space = {
        "log": distributions.FloatDistribution(1e-2, 1e2, log=True),
        "step": distributions.FloatDistribution(0, 1, step=0.25),
        "even": distributions.IntDistribution(2, 10, step=2),
        "kind": distributions.CategoricalDistribution(["a", "b"]),
    }
    candidates = candidates_of(space, 60, 0, "random")
    assert {c["step"] for c in candidates} == {0, 0.25, 0.5, 0.75, 1}
    assert {c["even"] for c in candidates} == {2, 4, 6, 8, 10}
    assert {c["kind"] for c in candidates} == {"a", "b"}


@needs_optuna
def test_a_sampler_of_the_user_is_copied_and_keeps_its_seed():
    import optuna

    sampler = optuna.samplers.TPESampler(seed=7, n_startup_trials=5)
    first = candidates_of(SPACE, 20, 0, sampler)
    assert first == candidates_of(SPACE, 20, 1, sampler)
    other = optuna.samplers.TPESampler(seed=8, n_startup_trials=5)
    assert first != candidates_of(SPACE, 20, 0, other)


@needs_optuna
def test_optuna_stays_silent_and_its_settings_stay(capfd):
    import optuna

    before = optuna.logging.get_verbosity()
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        candidates_of(SPACE, 20, 0, "qmc")
    assert not caught
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before
    assert warnings.filters == filters
    assert logging.getLogger("optuna").level == before


@needs_optuna
@pytest.mark.parametrize(
    ("space", "sampler", "message"),
    [
        ({"a": [1]}, "simulated annealing", "sampler='simulated annealing' must be"),
        ({"a": [1]}, 3, "sampler=3 must be"),
        ({"a": []}, "tpe", r"param_space\['a'\]=\[\] must be a list"),
        ({"a": "abc"}, "tpe", r"param_space\['a'\]='abc' must be a list"),
        ({"a": np.eye(2)}, "tpe", "must be a list"),
        ({"a": 3}, "tpe", "must be a list"),
        ([], "tpe", r"param_space=\[\] must be a dict"),
        ([3], "tpe", r"param_space=\[3\] must be a dict"),
        ({"a": stats.multivariate_normal()}, "tpe", "has no ppf"),
    ],
)
def test_bad_spaces_and_samplers_are_refused(space, sampler, message):
    with pytest.raises(ValueError, match=message):
        make_source(space, 5, 0, sampler)


@needs_optuna
def test_a_search_with_a_sampler_is_the_same_at_any_n_jobs():
    X, y = make_classification(80, 5, random_state=0)
    space = {"max_depth": LogInteger(1, 20), "min_samples_leaf": [1, 3, 9]}
    tried = []
    for n_jobs in (1, 2):
        search = GapAwareSearchCV(
            DecisionTreeClassifier(random_state=0),
            space,
            sampler="tpe",
            n_iter=16,
            cv=3,
            n_jobs=n_jobs,
            random_state=0,
        ).fit(X, y)
        tried.append(search.cv_results_["params"])
    assert len(tried[0]) == 16
    assert tried[0] == tried[1]
