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


#: The item by which journals of other releases differ.
FORMAT_OF_JOURNAL = "format of the journal"
#: A search whose classes are the user's own may differ in hundreds of functions.
MOST_LINES = 12


class JournalDamagedError(ValueError):
    """A file is not a journal, or not as it was written. It is never overwritten."""


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
        """Name what differs, with both values; the first items where there are many."""
        if FORMAT_OF_JOURNAL in self.differences:
            return self._of_another_release(*self.differences[FORMAT_OF_JOURNAL])
        lines = [
            f"  {item}: the journal has {_or_nothing(journal)}, "
            f"this search has {_or_nothing(search)}"
            for item, (journal, search) in self.differences.items()
        ]
        if len(lines) > MOST_LINES:
            more = f"  and {len(lines) - MOST_LINES} more, see `differences`"
            lines = [*lines[:MOST_LINES], more]
        return "\n".join(
            [
                f"journal={self.path!r} is of another search, and was left as it is; "
                "give another path. What differs:",
                *lines,
            ]
        )

    def _of_another_release(self, journal: str | None, search: str | None) -> str:
        return (
            f"journal={self.path!r} was written by another release of skoverfit, whose "
            "results may differ from those of this one, and was left as it is; give "
            "another path to begin anew. "
            f"The {FORMAT_OF_JOURNAL} is {journal}, this release writes {search}."
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
