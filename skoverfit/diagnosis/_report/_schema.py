"""Check plain data against the schema of reports, without further libraries.

Only the keywords that ``report.schema.json`` uses are known; an unknown one is an
error, so that none is ignored in silence.
"""

import json
import reprlib
import sys
from collections.abc import Callable
from importlib import resources
from typing import Any

__all__ = ["load_schema", "validate"]

_NOTES = {"$schema", "$defs", "title", "description"}
_OF_OBJECTS = {"properties", "required", "additionalProperties"}
_OF_LISTS = {"items", "prefixItems", "minItems", "maxItems"}


def load_schema() -> dict[str, Any]:
    """Read the schema that comes with the library."""
    file = resources.files("skoverfit.diagnosis._report").joinpath("report.schema.json")
    return json.loads(file.read_text(encoding="utf-8"))


def validate(plain: Any, schema: dict[str, Any], name: str = "report") -> None:
    """Raise ValueError where plain data do not follow a schema.

    Raises
    ------
    ValueError
        With the place, what is there and what should be.
    """
    _Validator(schema.get("$defs", {})).check(plain, schema, name)


class _Validator:
    def __init__(self, definitions: dict[str, Any]):
        self._definitions = definitions

    def check(self, plain: Any, schema: dict[str, Any], where: str) -> None:
        for keyword, rule in schema.items():
            if keyword in _NOTES:
                continue
            if keyword in _OF_OBJECTS:
                if isinstance(plain, dict) and keyword in ("properties", "required"):
                    getattr(self, f"_{keyword}")(plain, rule, where)
                elif isinstance(plain, dict):
                    self._additional(plain, schema, where)
            elif keyword in _OF_LISTS:
                if isinstance(plain, list):
                    self._list(plain, keyword, rule, where)
            else:
                self._value(plain, keyword, rule, where)

    def _value(self, plain: Any, keyword: str, rule: Any, where: str) -> None:
        if keyword == "$ref":
            self.check(plain, self._definitions[rule.removeprefix("#/$defs/")], where)
        elif keyword == "anyOf":
            self._any(plain, rule, where)
        else:
            fits, wanted = _SIMPLE[keyword](plain, rule)
            _demand(fits, plain, where, wanted)

    def _any(self, plain: Any, rules: list[dict[str, Any]], where: str) -> None:
        """Follow the one rule for what is not null, so that errors name a place."""
        others = [rule for rule in rules if rule.get("type") != "null"]
        if plain is not None or len(others) == len(rules):
            for rule in others:
                self.check(plain, rule, where)

    def _properties(self, plain: dict, rules: dict[str, Any], where: str) -> None:
        for name in rules.keys() & plain.keys():
            self.check(plain[name], rules[name], f"{where}.{name}")

    def _required(self, plain: dict, names: list[str], where: str) -> None:
        missing = sorted(set(names) - plain.keys())
        if missing:
            raise ValueError(f"{where} has no {', '.join(missing)}.")

    def _additional(self, plain: dict, schema: dict[str, Any], where: str) -> None:
        rule = schema["additionalProperties"]
        unknown = sorted(plain.keys() - schema.get("properties", {}).keys())
        if rule is False and unknown:
            raise ValueError(f"{where} has unknown parts: {', '.join(unknown)}.")
        if isinstance(rule, dict):
            for name in unknown:
                self.check(plain[name], rule, f"{where}.{name}")

    def _list(self, plain: list, keyword: str, rule: Any, where: str) -> None:
        if keyword in ("minItems", "maxItems"):
            fits = len(plain) >= rule if keyword == "minItems" else len(plain) <= rule
            _demand(fits, plain, where, f"a list of {rule} items")
            return
        rules = [rule] * len(plain) if keyword == "items" else rule
        for i, (item, each) in enumerate(zip(plain, rules, strict=False)):
            self.check(item, each, f"{where}[{i}]")


def _is_number(plain: Any) -> bool:
    # Python's reader knows NaN, infinities and whole numbers of any size; JSON's
    # readers elsewhere do not, and no report holds them
    is_number = isinstance(plain, int | float) and not isinstance(plain, bool)
    return is_number and abs(plain) <= sys.float_info.max


def _is_integer(plain: Any) -> bool:
    return _is_number(plain) and plain == int(plain) and abs(plain) < 2**63


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda plain: isinstance(plain, dict),
    "array": lambda plain: isinstance(plain, list),
    "string": lambda plain: isinstance(plain, str),
    "boolean": lambda plain: isinstance(plain, bool),
    "null": lambda plain: plain is None,
    "number": _is_number,
    "integer": _is_integer,
}


def _type(plain: Any, rule: Any) -> tuple[bool, str]:
    names = [rule] if isinstance(rule, str) else rule
    return any(_TYPES[name](plain) for name in names), f"of type {' or '.join(names)}"


def _enum(plain: Any, rule: list[Any]) -> tuple[bool, str]:
    return isinstance(plain, str) and plain in rule, f"one of {', '.join(rule)}"


def _const(plain: Any, rule: Any) -> tuple[bool, str]:
    return type(plain) is type(rule) and plain == rule, repr(rule)


def _minimum(plain: Any, rule: float) -> tuple[bool, str]:
    return not _is_number(plain) or plain >= rule, f"at least {rule}"


_SIMPLE: dict[str, Callable[[Any, Any], tuple[bool, str]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
}


def _demand(fits: bool, plain: Any, where: str, wanted: str) -> None:
    if not fits:
        raise ValueError(f"{where} is {reprlib.repr(plain)}, but must be {wanted}.")
