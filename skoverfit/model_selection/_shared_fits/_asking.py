"""Which scorers ask an estimator for predictions and do nothing else with it.

Of a function that is known from its compiled code. Its first parameter, the estimator,
must be used for calls of methods that predict and for nothing else: not passed on, not
stored, not read. Whatever is not certain counts as a scorer that may do anything.
"""

import dis
import inspect
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import CodeType, FunctionType, MethodType
from typing import Any

from skoverfit._compat._scorers import is_plain_scorer, scorers_by_name

__all__ = ["only_asks"]

#: Methods that answer and change nothing.
ANSWERS = {
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score",
}
#: Names by which a function may reach its own variables.
MIRRORS = {"locals", "vars", "dir", "eval", "exec", "_getframe", "currentframe"}
LATER = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def only_asks(scorer: Any) -> bool:
    """Whether a scorer asks estimators for predictions, or for their own score, alone.

    Returns
    -------
    only_asks : bool
        True for scikit-learn's scorers and for functions whose code shows it.

    Examples
    --------
    >>> from sklearn.metrics import accuracy_score
    >>> from skoverfit.model_selection._shared_fits._asking import only_asks
    >>> only_asks(lambda estimator, X, y: accuracy_score(y, estimator.predict(X)))
    True
    >>> only_asks(lambda estimator, X, y: accuracy_score(y, estimator.fit_predict(X)))
    False
    """
    several = scorers_by_name(scorer)
    parts = [scorer] if several is None else list(several.values())
    return all(is_plain_scorer(part) or _function_only_asks(part) for part in parts)


def _function_only_asks(scorer: Callable[..., Any]) -> bool:
    """Whether a function, or an object with a plain ``__call__``, only asks."""
    while type(scorer) is partial and not scorer.args:
        scorer = scorer.func
    place = 0
    if type(scorer) is MethodType:
        scorer, place = scorer.__func__, 1
    elif type(scorer) is not FunctionType:
        scorer, place = type(scorer).__call__, 1
    if type(scorer) is not FunctionType or scorer.__code__.co_argcount <= place:
        return False
    return _code_only_asks(scorer.__code__, scorer.__code__.co_varnames[place])


def _code_only_asks(code: CodeType, variable: str) -> bool:
    """Whether each use of a variable is a call of a method that answers."""
    if code.co_flags & LATER or variable in code.co_cellvars:
        return False
    if MIRRORS.intersection(code.co_names):
        return False
    every = dis.get_instructions(code)
    steps = [each for each in every if each.opname != "EXTENDED_ARG"]
    return all(
        _loads(step, variable) and _calls_an_answer(after)
        for step, after in pairwise(steps)
        if variable in _variables(step)
    )


def _variables(step: dis.Instruction) -> tuple[Any, ...]:
    """Return the local variables of an instruction: some newer ones have two."""
    if "FAST" not in step.opname:
        return ()
    return step.argval if isinstance(step.argval, tuple) else (step.argval,)


def _loads(step: dis.Instruction, variable: str) -> bool:
    """Whether an instruction puts a variable on top of the stack, and only there."""
    known = step.opname.startswith("LOAD_FAST") and "STORE" not in step.opname
    return known and variable not in _variables(step)[:-1]


def _calls_an_answer(step: dis.Instruction) -> bool:
    """Whether an instruction takes a method, to call it at once, that answers."""
    is_call = step.opname == "LOAD_METHOD"
    if sys.version_info >= (3, 12) and step.opname == "LOAD_ATTR":
        is_call = bool((step.arg or 0) & 1)  # else it is an attribute
    return is_call and step.argval in ANSWERS
