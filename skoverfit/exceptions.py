"""Warnings and errors of the library."""

__all__ = ["InputError", "InvalidSplitsWarning", "NoCandidateWithinGapWarning"]


class InputError(ValueError):
    """The data or the options cannot be used; the message is one clear line.

    The command line prints it and exits with code 2.
    """


class InvalidSplitsWarning(UserWarning):
    """Some splits gave no usable score and were left out of an estimate."""


class NoCandidateWithinGapWarning(UserWarning):
    """No candidate met a gap limit, so the documented fallback was used."""
