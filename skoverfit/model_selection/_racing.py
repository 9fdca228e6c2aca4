"""Which candidates get further splits: racing drops some, refinement repeats some.

Policies are values that look at a matrix of scores and return a mask; they fit
nothing and keep no state. Columns of the matrix are the splits done so far, rows are
candidates, NaN marks what failed or was not run.

All candidates of a split are scored before a policy is asked, because that is how
they share fits. The order of the candidates therefore does not matter, and splits of
one splitter are exchangeable, so neither is reordered; the benchmark of racing
replays other orders and finds the same.
"""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from sklearn.utils import check_random_state

from skoverfit._compat import Interval, StrOptions, validate_parameter_constraints
from skoverfit._folds import close_to, standard_error, tie_margin
from skoverfit._gap import default_test_train_ratio

__all__ = ["Racing", "Refinement", "repeated_splitter"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

#: Level at which refinement gives up a contender after each repeat.
SETTLED_ALPHA = 0.01

#: Splits' worth that the noise of all candidates counts in the noise of one.
POOLED_WEIGHT = 2.0


@dataclass(frozen=True)
class Racing:
    """Drop candidates that are clearly behind before all splits are done.

    After each split, from the one numbered `min_splits` on, every candidate is
    compared with the leader on the same splits. Those that the test calls worse get
    no further splits and cannot be chosen. The leader, candidates that tie with it
    and all that the test cannot tell apart stay. The `significance_level` is divided
    by the number of looks.

    Parameters
    ----------
    significance_level : float, default=0.05
        Level of the one-sided test over all looks together, in (0, 0.5]. Smaller
        levels drop less.
    min_splits : int, default=2
        Number of splits that are done in full before anything is dropped, in
        [2, inf): one split alone never decides.
    test : {"curtailed", "paired", "friedman"}, default="curtailed"
        What makes a candidate worse than the leader.

        - "curtailed": given its deficit so far, it will not catch up with the leader
          in the splits that are left.
        - "paired": its mean is below the leader's in a paired t-test with the
          correction of Nadeau and Bengio [1]_ for overlapping training rows.
        - "friedman": the Friedman test rejects that all are alike, and so does
          Conover's test its rank against the leader's, as in F-Race [2]_.

        In the first two, noise is what is left of the scores without the means of
        candidates and of splits; that of one candidate is drawn towards that of all.

    Notes
    -----
    Splits are compared, not the rows that they test, as
    :class:`~skoverfit.model_selection.SmallestGapByPairedTest` does. Many candidates
    on two splits tell as much of the noise as their rows do: replayed for 22 settings
    of nearest neighbors and 20 of trees on four tables with ten splits, "curtailed"
    ran 56 % of all fits and dropped the final winner in 3.3 % of 240 races; the same
    test of paired rows ran 59 % and dropped it in 1.7 %. It would keep predictions of
    all candidates and save less.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error",
       Machine Learning 52, 239-281, 2003.
    .. [2] M. Birattari, T. Stützle, L. Paquete and K. Varrentrapp, "A racing
       algorithm for configuring metaheuristics", GECCO 2002, 11-18.

    Examples
    --------
    >>> from skoverfit.model_selection import Racing
    >>> scores = [[0.90, 0.91], [0.89, 0.92], [0.60, 0.63], [0.61, 0.62]]
    >>> Racing().survivors(scores, n_splits_total=5).tolist()
    [True, True, False, False]
    """

    significance_level: float = 0.05
    min_splits: int = 2
    test: str = "curtailed"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "significance_level": [Interval(Real, 0, 0.5, closed="right")],
        "min_splits": [Interval(Integral, 2, None, closed="left")],
        "test": [StrOptions({"curtailed", "paired", "friedman"})],
    }

    def __post_init__(self) -> None:
        """Refuse bad values at once rather than after the first splits."""
        check_values(self)

    def survivors(
        self,
        scores: ArrayLike,
        *,
        n_splits_total: int,
        test_train_ratio: float | None = None,
    ) -> BoolArray:
        """Say which candidates get the next split.

        Parameters
        ----------
        scores : array-like of shape (n_candidates, n_splits_done)
            Scores so far, greater is better; a row with a value that is not finite
            belongs to a candidate that failed or was dropped before.
        n_splits_total : int
            Number of splits of a candidate that is never dropped.
        test_train_ratio : float, default=None
            Test rows over training rows of a split; by default that of k-fold
            cross-validation.

        Returns
        -------
        survivors : ndarray of bool of shape (n_candidates,)
            All False only if no candidate has finite scores.

        Raises
        ------
        ValueError
            If `scores` is not a matrix, or has more than `n_splits_total` columns.
        """
        scores = as_matrix(scores)
        n_done = scores.shape[1]
        if n_done > n_splits_total:
            raise ValueError(
                f"scores has {n_done} splits, more than "
                f"n_splits_total={n_splits_total}."
            )
        racing = complete(scores)
        if n_done < self.min_splits or n_done == n_splits_total:
            return racing
        ratio = test_train_ratio
        if ratio is None:
            ratio = default_test_train_ratio(n_splits_total)
        looks = n_splits_total - self.min_splits
        racing[racing] = self._keep(
            scores[racing], self.significance_level / looks, n_splits_total, ratio
        )
        return racing

    def _keep(
        self, scores: FloatArray, level: float, n_total: int, ratio: float
    ) -> BoolArray:
        n_done = scores.shape[1]
        if self.test == "friedman":
            return not_worse_by_rank(scores, level)
        spread = {
            "paired": 1 / n_done + ratio,
            # What all splits of the data have in common cancels: the final lead
            # differs from the present one by the noise of the splits left alone.
            "curtailed": 1 / n_done - 1 / n_total,
        }[self.test]
        return not_worse_by_mean(scores, level, spread)


@dataclass(frozen=True)
class Refinement:
    """Repeat the cross-validation for the candidates that could be the best.

    After the first pass, *contenders* are scored on further, reshuffled repeats of
    the same cross-validation, and the selection rule chooses among them by all their
    splits. Repeats end when the choice is settled or `repeats` are done.

    Parameters
    ----------
    repeats : int, default=8
        Largest number of repeats, in [1, inf).
    n_se : float, default=1.0
        Contenders have a mean score within so many standard errors of the best one,
        in [0, inf); the standard error is that of the best candidate's splits.
    max_share : float, default=0.5
        Largest share of the candidates that may be contenders, in (0, 1]; those with
        the best mean scores are kept. Two contenders are always allowed.
    adaptive : bool, default=True
        Whether contenders that have fallen clearly behind get no further repeats. If
        False, all contenders get all repeats.

    Attributes
    ----------
    n_passes : int
        Largest number of cross-validations of a candidate: ``repeats + 1``.

    Examples
    --------
    >>> from skoverfit.model_selection import Refinement
    >>> scores = [[0.90, 0.80], [0.88, 0.81], [0.60, 0.50], [0.59, 0.52]]
    >>> Refinement().contenders(scores, chosen=0).tolist()
    [True, True, False, False]
    """

    repeats: int = 8
    n_se: float = 1.0
    max_share: float = 0.5
    adaptive: bool = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "repeats": [Interval(Integral, 1, None, closed="left")],
        "n_se": [Interval(Real, 0, None, closed="left")],
        "max_share": [Interval(Real, 0, 1, closed="right")],
        "adaptive": ["boolean"],
    }

    def __post_init__(self) -> None:
        """Refuse bad values at once rather than after the first pass."""
        check_values(self)

    @property
    def n_passes(self) -> int:
        """Largest number of cross-validations of a candidate."""
        return self.repeats + 1

    def contenders(
        self,
        scores: ArrayLike,
        *,
        chosen: int,
        test_train_ratio: float | None = None,
    ) -> BoolArray:
        """Say which candidates are worth a repeat after the first pass.

        Parameters
        ----------
        scores : array-like of shape (n_candidates, n_splits)
            Scores of the first pass, greater is better, NaN for failed or dropped.
        chosen : int
            Row that the selection rule chose: a contender, like the best mean.
        test_train_ratio : float, default=None
            Not used: contenders are told by the classical standard error.

        Returns
        -------
        contenders : ndarray of bool of shape (n_candidates,)
            All False if there is no second candidate to choose from.
        """
        scores = as_matrix(scores)
        eligible = complete(scores)
        if not eligible.any():
            return eligible
        means = np.where(eligible, np.mean(scores, axis=1), -np.inf)
        best = int(np.argmax(means))
        slack = self.n_se * standard_error(scores[best])
        near = close_to(means, best, slack)
        near &= first_places(means, max(2, int(self.max_share * len(means))))
        near[best] = True
        near[chosen] = eligible[chosen]
        return near if near.sum() > 1 else np.zeros_like(near)

    def remaining(
        self, scores: ArrayLike, *, test_train_ratio: float | None = None
    ) -> BoolArray:
        """Say which contenders get another repeat.

        A contender is given up when its mean over all splits so far is below the
        leader's by more than the noise of the shuffles explains: further repeats
        would hardly put it first. Whether it would also be worse on other data is a
        different question, which repeats on the same rows cannot answer.

        Parameters
        ----------
        scores : array-like of shape (n_candidates, n_splits_done)
            Scores of the first pass and all repeats so far; contenders are the rows
            without NaN.
        test_train_ratio : float, default=None
            Not used: repeats on the same rows share what the rows have in common.

        Returns
        -------
        remaining : ndarray of bool of shape (n_candidates,)
            All False when the choice is settled: one contender is left, or those
            that are left have the same score on every split.
        """
        scores = as_matrix(scores)
        running = complete(scores)
        if self.adaptive and running.sum() > 1:
            running[running] = not_worse_by_mean(
                scores[running], SETTLED_ALPHA, 1 / scores.shape[1]
            )
        if all_alike(scores[running]):
            running[:] = False
        return running


def check_values(policy: Racing | Refinement) -> None:
    """Validate the fields of a policy as estimators validate their parameters."""
    validate_parameter_constraints(
        policy._parameter_constraints, vars(policy), caller_name=type(policy).__name__
    )


def as_matrix(scores: ArrayLike) -> FloatArray:
    """Check the shape of scores and mark all invalid ones alike."""
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or not scores.size:
        raise ValueError(
            "scores must have one row per candidate and one column per split; "
            f"got shape {scores.shape}."
        )
    # Infinite scores are as invalid as NaN, but would warn in sums.
    return np.where(np.isfinite(scores), scores, np.nan)


def complete(scores: FloatArray) -> BoolArray:
    """Candidates with a valid score on every split so far."""
    return np.asarray(np.isfinite(scores).all(axis=1))


def not_worse_by_mean(scores: FloatArray, level: float, spread: float) -> BoolArray:
    """Candidates whose mean is not significantly below the best one.

    Two means differ by noise of `spread` times the sum of their variances.
    """
    everyone = np.ones(len(scores), dtype=bool)
    if min(scores.shape) < 2:
        return everyone
    noise, freedom = residual_variances(scores)
    if noise.max() <= tie_margin(scores) ** 2:
        return everyone  # no noise seen, nothing to judge by
    means = scores.mean(axis=1)
    best = int(np.argmax(means))
    limits = upper_t(level, freedom) * np.sqrt((noise + noise[best]) * spread)
    return np.asarray(means >= means[best] - limits - tie_margin(scores))


def upper_t(level: float, freedom: int) -> float:
    """Value that Student's t exceeds with probability `level`."""
    return float(-special.stdtrit(freedom, level))


def residual_variances(scores: FloatArray) -> tuple[FloatArray, int]:
    """Variance of each candidate that means of candidates and splits leave.

    A few splits say little of one candidate alone, so its variance is drawn towards
    that of all. Also returns the degrees of freedom of the latter.
    """
    n_candidates, n_splits = scores.shape
    by_candidate = scores.mean(axis=1, keepdims=True)
    residuals = scores - by_candidate - scores.mean(axis=0) + scores.mean()
    squares = (residuals**2).sum(axis=1)
    freedom = (n_candidates - 1) * (n_splits - 1)
    own = squares * n_candidates / freedom
    weight = POOLED_WEIGHT / (POOLED_WEIGHT + n_splits - 1)
    return weight * squares.sum() / freedom + (1 - weight) * own, freedom


def not_worse_by_rank(scores: FloatArray, level: float) -> BoolArray:
    """Candidates whose sum of ranks is not significantly below the best one."""
    n_candidates, n_splits = scores.shape
    if min(scores.shape) < 2:
        return np.ones(n_candidates, dtype=bool)
    ranks = stats.rankdata(scores, axis=0)
    sums = ranks.sum(axis=1)
    total = (ranks**2).sum()
    constant = n_splits * n_candidates * (n_candidates + 1) ** 2 / 4
    if total <= constant:
        return np.ones(n_candidates, dtype=bool)  # all tie on every split
    between = (sums**2).sum() - n_splits * constant
    statistic = (n_candidates - 1) * between / (total - constant)
    if special.chdtrc(n_candidates - 1, statistic) > level:
        return np.ones(n_candidates, dtype=bool)
    # Conover's comparison after a Friedman test that rejects.
    freedom = (n_candidates - 1) * (n_splits - 1)
    within = max(0.0, 2 * (n_splits * total - (sums**2).sum()) / freedom)
    limit = upper_t(level, freedom) * np.sqrt(within)
    return np.asarray(sums >= sums.max() - limit - tie_margin(sums))


def first_places(values: FloatArray, n_places: int) -> BoolArray:
    """Mask of the `n_places` largest values, the earlier of equal ones first."""
    order = np.argsort(-values, kind="stable")
    mask = np.zeros(len(values), dtype=bool)
    mask[order[:n_places]] = True
    return mask


def all_alike(scores: FloatArray) -> bool:
    """Whether no split tells the rows apart (true of a single row, or none)."""
    return bool(len(scores) == 0 or (np.ptp(scores, axis=0) == 0).all())


def repeated_splitter(cv: Any, repeat: int, random_state: Any = None) -> Any:
    """Return a splitter like `cv` with other shuffles, for one repeat.

    Parameters
    ----------
    cv : cross-validation splitter
        A splitter object, as :func:`sklearn.model_selection.check_cv` returns it.
        Unshuffled folds become shuffled ones.
    repeat : int
        Number of the repeat, 1 and up: every repeat has shuffles of its own.
    random_state : int, RandomState instance or None, default=None
        Seed of the search. None stands for a fixed seed, so that repeats are the
        same in every fit, as unshuffled folds are. A generator is read, not advanced.

    Returns
    -------
    splitter : cross-validation splitter
        A copy; `cv` itself is left alone. The same arguments give the same splits.

    Raises
    ------
    ValueError
        If the splits of `cv` cannot be reshuffled.
    """
    parameters = constructor_parameters(cv)
    if "random_state" not in parameters:
        raise ValueError(
            f"refine needs splits that can be reshuffled, but cv={cv!r} has no "
            "random_state. Use a shuffling splitter such as StratifiedKFold, KFold, "
            "GroupKFold, ShuffleSplit or RepeatedKFold, or refine=None."
        )
    reshuffled = copy.copy(cv)
    reshuffled.random_state = derived_seed(cv.random_state, repeat, random_state)
    if "shuffle" in parameters:
        reshuffled.shuffle = True
    return reshuffled


def constructor_parameters(cv: Any) -> set[str]:
    """Names that a splitter is made with; only those are meant to be set.

    Time series splits inherit an attribute `random_state` that they do not use.
    """
    make: Callable[..., Any] = type(cv)
    names = set(inspect.signature(make).parameters)
    return {name for name in names if hasattr(cv, name)}


def derived_seed(own: Any, repeat: int, random_state: Any) -> int:
    """Seed of a repeat, from the splitter's own seed and that of the search."""
    entropy = [int(repeat), *fixed_seed(own), *fixed_seed(random_state)]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def fixed_seed(random_state: Any) -> tuple[int, ...]:
    """Numbers that stand for a random state, which is not changed."""
    if random_state is None:
        return (0,)
    if isinstance(random_state, Integral):
        return (1, int(random_state))
    generator = check_random_state(copy.deepcopy(random_state))
    return (2, int(generator.randint(np.iinfo(np.int32).max)))
