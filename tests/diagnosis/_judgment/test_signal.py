"""What a lead over a dummy, or its absence, rests on."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import Reference, Signal, Skipped
from skoverfit.diagnosis._judgment._signal import (
    any_beats_baseline,
    beats_baseline,
    leads_of,
    other_signal,
    permutation_pvalue,
    why_unclear,
)
from tests.diagnosis.made_evidence import (
    CHANCE,
    WIGGLE,
    dial,
    evidence,
    scores,
    signals,
)

SPREAD = np.array([2.0, -2.0, 1.0, -1.0, 0.0])
LOST = scores(np.nan, np.nan)


def half_width(values, ratio=0.25):
    """Half the interval of a mean over splits, with the correction for shared rows."""
    variance = (1 / len(values) + ratio) * np.var(values, ddof=1)
    return stats.t.ppf(0.975, len(values) - 1) * np.sqrt(variance)


def insights(mean):
    none = corrected_estimate(WIGGLE)
    insight = corrected_estimate(mean + 0.1 * SPREAD)
    return tuple(Signal(name, none, insight) for name in ("the model", "a forest"))


def test_few_splits_and_one_kind_of_model_say_too_little():
    assert why_unclear(evidence(n_splits=1)) == "One split says too little."
    assert why_unclear(evidence(n_splits=2)) == (
        "One kind of model says too little, and no other was measured."
    )
    late = (Skipped("boosted trees", "would take 9 s, more than the budget leaves"),)
    assert why_unclear(evidence(skipped=late)) == (
        "One kind of model says too little, and the budget allowed no other."
    )
    assert why_unclear(evidence(0.5, 0.5, references=CHANCE)) == ""


@pytest.mark.parametrize("mean", [-0.05, 0.0, 0.05])
def test_a_signal_that_is_compatible_with_the_rows_is_named(mean):
    most = max(mean, 0) + half_width(0.1 * SPREAD)
    rows = "There are too few rows to tell: {} would be compatible with them."
    made = {"signals": insights(mean)}
    assert why_unclear(evidence(**made)) == rows.format(
        f"a ROC AUC of {0.5 + most:.2f}"
    )
    numbers = evidence(task="regression", **made)
    assert why_unclear(numbers) == rows.format(f"an R2 of {most:.2f}")
    surely_small = tuple(
        Signal(name, corrected_estimate(WIGGLE), corrected_estimate(WIGGLE))
        for name in ("the model", "a forest")
    )
    assert why_unclear(evidence(signals=surely_small)) == ""
    large = {"signals": signals(5.0)}
    numbers = evidence(task="regression", **large)
    assert why_unclear(numbers) == rows.format("an R2 of 1.00")
    assert why_unclear(evidence(**large)) == rows.format("a ROC AUC of 1.00")


def test_a_lead_that_is_compatible_with_the_rows_is_named():
    noisy = Reference("a forest", "flexible", scores(0.5, 0.51, 0.1 * SPREAD))
    made = evidence(0.5, 0.5, references=(noisy,))
    most = 0.01 + half_width(0.1 * SPREAD + WIGGLE)
    assert f"tell: a lead of {most:.3f} would" in why_unclear(made)


def test_a_lead_is_above_the_dummy_by_more_than_noise():
    assert beats_baseline(evidence(0.9, 0.8))
    assert not beats_baseline(evidence(0.5, 0.5))
    assert any_beats_baseline(evidence(0.9, 0.8))
    assert not any_beats_baseline(evidence(0.5, 0.5, references=CHANCE))
    assert not any_beats_baseline(evidence(model=LOST, score_range=1.0))


def test_leads_are_of_all_that_was_measured_on_the_splits():
    made = evidence(0.9, 0.8, dial=dial(0.8, stronger=0.85), references=CHANCE)
    leads = leads_of(made)
    means = {name: round(lead.mean, 6) for name, lead in leads.items()}
    assert means == {
        "the model": 0.3,
        "dial 0.25": 0.3,
        "dial 0.8": 0.35,
        "dial 0.9": 0.2,
        "a simple model": 0.0,
    }
    model = replace(made.model, n_test=np.full(5, 40))
    wide = leads_of(replace(made, model=model))["the model"]
    assert wide.interval[1] - wide.mean == pytest.approx(half_width(2 * WIGGLE, 0.5))
    assert set(leads_of(replace(made, model=LOST))) == set(means) - {"the model"}
    asked = {signal.name: signal.lead for signal in signals(0.1)}
    assert leads_of(replace(made, signals=signals(0.1))) == asked


def test_permutations_that_score_as_well_count_with_the_target_itself():
    made = evidence(1.0, 0.5)
    assert np.isnan(permutation_pvalue(made))
    same = made.model.gap.mean_test
    made = replace(made, permuted=np.array([0.3, same, same + 0.1, np.nan]))
    assert permutation_pvalue(made) == 3 / 4


@pytest.mark.parametrize(("n_permuted", "is_proof"), [(19, False), (20, True)])
def test_a_proof_takes_a_chance_below_the_level(n_permuted, is_proof):
    made = evidence(1.0, 0.5, permuted=np.full(n_permuted, 0.3))
    told = [
        "But the model scores better than with every permutation of the target "
        "(p = 0.048): the features do say something."
    ]
    assert other_signal(made) == (told if is_proof else [])


@pytest.mark.parametrize(
    ("task", "value"), [("classification", "ROC AUC 0.80"), ("regression", "by R2")]
)
def test_ranks_better_than_chance_are_a_signal_that_the_score_does_not_show(
    task, value
):
    ranking = corrected_estimate(0.3 + WIGGLE)
    made = evidence(0.5, 0.5, task=task, ranking=ranking)
    told = (
        f"But with the model, rows are ranked better than chance ({value}): "
        f"{made.scoring} does not show the signal there is."
    )
    assert other_signal(made) == [told]
    chance = replace(made, ranking=corrected_estimate(WIGGLE))
    assert other_signal(chance) == []
    # What was measured of several models comes before the model's own ranks.
    assert other_signal(replace(made, signals=insights(0.0))) == []
