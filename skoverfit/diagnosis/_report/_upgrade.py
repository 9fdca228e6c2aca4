"""Reports of older schema versions, in the words of the newest one."""

import re
from typing import Any

from skoverfit.diagnosis._judgment._judging import CODES

__all__ = ["upgraded"]

#: No part of a report lies deeper; data from elsewhere may be nested without end.
_DEPTH = 20
_PVALUE = re.compile("p_value$")
_VERDICTS = {"healthy": "no_cause_found", "inconclusive": "cannot_tell"}


def upgraded(plain: Any) -> Any:
    """Bring plain data of an older report up to date; all else stays as it is.

    Returns
    -------
    plain : object
        Not checked: that is left to the schema.
    """
    if isinstance(plain, dict) and plain.get("schema_version") == 1:
        plain = _second(plain)
    if isinstance(plain, dict) and plain.get("schema_version") == 2:
        plain = {**_renamed(plain), "schema_version": 3}
    if isinstance(plain, dict) and plain.get("schema_version") == 3:
        plain = {**plain, "schema_version": 4}  # which adds the change of a remedy
    return plain


def _renamed(plain: Any, depth: int = _DEPTH) -> Any:
    """Call p-values what they are called since version 3."""
    if depth and isinstance(plain, dict):
        return {
            _PVALUE.sub("pvalue", key): _renamed(value, depth - 1)
            for key, value in plain.items()
        }
    if depth and isinstance(plain, list):
        return [_renamed(item, depth - 1) for item in plain]
    return plain


def _second(plain: dict[str, Any]) -> dict[str, Any]:
    """Bring a report of version 1 to version 2."""
    findings, verdict = plain.get("findings"), plain.get("verdict")
    newer = {**plain, "schema_version": 2}
    if isinstance(findings, list):
        newer["findings"] = [_with_name(finding) for finding in findings]
    if isinstance(verdict, dict):
        newer["verdict"] = {**verdict, **_new_code(verdict.get("code"))}
    return newer


def _new_code(code: Any) -> dict[str, str]:
    known = isinstance(code, str) and code in _VERDICTS
    return {"code": _VERDICTS[code]} if known else {}


def _with_name(finding: Any) -> Any:
    """Add the code; what was called so is the name now."""
    name = finding.get("code") if isinstance(finding, dict) else None
    if not isinstance(name, str):
        return finding
    return {**finding, "code": CODES.get(name, name), "name": name}
