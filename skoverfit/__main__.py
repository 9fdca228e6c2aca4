"""Run the command line with ``python -m skoverfit``."""

import sys

from skoverfit.cli import main

if __name__ == "__main__":
    sys.exit(main())
