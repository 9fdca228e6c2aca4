"""Where a search's candidates come from: all at once, or asked for batch by batch.

A search asks for a batch, evaluates it, tells the scores, and asks again until the
batch is empty. A grid is one batch; an Optuna sampler looks at the scores told so far.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np
from sklearn.utils import check_random_state

from skoverfit._compat import import_optional
from skoverfit.model_selection._candidates import (
    LogInteger,
    ParamSpace,
    is_optuna_distribution,
    make_candidates,
)

__all__ = ["CandidateSource", "make_source"]

Candidate = dict[str, Any]

#: Candidates that an Optuna sampler is asked for where no `n_iter` is given; TPE draws
#: its first ten at random.
DEFAULT_N_ITER = 50

#: Largest batch: what is asked for at once cannot learn from one another.
MAX_BATCH = 16

#: Shares of a distribution are kept this far from 0 and 1, where its values are
#: often infinite.
EDGE = 1e-9

SAMPLERS = ("tpe", "random", "qmc")


class CandidateSource(Protocol):
    """What a search asks for candidates.

    ``for batch in iter(source.ask, []): source.tell(evaluate(batch))`` runs a search.

    Attributes
    ----------
    n_candidates : int
        Number of candidates over all batches.
    """

    n_candidates: int

    def ask(self) -> list[Candidate]:
        """Return the next batch of candidates; empty when there are no more."""

    def tell(self, values: Sequence[float]) -> None:
        """Report the scores of the last batch, in its order.

        Parameters
        ----------
        values : sequence of float
            Scores of which greater is better; NaN for a candidate that failed or was
            not evaluated to the end.
        """


def make_source(
    param_space: ParamSpace,
    n_iter: int | None,
    random_state: Any,
    sampler: Any = None,
    own_settings: bool = False,
) -> CandidateSource:
    """Return the source of a search's candidates.

    Parameters
    ----------
    param_space : dict or list of dict
        Parameter names to lists, SciPy distributions or, with a sampler, Optuna
        distributions. Of several dicts, the sampler chooses one per candidate.
    n_iter : int or None
        Number of candidates; None is the whole grid, 10 where there is a distribution
        and no sampler, and 50 with a sampler.
    random_state : int, RandomState instance or None
        Seed of the sampling.
    sampler : {"tpe", "random", "qmc"}, optuna.samplers.BaseSampler or None
        None lists the grid or samples once, as scikit-learn does. An object is copied
        and keeps its own seed.
    own_settings : bool, default=False
        Whether the estimator as it is, with parameters of ``{}``, is a candidate too.

    Returns
    -------
    source : CandidateSource
        The candidates. Batches depend on the arguments alone, so that a search gives
        the same result however many of a batch run in parallel.

    Raises
    ------
    ValueError
        If the sampler is not known or cannot read an entry of the space.
    ImportError
        If a sampler is asked for and Optuna is not installed.
    """
    if own_settings:
        return _OwnSettingsFirst(
            make_source(param_space, n_iter, random_state, sampler)
        )
    if sampler is None:
        return _OneBatch(list(make_candidates(param_space, n_iter, random_state)))
    n_candidates = DEFAULT_N_ITER if n_iter is None else n_iter
    return _OptunaSource(param_space, n_candidates, random_state, sampler)


class _OwnSettingsFirst:
    """The estimator's own settings, and then the candidates of another source.

    Their score is kept from that source, to whose space they may not belong.
    """

    def __init__(self, source: CandidateSource) -> None:
        self._source, self._first = source, source.ask()
        self._n_own = 0 if {} in self._first else 1
        self.n_candidates = source.n_candidates + self._n_own

    def ask(self) -> list[Candidate]:
        first, self._first = self._first, []
        if not first:
            return self._source.ask()
        own: list[Candidate] = [{}]
        return own[: self._n_own] + first

    def tell(self, values: Sequence[float]) -> None:
        self._source.tell(values[self._n_own :])
        self._n_own = 0  # later batches have none


class _OneBatch:
    """Candidates that do not depend on scores."""

    def __init__(self, candidates: list[Candidate]):
        self.n_candidates = len(candidates)
        self._waiting = candidates

    def ask(self) -> list[Candidate]:
        batch, self._waiting = self._waiting, []
        return batch

    def tell(self, values: Sequence[float]) -> None:
        """Nothing is learned."""


class _OptunaSource:
    """Candidates that an Optuna sampler suggests, in memory only."""

    def __init__(
        self,
        param_space: ParamSpace,
        n_candidates: int,
        random_state: Any,
        sampler: Any,
    ):
        self.n_candidates = n_candidates
        # Large enough to keep processors busy, small enough to learn from what came
        # before; never from n_jobs, on which results must not depend.
        self._batch_size = int(np.clip(n_candidates // 8, 1, MAX_BATCH))
        self._n_asked = 0
        self._pending: list[Any] = []
        self._optuna = import_optional("optuna", extra="optuna")
        self._spaces = _axes(self._optuna, param_space)
        with _quiet(self._optuna):
            self._study = self._optuna.create_study(
                direction="maximize",
                sampler=_make_sampler(self._optuna, sampler, random_state),
            )

    def ask(self) -> list[Candidate]:
        size = min(self._batch_size, self.n_candidates - self._n_asked)
        self._n_asked += size
        with _quiet(self._optuna):
            self._pending = [self._study.ask() for _ in range(size)]
            return [self._suggest(trial) for trial in self._pending]

    def tell(self, values: Sequence[float]) -> None:
        if len(values) != len(self._pending):
            raise ValueError(
                f"values has {len(values)} scores for {len(self._pending)} candidates."
            )
        failed = self._optuna.trial.TrialState.FAIL
        with _quiet(self._optuna):
            for trial, value in zip(self._pending, values, strict=True):
                if np.isfinite(value):
                    self._study.tell(trial, float(value))
                else:
                    self._study.tell(trial, state=failed)
        self._pending = []

    def _suggest(self, trial: Any) -> Candidate:
        if len(self._spaces) == 1:
            return self._values(trial, self._spaces[0], "")
        # One choice picks the dict; its parameters are its own, whatever their names.
        chosen = trial.suggest_categorical("space", tuple(range(len(self._spaces))))
        return self._values(trial, self._spaces[chosen], f"{chosen}:")

    def _values(self, trial: Any, space: dict[str, "_Axis"], prefix: str) -> Candidate:
        distributions = self._optuna.distributions
        return {
            name: axis.decode(
                _suggest(distributions, trial, prefix + name, axis.distribution)
            )
            for name, axis in space.items()
        }


# ------------------------------------------------------------------------- the samplers
def _make_sampler(optuna: Any, sampler: Any, random_state: Any) -> Any:
    if isinstance(sampler, optuna.samplers.BaseSampler):
        # A copy: the search must not move the state of the user's object, so that a
        # second fit begins where the first did.
        return copy.deepcopy(sampler)
    if not isinstance(sampler, str) or sampler not in SAMPLERS:
        raise ValueError(
            f"sampler={sampler!r} must be None, one of {list(SAMPLERS)} or an instance "
            "of optuna.samplers.BaseSampler."
        )
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    if sampler == "tpe":
        # Candidates of a batch are told apart from one another by assuming that those
        # still running are bad.
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    if sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.QMCSampler(
        scramble=True, seed=seed, warn_independent_sampling=False
    )


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Keep back Optuna's notes on studies it creates and on experimental parts."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


# ---------------------------------------------------------------------------- the space
class _Axis(NamedTuple):
    """One parameter: what Optuna draws, and how it becomes the parameter's value."""

    distribution: Any
    decode: Callable[[Any], Any]


def _suggest(distributions: Any, trial: Any, name: str, distribution: Any) -> Any:
    if isinstance(distribution, distributions.CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    is_float = isinstance(distribution, distributions.FloatDistribution)
    suggest = trial.suggest_float if is_float else trial.suggest_int
    return suggest(
        name,
        distribution.low,
        distribution.high,
        step=distribution.step,
        log=distribution.log,
    )


def _as_is(value: Any) -> Any:
    return value


def _axes(optuna: Any, param_space: ParamSpace) -> list[dict[str, _Axis]]:
    spaces = [param_space] if isinstance(param_space, Mapping) else list(param_space)
    if not spaces or not all(isinstance(space, Mapping) for space in spaces):
        raise ValueError(
            f"param_space={param_space!r} must be a dict or a list of at least one "
            "dict."
        )
    return [
        {name: _axis(optuna, name, values) for name, values in sorted(space.items())}
        for space in spaces
    ]


def _axis(optuna: Any, name: str, values: Any) -> _Axis:
    distributions = optuna.distributions
    if is_optuna_distribution(values):
        return _Axis(values, _as_is)
    if isinstance(values, LogInteger):
        whole = distributions.IntDistribution(values.low, values.high, log=True)
        return _Axis(whole, _as_is)
    if hasattr(values, "ppf"):
        return _scipy_axis(distributions, values)
    if hasattr(values, "rvs"):
        raise ValueError(
            f"param_space[{name!r}]={values!r} has no ppf, which a sampler needs. Give "
            "a distribution of one variable, or sampler=None."
        )
    choices = _choices(name, values)
    places = distributions.CategoricalDistribution(tuple(range(len(choices))))
    return _Axis(places, choices.__getitem__)


def _choices(name: str, values: Any) -> list[Any]:
    """Return the values of a list as Python objects of their own type."""
    is_listed = isinstance(values, Sequence) and not isinstance(values, str | bytes)
    is_column = isinstance(values, np.ndarray) and values.ndim == 1
    if not (is_listed or is_column) or not len(values):
        raise ValueError(
            f"param_space[{name!r}]={values!r} must be a list of at least one value or "
            "a distribution of SciPy or Optuna."
        )
    return list(values)


def _scipy_axis(distributions: Any, frozen: Any) -> _Axis:
    """Read a frozen distribution of SciPy: the common ones exactly, others by ppf."""
    family = getattr(getattr(frozen, "dist", None), "name", None)
    if family == "randint":
        low, high = (int(end) for end in frozen.support())
        return _Axis(distributions.IntDistribution(low, high), _as_is)
    if family == "uniform":
        return _Axis(distributions.FloatDistribution(*_ends(frozen)), _as_is)
    if family in ("loguniform", "reciprocal") and _is_unshifted(frozen):
        return _Axis(distributions.FloatDistribution(*_ends(frozen), log=True), _as_is)
    is_whole = hasattr(getattr(frozen, "dist", None), "pmf")
    number = int if is_whole else float
    shares = distributions.FloatDistribution(EDGE, 1 - EDGE)
    return _Axis(shares, lambda share: number(frozen.ppf(share)))


def _ends(frozen: Any) -> tuple[float, float]:
    low, high = frozen.support()
    return float(low), float(high)


def _is_unshifted(frozen: Any) -> bool:
    """Whether a log-uniform distribution has loc=0, so that its logarithm is flat."""
    low, high = _ends(frozen)
    return bool(low > 0 and np.isclose(frozen.ppf(0.5), np.sqrt(low * high)))
