"""Records to plain data and back, guided by their type hints."""

import dataclasses
import types
import typing
from typing import Any, TypeVar

import numpy as np

Record = TypeVar("Record")


def to_plain(value: Any) -> Any:
    """Turn records into what JSON can say: NaN and infinities become None.

    Fields marked ``compare=False``, such as estimators, are left out.
    """
    if dataclasses.is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name)) for f in _stored_fields(value)}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value


def _stored_fields(record: Any) -> list[dataclasses.Field]:
    return [f for f in dataclasses.fields(record) if f.compare]


def from_plain(kind: type[Record], plain: dict[str, Any]) -> Record:
    """Rebuild a record from plain data.

    Raises
    ------
    ValueError
        If a field is missing or unknown.
    """
    fields = {f.name: f for f in _stored_fields(kind)}
    needed = {name for name, f in fields.items() if f.default is dataclasses.MISSING}
    if not needed <= set(plain) <= set(fields):
        wrong = sorted((needed - set(plain)) | (set(plain) - set(fields)))
        raise ValueError(f"{kind.__name__} has missing or unknown fields: {wrong}.")
    hints = typing.get_type_hints(kind)
    return kind(**{name: _decode(hints[name], item) for name, item in plain.items()})


def _decode(hint: Any, plain: Any) -> Any:
    """Read one value of the type that its hint promises."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return None if plain is None else _decode(typing.get_args(hint)[0], plain)
    if origin is tuple:
        return _decode_tuple(typing.get_args(hint), plain)
    if origin is np.ndarray:
        dtype = typing.get_args(typing.get_args(hint)[1])[0]
        return _decode_array(dtype, plain)
    if dataclasses.is_dataclass(hint):
        return from_plain(typing.cast(type, hint), plain)
    if hint is float:
        return np.nan if plain is None else float(plain)
    return int(plain) if hint is int else plain


def _decode_tuple(args: tuple[Any, ...], plain: list[Any]) -> tuple[Any, ...]:
    kinds = [args[0]] * len(plain) if Ellipsis in args else list(args)
    return tuple(_decode(kind, item) for kind, item in zip(kinds, plain, strict=True))


def _decode_array(dtype: type, plain: list[Any]) -> np.ndarray:
    """Read numbers where None stands for NaN, in any number of dimensions."""
    return np.array(plain, dtype=object).astype(float).astype(dtype)
