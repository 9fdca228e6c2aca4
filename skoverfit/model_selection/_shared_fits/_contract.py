"""Which candidates one fit can serve exactly: the contract and the registry.

A family (:class:`SharedFit`) takes candidates that differ in a few parameters only
and yields a *view* for each: a fitted estimator that equals the one a fresh fit
would give, bit for bit, at a fraction of the work. Families for scikit-learn's
estimators are in ``families``; others register their own.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from skoverfit._compat import CONFIGURATION, shallow_params
from skoverfit.exceptions import InternalsChangedError

__all__ = [
    "AskedOnly",
    "OncePerRows",
    "Remembered",
    "SharedFit",
    "TrainingSet",
    "find_family",
    "params_key",
    "register_shared_fit",
    "registered",
    "remember",
    "view_of",
]

_REGISTRY: "list[SharedFit]" = []


class TrainingSet(NamedTuple):
    """What candidates are fitted on, and what they will be asked to predict.

    Parameters
    ----------
    X, y : array-like
        The training rows and their target, not to be changed.
    fit_params : dict
        Keyword arguments of ``fit``, such as ``sample_weight``.
    rows : sequence of array-like
        The very objects that views will be asked to predict, so that a family may
        answer for all candidates in one pass (see `remember`).

    Examples
    --------
    >>> from skoverfit.model_selection import TrainingSet
    >>> X = [[0.0], [1.0]]
    >>> data = TrainingSet(X, [0, 1], {"sample_weight": [1.0, 2.0]}, rows=[X])
    >>> X, y, fit_params, rows = data
    """

    X: Any
    y: Any
    fit_params: Mapping[str, Any]
    rows: Sequence[Any]


class AskedOnly(TrainingSet):
    """A training set whose views are asked to predict, and nothing else.

    Nobody sees or keeps such a view, so it need not hold a model of its own.
    """

    __slots__ = ()


class SharedFit(ABC):
    """Base class of a family of candidates that one fit can serve.

    A family is stateless. The search groups candidates that `serves` accepts, that
    are of the same class and agree in every parameter outside `free`, and asks for
    their views on one training set. Whatever `views` leaves out is fitted normally,
    and so is every candidate whose view raises an error.

    Attributes
    ----------
    name : str
        What ``shared_fits_`` calls the family.
    free : tuple of str
        Parameters in which the candidates of one group may differ.
    keeps_together : bool, default=False
        Whether the last bits of a view may depend on the candidates that are served
        with it. A group is then never divided among workers.

    See Also
    --------
    register_shared_fit : Make the searches use a family.
    skoverfit.testing.check_shared_fit : Whether its views equal fresh fits.
    """

    name: ClassVar[str]
    free: ClassVar[tuple[str, ...]]
    keeps_together: ClassVar[bool] = False

    @abstractmethod
    def serves(self, estimator: Any) -> bool:
        """Whether the settings of an unfitted estimator allow sharing.

        Parameters
        ----------
        estimator : estimator object
            Unfitted, with the candidate's parameters, which may be invalid.

        Returns
        -------
        serves : bool
            False wherever exactness is not certain.
        """

    @abstractmethod
    def views(
        self, estimators: Sequence[Any], data: TrainingSet
    ) -> Iterator[tuple[int, Any]]:
        """Fit as little as possible and yield a view of each candidate.

        Parameters
        ----------
        estimators : sequence of estimator objects
            Unfitted candidates of one group; not to be fitted or changed.
        data : TrainingSet
            A named tuple of the training rows `X`, their target `y`, the keyword
            arguments `fit_params` of ``fit``, and the `rows` to be predicted.

        Yields
        ------
        position : int
            Index into `estimators`. Positions left out are fitted normally.
        view : estimator object
            Fitted, of the same class, with the parameters of that candidate.
        """

    def cost(self, estimator: Any) -> float:
        """Work of a fresh fit, in any unit: how ``fit_time`` is divided.

        Parameters
        ----------
        estimator : estimator object
            Unfitted, with the candidate's parameters.

        Returns
        -------
        cost : float
            Positive. All candidates cost the same by default.
        """
        return 1.0

    def training_output(self, view: Any, X: Any) -> Any:
        """Return what ``fit_transform(X)`` of a fresh fit would, for transformers.

        Parameters
        ----------
        view : transformer
            A view that this family has just yielded.
        X : array-like
            The training rows.

        Returns
        -------
        Xt : array-like
            ``view.transform(X)`` by default.
        """
        return view.transform(X)

    def group_key(self, estimator: Any) -> Any:
        """Return what candidates of one group have in common.

        Parameters
        ----------
        estimator : estimator object
            Unfitted, with the candidate's parameters.

        Returns
        -------
        key : hashable
            The class and all parameters outside `free` by default.
        """
        return self.name, params_key(estimator, without=self.free)


def register_shared_fit(family: SharedFit) -> SharedFit:
    """Make the searches use a family of shared fits.

    The family registered last is asked first, so that a more special one can take
    precedence; it replaces one of the same name. Worker processes get it, too. Prove
    it with :func:`skoverfit.testing.check_shared_fit` before.

    Parameters
    ----------
    family : SharedFit
        An instance.

    Returns
    -------
    family : SharedFit
        The same instance.

    Raises
    ------
    TypeError
        If `family` is not an instance of :class:`SharedFit`.

    Examples
    --------
    A classifier whose threshold is not used in ``fit``:

    >>> from sklearn.base import clone
    >>> from sklearn.dummy import DummyClassifier
    >>> from skoverfit.model_selection import SharedFit, register_shared_fit, view_of
    >>> class Thresholded(DummyClassifier):
    ...     def __init__(self, threshold=0.5, strategy="prior"):
    ...         super().__init__(strategy=strategy)
    ...         self.threshold = threshold
    >>> class ThresholdFamily(SharedFit):
    ...     name = "threshold"
    ...     free = ("threshold",)
    ...
    ...     def serves(self, estimator):
    ...         return type(estimator).__name__ == "Thresholded"
    ...
    ...     def views(self, estimators, data):
    ...         fitted = clone(estimators[0]).fit(data.X, data.y)
    ...         for position, estimator in enumerate(estimators):
    ...             yield position, view_of(fitted, estimator)
    >>> register_shared_fit(ThresholdFamily()).name
    'threshold'
    """
    if not isinstance(family, SharedFit):
        raise TypeError(
            f"family={family!r} must be an instance of a subclass of SharedFit."
        )
    _REGISTRY[:] = [
        family,
        *(known for known in _REGISTRY if known.name != family.name),
    ]
    return family


def registered() -> tuple[SharedFit, ...]:
    """Return all families, the one to be asked first at the front."""
    return tuple(_REGISTRY)


def foreign_families() -> tuple[SharedFit, ...]:
    """Return the families that importing this library does not register."""
    own = __name__.partition(".")[0] + "."
    return tuple(
        each for each in _REGISTRY if not type(each).__module__.startswith(own)
    )


def register_missing(families: Sequence[SharedFit]) -> None:
    """Register families, the last first, as far as none of their names is known."""
    known = {family.name for family in _REGISTRY}
    for family in reversed(families):
        if family.name not in known:
            register_shared_fit(family)


def find_family(estimator: Any) -> SharedFit | None:
    """Return the first registered family that serves an estimator."""
    return next((family for family in _REGISTRY if family.serves(estimator)), None)


def is_own(family: SharedFit) -> bool:
    """Whether importing this library registers a family."""
    return type(family).__module__.startswith(__name__.partition(".")[0] + ".")


def views_of(
    family: SharedFit, estimators: Sequence[Any], data: TrainingSet
) -> Iterator[tuple[int, Any]]:
    """Yield views of a family until its first error, whatever `views` returns.

    That private parts of a library are not as expected is said, not passed over.
    """
    seen: set[int] = set()
    try:
        for index, view in family.views(estimators, data):
            if index in seen or index not in range(len(estimators)):
                return  # whatever that is a view of
            seen.add(index)
            yield index, view
    except InternalsChangedError:
        raise
    except Exception:
        return  # what a fresh fit will tell better


def view_of(fitted: Any, estimator: Any, **attributes: Any) -> Any:
    """Return a fitted estimator's state under another candidate's parameters.

    Parameters
    ----------
    fitted : estimator object
        Fitted; neither it nor its attributes are changed or copied.
    estimator : estimator object
        Unfitted candidate of the same class: its parameters are the view's.
    **attributes : object
        Fitted attributes that differ.

    Returns
    -------
    view : estimator object
        Of the class of `fitted`.

    Examples
    --------
    The first five trees of a forest are the forest of five trees:

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skoverfit.model_selection import view_of
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    >>> five = RandomForestClassifier(5, random_state=0)
    >>> view = view_of(forest, five, estimators_=forest.estimators_[:5])
    >>> (view.predict_proba(X) == five.fit(X, y).predict_proba(X)).all()
    np.True_
    """
    view = object.__new__(type(fitted))
    state = {k: v for k, v in vars(fitted).items() if not isinstance(v, Remembered)}
    vars(view).update({**state, **shallow_params(estimator), **attributes})
    return view


class OncePerRows:
    """A function of rows that is computed once for each known set of rows.

    Parameters
    ----------
    compute : callable
        From array-like rows to anything.
    rows : sequence of array-like
        The objects to remember answers for, compared by identity.

    Examples
    --------
    >>> from skoverfit.model_selection import OncePerRows
    >>> calls = []
    >>> X = [[1.0], [2.0]]
    >>> count = OncePerRows(lambda rows: calls.append(rows) or len(rows), [X])
    >>> count(X), count(X), len(calls)
    (2, 2, 1)
    """

    def __init__(self, compute: Callable[[Any], Any], rows: Sequence[Any]) -> None:
        self._compute = compute
        self.rows = tuple(rows)
        self._answers: dict[int, Any] = {}

    def __call__(self, X: Any) -> Any:
        """Return the answer for rows, from memory where they are known."""
        for position, known in enumerate(self.rows):
            if X is known:
                if position not in self._answers:
                    self._answers[position] = self._compute(X)
                return self._answers[position]
        return self._compute(X)


class Remembered:
    """A method of one object that answers from memory for rows it knows.

    Everything else, other rows or further arguments, goes to the class's own method,
    or to that of a model that `whole` makes.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        answer: Callable[[Any], Any],
        rows: Sequence[Any],
        whole: Callable[[], Any] | None = None,
    ) -> None:
        self._owner, self._name, self._whole = owner, name, whole
        self._answer, self._rows = answer, tuple(rows)
        self.__name__ = name  # scorers look methods up by it

    def __call__(self, X: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer for `X` as the method would."""
        known = any(X is row for row in self._rows)
        if known and not args and not kwargs:
            return self._answer(X)
        if self._whole is not None:
            return getattr(self._whole(), self._name)(X, *args, **kwargs)
        method = inspect.getattr_static(type(self._owner), self._name)
        return method.__get__(self._owner, type(self._owner))(X, *args, **kwargs)

    def of(self, owner: Any) -> "Remembered":
        """Return the method of another object that is to answer the same."""
        return Remembered(owner, self._name, self._answer, self._rows, self._whole)

    def __getstate__(self) -> dict[str, Any]:
        # A copy of a view made by a scorer is an ordinary estimator.
        return {**vars(self), "_rows": (), "_answer": None, "_whole": None}


def remember(
    view: Any, name: str, answer: Callable[[Any], Any], rows: Sequence[Any]
) -> None:
    """Let a method of a view answer for known rows through `answer`.

    Parameters
    ----------
    view : estimator object
        A view of the caller's own making (see `view_of`).
    name : str
        The method, such as ``"predict_proba"``.
    answer : callable
        From rows to what the method would return, bit for bit. What it returns
        belongs to the scorer, which may change it.
    rows : sequence of array-like
        The objects it knows, compared by identity.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from skoverfit.model_selection import remember
    >>> X = [[1.0], [2.0]]
    >>> model = DummyRegressor().fit(X, [1.0, 3.0])
    >>> remember(model, "predict", lambda rows: [0.0, 0.0], [X])
    >>> model.predict(X), model.predict([[1.0], [2.0]])
    ([0.0, 0.0], array([2., 2.]))
    """
    vars(view)[name] = Remembered(view, name, answer, rows)


def forget(view: Any) -> None:
    """Let the methods of a view be those of its class again.

    A method that remembers and its view hold one another, and all that answers are
    made of: left alone, the memory of many training sets would add up until the
    garbage collector comes by.
    """
    state = getattr(view, "__dict__", {})
    for name in [name for name in state if isinstance(state[name], Remembered)]:
        del state[name]


def params_key(estimator: Any, without: Sequence[str] = ()) -> Any:
    """Return a hashable value that is equal for equally configured estimators."""
    params = shallow_params(estimator)
    kept = sorted(name for name in params if name not in without)
    settings = tuple((name, value_key(params[name])) for name in kept)
    state = {k: v for k, v in vars(estimator).items() if k in CONFIGURATION}
    if clones_itself(estimator):  # with what it has learned, perhaps
        return _hashed(estimator)
    return type(estimator), settings, value_key(dict(sorted(state.items())))


def value_key(value: Any) -> Any:
    """Return a hashable value that is equal for equal parameter values."""
    if value is None or isinstance(value, str | bytes | bool | int | float | complex):
        return type(value), repr(value)
    if isinstance(value, np.generic):
        return type(value), value.tobytes()
    if isinstance(value, list | tuple):
        return type(value), tuple(map(value_key, value))
    if type(value) is dict:  # in its own order, which may be that of columns
        return dict, tuple((value_key(k), value_key(v)) for k, v in value.items())
    if isinstance(value, BaseEstimator):
        return params_key(value)
    if inspect.isroutine(value) or inspect.isclass(value):
        return value  # clones share them: the same object, or another one
    return _hashed(value)


def clones_itself(value: Any) -> bool:
    """Whether clones of an estimator are made its own way: with a fitted state, say."""
    inherited = getattr(BaseEstimator, "__sklearn_clone__", None)
    return getattr(type(value), "__sklearn_clone__", inherited) is not inherited


def _hashed(value: Any) -> Any:
    try:
        return type(value), joblib.hash(value)
    except Exception:  # whatever pickling raises: equal to nothing else
        return type(value), id(value), object()
