"""What the evidence says about each possible cause: pure functions, one per code.

A finding is "present" only if its interval leaves out chance and it is large enough to
matter.
Thresholds are shares of ``Evidence.score_range``, the way from the baseline to a
perfect score. Every interval carries the Nadeau-Bengio correction; where the best of
several is picked, it holds for all of them at once (Bonferroni).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._judgment._claims import (
    LEVEL,
    best_claim,
    claim_of,
    pvalue_above,
)
from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    finding,
    not_applicable,
    show,
    show_interval,
    signed,
    small_change,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._judgment._signal import no_signal
from skoverfit.diagnosis._records import Curve, Evidence, Finding, Severity

SMALL_GAP = 0.02
"""Share of the score range below which a gap is called none."""

LARGE_GAP = 0.1
"""Share of the score range from which a gap, however noisy, is not called none."""

GAP_CAP = 2.0
"""Multiple of the score range at which the gap of one split is capped for the test.

R2 and the like have no lower end: one split at -15 would make the noise so wide that
a gap on every split is lost in it."""

MANY_COPIES = 0.01
"""Share of test rows with a copy in training from which it is worth a word."""

LARGE_ORDER_EFFECT = 0.1
"""Share of the score range from which a loss in row order counts although the target
itself is in random order."""

CURVE_START = 0.55
"""Share of the training rows from which the end of a learning curve is judged."""

Judge = Callable[[Evidence], Finding]


def judge_all(evidence: Evidence) -> tuple[Finding, ...]:
    """Judge every possible cause.

    Parameters
    ----------
    evidence : Evidence
        What was measured.

    Returns
    -------
    findings : tuple of Finding
        One per code, in fixed order.
    """
    return tuple(judge(evidence) for judge in FINDINGS)


# ------------------------------------------------------------------------- overfitting
def overfitting(evidence: Evidence) -> Finding:
    """Ask whether the train score is reliably above the test score."""
    model, title = evidence.model, "The model scores better on its training rows"
    if not np.isfinite(model.gap.std_error):
        return not_applicable(
            "overfitting",
            "Cannot tell whether there is a gap",
            "Fewer than two splits gave train and test scores.",
        )
    gap = _judged_gap(evidence)
    present = gap.pvalue < ONE_SIDED
    wide = model.gap.mean >= LARGE_GAP * evidence.score_range
    if wide and not present:
        title = "There may be a gap: the splits differ too much to tell"
    elif not present:
        title = "No gap beyond the noise"
    return finding(
        "overfitting",
        title=title,
        status=status_of(present) if present or not wide else "not_applicable",
        severity="warning" if present and wide else "info",
        effect=gap.mean,
        interval=gap.interval,
        unit="score",
        explanation=_gap_explanation(evidence, gap),
        advice=(
            "A gap is a symptom, not the harm: see whether a remedy raises the test "
            "score before giving up train score."
            if present
            else ""
        ),
    )


def _gap_explanation(evidence: Evidence, gap: Estimate) -> str:
    scores, tolerance = evidence.model.gap, show(gap.tolerance, evidence)
    return (
        f"Train {evidence.scoring} {show(scores.mean_train, evidence)}, test "
        f"{show(scores.mean_test, evidence)}: a gap of {show(gap.mean, evidence)} "
        f"({show_interval(gap.interval, evidence)}{_cap_text(evidence)}). "
        f"Gaps up to {tolerance} count as none."
    )


def _cap_text(evidence: Evidence) -> str:
    cap = GAP_CAP * evidence.score_range
    if not np.any(evidence.model.gaps > cap):
        return ""
    return f"; no split counts for more than {show(cap, evidence)}"


def _judged_gap(evidence: Evidence) -> Estimate:
    """Take the gap, or, if a split is far off, each split's capped at some ranges."""
    cap, tolerance = GAP_CAP * evidence.score_range, SMALL_GAP * evidence.score_range
    model = evidence.model
    if np.any(model.gaps > cap):
        return corrected_estimate(
            np.minimum(model.gaps, cap),
            test_train_ratio=model.test_train_ratio,
            tolerance=tolerance,
        )
    pvalue = pvalue_above(model.gap, tolerance)
    return replace(model.gap, pvalue=pvalue, tolerance=tolerance)


# ---------------------------------------------------------- capacity: too much, little
def _dial_changes(curve: Curve, *, stronger: bool) -> dict[str, np.ndarray]:
    """Change of the test score at each setting on one side of the own one."""
    own = curve.test_scores[curve.x == 0.5]
    if not len(own):
        return {}
    side = curve.x > 0.5 if stronger else curve.x < 0.5
    pairs = zip(curve.x[side], curve.test_scores[side], strict=True)
    return {f"{x:g}": scores - own[0] for x, scores in pairs}


def excess_capacity(evidence: Evidence) -> Finding:
    """Ask whether a stronger setting of the dial scores better on the test rows."""
    code, title = "excess_capacity", "Less capacity scores better"
    curve = evidence.dial
    changes = _dial_changes(curve, stronger=True) if curve else {}
    claim = best_claim(changes, curve.test_train_ratio) if curve else None
    if claim is None:
        return not_applicable(code, title, why_skipped(evidence, "dial"))
    where = ""
    if evidence.leading_strength is not None and evidence.leading_change is not None:
        name, where = f"{evidence.leading_strength:g}", " on further splits"
        claim = claim_of(name, evidence.leading_change, len(changes))
    present = claim.holds(small_change(evidence))
    return finding(
        code,
        title=title if present else "No stronger setting is reliably better",
        status=status_of(present),
        severity="serious" if present else "info",
        effect=claim.mean,
        interval=claim.interval,
        unit="score",
        explanation=(
            f"The best of {claim.n_tried} stronger settings of the dial, {claim.name} "
            f"in place of 0.5, changes the test {evidence.scoring} by "
            f"{signed(claim, evidence)}{where}."
        ),
        advice=(
            f"Turn the dial to {claim.name}: with_strength(estimator, {claim.name}, "
            "scale_free=False)."
            if present
            else ""
        ),
    )


def underfitting(evidence: Evidence) -> Finding:
    """Ask whether a model of more capacity scores better, on train and test rows."""
    code, title = "underfitting", "A more flexible model scores better"
    changes, trains = _flexible_changes(evidence)
    claim = best_claim(changes, evidence.model.test_train_ratio)
    if claim is None:
        return not_applicable(
            code, title, "No model of more capacity was measured to compare with."
        )
    own_train = evidence.model.gap.mean_train
    fits_better = trains[claim.name] > own_train + small_change(evidence)
    present = claim.holds(small_change(evidence)) and fits_better
    beyond_train = evidence.model.gap.mean_test + claim.mean > own_train
    severity: Severity = "serious" if present and beyond_train else "warning"
    return finding(
        code,
        title=title if present else "No more flexible model is reliably better",
        status=status_of(present),
        severity=severity if present else "info",
        effect=claim.mean,
        interval=claim.interval,
        unit="score",
        explanation=(
            f"{claim.name.capitalize()} changes the test {evidence.scoring} by "
            f"{signed(claim, evidence)} and has a train score of "
            f"{show(trains[claim.name], evidence)} against "
            f"{show(own_train, evidence)}."
            + (
                " It predicts new rows better than the model fits its own."
                if present and beyond_train
                else ""
            )
        ),
        advice="Use a model of more capacity, or better features." if present else "",
    )


def _flexible_changes(
    evidence: Evidence,
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Test score changes and train scores of models with more capacity."""
    changes, trains = {}, {}
    if evidence.dial is not None:
        curve = evidence.dial
        for name, values in _dial_changes(curve, stronger=False).items():
            key = f"a weaker dial ({name})"
            changes[key] = values
            trains[key] = float(np.nanmean(curve.train_scores[curve.x < 0.5]))
    for reference in evidence.references:
        if reference.role == "flexible":
            scores = reference.scores
            changes[reference.name] = scores.test_scores - evidence.model.test_scores
            trains[reference.name] = scores.gap.mean_train
    return changes, trains


# --------------------------------------------------------------------------- row order
def row_order(evidence: Evidence) -> Finding:
    """Ask whether splits in row order score worse than random ones."""
    code, title = "row_order", "The score depends on the order of the rows"
    if evidence.shuffled is None:
        return not_applicable(code, title, why_skipped(evidence, "shuffled splits"))
    change = order_effect(evidence)
    present = _order_matters(evidence, change)
    is_sorted = evidence.row_order == "sorted"
    return finding(
        code,
        title=title if present else "The order of the rows does no harm",
        status=status_of(present),
        severity="serious" if present else "info",
        effect=change.mean,
        interval=change.interval,
        unit="score",
        explanation=_order_explanation(evidence, change, is_sorted),
        advice=_order_advice(evidence, is_sorted) if present else "",
    )


def _order_matters(evidence: Evidence, change: Estimate) -> bool:
    """Whether splits in row order reliably score worse.

    Rows can belong together, such as those of one speaker, without any order in the
    target; without that second sign the difference itself must be large and surer.
    """
    if evidence.target_order_pvalue < LEVEL:
        return bool(change.pvalue < ONE_SIDED)
    is_large = change.mean >= LARGE_ORDER_EFFECT * evidence.score_range
    return bool(is_large and change.pvalue < ONE_SIDED / 5)


def order_effect(evidence: Evidence) -> Estimate:
    """Estimate score on shuffled splits minus the score found on the ordered ones.

    The latter counts as a fixed number: if order did not matter it would be one more
    draw from the shuffled scores, and if it does its own spread over the folds is
    part of the damage and would only hide it.
    """
    if evidence.shuffled is None:
        raise ValueError("There are no scores on shuffled splits.")
    shuffled = evidence.shuffled
    return corrected_estimate(
        shuffled.test_scores - evidence.model.gap.mean_test,
        test_train_ratio=shuffled.test_train_ratio,
        tolerance=SMALL_GAP * evidence.score_range,
    )


def _order_explanation(evidence: Evidence, change: Estimate, is_sorted: bool) -> str:
    text = (
        f"Test {evidence.scoring} {show(evidence.model.gap.mean_test, evidence)} in "
        f"row order, {show(evidence.model.gap.mean_test + change.mean, evidence)} on "
        f"shuffled splits: {show(change.mean, evidence)} apart "
        f"({show_interval(change.interval, evidence)}). Random order of the target has "
        f"p = {evidence.target_order_pvalue:.2g}."
    )
    if is_sorted:
        text += " The rows are sorted by the target."
    elif evidence.row_order == "related":
        text += " Rows next to each other are alike."
    return text


def _order_advice(evidence: Evidence, is_sorted: bool) -> str:
    kind = "StratifiedKFold" if evidence.task == "classification" else "KFold"
    if is_sorted:
        return (
            f"Use cv={kind}({evidence.n_splits}, shuffle=True, random_state=0). If the "
            "order is time or groups, use TimeSeriesSplit or pass groups instead."
        )
    return (
        "Use TimeSeriesSplit if the rows are in the order of time, or pass groups if "
        "they come in groups (patients, speakers, machines, repeated measurements). Do "
        "not shuffle them: neighbors of the test rows would then be in training, and "
        "the higher score would not hold for new rows."
    )


# --------------------------------------------------------------------- too little data
def too_little_data(evidence: Evidence) -> Finding:
    """Ask whether the test score still rises at the end of the learning curve."""
    code, title = "too_little_data", "More rows would still raise the test score"
    unit = "score per doubling of the rows"
    curve = evidence.learning_curve
    slope = None if curve is None else end_slope(curve)
    if slope is None:
        return not_applicable(code, title, why_skipped(evidence, "learning"), unit)
    present = slope.pvalue < ONE_SIDED and slope.mean >= small_change(evidence)
    return finding(
        code,
        title=title if present else "The learning curve has no clear rise at its end",
        status=status_of(present),
        severity="warning" if present else "info",
        effect=slope.mean,
        interval=slope.interval,
        unit=unit,
        explanation=(
            f"At its end the learning curve changes by {show(slope.mean, evidence)} "
            f"({show_interval(slope.interval, evidence)}) in test {evidence.scoring} "
            "per doubling of the training rows."
        ),
        advice="Collect more rows, or try augmentation." if present else "",
    )


def end_slope(curve: Curve) -> Estimate | None:
    """Change of the test score per doubling of the rows, at the end of the curve.

    Least squares in log2 of the rows, per split, over the points from about 60 % of
    the rows on. None with fewer than two such points.
    """
    end = curve.x >= CURVE_START * curve.x.max()
    doublings = np.log2(curve.x[end])
    doublings = doublings - doublings.mean()
    if end.sum() < 2 or not doublings.any():
        return None
    slopes = doublings @ curve.test_scores[end] / (doublings @ doublings)
    return corrected_estimate(slopes, test_train_ratio=curve.test_train_ratio)


# -------------------------------------------------------------------------- duplicates
def duplicates(evidence: Evidence) -> Finding:
    """Ask whether test rows occur among the training rows, and lift the score."""
    code, title = "duplicates", "Test rows occur among the training rows"
    copies = evidence.duplicates
    if copies is None:
        return not_applicable(
            code, title, why_skipped(evidence, "duplicates"), "share of rows"
        )
    share = float(copies.shared.mean())
    present = share >= MANY_COPIES
    apart = copies.n_duplicated >= MANY_COPIES * evidence.n_samples and not present
    lifts = present and copies_lift(evidence)
    return finding(
        code,
        title=title if present else _no_copies_title(apart),
        status=status_of(present),
        severity="serious" if lifts else "info",
        effect=share,
        interval=(float(copies.shared.min()), float(copies.shared.max())),
        unit="share of rows (interval: range over the splits)",
        explanation=_copies_explanation(evidence, share),
        advice=_copies_advice(lifts) if present else _keep_apart_advice(apart),
    )


def _no_copies_title(apart: bool) -> str:
    if apart:
        return "Copies of rows are on the same side of every split"
    return "Hardly any test row occurs in training"


def _keep_apart_advice(apart: bool) -> str:
    if not apart:
        return ""
    return (
        "Keep it so: shuffled splits would put copies of test rows into training, "
        "unless groups=duplicate_groups(X)."
    )


def copies_lift(evidence: Evidence) -> bool:
    """Whether the copies reliably lift the test score by more than a small change."""
    change = evidence.duplicates and evidence.duplicates.change_retrained
    if not change or np.isnan(change.pvalue):
        return False
    return 1 - change.pvalue < ONE_SIDED and -change.mean >= small_change(evidence)


def _copies_explanation(evidence: Evidence, share: float) -> str:
    copies = evidence.duplicates
    assert copies is not None
    text = f"{share:.1%} of the test rows equal a training row in every feature"
    text += f" ({copies.shared_same_target.mean():.1%} with the same target)."
    if np.isfinite(copies.unseen_score) and np.isfinite(copies.seen_score):
        text += (
            f" {evidence.scoring} {show(copies.seen_score, evidence)} on these, "
            f"{show(copies.unseen_score, evidence)} on the others."
        )
    change = copies.change_retrained
    if change is not None and np.isfinite(change.mean):
        text += (
            " Without the copies in training, against as many random rows less, the "
            f"test score changes by {show(change.mean, evidence)} "
            f"({show_interval(change.interval, evidence)})."
        )
    return text


def _copies_advice(lifts: bool) -> str:
    if lifts:
        return (
            "The score is too good for rows never seen: keep copies on one side with "
            "groups=duplicate_groups(X), or drop them."
        )
    return (
        "They do not measurably lift the score; still check whether they are repeated "
        "measurements or an accident."
    )


FINDINGS: tuple[Judge, ...] = (
    overfitting,
    underfitting,
    row_order,
    too_little_data,
    excess_capacity,
    duplicates,
    no_signal,
)
"""Every judgment, in the order of the report."""
