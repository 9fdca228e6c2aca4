"""The Python of the README runs as it stands there."""

import re
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_python_blocks_of_the_readme_run(project_root, tmp_path):
    readme = (project_root / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) == 4
    script = tmp_path / "readme.py"
    script.write_text("\n".join(blocks))
    run = subprocess.run(
        [sys.executable, "-W", "error", script],
        env={"PYTHONPATH": str(project_root), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "gap" in run.stdout


def test_its_picture_is_there(project_root):
    readme = (project_root / "README.md").read_text()
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", readme):
        assert (project_root / picture).stat().st_size > 5000
