"""The example of the guide that needs WordNet and Apertium, as it is written."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

INSTALLED = (
    Path("/usr/share/wordnet/index.noun").exists()
    and Path("/usr/share/apertium/modes/eng-spa.mode").exists()
)


@pytest.mark.skipif(
    not INSTALLED,
    reason="needs: apt-get install wordnet-base apertium apertium-eng-spa",
)
def test_the_example_runs_as_written(project_root, tmp_path):
    page = (project_root / "docs" / "guide" / "text.rst").read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:   .*\n|\n)+)", page)
    assert len(blocks) == 1
    script = tmp_path / "example.py"
    script.write_text(textwrap.dedent(blocks[0]), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-X", "utf8", str(script)],
        capture_output=True,
        text=True,
        cwd=project_root,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(project_root)},
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert len(lines) > 8  # eight copies of EDA, then those that changed on the way
    assert all("house" in line or "story" in line for line in lines[8:])
