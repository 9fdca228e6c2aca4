"""Reports of older schema versions, in the words of the newest one."""

from typing import Any

from skoverfit.diagnosis._judgment._judging import CODES

__all__ = ["upgraded"]

_VERDICTS = {"healthy": "no_cause_found", "inconclusive": "cannot_tell"}


def upgraded(plain: Any) -> Any:
    """Bring plain data of an older report up to date; all else stays as it is.

    Parameters
    ----------
    plain : object
        What was read from JSON.

    Returns
    -------
    plain : object
        Not checked: that is left to the schema.
    """
    if not isinstance(plain, dict) or plain.get("schema_version") != 1:
        return plain
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
