"""The measurements of a diagnosis: everything slow happens here and in remedies.

Every probe is one function that takes a :class:`Lab` and returns plain data or None.
They run in the order of importance; what the budget does not allow is skipped and
said so.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer

from skoverfit._capacity._strength import settings_at
from skoverfit._gap import Estimate, GapScores, corrected_estimate
from skoverfit._paired import gap_estimate
from skoverfit.diagnosis._comparisons._confirmation import confirm
from skoverfit.diagnosis._judgment._claims import LEVEL
from skoverfit.diagnosis._lab import (
    MIN_SHARED,
    SHUFFLED,
    Core,
    Lab,
    Trial,
)
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    is_whole,
    observe,
    row_change,
    score_on,
)
from skoverfit.diagnosis._measuring._twins import spread_order
from skoverfit.diagnosis._problem import Problem, Splits, splitter_name
from skoverfit.diagnosis._records import (
    Curve,
    DuplicateRows,
    Evidence,
    OtherScore,
    Reference,
    Signal,
)
from skoverfit.diagnosis._rows._order import order_pvalue, row_order, target_shift
from skoverfit.diagnosis._test_part import decompose, own_problem
from skoverfit.diagnosis.remedies import _usual as usual
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.diagnosis.remedies._same_model import turned
from skoverfit.regularization import has_dial

STRENGTHS = (0.5, 0.8, 0.65, 0.9, 0.25)
"""Settings of the dial, first things first; 0.5 is the estimator's own."""

TRAIN_SHARES = (0.4, 0.6, 0.8, 1.0)
"""Shares of each split's training rows, the points of the learning curve."""

N_PERMUTATIONS = 24
"""Permutations of the target; the smallest p-value is then 1/25."""

PERMUTATION_SECONDS = 20.0
"""Permutation tests that would take longer than this are not made."""

LEADING = 0.01
"""Share of the score range by which a setting must lead to be measured again."""


def measure_core(lab: Lab) -> Core:
    """Measure the estimator and the dummy; sets the unit of time of the lab.

    Raises
    ------
    InputError
        If the estimator cannot be fitted or scored at all.
    """
    lab.step("model")
    outcome = lab.observe_model()
    lab.step("baseline")
    problem = lab.problem
    dummy = observe(replace(problem, n_jobs=None), _dummy(problem))
    lab.dummy = dummy
    lab.core = Core(
        outcome,
        _with_gap_of_rows(problem, outcome, lab.together),
        dummy.scores,
        lab.paired(outcome, dummy),
        score_range(problem, outcome.scores, dummy.scores),
    )
    return lab.core


def _with_gap_of_rows(
    problem: Problem, outcome: Outcome, groups: NDArray | None
) -> GapScores:
    """Judge the gap by rows, where rows make up the score on either side."""
    if not all(map(is_whole, (*outcome.rows, *outcome.train_rows))):
        return outcome.scores
    trains, tests = zip(*problem.splits, strict=True)
    gap = gap_estimate(outcome.train_rows, trains, outcome.rows, tests, groups=groups)
    return replace(outcome.scores, gap=gap)


def collect_evidence(lab: Lab, fields: Iterable[str] | None = None) -> Evidence:
    """Measure what the findings need, the most important first.

    Raises
    ------
    InputError
        If the estimator cannot be fitted or scored at all.
    """
    wanted = list(PROBES) if fields is None else list(fields)
    lab.expect(2 + len(wanted))
    core = measure_core(lab) if lab.core is None else lab.core
    if "references" in wanted:
        _try_reference(lab, usual.simple)  # cheap, and it decides much
    measured: dict[str, Any] = {}
    for field in wanted:
        lab.step(field.replace("_", " "))
        measured[field] = PROBES[field](lab, core)
    leader = measured.get("dial") and _confirm_leading_dial(lab, core, measured["dial"])
    lab.evidence = Evidence(
        **_facts(lab.problem, lab.given),
        model=core.model,
        baseline=core.baseline,
        over_baseline=core.over_baseline,
        score_range=core.score_range,
        signals=measured_signals(lab),
        **measured,
        **(leader or {}),
        decomposition=decompose(lab, core),
        other_scores=_other_scores(lab.problem, core),
        skipped=tuple(lab.skipped),
        seconds=lab.clock.elapsed,
    )
    return lab.evidence


def _other_scores(problem: Problem, core: Core) -> tuple[OtherScore, ...]:
    """Score the models of the splits by the further scorers."""
    return tuple(
        OtherScore(name, *_means_by(problem, core, scorer))
        for name, scorer in problem.other_scorers
    )


def _means_by(problem: Problem, core: Core, scorer: Any) -> tuple[float, float, float]:
    """Mean train, test and own test score."""
    pairs = list(zip(core.fitted, problem.splits, strict=True))
    sides = [
        np.array(
            [score_on(problem, model, split[side], scorer) for model, split in pairs]
        )
        for side in (0, 1)
    ]
    own = np.array([])
    if problem.X_test is not None:
        part = own_problem(problem)
        rows = np.arange(part.n_samples)
        own = np.array([score_on(part, model, rows, scorer) for model in core.fitted])
    return _mean(sides[0]), _mean(sides[1]), _mean(own)


def measured_signals(lab: Lab) -> tuple[Signal, ...]:
    """Compare the estimator and all candidates with the dummy, row by row."""
    assert lab.model is not None
    outcomes = {"the model": lab.model}
    outcomes |= {trial.candidate.name: trial.outcome for trial in lab.trials}
    return tuple(_signal(lab, name, outcome) for name, outcome in outcomes.items())


def _signal(lab: Lab, name: str, outcome: Outcome) -> Signal:
    assert lab.dummy is not None
    insight = row_change(outcome.signal, lab.dummy.signal, outcome.tests, lab.together)
    return Signal(name, lab.paired(outcome, lab.dummy), insight)


def _facts(problem: Problem, given: Problem) -> dict[str, Any]:
    """Everything that needs no fit: of the rows in use, but the order of all."""
    is_class = problem.is_classification
    counts = Counter(problem.y.tolist()) if is_class else None
    return {
        "task": problem.task,
        "scoring": problem.scoring,
        "estimator": repr(problem.estimator),
        "cv": splitter_name(problem.splitter),
        "n_samples": problem.n_samples,
        "n_features": problem.n_features,
        "n_splits": len(problem.splits),
        "class_counts": counts and {str(k): n for k, n in sorted(counts.items())},
        "target_order_pvalue": order_pvalue(given.y, is_classification=is_class),
        "target_shift": target_shift(
            problem.y, problem.splits, is_classification=is_class
        ),
        "row_order": row_order(given.X, given.y, is_classification=is_class),
    }


def _dummy(problem: Problem) -> Any:
    if problem.is_classification:
        return DummyClassifier(strategy="prior")
    return DummyRegressor(strategy="mean")


def score_range(problem: Problem, model: GapScores, baseline: GapScores) -> float:
    """Find how far a perfect score is above that of a constant prediction.

    Scikit-learn's scorers end at 1, or at 0 where their name begins with "neg_"; for
    others the best score seen stands in. The constant is the better of the dummy on
    the splits and one fitted and scored on all rows: where the target drifts, the
    first is arbitrarily bad and measures nothing.
    """
    constant = _dummy(problem).fit(np.zeros((problem.n_samples, 1)), problem.y)
    ends = (
        baseline.gap.mean_test,
        score_on(problem, constant, np.arange(problem.n_samples)),
    )
    low = max((end for end in ends if np.isfinite(end)), default=np.nan)
    top = 0.0 if problem.scoring.startswith("neg_") else 1.0
    seen = max(model.gap.mean_train, model.gap.mean_test)
    if not _is_named_scorer(problem.scoring) or seen > top:
        top = seen
    return float(top - low) if np.isfinite(low) and top > low else 1.0


def _is_named_scorer(name: str) -> bool:
    try:
        get_scorer(name)
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------------- duplicates
def probe_duplicates(lab: Lab, core: Core) -> DuplicateRows:
    """Find copies of test rows among the training rows, and what they are worth."""
    problem, fitted = lab.problem, core.fitted
    groups = lab.copies
    with_target = _with_target(groups, problem.y)
    seen = [_seen(groups, *split) for split in problem.splits]
    same = [_seen(with_target, *split) for split in problem.splits]
    shared = np.array([rows.mean() for rows in seen])
    many = shared.mean() >= MIN_SHARED
    _ = many and lab.grouped  # the one decisive measurement comes first
    scores = _scores_by_seen(problem, fitted, seen) if shared.any() else None
    return DuplicateRows(
        n_duplicated=int(len(groups) - groups.max() - 1),
        shared=shared,
        shared_same_target=np.array([rows.mean() for rows in same]),
        seen_score=_mean(scores[0]) if scores else np.nan,
        unseen_score=_mean(scores[1]) if scores else np.nan,
        change_without=_change(scores[1], core.model) if scores else None,
        change_retrained=_retrained(lab, groups) if many else None,
    )


def _with_target(groups: NDArray, y: NDArray) -> NDArray:
    """Give equal pairs of row and target the same number."""
    codes = np.unique(y, return_inverse=True)[1]
    return groups * (codes.max() + 1) + codes


def _seen(groups: NDArray, train: NDArray, test: NDArray) -> NDArray[np.bool_]:
    return np.isin(groups[test], groups[train])


def _scores_by_seen(
    problem: Problem, fitted: list[Any], seen: list[NDArray[np.bool_]]
) -> tuple[NDArray, NDArray]:
    """Test scores on seen and on unseen rows, per split."""
    tests = [test for _, test in problem.splits]
    scores = [
        [score_on(problem, model, test[mask == kind]) for kind in (True, False)]
        for model, test, mask in zip(fitted, tests, seen, strict=True)
    ]
    array = np.array(scores, dtype=float)
    return array[:, 0], array[:, 1]


def _mean(values: NDArray) -> float:
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if kept.size else np.nan


def _change(test_scores: NDArray, model: GapScores) -> Estimate | None:
    change = test_scores - model.test_scores
    if np.isfinite(change).sum() < 2:
        return None
    return corrected_estimate(change, test_train_ratio=model.test_train_ratio)


def _retrained(lab: Lab, groups: NDArray) -> Estimate | None:
    """Fit without the copies of test rows, and without as many random rows."""
    what = "retraining without copies"
    if not lab.allows(what, 2):
        return None
    rng = np.random.default_rng(lab.problem.seed)
    without, control = [], []
    for train, test in lab.problem.splits:
        kept = train[~np.isin(groups[train], groups[test])]
        without.append((kept, test))
        control.append((np.sort(rng.choice(train, len(kept), replace=False)), test))
    if min(len(train) for train, _ in without) == 0:
        lab.skip(what, "every training row of a split has a copy in its test rows")
        return None
    return _difference(lab, what, without, control)


def _difference(lab: Lab, what: str, one: Splits, other: Splits) -> Estimate | None:
    """Change of the test score between two ways to draw the training rows."""
    results = [_on_splits(lab, what, splits) for splits in (one, other)]
    if results[0] is None or results[1] is None:
        return None
    return lab.paired(results[0], results[1])


def _on_splits(lab: Lab, what: str, splits: Splits) -> Outcome | None:
    problem = lab.problem.on(splits)
    return lab.attempt(what, lambda: observe(problem, problem.estimator))


# ---------------------------------------------------------------------------- ranking
def probe_ranking(lab: Lab, core: Core) -> Estimate | None:
    """ROC AUC of the fitted classifiers: signal that other scores may not show."""
    problem = lab.problem
    if not problem.is_classification or "roc_auc" in problem.scoring:
        return None
    # What the rows add to the area, of each split, has the area as its mean.
    areas = np.array([rows.mean() for rows in core.outcome.signal])
    if np.isfinite(areas).sum() < 2:
        return None
    return corrected_estimate(areas - 0.5, test_train_ratio=core.model.test_train_ratio)


# -------------------------------------------------------------------------- row order
def probe_shuffled(lab: Lab, core: Core) -> GapScores | None:
    """Measure on shuffled splits, where the own ones follow the row order."""
    problem, what = lab.problem, SHUFFLED
    if problem.groups is not None or not lab.may_shuffle:
        lab.skip(what, "the splitter or the groups say that rows belong together")
        return None
    if problem.splitter.shuffle:
        lab.skip(what, "the splits are shuffled already")
        return None
    order = order_pvalue(problem.y, is_classification=problem.is_classification)
    suspicious = order < LEVEL and lab.clock.allows(lab.n_units_further * lab.unit)
    if suspicious and lab.further is not None:
        return lab.further[1].scores  # these serve again for the leaders
    return None if lab.shuffled is None else lab.shuffled.scores


# ------------------------------------------------------------- capacity and references
def probe_dial(lab: Lab, core: Core) -> Curve | None:
    """Measure along the regularization dial."""
    problem, model = lab.problem, core.model
    if not has_dial(problem.estimator):
        lab.skip("dial", "the estimator has no known regularization dial")
        return None
    points = [(strength, _dial_point(lab, model, strength)) for strength in STRENGTHS]
    known = sorted(
        ((strength, scores) for strength, scores in points if scores is not None),
        key=itemgetter(0),
    )
    return _as_curve(known, model) if len(known) > 1 else None


def _dial_point(lab: Lab, model: GapScores, strength: float) -> GapScores | None:
    if strength == 0.5:
        return model
    if _changes_nothing(lab.problem, strength):
        lab.skip(f"dial at {strength:g}", "the own settings are at that end already")
        return None
    if not lab.allows(f"dial at {strength:g}", 1):
        return None
    trial = lab.try_candidate(turned(lab.problem, strength))
    return trial.scores if trial else None


def _changes_nothing(problem: Problem, strength: float) -> bool:
    """Whether the dial is flat there, as below 0.5 for trees with leaves of one row."""
    settings = settings_at(
        problem.estimator,
        strength,
        n_samples=problem.n_samples,
        n_features=problem.n_features,
    )
    own = problem.estimator.get_params()
    return all(name in own and own[name] == value for name, value in settings.items())


def _confirm_leading_dial(lab: Lab, core: Core, dial: Curve) -> dict[str, Any]:
    """Measure the best stronger setting again on further splits."""
    stronger = dial.x > 0.5
    if not stronger.any():
        return {}
    gains = np.nanmean(dial.test_scores - core.model.test_scores, axis=1)
    gains[~stronger] = -np.inf
    strength = float(dial.x[np.argmax(gains)])
    if gains.max() < LEADING * core.score_range:
        return {}
    name = turned(lab.problem, strength).name
    trial = next(trial for trial in lab.trials if trial.candidate.name == name)
    change = confirm(lab, trial.candidate, trial.seconds)
    return {"leading_strength": strength, "leading_change": change}


def _as_curve(points: list[tuple[float, GapScores]], model: GapScores) -> Curve:
    return Curve(
        x=np.array([x for x, _ in points], dtype=float),
        train_scores=np.array([scores.train_scores for _, scores in points]),
        test_scores=np.array([scores.test_scores for _, scores in points]),
        test_train_ratio=float(model.test_train_ratio.mean()),
    )


def probe_references(lab: Lab, core: Core) -> tuple[Reference, ...]:
    """Measure a flexible and a simple model on the same splits."""
    found = []
    for role, build in (
        ("simple", usual.simple),
        ("flexible", usual.flexible),
    ):
        trial = _try_reference(lab, build)
        if trial is not None:
            found.append(Reference(trial.candidate.name, role, trial.scores))  # type: ignore[arg-type]
    return tuple(found)


def _try_reference(
    lab: Lab, build: Callable[[Problem], Candidate | None]
) -> Trial | None:
    candidate = build(lab.problem)
    return None if candidate is None else lab.try_candidate(candidate)


# ---------------------------------------------------------------------- learning curve
def probe_learning_curve(lab: Lab, core: Core) -> Curve | None:
    """Measure on nested, growing parts of each split's training rows."""
    model = core.model
    if not lab.allows("learning curve", sum(TRAIN_SHARES[:-1]), spare=lab.spare):
        return None
    rng = np.random.default_rng(lab.problem.seed)
    orders = [spread_order(lab.problem, train, rng) for train, _ in lab.problem.splits]
    points = []
    for share in TRAIN_SHARES:
        scores = model if share == 1 else _at_share(lab, orders, share)
        if scores is not None:
            points.append((float(scores.n_train.mean()), scores))
    return _as_curve(points, model) if len(points) > 1 else None


def _at_share(lab: Lab, orders: list[NDArray], share: float) -> GapScores | None:
    tests = [test for _, test in lab.problem.splits]
    splits = [
        (np.sort(order[: max(2, round(share * len(order)))]), test)
        for order, test in zip(orders, tests, strict=True)
    ]
    found = _on_splits(lab, f"learning curve at {share:.0%} of the rows", splits)
    return None if found is None else found.scores


# ------------------------------------------------------------------------- permutations
def probe_permutations(lab: Lab, core: Core) -> NDArray | None:
    """Measure with a permuted target, where signal is in doubt."""
    what = "permutation test"
    if core.over_baseline.pvalue < 0.01:
        lab.skip(what, "not needed: the model beats the baseline")
        return None
    if N_PERMUTATIONS * lab.unit > PERMUTATION_SECONDS:
        lab.skip(what, f"the model is too slow for {N_PERMUTATIONS} more rounds")
        return None
    if not lab.allows(what, N_PERMUTATIONS, spare=lab.spare):
        return None
    rng = np.random.default_rng(lab.problem.seed)
    means = [_permuted_score(lab, rng) for _ in range(N_PERMUTATIONS)]
    return np.array(means)


def _permuted_score(lab: Lab, rng: np.random.Generator) -> float:
    """Mean test score after one permutation of the target.

    The folds keep their class shares only on average, so the fits may lack a rare
    class; that is then as unlikely to score well as any other permutation.
    """
    problem = lab.problem
    permuted = replace(problem, y=rng.permutation(problem.y))
    found = lab.attempt("a permutation", lambda: observe(permuted, problem.estimator))
    return found.scores.gap.mean_test if found else np.nan


def fields_for(causes: Iterable[Any]) -> list[str]:
    """Fields of the evidence that some causes read."""
    read = [PROBES if cause.reads is None else cause.reads for cause in causes]
    return [name for name in PROBES if any(name in names for names in read)]


PROBES: dict[str, Callable[[Lab, Core], Any]] = {
    "duplicates": probe_duplicates,
    "ranking": probe_ranking,
    "shuffled": probe_shuffled,
    "dial": probe_dial,
    "references": probe_references,
    "learning_curve": probe_learning_curve,
    "permuted": probe_permutations,
}
"""Field of the evidence -> its measurement, in the order of importance."""
