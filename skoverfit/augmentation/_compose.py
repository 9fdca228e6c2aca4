"""Augmenters made of other augmenters."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, fields
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from skoverfit._columns import take
from skoverfit._compat import (
    Interval,
    _BaseComposition,
    get_tags,
    validate_parameter_constraints,
)
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._base import BaseAugmenter, takes_any_table
from skoverfit.augmentation._copies import Copy, SoftTarget
from skoverfit.augmentation._declared import DeclaredAugmenter
from skoverfit.augmentation._docs import AUGMENTERS

__all__ = ["Compose", "OneOf", "Sometimes"]

#: What the whole decides, and a part must leave at its default.
_OWN = {"n_copies": 1, "mode": "append", "sampling_strategy": None}


class _CompositeAugmenter(DeclaredAugmenter):
    """What augmenters share that let others do the work.

    A subclass says which others with ``_named()``. Each is cloned and learns from the
    whole data; rows are checked and given their container back by the first of them.
    """

    @abstractmethod
    def _named(self):
        """Return pairs of a name and an augmenter."""

    def _check_rows(self, X, y):
        self._container = X
        self._parts = [self._learned(name, part, X, y) for name, part in self._named()]
        first = next((part for part in self._parts if part is not None), None)
        if first is None:
            return super()._check_rows(X, y)
        rows, targets = first._check_rows(X, y)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
            elif hasattr(self, name):
                delattr(self, name)
        self._first = first
        return rows, targets

    def _learned(self, name, part, X, y):
        """Return a clone of a part that has seen the data; None for "passthrough"."""
        if isinstance(part, str) and part == "passthrough":
            return None
        self._check_part(name, part)
        part = clone(part)
        validate_parameter_constraints(
            part._parameter_constraints,
            part.get_params(deep=False),
            caller_name=type(part).__name__,
        )
        part._prepare(X, y)
        return part

    def _check_part(self, name, part):
        """Refuse what is not an augmenter, and settings that would have no effect."""
        if not isinstance(part, BaseAugmenter):
            raise TypeError(
                f"{type(self).__name__} combines instances of BaseAugmenter. Got "
                f"{part!r} as {name!r} instead."
            )
        for parameter, value in _OWN.items():
            given = getattr(part, parameter, value)
            if given is not value and given != value:
                raise ValueError(
                    f"{parameter}={given!r} of {name!r} has no effect inside "
                    f"{type(self).__name__}; give it to {type(self).__name__}."
                )

    def _rewrap(self, rows, X, parents):
        first = getattr(self, "_first", None)
        if first is None:
            return super()._rewrap(rows, X, parents)
        return first._rewrap(rows, X, parents)

    def _perturbed(self, part, X, y, parents, rng):
        """Let one part perturb rows; targets may have been mixed before."""
        if part is None or not len(parents):
            return X, y
        part._parents = parents
        labels = y.y if isinstance(y, SoftTarget) else y
        copy = part._possible_copy(X, labels, rng, self._container)
        return copy.rows, self._joined(y, labels, copy.targets)

    def _joined(self, y, labels, new):
        """Keep mixed targets when a part has left them alone."""
        if not isinstance(y, SoftTarget):
            return new
        if isinstance(new, SoftTarget) or not np.array_equal(new, labels):
            raise ValueError(
                f"{type(self).__name__} has two augmenters that change the targets, "
                "one of which mixes classes. Only one of them may."
            )
        return y

    def __sklearn_tags__(self):
        tags = takes_any_table(super().__sklearn_tags__())
        parts = [get_tags(p) for p in self._tagged() if isinstance(p, BaseAugmenter)]
        for field in fields(tags.input_tags):
            values = [getattr(part.input_tags, field.name, False) for part in parts]
            if values and all(isinstance(value, bool) for value in values):
                setattr(tags.input_tags, field.name, all(values))
        tags.target_tags.multi_output = all(p.target_tags.multi_output for p in parts)
        return tags

    def _tagged(self):
        try:
            return [part for _, part in self._named()]
        except (TypeError, ValueError):  # reported when it is used
            return []

    def _doses(self):
        return [{}]


@declared
class _ListedAugmenters(_CompositeAugmenter, _BaseComposition):
    """What augmenters share that are given a list of named augmenters."""

    augmenters: Sequence[tuple[str, Any]]
    n_copies: int = 1

    _parameter_constraints = {
        "augmenters": [list],
    }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, those of the named augmenters included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the augmenters under their names and their parameters
            as ``name__parameter``.

        Returns
        -------
        params : dict
            Names and values.
        """
        return self._get_params("augmenters", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters; an augmenter by its name, one of its own as in get_params.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        self : object
            The augmenter itself.
        """
        self._set_params("augmenters", **params)
        return self

    def _named(self):
        return self.augmenters

    def _check_rows(self, X, y):
        pairs = all(
            isinstance(pair, tuple | list)
            and len(pair) == 2
            and isinstance(pair[0], str)
            for pair in self.augmenters
        )
        if not self.augmenters or not pairs:
            raise ValueError(
                "augmenters must be a list of pairs of a name and an augmenter, at "
                f"least one. Got {self.augmenters!r} instead."
            )
        self._validate_names([name for name, _ in self.augmenters])
        return super()._check_rows(X, y)


@documented(AUGMENTERS)
class Compose(_ListedAugmenters):
    """Apply several augmenters to each copy, one after the other.

    Parameters
    ----------
    augmenters : list of (str, augmenter)
        Names and augmenters, in the order in which they are applied, at least one.
        "passthrough" in place of an augmenter does nothing. Their `n_copies`, `mode`
        and `sampling_strategy` must be the defaults and their `random_state` has no
        effect: the ones given here count. Their `constraint` holds for what they make.
    {n_copies, mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {of_tables}

    Raises
    ------
    TypeError
        If one of the augmenters is not derived from :class:`BaseAugmenter`.
    ValueError
        If a parameter is out of range, names repeat, or two augmenters mix classes.

    See Also
    --------
    OneOf : One of several augmenters for each row.
    Sometimes : An augmenter for some of the rows.

    Notes
    -----
    Every augmenter learns from the original rows; partners and donors of an augmenter
    are original rows, too. All augmenters must take the same kind of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Compose, GaussianNoise, SwapNoise
    >>> both = Compose(
    ...     [("swap", SwapNoise(p=0.1)), ("noise", GaussianNoise(scale=0.1))],
    ...     n_copies=2,
    ...     random_state=0,
    ... )
    >>> both.set_params(noise__scale=0.2).get_params()["noise__scale"]
    0.2
    >>> X_out, y_out = both.fit_resample(np.eye(4), [0, 1, 0, 1])
    >>> X_out.shape
    (12, 4)
    """

    def _augment(self, X, y, rng):
        parents = self._parents
        for part, own_rng in zip(self._parts, rng.spawn(len(self._parts)), strict=True):
            X, y = self._perturbed(part, X, y, parents, own_rng)
        return X, y


@documented(AUGMENTERS)
@declared
class OneOf(_ListedAugmenters):
    """Apply to each row of each copy one of several augmenters, drawn at random.

    Parameters
    ----------
    augmenters : list of (str, augmenter)
        Names and augmenters, at least one. "passthrough" in place of an augmenter
        leaves the row as it is. Their `n_copies`, `mode` and `sampling_strategy` must
        be the defaults and their `random_state` has no effect: the ones given here
        count. Their `constraint` holds for what they make.
    {n_copies}
    weights : array-like of shape (n_augmenters,) or None, default=None
        How likely each augmenter is, in any unit; 0 or more, not all 0. None makes all
        equally likely.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {of_tables}

    Raises
    ------
    TypeError
        If one of the augmenters is not derived from :class:`BaseAugmenter`.
    ValueError
        If a parameter is out of range, or names repeat.

    See Also
    --------
    Compose : Several augmenters one after the other.
    Sometimes : An augmenter for some of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import GaussianNoise, OneOf, SwapNoise
    >>> either = OneOf(
    ...     [("swap", SwapNoise(p=0.5)), ("noise", GaussianNoise(scale=0.1))],
    ...     weights=[1, 3],
    ...     random_state=0,
    ... )
    >>> X_out, y_out = either.fit_resample(np.eye(4), [0, 1, 0, 1])
    >>> X_out.shape
    (8, 4)
    """

    _: KW_ONLY
    weights: ArrayLike | None = None

    _parameter_constraints = {
        "weights": ["array-like", None],
    }

    def _learn(self, X, y):
        n_parts = len(self._parts)
        weights = np.ones(n_parts) if self.weights is None else self.weights
        self._chances = _chances(weights, n_parts)

    def _augment(self, X, y, rng):
        drawn = rng.choice(len(self._parts), len(self._parents), p=self._chances)
        parents, copy = self._parents, Copy(X, y, self._parents)
        rngs = rng.spawn(len(self._parts))
        for k, part in enumerate(self._parts):
            rows = np.flatnonzero(drawn == k)
            copy = self._patched(copy, part, rows, X, y, rngs[k])
        self._parents = parents
        return copy.rows, copy.targets

    def _patched(self, copy, part, rows, X, y, rng):
        """Perturb some rows of a copy by one part."""
        if part is None or not rows.size:
            return copy
        parents = self._parents[rows]
        rows_new, y_new = self._perturbed(part, take(X, rows), y[rows], parents, rng)
        return copy.patched(rows, Copy(rows_new, y_new, parents))


def _chances(weights, n_parts):
    """Check weights and make them chances."""
    try:
        chances = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        chances = np.empty(0)
    usable = np.isfinite(chances).all() and (chances >= 0).all()
    if chances.shape != (n_parts,) or not usable or not chances.sum() > 0:
        raise ValueError(
            f"weights must hold one number for each of {n_parts} augmenters, 0 or "
            f"more, not all 0. Got {weights!r} instead."
        )
    return chances / chances.sum()


@documented(AUGMENTERS)
@declared
class Sometimes(_CompositeAugmenter):
    """Apply an augmenter to some of the rows of each copy; copy the others as they are.

    Parameters
    ----------
    augmenter : augmenter
        What perturbs the rows. Its `n_copies`, `mode` and `sampling_strategy` must be
        the defaults and its `random_state` has no effect: the ones given here count.
        Its `constraint` holds for what it makes.
    p : float, default=0.5
        Probability that a row is perturbed, in [0, 1].
    {n_copies, mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {of_tables}

    Raises
    ------
    TypeError
        If ``augmenter`` is not derived from :class:`BaseAugmenter`.
    ValueError
        If a parameter is out of range.

    See Also
    --------
    Compose : Several augmenters one after the other.
    OneOf : One of several augmenters for each row.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import GaussianNoise, Sometimes
    >>> sometimes = Sometimes(GaussianNoise(scale=0.1), p=0.3, random_state=0)
    >>> X_out, y_out = sometimes.fit_resample(np.eye(100), np.arange(100) % 2)
    >>> n_changed = (X_out[100:] != np.eye(100)).any(axis=1).sum()
    >>> bool(15 < n_changed < 45)
    True
    """

    augmenter: Any
    p: float = 0.5
    n_copies: int = 1

    _parameter_constraints = {
        "augmenter": [BaseAugmenter],
        "p": [Interval(Real, 0, 1, closed="both")],
    }

    def _named(self):
        return [("augmenter", self.augmenter)]

    def _augment(self, X, y, rng):
        rows = np.flatnonzero(rng.random(len(self._parents)) < self.p)
        if not rows.size:
            return X, y
        (part,), parents = self._parts, self._parents[rows]
        rows_new, y_new = self._perturbed(part, take(X, rows), y[rows], parents, rng)
        new = Copy(rows_new, y_new, parents)
        copy = Copy(X, y, self._parents).patched(rows, new)
        return copy.rows, copy.targets

    def _doses(self):
        inner = self.augmenter._doses()
        return [
            {f"augmenter__{name}": value for name, value in setting.items()}
            for setting in inner
        ]
