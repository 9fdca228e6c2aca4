"""Forms of a report, and the way back from JSON."""

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import OverfitReport, diagnose, report_schema
from skoverfit.diagnosis._serialize import from_plain, to_plain


def _noisy(n_samples=90):
    return make_classification(
        n_samples, 5, n_informative=2, n_redundant=0, flip_y=0.2, random_state=3
    )


@pytest.fixture(scope="module")
def full():
    """A report with as many parts as possible: copies, curves, remedies."""
    X, y = _noisy(60)
    X, y = np.vstack([X, X[:20]]), np.r_[y, y[:20]]
    return diagnose(DecisionTreeClassifier(), X, y, random_state=0)


@pytest.fixture(scope="module")
def bare():
    """A report in which nearly everything is missing."""
    X, y = _noisy()
    return diagnose(LogisticRegression(), X, y, budget=1e-9, random_state=0)


@pytest.fixture(params=["full", "bare"])
def report(request):
    return request.getfixturevalue(request.param)


def test_json_round_trip(report):
    plain = json.loads(report.to_json())
    assert plain == report.to_dict()
    again = OverfitReport.from_json(report.to_json())
    assert again.to_dict() == plain
    assert again.findings == report.findings
    assert again.verdict == report.verdict
    model = again.evidence.model
    np.testing.assert_array_equal(model.test_scores, report.evidence.model.test_scores)
    assert model.n_train.dtype == np.int64
    assert not hasattr(again, "best_estimator_")
    assert again.summary() == report.summary()


def test_json_follows_its_schema(report):
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report.to_dict(), schema)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict", "code"), "splendid"),
        (("evidence", "n_samples"), "many"),
        (("evidence", "model", "gap"), None),
        (("extra",), 1),
        (("schema_version",), 2),
    ],
)
def test_schema_refuses_other_things(bare, path, value):
    plain = bare.to_dict()
    part = plain
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain, report_schema())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 99}, "schema version"),
        ({"surprise": 1}, "wrong keys"),
        ({"best_remedy": "prayer"}, "not among the remedies"),
        ({"verdict": {"code": "healthy"}}, "Verdict has missing or unknown fields"),
    ],
)
def test_other_plain_data_is_refused(bare, change, message):
    with pytest.raises(ValueError, match=message):
        OverfitReport.from_dict({**bare.to_dict(), **change})


def test_not_a_report_at_all():
    with pytest.raises(ValueError, match="schema version"):
        OverfitReport.from_json("[]")


def test_files(report, tmp_path):
    path = tmp_path / "report.json"
    text = report.to_json(path)
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)
    assert OverfitReport.from_json(path).to_dict() == report.to_dict()


def test_what_is_not_finite_becomes_null_and_nan_again(bare):
    gap = replace(bare.evidence.model.gap, std_error=np.nan, interval=(-np.inf, np.inf))
    plain = to_plain(gap)
    assert plain["std_error"] is None
    again = from_plain(type(gap), plain)
    assert np.isnan([again.std_error, *again.interval]).all()


def test_frames(full):
    pytest.importorskip("pandas")
    remedies = full.to_frame()
    assert list(remedies["remedy"]) == [r.name for r in full.remedies]
    np.testing.assert_allclose(
        remedies["test_change"], [r.test_change.mean for r in full.remedies]
    )
    splits = full.to_frame("splits")
    np.testing.assert_allclose(
        splits["gap"], splits["train_score"] - splits["test_score"]
    )
    assert splits["gap"].mean() == pytest.approx(full.evidence.model.gap.mean)
    assert list(full.to_frame("findings")["code"]) == [f.code for f in full.findings]
    with pytest.raises(ValueError, match="kind='scores'"):
        full.to_frame("scores")


def test_summary_names_what_matters(report):
    text = report.summary()
    assert text.startswith(report.verdict.headline)
    for finding in report.findings:
        assert (finding.explanation in text) == (finding.status == "present") or (
            finding.explanation in report.verdict.explanation
        )
    for remedy in report.remedies:
        assert remedy.name in text
    for skipped in report.evidence.skipped:
        assert skipped.reason in text


def test_repr_is_short(report):
    assert repr(report).startswith("OverfitReport(verdict=")
    assert len(repr(report)) < 250


def test_html_is_framed(full):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    framed = full._repr_html_()
    assert framed.startswith("<iframe srcdoc=")
    assert "<script" not in framed.split("srcdoc=")[1].split('"')[1]


def test_html_falls_back_to_text(full, monkeypatch):
    def missing(self, path=None):
        raise ImportError("no jinja2")

    monkeypatch.setattr(OverfitReport, "to_html", missing)
    assert full._repr_html_().startswith("<pre>")


def test_html_is_written(full, tmp_path):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    path = tmp_path / "report.html"
    page = full.to_html(path)
    assert path.read_text(encoding="utf-8") == page
    assert "<html" in page
