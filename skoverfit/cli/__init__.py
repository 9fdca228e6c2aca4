"""The command line: parse, read tables, call the library, print, exit code."""

import sys

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    exit_code : int
        0 report written, 1 internal error, 2 bad input, 130 interrupted.
    """
    try:
        # here, since an interrupt may come while this is imported
        from skoverfit.cli._app import run_command
    except KeyboardInterrupt:
        print("skoverfit: interrupted.", file=sys.stderr)
        return 130
    return run_command(argv)
