"""The base of all augmenters: validation, seeding, counting and containers."""

from abc import ABCMeta, abstractmethod
from collections import Counter
from contextlib import contextmanager
from dataclasses import fields
from inspect import signature
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils import (
    check_array,
    check_consistent_length,
    check_random_state,
    get_tags,
)
from sklearn.utils.validation import validate_data

from skoverfit._columns import cells_of, is_frame, is_mixed, plain, rewrap, take
from skoverfit._compat import (
    Interval,
    SamplerInputTags,
    SamplerTags,
    StrOptions,
    TagsWithSampler,
    _fit_context,
)
from skoverfit._types import Constraint, Mode, SamplingStrategy, Seed
from skoverfit.augmentation._contract import augmented
from skoverfit.augmentation._copies import (
    Copy,
    OutputRows,
    checked_metadata,
    parents_by_class,
    rows_to_add,
    weights_of,
)
from skoverfit.augmentation._tags import check_tags

__all__ = ["BaseAugmenter", "takes_any_table"]

#: How often rows that a constraint refuses are drawn again.
MAX_REDRAWS = 50


if TYPE_CHECKING:
    # scikit-learn has no types. A base of type Any would keep type checkers from seeing
    # wrong arguments of constructors that are made from fields.
    class _Estimator:
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...
        def __sklearn_tags__(self) -> Any: ...
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
else:

    class _Estimator(OneToOneFeatureMixin, BaseEstimator):
        """What scikit-learn gives to all estimators that keep the columns."""


class BaseAugmenter(_Estimator, metaclass=ABCMeta):
    """Base class for samplers that add perturbed copies of the rows.

    A subclass implements one method, ``_augment(X, y, rng)``; this class takes
    care of validation, seeding, counting, weights and containers. The contract, which
    :func:`skoverfit.testing.check_augmenter` checks:

    - the original rows come first and are untouched; synthetic rows follow, one
      whole pass over the data after the other (``mode="replace"`` returns one pass of
      synthetic rows alone);
    - ``sample_indices_`` names the parent of each row of the output;
    - the container of ``X`` and of ``y``, column names, dtypes, category sets and
      the set of labels are kept;
    - ``n_copies=0`` is the identity, and the copies of a smaller ``n_copies`` are
      the first copies of a larger one;
    - classification, regression, multilabel and multi-output targets are accepted,
      also with a single class;
    - the caller's data and the global random state are not changed.

    Parameters
    ----------
    n_copies : int, default=1
        Number of perturbed copies of each row, 0 or more. ``mode="replace"`` makes
        one, unless `n_copies` is 0.
    mode : {"append", "replace", "weight"}, default="append"
        What happens to the copies. "append": they follow the original rows.
        "replace": they take the place of the original rows. "weight": as "append",
        and in ``sample_weight_`` all copies of a row together weigh as much as the
        row.
    sampling_strategy : float, str, dict, callable or None, default=None
        How many rows to add to each class, as in imbalanced-learn's over-samplers:
        "auto" or "not majority" fills all classes up to the largest, a dict gives
        the number of rows wanted after resampling. Then `n_copies` is not used. None
        makes `n_copies` of each row whatever its class.
    constraint : callable or None, default=None
        Takes synthetic rows, in the container of ``X``, and returns a boolean mask
        of shape (n_rows,): which are possible. The others are drawn again, up to 50
        times; then the parent itself takes the place, if it is possible.
    random_state : int, RandomState instance or None, default=None
        Seed of the perturbation. As everywhere in scikit-learn, an int gives the
        same result in each call. The draws come from a
        :class:`numpy.random.Generator` that is seeded from it.

    Attributes
    ----------
    sample_indices_ : ndarray of shape (n_out,), dtype int64
        Position in the input of the parent of each row of the output. Set by
        ``fit_resample``, like all that follow.
    is_synthetic_ : ndarray of shape (n_out,), dtype bool
        Which rows of the output are perturbed copies.
    sample_weight_ : ndarray of shape (n_out,), dtype float64
        Weight of each row of the output: its own or its parent's, 1 where none are
        given, divided among the copies by ``mode="weight"`` and among labels where
        classes are mixed.
    groups_ : ndarray of shape (n_out,)
        Group of each row of the output, its parent's. Only if groups were given.
    sampling_strategy_ : dict
        Rows to add for each class; empty without `sampling_strategy`.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, if ``X`` and ``y`` have different lengths,
        if ``X`` holds an infinite value or if ``y`` has a missing one, if
        `sampling_strategy` is given without class labels or with
        ``mode="replace"``, or if no row passes the `constraint`.

    Notes
    -----
    Accepted are 2-D arrays, lists, and pandas and polars frames of numbers and
    booleans, with missing values. A subclass that can deal with more says so in its
    tags, and one that can deal with less, too; data that do not suit are refused
    before ``_augment`` is called. ``input_tags.sparse``: SciPy's sparse matrices;
    ``input_tags.categorical``: columns of words, categories and dates;
    ``input_tags.allow_nan=False``: no missing values;
    ``input_tags.positive_only=True``: no negative ones;
    ``target_tags.multi_output=False``: one target for each row. A list of rows
    gives a list; one with words and numbers keeps both, and numbers become floats where
    one of them is. A row of a pandas output carries the index label of its parent, so
    labels repeat and ``other.loc[X_out.index]`` aligns data that were indexed like
    ``X``.

    Pipelines of imbalanced-learn pass on rows and targets only.
    :class:`AugmentedClassifier` and :class:`AugmentedRegressor` give the estimator
    ``sample_weight_``, too.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import BaseAugmenter
    >>> class Shift(BaseAugmenter):
    ...     '''Move each copy by one draw.'''
    ...
    ...     def _augment(self, X, y, rng):
    ...         return X + rng.uniform(size=(len(X), 1)), y
    >>> X, y = np.zeros((2, 2)), np.array([0, 1])
    >>> X_out, y_out = Shift(random_state=0).fit_resample(X, y)
    >>> X_out.shape, y_out
    ((4, 2), array([0, 1, 0, 1]))
    """

    # With metadata routing: what there is of these, an augmenter wants.
    __metadata_request__fit_resample = {"sample_weight": True, "groups": True}

    _parameter_constraints: dict = {
        "n_copies": [Interval(Integral, 0, None, closed="left")],
        "mode": [StrOptions({"append", "replace", "weight"})],
        "sampling_strategy": [Real, str, dict, callable, None],
        "constraint": [callable, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_copies: int = 1,
        *,
        mode: Mode = "append",
        sampling_strategy: SamplingStrategy = None,
        constraint: Constraint = None,
        random_state: Seed = None,
    ) -> None:
        self.n_copies = n_copies
        self.mode = mode
        self.sampling_strategy = sampling_strategy
        self.constraint = constraint
        self.random_state = random_state

    def __init_subclass__(cls, **kwargs):
        """Keep the constraints of the base beside those of the class itself."""
        super().__init_subclass__(**kwargs)
        merged: dict = {}
        for each in reversed(cls.__mro__):
            merged |= vars(each).get("_parameter_constraints", {})
        cls._parameter_constraints = merged

    @abstractmethod
    def _augment(self, X, y, rng):
        """Return one perturbed row for each given row.

        It is called once for each copy, so that temporary arrays have the size of
        one copy, and must be vectorized over rows. A row may be given more than
        once. ``self._parents`` holds the positions of the given rows among all that
        ``_learn`` has seen.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features), or data frame
            The parents. A frame arrives as it is, unless all its columns share
            one plain NumPy dtype; then it arrives as an array. Not to be changed.
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Their targets. Not to be changed.
        rng : numpy.random.Generator
            The only source of randomness.

        Returns
        -------
        X_new : same container, shape and dtypes as ``X``
            Numbers of a wider dtype are turned into that of ``X``: rounded, where it
            holds whole numbers or booleans.
        y_new : ndarray or SoftTarget
            ``y`` itself if the targets are kept, else an array like ``y``, or a
            :class:`SoftTarget` where two classes are mixed.
        """

    def _learn(self, X, y):
        """Learn from the whole data before the copies are made; nothing by default.

        Set as attributes that end in an underscore what users may want to see, and
        as attributes that begin with one what is needed for this call only, such as
        the rows themselves: these are forgotten at the end of it. ``self`` is a copy
        of the augmenter that works on this call alone, so threads may share one.
        """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any) -> Self:
        """Check the data and learn what the perturbation needs.

        Use ``fit_resample`` to get the augmented data.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            The rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.

        Returns
        -------
        self : object
            The fitted augmenter.
        """
        with self._worker() as worker:
            worker._prepare(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> tuple[Any, ...]:
        """Return the data followed by perturbed copies.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features)
            The rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows, for ``sample_weight_``. They do not change how many
            copies are made of which row.
        groups : array-like of shape (n_rows,), default=None
            Groups of the rows, for ``groups_``.

        Returns
        -------
        X_out : same container as ``X``, of shape (n_out, n_features)
            The rows of ``X``, then the perturbed copies; with ``mode="replace"`` the
            copies alone.
        y_out : same container as ``y``, of shape (n_out,) or (n_out, n_outputs)
            Their targets.
        """
        with self._worker() as worker:
            return worker._resampled(X, y, sample_weight, groups)

    @contextmanager
    def _worker(self):
        """Let a copy work, and take over what it has learned that users may see.

        So threads that share an augmenter get each their own result.
        """
        before = dict(vars(self))
        worker = object.__new__(type(self))
        worker.__dict__.update(before)
        yield worker
        after = vars(worker)
        for name in before.keys() - after.keys():
            self.__dict__.pop(name, None)
        self.__dict__.update(
            {
                name: value
                for name, value in after.items()
                if before.get(name, after) is not value
                and (name in before or not name.startswith("_"))
            }
        )

    def _resampled(self, X, y, sample_weight, groups):
        """Return rows and targets, and describe them in attributes."""
        rows, targets = self._prepare(X, y)
        weight, groups = checked_metadata(rows, sample_weight, groups)
        rng = _generator(self.random_state)
        plan = self._plan(targets, rng)
        n_original = 0 if self.mode == "replace" and plan else len(targets)
        output = OutputRows(rows, n_original, [len(parents) for parents in plan])
        copies = self._copies(rows, targets, X, plan, rng.spawn(len(plan)), output)
        parts = [copy.hardened() for copy in copies]
        if n_original:
            parts.insert(0, Copy(rows, targets, np.arange(n_original)))
        self._describe(parts, n_original, weight, groups)
        X_out = self._rewrap(output.joined(parts), X, self.sample_indices_)
        return X_out, _rewrapped_target(parts, y, targets, self.sample_indices_)

    def _prepare(self, X, y):
        """Validate, count and learn; return rows and targets as arrays."""
        rows, targets = self._check_rows(plain(X), y)
        self.sampling_strategy_ = {}
        if self.sampling_strategy is not None:
            self.sampling_strategy_ = rows_to_add(
                self.sampling_strategy, targets, self.mode
            )
        self._learn(rows, targets)
        return rows, targets

    def _plan(self, targets, rng):
        """Return the parents of each pass of copies."""
        if self.sampling_strategy is not None:
            parents = parents_by_class(self.sampling_strategy_, targets, rng)
            return [parents] if parents.size else []
        n_passes = min(self.n_copies, 1 if self.mode == "replace" else np.inf)
        return [np.arange(len(targets))] * int(n_passes)

    def _copies(self, rows, targets, X, plan, rngs, output):
        """Yield each pass of perturbed copies."""
        for k, (parents, rng) in enumerate(zip(plan, rngs, strict=True)):
            whole = self.sampling_strategy is None
            block = rows if whole else take(rows, parents)
            block_y = targets if whole else targets[parents]
            self._parents, self._slot = parents, output.slot(k)
            yield output.kept(k, self._possible_copy(block, block_y, rng, X))

    def _possible_copy(self, rows, targets, rng, X):
        """One copy of each row, redrawn until the constraint allows it."""
        parents = self._parents
        copy = self._checked_copy(rows, targets, rng)
        if self.constraint is None:
            return copy
        left, n_redraws = self._impossible(copy.rows, X, parents), 0
        while left.size and n_redraws < MAX_REDRAWS:
            self._parents = parents[left]
            new = self._checked_copy(take(rows, left), targets[left], rng)
            copy = copy.patched(left, new)
            left = left[self._impossible(new.rows, X, parents[left])]
            n_redraws += 1
        if not left.size:
            return copy
        kept = Copy(take(rows, left), targets[left], parents[left])
        if (
            left.size == len(parents)
            or self._impossible(kept.rows, X, kept.parents).size
        ):
            raise ValueError(_nothing_possible(self.constraint, left, len(parents)))
        return copy.patched(left, kept)

    def _impossible(self, rows, X, parents):
        """Positions of rows that the constraint does not allow."""
        allows: Any = self.constraint
        mask = np.asarray(allows(self._rewrap(rows, X, parents)))
        if mask.shape != (len(parents),) or mask.dtype.kind != "b":
            raise ValueError(
                f"constraint={self.constraint!r} must return a boolean mask of shape "
                f"({len(parents)},). Got dtype {mask.dtype} and shape {mask.shape}."
            )
        return np.flatnonzero(~mask)

    def _rewrap(self, rows, X, parents):
        """Give rows the container that the caller used."""
        return rewrap(rows, X, parents)

    def _new_rows(self, X):
        """Memory for the result of ``_augment``, in the output where that is possible.

        Its content is arbitrary. Using it is not required and saves a copy.
        """
        slot, self._slot = getattr(self, "_slot", None), None
        if slot is not None and slot.shape == X.shape:
            return slot
        return np.empty(X.shape, X.dtype)

    def _describe(self, parts, n_original, weight, groups):
        """Set what is known of each row of the output."""
        self.sample_indices_ = np.concatenate([part.parents for part in parts])
        self.is_synthetic_ = np.arange(len(self.sample_indices_)) >= n_original
        self.sample_weight_ = weights_of(
            parts, weight, self.is_synthetic_, divide=self.mode == "weight"
        )
        if groups is not None:
            self.groups_ = groups[self.sample_indices_]
        elif hasattr(self, "groups_"):
            del self.groups_

    def _check_rows(self, X, y):
        """Validate X and y; return the rows as ``_augment`` gets them, and y."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        if is_frame(X):
            _check_distinct_names(X)
        if is_mixed(X):
            rows = validate_data(self, X, skip_check_array=True)
            self._remember_names(X)
            _check_frame(rows)
        else:
            rows = self._check_array(X)
        targets = _check_targets(y)
        check_consistent_length(rows, targets)
        check_tags(self, rows, targets)
        return rows, targets

    def _remember_names(self, X):
        """Set the names of columns where scikit-learn 1.8 does not know the frame."""
        if all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)

    def _check_array(self, X):
        """Validate rows that are one block of one dtype, dense or sparse."""
        rows = validate_data(
            self,
            X,
            dtype=None,
            accept_sparse="csr" if get_tags(self).input_tags.sparse else False,
            ensure_all_finite="allow-nan",
        )
        if sparse.issparse(rows) and not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return rows

    def _checked_copy(self, X, y, rng):
        """One copy, checked against the contract so that errors have an author."""
        X_new, y_new = augmented(self, X, y, rng)
        return Copy(X_new, y_new, self._parents)

    def _doses(self):
        """Return settings that ``tune="auto"`` tries, the own one first.

        By default these are the dose (the first own parameter that is a number in an
        interval) as it is, a third of it and three times as much, inside the interval.
        A dose of 0 is replaced by the default one. Override it where other settings
        make sense.

        Returns
        -------
        settings : list of dict
            Values for ``set_params``.
        """
        known = signature(BaseAugmenter.__init__).parameters
        for name, parameter in signature(type(self).__init__).parameters.items():
            allowed = [
                each
                for each in self._parameter_constraints.get(name, [])
                if isinstance(each, Interval) and each.type is Real
            ]
            if name in known or not allowed:
                continue
            own: Any = getattr(self, name)
            if not isinstance(own, Real) or not float(own) > 0:
                own = parameter.default
            if not isinstance(own, Real):
                continue
            # Three digits: nobody wants to read 0.30000000000000004 in a table.
            around = [own, *(float(f"{own * factor:.3g}") for factor in (1 / 3, 3))]
            return [{name: value} for value in around if value in allowed[0]]
        return [{}]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        known = {f.name: getattr(tags, f.name) for f in fields(tags)}
        known["estimator_type"] = "sampler"
        known["input_tags"] = SamplerInputTags(allow_nan=True, dataframe=True)
        return TagsWithSampler(**known, sampler_tags=SamplerTags(sample_indices=True))


def takes_any_table(tags):
    """Note in tags that sparse matrices, words and categories are dealt with."""
    for kind in ("sparse", "string", "categorical"):
        setattr(tags.input_tags, kind, True)
    return tags


def _generator(random_state):
    """Make a Generator whose seed comes from scikit-learn's random_state."""
    seed = check_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(seed)


def _check_targets(y):
    """Return the target as an array of one or two dimensions without missing values."""
    return check_array(
        plain(y), ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y"
    )


def _check_distinct_names(X):
    """Refuse a frame in which a name does not say which column is meant."""
    counts = Counter(X.columns)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise ValueError(
            f"X must have distinct column names. Got {repeated} more than once."
        )


def _check_frame(X: Any) -> None:
    """Refuse what scikit-learn's check_array would refuse in an array."""
    if min(X.shape) == 0:
        raise ValueError(
            f"X must have at least 1 row and 1 column. Got shape {X.shape} instead."
        )
    columns = cells_of(X)
    for position in range(X.shape[1]):
        kind = columns.kind(position)
        if kind == "c":
            raise ValueError(
                "Complex data not supported: column " + columns.describe(position)
            )
        if kind == "f" and np.isinf(columns.present(position)).any():
            raise ValueError(
                "X must be finite or missing. Column "
                f"{columns.describe(position)} contains infinity."
            )


def _rewrapped_target(parts, y, targets, parents):
    """Targets of the output; read from the caller's y where nothing changed them."""
    values = np.concatenate([part.targets for part in parts])
    if np.array_equal(values, targets[parents]):
        original = y if hasattr(y, "shape") or isinstance(y, list) else targets
        return take(original, parents)
    return rewrap(values, y, parents)


def _nothing_possible(constraint, left, n_rows):
    """Message for rows that the constraint never allows."""
    return (
        f"constraint={constraint!r} allowed none of {1 + MAX_REDRAWS} draws for "
        f"{left.size} of {n_rows} rows, nor these rows as they were. It must allow "
        "rows like those given; a smaller perturbation passes more often."
    )
