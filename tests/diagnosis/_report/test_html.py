"""The page: complete, self-contained, escaped, accessible, small, repeatable."""

import base64
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from skoverfit._plain import printable
from skoverfit.diagnosis._report._figures import pictures
from skoverfit.diagnosis._report._html import render_html

VOID = {"meta", "img", "source", "br", "link"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self._open = [], [], "", []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def values(self, tag, name):
        return [v for t, n, v in self.attributes if (t, n) == (tag, name)]


@pytest.fixture(scope="module")
def page(samples):
    return render_html(samples.sample_report(), estimator_code="estimator = 1")


@pytest.fixture(scope="module")
def drawn(samples):
    return pictures(samples.sample_report())


@pytest.fixture(scope="module")
def hostile_page(samples):
    return render_html(samples.hostile_report())


def test_everything_is_shown(page):
    text = " ".join(Page(page).text.split())
    for part in [
        "The model overfits, and that costs test accuracy.",
        "569 rows · 30 features · 2 classes",
        "A stronger setting of the dial scores better.",
        "What to do: Use RegularizedClassifier(estimator, strength=0.5).",
        "RegularizedClassifier, strength 0.5 best",
        "+0.004 [-0.011, +0.019]",
        "No test rows occur among the training rows.",
        "Not judged: ",
        "DecisionTreeClassifier(random_state=0)",
        "benign: 357, malignant: 212",
        "permutation test: more time than the budget leaves",
        "better = clone(estimator)",
    ]:
        assert part in text


def test_page_is_self_contained(page, hostile_page):
    for text in (page, hostile_page):
        parsed = Page(text)
        sources = parsed.values("img", "src") + parsed.values("source", "srcset")
        assert sources
        assert all(source.startswith("data:image/svg+xml") for source in sources)
        assert not {"script", "link", "iframe", "object", "a"} & set(parsed.tags)
        assert "url(" not in text
        assert "@import" not in text
        (policy,) = [
            value
            for value in parsed.values("meta", "content")
            if value.startswith("default-src")
        ]
        assert policy.startswith("default-src 'none'; img-src data:;")


def test_pictures_hold_no_links_and_no_scripts(page):
    for source in Page(page).values("img", "src"):
        svg = base64.b64decode(source.partition("base64,")[2]).decode()
        assert svg.startswith("<svg")
        assert "<script" not in svg
        assert not re.findall(r'href="(?!#)', svg)


def test_hostile_names_are_text(samples, hostile_page):
    parsed = Page(hostile_page)
    assert "script" not in parsed.tags
    assert parsed.tags.count("img") == len(pictures(samples.hostile_report()))
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]
    assert printable(samples.HOSTILE) in parsed.text
    assert not set("\x1b\x07\u202e\x9b") & set(hostile_page)


def test_hostile_names_leave_pictures_whole(samples):
    for picture in pictures(samples.hostile_report()):
        svg = base64.b64decode(picture.light.partition("base64,")[2])
        assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_page_names_its_subject(samples):
    page = render_html(samples.sample_report(subject=samples.SUBJECT))
    (name,) = re.findall("<title>(.*)</title>", page)
    assert name == (
        "patients.csv · target answer · model tree: "
        "The model overfits, and that costs test accuracy."
    )
    text = " ".join(Page(page).text.split())
    for part in [
        "patients.csv · target answer · model tree 569 rows",
        "DataRead 569 rows and 30 features (30 numbers) from patients.csv.",
        "Commandskoverfit diagnose patients.csv --target answer --model tree",
        "Date2026-01-02 03:04 UTC",
        "Versionsskoverfit 0.1, numpy 2.0",
    ]:
        assert part in text


def test_page_is_accessible(page):
    parsed = Page(page)
    assert parsed.values("html", "lang") == ["en"]
    assert all(len(alt) > 20 for alt in parsed.values("img", "alt"))
    assert len(parsed.values("img", "alt")) == parsed.tags.count("img") == 5
    assert parsed.tags.count("h1") == 1
    headings = [int(tag[1]) for tag in parsed.tags if re.fullmatch("h[1-6]", tag)]
    steps = [after - before for before, after in pairwise(headings)]
    assert max(steps) <= 1
    assert set(parsed.values("th", "scope")) == {"col", "row"}
    assert "width=device-width" in parsed.values("meta", "content")[0]


def _luminance(color):
    digits = color.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colors_have_enough_contrast(page):
    themes = re.findall(r"--ink:.*?--info: #\w+", page, re.DOTALL)
    assert len(themes) == 3  # light, dark, print
    for theme in themes:
        colors = dict(re.findall(r"--(\w+): (#\w+)", theme))
        paper = _luminance(colors["paper"])
        for name in ("ink", "quiet", "good", "mild", "bad", "info"):
            ink = _luminance(colors[name])
            ratio = (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)
            assert ratio >= 4.5, (name, colors)


def test_same_report_gives_the_same_page(samples, page):
    again = render_html(samples.sample_report(), estimator_code="estimator = 1")
    assert again == page


def test_page_is_small_with_many_remedies(samples):
    remedies = tuple(
        samples.remedy_of(f"remedy number {i} with a long name", 0.001 * i, -0.01)
        for i in range(20)
    )
    report = samples.sample_report(remedies=remedies, best_remedy=remedies[-1])
    assert len(render_html(report).encode()) < 500_000


def test_reports_without_curves_remedies_or_classes(samples):
    report = samples.sample_report(
        evidence=samples.evidence_of(
            class_counts=None, dial=None, learning_curve=None, skipped=()
        ),
        findings=(),
        remedies=(),
        best_remedy=None,
    )
    parsed = Page(render_html(report))
    assert parsed.tags.count("img") == 2
    assert "Nothing to report." in parsed.text
    assert "No remedy was tried." in parsed.text
    assert "Classes" not in parsed.text


def test_many_classes_are_cut(samples):
    counts = {f"class {i}": 100 - i for i in range(40)}
    text = render_html(
        samples.sample_report(evidence=samples.evidence_of(class_counts=counts))
    )
    assert "and 28 smaller ones" in text


def test_settings_of_matplotlib_are_left_alone(samples, drawn):
    with mpl.rc_context({"text.color": "red", "axes.facecolor": "black"}):
        before = dict(mpl.rcParams)
        again = pictures(samples.sample_report())
        assert dict(mpl.rcParams) == before
    assert again == drawn


def test_dark_pictures_differ_in_ink_only(drawn):
    for picture in drawn:
        light, dark = (
            base64.b64decode(uri.partition("base64,")[2]).decode()
            for uri in (picture.light, picture.dark)
        )
        assert light != dark
        assert light.replace("#30343a", "#d8dade") == dark
