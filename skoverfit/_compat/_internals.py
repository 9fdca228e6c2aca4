"""What is read of the private parts of other libraries, and what if they change.

A function marked as an `accessor` reads, calls or replaces a private attribute of an
object that another library made. Where the library does not have it any more, or in
another form, the function raises :class:`~skoverfit.exceptions.InternalsChangedError`:
code that can do without the attribute catches that.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from skoverfit.exceptions import InternalsChangedError

__all__ = ["ACCESSORS", "accessor", "replace_private", "shadow_method"]

#: All accessors by name; they are looked up here whenever one is called.
ACCESSORS: dict[str, Callable[..., Any]] = {}

#: Libraries besides scikit-learn.
BOOSTING = {"catboost", "lightgbm", "xgboost"}

Function = TypeVar("Function", bound=Callable[..., Any])


def accessor(function: Function) -> Function:
    """Mark a function that uses private parts of another library's object.

    Returns
    -------
    function : callable
        The same, but errors that say that the private name is missing, or takes other
        arguments, become `InternalsChangedError`. Errors from inside the library pass.
    """
    name = function.__name__
    ACCESSORS[name] = function

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return ACCESSORS[name](*args, **kwargs)
        except (AttributeError, TypeError, ImportError) as error:
            if not _is_raised_by_accessor(error):
                raise
            raise InternalsChangedError(_message(name, args, error)) from error

    return guarded  # type: ignore[return-value]


def _is_raised_by_accessor(error: BaseException) -> bool:
    """Whether an error comes from lines of this package, not from what they call.

    A missing name, and a call with arguments that a function does not take, have no
    frame below the accessor's.
    """
    frame = error.__traceback__ and error.__traceback__.tb_next
    while frame and (frame := frame.tb_next):
        if not frame.tb_frame.f_globals["__name__"].startswith(__package__):
            return False
    return True


def _message(name: str, args: tuple[Any, ...], error: BaseException) -> str:
    first = args[0] if args else None
    cls = first if isinstance(first, type) else type(first)
    library = cls.__module__.partition(".")[0]
    library = library if library in BOOSTING else "sklearn"
    version = getattr(sys.modules.get(library), "__version__", "unknown")
    return f"{name} does not work with {library} {version}: {error}."


def replace_private(thing: Any, **attributes: Any) -> None:
    """Set private attributes of an object that must have them already.

    Raises
    ------
    AttributeError
        If the object has no such attribute: nobody would read the new one.
    """
    for name, value in attributes.items():
        getattr(thing, name)
        vars(thing)[name] = value


def shadow_method(thing: Any, name: str, function: Callable[..., Any]) -> None:
    """Let one object call a function where its class has a private method.

    Parameters
    ----------
    thing : object
        Changed in place; ``del vars(thing)[name]`` undoes it.
    name : str
        The method.
    function : callable
        Takes the method's arguments, without the object.

    Raises
    ------
    AttributeError
        If the class has no such method: nobody would call the function.
    """
    getattr(type(thing), name)
    vars(thing)[name] = function
