"""Forms of a report, and the way back from JSON."""

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import OverfitReport, Verdict, diagnose, report_schema
from skoverfit.diagnosis._records import Subject
from skoverfit.diagnosis._report._serialize import from_plain, to_plain
from skoverfit.diagnosis._report._view import format_estimate, remedy_rows, snippet
from skoverfit.diagnosis.remedies import _usual as usual


def _noisy(n_samples=90):
    return make_classification(
        n_samples, 5, n_informative=2, n_redundant=0, flip_y=0.2, random_state=3
    )


@pytest.fixture(scope="module")
def full():
    """A report with as many parts as possible: copies, curves, remedies."""
    X, y = _noisy(60)
    X, y = np.vstack([X, X[:20]]), np.r_[y, y[:20]]
    with pytest.MonkeyPatch.context() as patch:  # slow, and a remedy like the others
        patch.setattr(usual, "forest", lambda problem: None)
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
        ({"surprise": 1}, "unknown parts: surprise"),
        ({"best_remedy": "prayer"}, "not among the remedies"),
        ({"verdict": {"code": "no_signal"}}, "verdict has no explanation, headline"),
    ],
)
def test_other_plain_data_is_refused(bare, change, message):
    with pytest.raises(ValueError, match=message):
        OverfitReport.from_dict({**bare.to_dict(), **change})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "schema version"),
        ("[" * 100_000, "nested too deep|Expecting value"),
        ('{"schema_version": NaN}', "NaN is not a number of JSON"),
        ("", "Expecting value"),
    ],
)
def test_not_a_report_at_all(text, message):
    with pytest.raises(ValueError, match=message):
        OverfitReport.from_json(text)


def _places(plain, path=()):
    """Paths of all values; of lists of like items the first and last are enough."""
    if path:
        yield path
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield from _places(value, (*path, key))
    elif isinstance(plain, list):
        for index in sorted({0, len(plain) - 1} if plain else ()):
            yield from _places(plain[index], (*path, index))


def _is_kept(plain, again):
    """Whether all that was read is there; younger fields may have been added."""
    if isinstance(plain, dict):
        return all(key in again and _is_kept(plain[key], again[key]) for key in plain)
    if isinstance(plain, list):
        return len(plain) == len(again) and all(map(_is_kept, plain, again))
    return plain == again


_WRONG = [None, True, -1, 0, 2.5, 1e400, 10**400, np.nan, "", "x", [], [None], {}]
_WRONG += [[[1], [1, 2]], {"x": 1}, ["healthy"]]


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(report_schema())


@pytest.fixture(scope="module")
def places(full):
    return list(_places(full.to_dict()))


@given(
    place=st.integers(0, 10**6),
    change=st.sampled_from(["replace", "delete", "add"]),
    wrong=st.sampled_from(_WRONG),
)
@settings(max_examples=150)
def test_changed_reports_are_refused_or_kept_as_they_are(
    full, places, validator, place, change, wrong
):
    plain = full.to_dict()
    path = places[place % len(places)]
    parent = plain
    for key in path[:-1]:
        parent = parent[key]
    if change == "replace":
        parent[path[-1]] = wrong
    elif change == "delete" or isinstance(parent, list):
        del parent[path[-1]]
    else:
        parent["surprise"] = wrong
    try:
        again = OverfitReport.from_dict(plain)
    except ValueError:
        return
    assert validator.is_valid(plain)
    json.dumps(again.to_dict(), allow_nan=False)
    assert _is_kept(plain, again.to_dict())


@given(place=st.floats(0, 1), junk=st.text(max_size=20), n_cut=st.integers(0, 40))
@settings(max_examples=15)
def test_damaged_json_is_refused_or_read(bare, place, junk, n_cut):
    """Cut, changed or foreign text: a report, or one ValueError."""
    text = bare.to_json()
    start = int(place * len(text))
    try:
        again = OverfitReport.from_json(text[:start] + junk + text[start + n_cut :])
    except ValueError:
        return
    json.dumps(again.to_dict(), allow_nan=False)


@pytest.mark.parametrize("path", [None, "report.json"])
def test_large_reports_are_refused_unless_asked_for(bare, tmp_path, path):
    source = text = bare.to_json()
    if path is not None:
        source = tmp_path / path
        source.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="raise max_bytes"):
        OverfitReport.from_json(source, max_bytes=len(text) - 1)
    assert OverfitReport.from_json(source, max_bytes=len(text)).verdict == bare.verdict


def _older(plain):
    """Plain data with p-values called as in version 2."""
    if isinstance(plain, dict):
        return {k.replace("pvalue", "p_value"): _older(v) for k, v in plain.items()}
    return [_older(item) for item in plain] if isinstance(plain, list) else plain


def test_reports_of_version_2_are_still_read(full):
    older = _older(full.to_dict()) | {"schema_version": 2}
    assert older["findings"][0].keys() != full.to_dict()["findings"][0].keys()
    assert OverfitReport.from_dict(older).to_dict() == full.to_dict()


def test_reports_of_version_3_are_still_read(full):
    older = full.to_dict() | {"schema_version": 3}
    for remedy in older["remedies"]:
        del remedy["change"]
    assert OverfitReport.from_dict(older).to_dict() == full.to_dict()


def test_each_form_shows_one_interval_of_a_remedy(full):
    """That of the change which the verdict rests on, and where it was measured."""
    plain = {remedy["name"]: remedy["change"] for remedy in full.to_dict()["remedies"]}
    frame = full.to_frame().set_index("remedy")
    rows = {row.name: row for row in remedy_rows(full)}
    page, summary = full.to_html(), full.summary()
    assert {r.change.source for r in full.remedies} >= {"same splits", "further splits"}
    for remedy in full.remedies:
        change = remedy.change
        shown = format_estimate(change, signed=True)
        assert rows[remedy.name].test_change == shown
        assert page.count(shown) >= 1
        assert plain[remedy.name]["interval"] == list(change.interval)
        low, high = frame.loc[remedy.name, ["test_change_low", "test_change_high"]]
        assert (low, high) == change.interval
        assert f"{remedy.name}: test" in summary


def test_a_remedy_of_equal_score_is_recommended_where_none_is_better(samples):
    change = corrected_estimate([0.001, -0.001, 0.002, 0.0, 0.001])
    equal = replace(samples.remedy_of("smooth", 0.0, -0.06), test_change=change)
    costly = samples.remedy_of("crude", -0.05, -0.08)
    parts = samples.evidence_of(), samples.FINDINGS, (costly, equal)
    calm = Verdict("harmless_gap", "There is a gap.", "")
    report = OverfitReport(*parts, calm)
    assert report.recommended_remedy == equal
    assert [row.is_best for row in remedy_rows(report)] == [True, False]
    assert remedy_rows(report)[0].note == "the same score with a smaller gap"
    assert "* smooth" in report.summary()
    assert snippet(report) == equal.code
    doubtful = Verdict("validation_misleading", "No.", "")
    assert OverfitReport(*parts, doubtful).recommended_remedy is None
    assert OverfitReport(*parts, calm, costly).recommended_remedy == costly


def test_reports_without_a_subject_are_still_read(bare):
    plain = bare.to_dict()
    del plain["subject"]
    assert OverfitReport.from_dict(plain).subject is None
    named = OverfitReport.from_dict(plain)
    named.subject = Subject(data="a.csv", target="y", versions={"numpy": "2.0"})
    jsonschema.validate(named.to_dict(), report_schema())
    assert OverfitReport.from_json(named.to_json()).subject == named.subject


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
        remedies["test_change"], [r.change.mean for r in full.remedies]
    )
    assert list(remedies["measured_on"]) == [r.change.source for r in full.remedies]
    splits = full.to_frame("splits")
    np.testing.assert_allclose(
        splits["gap"], splits["train_score"] - splits["test_score"]
    )
    assert splits["gap"].mean() == pytest.approx(full.evidence.model.gap.mean)
    findings = full.to_frame("findings")
    assert list(findings["code"]) == [f.code for f in full.findings]
    present = findings[findings["status"] == "present"]
    assert list(present["points"]) == sorted(present["points"], reverse=True)
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
