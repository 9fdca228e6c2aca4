"""Warnings and errors of the library."""

from collections.abc import Mapping

__all__ = [
    "EmptyModelWarning",
    "IncompleteSearchWarning",
    "InputError",
    "InternalsChangedError",
    "InvalidSplitsWarning",
    "JournalDamagedError",
    "JournalMismatchError",
    "NoCandidateWithinGapWarning",
    "NoFeaturePassedWarning",
    "UnsharedFitsWarning",
]


class EmptyModelWarning(UserWarning):
    """A penalty leaves no feature in: all predictions are the same."""


class InputError(ValueError):
    """The data or the options cannot be used; the message is one clear line.

    The command line prints it and exits with code 2.
    """


class IncompleteSearchWarning(UserWarning):
    """A search was stopped before everything ran; it ranks what is finished."""


class InternalsChangedError(RuntimeError):
    """Another library's private parts are not those that this release knows.

    Searches go on without what needs them; everything else needs another version of
    that library, or of skoverfit.
    """


class InvalidSplitsWarning(UserWarning):
    """Some splits gave no usable score and were left out of an estimate."""


class JournalDamagedError(ValueError):
    """A file is no journal, or not as it was written. It is never overwritten."""


class JournalMismatchError(ValueError):
    """A journal holds results of other data, splits, settings or versions.

    Parameters
    ----------
    path : str
        The journal.
    differences : dict of str to (str or None, str or None)
        For each item that differs, what the journal has and what the search has;
        None where there is no such item.

    Attributes
    ----------
    path, differences
        As above.
    """

    def __init__(
        self, path: str, differences: Mapping[str, tuple[str | None, str | None]]
    ) -> None:
        super().__init__(path, differences)
        self.path = path
        self.differences = dict(differences)

    def __str__(self) -> str:
        """Name each item that differs, with both values."""
        lines = [
            f"  {item}: the journal has {_or_nothing(journal)}, "
            f"this search has {_or_nothing(search)}"
            for item, (journal, search) in self.differences.items()
        ]
        return "\n".join(
            [
                f"journal={self.path!r} is of another search, and was left as it is; "
                "give another path. What differs:",
                *lines,
            ]
        )


def _or_nothing(value: str | None) -> str:
    return "nothing" if value is None else value


class NoCandidateWithinGapWarning(UserWarning):
    """No candidate met a gap limit, so the documented fallback was used."""


class NoFeaturePassedWarning(UserWarning):
    """No feature is better than noise; the best ones are kept as was asked for."""


class UnsharedFitsWarning(UserWarning):
    """Candidates do not share fits, because another library's private parts changed.

    The results are the same as with shared fits; they take longer.
    """
