"""Plain, frozen records that pass between the steps of a diagnosis.

Evidence is measured once; findings and remedies are conclusions drawn from it;
the report, its JSON, HTML and terminal forms only read these records.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import Estimate, GapScores

__all__ = [
    "Curve",
    "Decomposition",
    "DuplicateRows",
    "Evidence",
    "Finding",
    "NotMeasured",
    "OtherScore",
    "Reference",
    "Remedy",
    "Signal",
    "Skipped",
    "Subject",
    "Verdict",
]

Task = Literal["classification", "regression"]
Status = Literal["present", "absent", "not_measured", "not_applicable"]
Severity = Literal["info", "warning", "serious"]
RowOrder = Literal["random", "sorted", "related"]


class NotMeasured(Exception):
    """Raised by a cause that cannot be measured; the message is the reason.

    Examples
    --------
    >>> from skoverfit.diagnosis import NotMeasured
    >>> raise NotMeasured("there are fewer than 20 rows")
    Traceback (most recent call last):
        ...
    skoverfit.diagnosis._records.NotMeasured: there are fewer than 20 rows
    """


@dataclass(frozen=True)
class Curve:
    """Scores along one axis, on the same splits at every point.

    Attributes
    ----------
    x : ndarray of shape (n_points,)
        Training rows of a learning curve, or strengths of the dial.
    train_scores, test_scores : ndarray of shape (n_points, n_splits)
        Scores at each point; NaN where a fit failed.
    test_train_ratio : float
        Mean of test rows over training rows of the splits.
    """

    x: NDArray[np.float64]
    train_scores: NDArray[np.float64]
    test_scores: NDArray[np.float64]
    test_train_ratio: float


@dataclass(frozen=True)
class RowsNeeded:
    """Training rows with which a test score is to be expected.

    Attributes
    ----------
    target : float
        The test score.
    rows : float
        Training rows that it usually takes; infinite if more than `limit`.
    interval : tuple of (float, float)
        The fewest and the most that the learning curve allows at 95 %. An infinite
        end is beyond `limit`: if both are, the target is not within reach.
    measured : float
        Training rows of the last point of the curve: no end is below it.
    limit : float
        Training rows up to which the curve was followed.

    Examples
    --------
    >>> from skoverfit.diagnosis import RowsNeeded
    >>> print(RowsNeeded(0.9, 700.0, (500.0, 1400.0), 400.0, 1600.0))
    about 700 training rows (500 to 1,400), now 400
    """

    target: float
    rows: float
    interval: tuple[float, float]
    measured: float
    limit: float

    @property
    def is_reachable(self) -> bool:
        """Whether the target may be reached within `limit`."""
        return math.isfinite(self.interval[0])

    def __str__(self) -> str:
        now, limit = f"{self.measured:,.0f}", f"{self.limit:,.0f}"
        if not self.is_reachable:
            return f"not reachable with up to {limit} training rows, now {now}"
        low = f"{_two_digits(self.interval[0]):,}"
        if math.isinf(self.rows):
            return f"at least {low} training rows, more if it levels off, now {now}"
        high = self.interval[1]
        most = f"more than {limit}" if math.isinf(high) else f"{_two_digits(high):,}"
        likely = f"{_two_digits(self.rows):,}"
        return f"about {likely} training rows ({low} to {most}), now {now}"


def _two_digits(rows: float) -> int:
    """Round a number of rows to two digits: more would be a promise."""
    return int(float(f"{rows:.1e}"))


@dataclass(frozen=True)
class DuplicateRows:
    """Test rows whose features also occur among the training rows of their split.

    Attributes
    ----------
    n_duplicated : int
        Rows of the data that equal an earlier row in every feature.
    shared : ndarray of shape (n_splits,)
        Share of each split's test rows that also occur in its training rows.
    shared_same_target : ndarray of shape (n_splits,)
        Share of each split's test rows that occur there with the same target.
    seen_score, unseen_score : float
        Mean test score of the model on test rows that occur, and that do not occur,
        among the training rows; NaN where not measurable.
    change_without : Estimate or None
        Mean change of the test score over the splits when the test rows seen in
        training are left out; None if it cannot be measured.
    change_retrained : Estimate or None
        Mean change of the test score over the splits when the copies of test rows
        are taken out of the training rows, against taking out as many random
        training rows; None if it was not measured.
    """

    n_duplicated: int
    shared: NDArray[np.float64]
    shared_same_target: NDArray[np.float64]
    seen_score: float
    unseen_score: float
    change_without: Estimate | None
    change_retrained: Estimate | None = None


@dataclass(frozen=True)
class Reference:
    """Another model on the same splits, to judge the estimator by.

    Attributes
    ----------
    name : str
        Short name of the model.
    role : {"flexible", "simple"}
        Whether it has much or little capacity.
    scores : GapScores
        Its scores on the same splits.
    """

    name: str
    role: Literal["flexible", "simple"]
    scores: GapScores


@dataclass(frozen=True)
class Signal:
    """How far one model is above chance, by rows that it has not seen.

    Attributes
    ----------
    name : str
        Short name of the model.
    lead : Estimate
        Paired change of the test score from the dummy to the model.
    insight : Estimate or None
        ROC AUC minus 0.5, or for numbers R2 above that of the dummy, whatever the
        score is; None where the model has no such score.
    """

    name: str
    lead: Estimate
    insight: Estimate | None


@dataclass(frozen=True)
class Decomposition:
    """The gap to the user's own test part, and the two parts it is the sum of.

    Attributes
    ----------
    own_test : float
        Score of the test part, mean over the models of the splits.
    n_test : int
        Its rows.
    train_minus_cv : float
        Train score minus cross-validated score: what the model memorizes.
    train_minus_cv_interval : tuple of (float, float)
        Its interval.
    cv_minus_own : float
        Cross-validated score minus that of the test part: what differs between the
        parts.
    cv_minus_own_interval : tuple of (float, float)
        Its interval, from rows where they make up the score.
    cv_minus_own_pvalue : float
        Two-sided p-value of "it is 0".
    gap : float
        Train score minus that of the test part: the sum of the two.
    gap_interval : tuple of (float, float)
        Its interval.
    given_train, given_test : float
        Scores of the model as it was fitted by the user; NaN if it was not fitted.
    """

    own_test: float
    n_test: int
    train_minus_cv: float
    train_minus_cv_interval: tuple[float, float]
    cv_minus_own: float
    cv_minus_own_interval: tuple[float, float]
    cv_minus_own_pvalue: float
    gap: float
    gap_interval: tuple[float, float]
    given_train: float = float("nan")
    given_test: float = float("nan")


@dataclass(frozen=True)
class OtherScore:
    """A further score of the model on the same splits.

    Attributes
    ----------
    name : str
        Name of the scorer.
    train, test : float
        Means over the splits.
    own_test : float
        On the user's own test part; NaN without one.
    """

    name: str
    train: float
    test: float
    own_test: float = float("nan")


INTERRUPTED = "was left out, as the diagnosis was interrupted"
"""Reason of what was skipped after the user pressed Ctrl-C."""


@dataclass(frozen=True)
class Skipped:
    """A measurement that was not made.

    Attributes
    ----------
    what : str
        Name of the measurement.
    reason : str
        Why not: the budget, not applicable, or how it failed.
    """

    what: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """Everything that was measured about one estimator on one data set.

    Attributes
    ----------
    task : {"classification", "regression"}
        Kind of target.
    scoring : str
        Name of the scorer; greater is better.
    estimator : str
        ``repr`` of the estimator.
    cv : str
        ``repr`` of the splitter.
    n_samples, n_features, n_splits : int
        Size of the data and of the cross-validation.
    class_counts : dict of str to int, or None
        Rows of each class; None for regression.
    model : GapScores
        The estimator as it was given.
    baseline : GapScores
        A dummy that ignores the features, on the same splits.
    over_baseline : Estimate
        Paired difference of the test scores, model minus baseline.
    target_order_pvalue : float
        P-value of "the rows are in random order with respect to the target".
    shuffled : GapScores or None
        The estimator on shuffled splits of the same sizes, several times as many if
        the target is not in random order; None if the splits are shuffled already or
        rows must stay together.
    duplicates : DuplicateRows or None
        Test rows that occur among the training rows.
    permuted : ndarray of shape (n_permutations,) or None
        Mean test scores after permuting the target.
    learning_curve : Curve or None
        Scores against the number of training rows.
    dial : Curve or None
        Scores against the strength of the regularization dial; 0.5 is the
        estimator's own setting.
    references : tuple of Reference
        A flexible and a simple model on the same splits.
    ranking : Estimate or None
        Test ROC AUC of the fitted models minus 0.5; None if it does not apply.
    target_shift : float
        How much the target of the test rows differs from that of the training
        rows, mean over the splits: total variation distance of the class shares, or
        difference of the means in standard deviations.
    row_order : {"random", "sorted", "related"}
        Whether the rows are sorted by the target, or neighbors are alike for another
        reason such as time, groups or copies; only rows that are sorted by the target
        and not related may be shuffled.
    score_range : float
        A perfect score minus that of a constant prediction: the unit in which effects
        are called small.
    signals : tuple of Signal
        Every model that was measured on the splits, the estimator first.
    leading_strength : float or None
        The stronger setting of the dial that scores best; None if none leads.
    leading_change : Estimate or None
        Paired change of the test score at that setting on further shuffled splits.
    confirmation_splits : int
        Number of further shuffled splits on which leading remedies are confirmed at
        most; 0 if there are none.
    skipped : tuple of Skipped
        What was not measured, and why.
    seconds : float
        Time that all of this took.
    decomposition : Decomposition or None
        What the gap to the user's own test part is made of; None without one.
    other_scores : tuple of OtherScore
        Further scores that were asked for.
    """

    task: Task
    scoring: str
    estimator: str
    cv: str
    n_samples: int
    n_features: int
    n_splits: int
    class_counts: dict[str, int] | None
    model: GapScores
    baseline: GapScores
    over_baseline: Estimate
    target_order_pvalue: float
    shuffled: GapScores | None = None
    duplicates: DuplicateRows | None = None
    permuted: NDArray[np.float64] | None = None
    learning_curve: Curve | None = None
    dial: Curve | None = None
    references: tuple[Reference, ...] = ()
    ranking: Estimate | None = None
    target_shift: float = 0.0
    row_order: RowOrder = "random"
    score_range: float = 1.0
    signals: tuple[Signal, ...] = ()
    leading_strength: float | None = None
    leading_change: Estimate | None = None
    confirmation_splits: int = 0
    skipped: tuple[Skipped, ...] = ()
    seconds: float = 0.0
    decomposition: Decomposition | None = None
    other_scores: tuple[OtherScore, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What the diagnosis concludes about one possible cause.

    Attributes
    ----------
    code : str
        Code that never changes its meaning, such as ``"SKO201"``.
    name : str
        The same in words, such as ``"leaking_column"``.
    title : str
        The conclusion in one short sentence.
    status : {"present", "absent", "not_measured", "not_applicable"}
        Whether the evidence shows it. The last two are not "absent": it could not be
        measured or judged, or the question does not arise; `explanation` says why.
    severity : {"info", "warning", "serious"}
        How much it matters where it is present.
    effect : float or None
        Size, in units of the score unless `unit` says otherwise.
    interval : tuple of (float, float) or None
        Confidence interval of `effect`.
    unit : str
        What `effect` is: "score", "share of rows", ...
    explanation : str
        The evidence in one or two sentences, with numbers.
    advice : str
        What to do about it; empty if nothing.
    pvalue : float or None
        P-value of "the cause is not there", adjusted for all causes of the report
        (Benjamini-Hochberg); None where nothing was tested.
    counterfactual : float or None
        The test score measured without the cause; None if it was not measured.
    counterfactual_label : str
        What that score is, such as "without the column fee".
    columns : tuple of str
        The columns it is about.
    rows : tuple of int
        The rows to look at, numbered from 0.
    url : str
        The page of the documentation; empty if there is none.
    """

    code: str
    name: str
    title: str
    status: Status
    severity: Severity
    effect: float | None
    interval: tuple[float, float] | None
    unit: str
    explanation: str
    advice: str
    pvalue: float | None = None
    counterfactual: float | None = None
    counterfactual_label: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class RemedyChange:
    """What a remedy changes of the test score, with the one interval that is shown.

    Attributes
    ----------
    mean : float
        With the remedy, minus without it.
    interval : tuple of (float, float)
        Its interval. It holds for all remedies at once (Bonferroni) where several
        were tried on the same splits.
    source : {"same splits", "further splits", "other splits"}
        Where it was measured: on the splits of the report; for remedies that lead
        there, again on further shuffled splits; for a change of the validation, on
        the splits of that validation, which are not paired.
    """

    mean: float
    interval: tuple[float, float]
    source: Literal["same splits", "further splits", "other splits"]


@dataclass(frozen=True)
class Remedy:
    """A change that was tried on the same splits as the original estimator.

    Attributes
    ----------
    name : str
        Short name.
    description : str
        What was changed, in one sentence.
    code : str
        Python that builds the changed estimator from ``estimator``; can be pasted.
    test_change, gap_change : Estimate
        Paired change over the splits, remedy minus original. A positive test
        change and a negative gap change are improvements.
    mean_train, mean_test, mean_gap : float
        Scores with the remedy.
    seconds : float
        Time that trying it took.
    kind : {"estimator", "validation"}
        Whether it changes the estimator or the way it is validated. A change of
        validation is measured on other splits, so its changes are not paired.
    confirmed : Estimate or None
        For leading remedies: paired change of the test score on further shuffled
        splits of the same rows.
    adjusted_pvalue : float
        Twice the one-sided p-value of "the test score does not improve", on the
        further splits where there are any, times the number of remedies tried
        (Bonferroni): below 0.05 if and only if `adjusted_interval` is above 0.
    adjusted_interval : tuple of (float, float) or None
        Interval of that change that holds for all remedies at once (Bonferroni).
    estimator : estimator object
        The changed estimator, not fitted. Not part of the JSON.
    regularizes : bool
        Whether it is the estimator itself, regularized: turned to a stronger setting,
        fitted with noise or without irrelevant columns, or many trees instead of one.
        If it scores better, the gap does harm; a model of another kind cannot show
        that.
    change : RemedyChange
        Of all these the one change of the test score that reports show and the
        verdict rests on, and where it was measured.
    """

    name: str
    description: str
    code: str
    test_change: Estimate
    gap_change: Estimate
    mean_train: float
    mean_test: float
    mean_gap: float
    seconds: float
    kind: Literal["estimator", "validation"] = "estimator"
    confirmed: Estimate | None = None
    adjusted_pvalue: float = float("nan")
    adjusted_interval: tuple[float, float] | None = None
    estimator: Any = field(default=None, repr=False, compare=False)
    regularizes: bool = False

    @property
    def change(self) -> RemedyChange:
        """The change that reports show and the verdict rests on."""
        measured = self.test_change if self.confirmed is None else self.confirmed
        interval = self.adjusted_interval or measured.interval
        if self.kind == "validation":
            return RemedyChange(measured.mean, interval, "other splits")
        if self.confirmed is None:
            return RemedyChange(measured.mean, interval, "same splits")
        return RemedyChange(measured.mean, interval, "further splits")


@dataclass(frozen=True)
class Verdict:
    """The answer in one word and one or two sentences.

    Attributes
    ----------
    code : str
        One of "validation_misleading", "harmful_gap", "harmless_gap",
        "underfitting", "too_little_data", "no_signal", "test_part_differs",
        "score_hides", "cannot_tell" and "no_cause_found".
    headline : str
        One short sentence.
    explanation : str
        Why, with numbers.
    """

    code: str
    headline: str
    explanation: str


@dataclass(frozen=True)
class Subject:
    """What a report is about, in the words of who asked for it.

    Attributes
    ----------
    data : str
        The file.
    target : str
        The column that is predicted.
    model : str
        Name of the model.
    reading : str
        How the file was understood; empty if there was none to understand.
    command : str
        The command that made the report.
    date : str
        When it was made.
    versions : dict of str to str
        Libraries and their versions.
    """

    data: str = ""
    target: str = ""
    model: str = ""
    reading: str = ""
    command: str = ""
    date: str = ""
    versions: dict[str, str] = field(default_factory=dict)
