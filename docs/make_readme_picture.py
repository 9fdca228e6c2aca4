"""Draw the pictures of the README and of the first page, which shows a report.

``python docs/make_readme_picture.py``; the second picture needs Chromium.
"""

import subprocess
import tempfile
from pathlib import Path

from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

from skoverfit import diagnose
from skoverfit.diagnosis import GapWaterfallDisplay, RemediesDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
report = diagnose(DecisionTreeClassifier(random_state=0), X, y, random_state=0)

figure = Figure(figsize=(10, 3.8), layout="constrained")
symptom, remedies = figure.subplots(1, 2, width_ratios=[2, 3])
GapWaterfallDisplay.from_report(report, ax=symptom)
symptom.set_xlim(right=1.1)  # room for the numbers at the ends of the bars
RemediesDisplay.from_remedies(report.remedies, score_name="accuracy", ax=remedies)
symptom.set_title("Training score high, validation score low", fontsize=10)
remedies.set_title("What was tried, and what it changed", fontsize=10)
remedies.locator_params(axis="x", nbins=6)
folder = Path(__file__).parent / "_static"
folder.mkdir(exist_ok=True)
figure.savefig(folder / "readme.png", dpi=110)

with tempfile.TemporaryDirectory() as work:
    page = Path(work) / "report.html"
    report.to_html(page)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    options += [f"--user-data-dir={work}/profile", "--window-size=860,862"]
    options += [f"--screenshot={folder / 'report.png'}", page.as_uri()]
    subprocess.run(["chromium", *options], check=True, capture_output=True)
