"""The command line: parse, read tables, call the library, print, exit code."""

from skoverfit.cli._app import main

__all__ = ["main"]
