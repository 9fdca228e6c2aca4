"""Which changes of a module do its tests not notice: mutmut, in a project of its own.

``python docs/mutants.py skoverfit/_gap.py tests/test_gap.py`` changes the module one
operator, number or name at a time, runs the tests on each change, and shows what
survived. ``--only NAME ...`` takes the functions of these names alone, with ``*`` for
anything; ``-k`` chooses tests as that of pytest. Needs ``pip install mutmut==3.8.1``.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]

SETTINGS = """[mutmut]
source_paths=skoverfit
only_mutate={module}
also_copy=conftest.py
pytest_add_cli_args_test_selection=
  {tests}
pytest_add_cli_args=
  -n
  0
  --hypothesis-profile=mutants
  -k
  {expression}
"""

#: The same examples for each mutant, and no search for the simplest that fails.
PROFILE = """
from hypothesis import Phase, settings
phases = [Phase.explicit, Phase.generate]
settings.register_profile("mutants", phases=phases, derandomize=True, deadline=None)
"""


def mutmut(folder, *arguments):
    """Run mutmut in its project, and return what it prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    env = os.environ | {"PYTHONPATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout[-5000:] + done.stderr[-5000:])
    return done.stdout


def main():
    """Make the project, run mutmut there, and print the mutants that survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("-k", default="test", metavar="EXPRESSION")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for part in ("skoverfit", "tests"):
            shutil.copytree(ROOT / part, Path(folder, part))
        shutil.copy(ROOT / "pyproject.toml", folder)
        conftest = (ROOT / "conftest.py").read_text() + PROFILE
        Path(folder, "conftest.py").write_text(conftest)
        tests = "\n  ".join(options.tests)
        settings = SETTINGS.format(
            module=options.module, tests=tests, expression=options.k
        )
        Path(folder, "setup.cfg").write_text(settings)
        names = [f"*{name}__mutmut_*" for name in options.only]
        mutmut(folder, "run", "--max-children", "1", *names)
        lines = mutmut(folder, "results", "--all", "true").splitlines()
        results = dict(line.strip().split(": ") for line in lines)
        os.chdir(folder)  # where mutmut reads its settings when it is imported
        from mutmut.mutation.diff_apply import get_diff_for_mutant

        for name, result in results.items():
            if result not in ("killed", "not checked", "timeout"):
                print(f"# {name}: {result}\n{get_diff_for_mutant(name)}\n")
        print(dict(Counter(results.values())))


if __name__ == "__main__":
    main()
