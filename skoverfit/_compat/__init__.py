"""The only package that uses private names of other libraries.

Everything here exists in every supported release; where releases differ, the
difference is bridged here and nowhere else. Private attributes of objects are in the
modules beside this one, each behind a function that says what it means.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from numbers import Real
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import numpy as np
from imblearn.pipeline import Pipeline as SamplerPipeline
from imblearn.utils._tags import InputTags as SamplerInputTags
from imblearn.utils._tags import SamplerTags
from imblearn.utils._tags import Tags as TagsWithSampler
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.base import _fit_context as _untyped_fit_context
from sklearn.feature_selection._base import _get_feature_importances
from sklearn.metrics._pairwise_distances_reduction import ArgKmin
from sklearn.metrics._scorer import _BaseScorer, _PassthroughScorer
from sklearn.model_selection import KFold
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _score,
    _warn_or_raise_about_fit_failures,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import TargetEncoder
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._param_validation import validate_params as _untyped_validate_params
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils._set_output import _get_output_config
from sklearn.utils._tags import get_tags
from sklearn.utils.metadata_routing import _raise_for_params, _routing_enabled
from sklearn.utils.metaestimators import _BaseComposition, _safe_split
from sklearn.utils.metaestimators import available_if as _untyped_available_if
from sklearn.utils.validation import (
    _check_method_params,
    _check_sample_weight,
    _num_samples,
    check_scalar,
)

from skoverfit._compat._internals import accessor
from skoverfit._compat._models import parameter_names
from skoverfit._optional import import_optional

__all__ = [
    "CONFIGURATION",
    "PIPELINES",
    "ArgKmin",
    "BaseSearchCV",
    "FitCallbacks",
    "HasMethods",
    "Interval",
    "Options",
    "RealNotInt",
    "SamplerInputTags",
    "SamplerTags",
    "StrOptions",
    "TagsWithSampler",
    "_BaseComposition",
    "_BaseScorer",
    "_PassthroughScorer",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_insert_error_scores",
    "_num_samples",
    "_raise_for_params",
    "_routing_enabled",
    "_safe_indexing",
    "_safe_split",
    "_score",
    "_warn_or_raise_about_fit_failures",
    "available_if",
    "check_scalar_in",
    "evaluation_callbacks",
    "feature_importances_of",
    "fit_and_score",
    "get_tags",
    "has_valid_params",
    "import_optional",
    "keeps_frames",
    "offered_as_by",
    "restores_settings",
    "seeded_target_encoder",
    "shallow_params",
    "validate_parameter_constraints",
    "validate_params",
    "visual_block_of",
]

Function = TypeVar("Function", bound=Callable[..., Any])

# Decorators without types would hide the signatures of what they decorate from type
# checkers and editors.
_fit_context: Callable[..., Callable[[Function], Function]] = _untyped_fit_context
available_if: Callable[..., Callable[[Function], Function]] = _untyped_available_if
validate_params: Callable[..., Callable[[Function], Function]] = (
    _untyped_validate_params
)


def restores_settings(function: Function) -> Function:
    """Leave the settings of NumPy and scikit-learn as they were before the call.

    ``with np.errstate(...)`` and ``with config_context(...)``, wherever they are used
    inside, leave their settings behind if Ctrl-C comes while the block is entered or
    left. That is rare in a single block, but a search enters thousands.
    """

    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(), config_context():
            return function(*args, **kwargs)

    return cast("Function", inner)


def seeded_target_encoder() -> TargetEncoder:
    """Encode by means of a target that is a number, by the same folds in every fit."""
    folds = KFold(5, shuffle=True, random_state=0)
    if has_valid_params(TargetEncoder(cv=folds)):
        return TargetEncoder(target_type="continuous", cv=folds)
    return TargetEncoder(target_type="continuous", random_state=0)  # before 1.9


def offered_as_by(owner: type, name: str, view: Callable[[Any], Any]) -> Any:
    """Return a method of a class, offered where it offers it to a view of the object.

    Parameters
    ----------
    owner : type
        A class of scikit-learn whose method is there under a condition.
    name : str
        The method.
    view : callable
        From the object to the one that the condition is checked on.
    """
    method = vars(owner)[name]
    return _untyped_available_if(lambda self: method.check(view(self)))(method.fn)


def visual_block_of(named: Sequence[tuple[str, Any]]) -> Any:
    """Return the picture of named estimators side by side."""
    names, estimators = zip(*named, strict=True)
    return _VisualBlock("parallel", estimators, names=names)


def check_scalar_in(
    value: float, name: str, low: float, high: float, *, closed: bool = True
) -> None:
    """Refuse a number outside an interval, naming parameter, value and range."""
    if isinstance(value, Real) and value != value:
        raise ValueError(f"{name} == nan, must be a number from {low} to {high}.")
    boundaries = "both" if closed else "neither"
    check_scalar(
        value,
        name,
        Real,
        min_val=low,
        max_val=high,
        include_boundaries=boundaries,
    )


#: Private state of an estimator that is set by methods, not by parameters, and that
#: clones carry along.
CONFIGURATION = ("_sklearn_output_config", "_metadata_request")

#: Classes whose steps can be fitted one after the other.
PIPELINES = (Pipeline, SamplerPipeline)


_PARAM_NAMES: "WeakKeyDictionary[type, list[str]]" = WeakKeyDictionary()


def shallow_params(estimator: Any) -> dict[str, Any]:
    """Return ``get_params(deep=False)``, with names looked up once for each class.

    scikit-learn reads the signature of ``__init__`` each time, which takes longer than
    everything else that is done with the parameters.
    """
    cls = type(estimator)
    if cls.get_params is not BaseEstimator.get_params:
        return dict(estimator.get_params(deep=False))
    if cls not in _PARAM_NAMES:
        _PARAM_NAMES[cls] = parameter_names(cls)
    return {name: getattr(estimator, name) for name in _PARAM_NAMES[cls]}


def keeps_frames(transformer: Any) -> bool:
    """Whether ``set_output`` asks a transformer for frames rather than arrays."""
    return _get_output_config("transform", transformer)["dense"] != "default"


@accessor
def has_valid_params(estimator: Any) -> bool:
    """Whether the parameters of an estimator pass its own validation."""
    constrained = hasattr(estimator, "_parameter_constraints")
    if not (constrained and isinstance(estimator, BaseEstimator)):
        return True  # only its own fit may tell
    validate = estimator._validate_params
    try:
        validate()
    except Exception:  # InvalidParameterError, or whatever others raise there
        return False
    return True


def feature_importances_of(model: Any, getter: Any) -> Any:
    """Return the importances of a fitted model, as feature selectors read them.

    Parameters
    ----------
    model : estimator object
        Fitted.
    getter : str or callable
        "auto" for ``feature_importances_`` or else the size of ``coef_``, another
        attribute, dotted names allowed, or a function of the model.

    Raises
    ------
    ValueError
        With "auto", if the model has no importances.
    """
    return _get_feature_importances(model, getter, transform_func="norm")


class FitCallbacks:
    """The callbacks of scikit-learn >= 1.9 around the tasks of a search's ``fit``.

    Does nothing before 1.9, and where no callback is set.

    Parameters
    ----------
    search : BaseSearchCV
        The search that is being fitted.
    X, y : array-like
        Its data.
    sample_weight : array-like or None
        Metadata for the callbacks.

    Attributes
    ----------
    caller : BaseSearchCV
        The search.
    """

    def __init__(self, search: Any, X: Any, y: Any, sample_weight: Any = None) -> None:
        metadata = None
        if sample_weight is not None:
            metadata = {"sample_weight": sample_weight}
        self._task = {"estimator": search, "X": X, "y": y, "metadata": metadata}
        self.caller, self._root = search, None
        if hasattr(search, "_init_callback_context"):
            # How many rounds there will be is not known in advance.
            self._root = search._init_callback_context(max_subtasks=None)
            self._root.call_on_fit_task_begin(**self._task)

    @contextmanager
    def evaluations(self, n_tasks: int) -> Iterator[list[Any]]:
        """Give one context (None without callbacks) for each fit of a round."""
        if self._root is None:
            yield [None] * n_tasks
            return
        context = self._root.subcontext(
            task_name="search", max_subtasks=n_tasks, sequential_subtasks=False
        )
        context.call_on_fit_task_begin(estimator=self.caller)
        name = "candidate-split-evaluation"
        yield [context.subcontext(task_name=name, task_id=k) for k in range(n_tasks)]
        context.call_on_fit_task_end(estimator=self.caller)

    def follow(self, estimator: Any) -> bool:
        """Whether callbacks want to follow the steps inside an estimator's fit."""
        callbacks = getattr(self.caller, "_skl_callbacks", [])
        inside = any(hasattr(each, "max_propagation_depth") for each in callbacks)
        return inside and hasattr(estimator, "set_callbacks")

    @contextmanager
    def refit(self, estimator: Any) -> Iterator[None]:
        """Run callbacks around the fit of the chosen candidate."""
        if self._root is None:
            yield
            return
        context = self._root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(**self._task)
            yield
        context.call_on_fit_task_end(**self._task)

    def end(self) -> None:
        """Run callbacks at the end of ``fit``."""
        if self._root is not None:
            self._root.call_on_fit_task_end(**self._task)


@contextmanager
def evaluation_callbacks(context: Any, search: Any, X: Any, y: Any) -> Iterator[None]:
    """Run callbacks around one evaluation that does not fit the candidate itself."""
    if context is None:
        with nullcontext():
            yield
        return
    context.call_on_fit_task_begin(estimator=search, X=X, y=y)
    yield
    context.call_on_fit_task_end(estimator=search, X=X, y=y)


def fit_and_score(
    estimator: Any, X: Any, y: Any, *, context: Any, search: Any, **options: Any
) -> dict[str, Any]:
    """Fit and score one candidate on one split, as scikit-learn's searches do."""
    if context is not None:
        options |= {"caller": search, "callback_ctx": context}
    return _fit_and_score(estimator, X, y, **options)
