"""The summary of a search, as a frame and in a notebook."""

import html
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit.model_selection import (
    Committee,
    GapAwareSearchCV,
    ParetoKnee,
    PenalizedGap,
)
from skoverfit.model_selection._summary import (
    SummaryMixin,
    summarize_search,
    summary_html,
)

pytest.importorskip("pandas")

SPACE = {"max_depth": [1, 2, None], "min_samples_leaf": [1, 5, 20]}


class Search(SummaryMixin, GridSearchCV):
    """A search of scikit-learn that summarizes itself."""


@pytest.fixture(scope="module")
def data():
    return make_classification(160, 8, n_informative=4, class_sep=0.7, random_state=1)


@pytest.fixture(scope="module")
def search(data):
    search = Search(
        DecisionTreeClassifier(random_state=0),
        SPACE,
        refit=PenalizedGap(2.0),
        return_train_score=True,
        cv=4,
    )
    return search.fit(*data)


def test_rows_are_the_choice_the_best_score_and_the_knee(search):
    frame = search.summary()
    results = search.cv_results_
    assert frame.index.tolist() == ["chosen", "best test score", "knee"]
    assert frame["candidate"].tolist() == [
        search.best_index_,
        np.argmax(results["mean_test_score"]),
        ParetoKnee()(results),
    ]
    for name in ("test", "train"):
        means = results[f"mean_{name}_score"][frame["candidate"]]
        assert frame[f"{name}_score"].to_numpy() == pytest.approx(means)


def test_a_committee_comes_first(data):
    tree = DecisionTreeClassifier(random_state=0)
    committee = Committee(guard=False)
    search = GapAwareSearchCV(tree, SPACE, committee=committee, cv=4).fit(*data)
    report, frame = search.selection_path_.committee, search.summary()
    assert frame.index[:2].tolist() == ["committee", "chosen"]
    first = frame.loc["committee"]
    assert first["test_score"] == report.score
    assert first["gap"] == report.gap
    assert first["test_score_paid"] == pytest.approx(-report.gain)
    assert first["debiased_score"] == search.debiased_score_
    assert np.isnan(frame.loc["chosen", "debiased_score"])
    assert "committee" in summary_html(search)


def test_the_price_is_against_the_best_score(search):
    frame = search.summary()
    best = frame.loc["best test score"]
    assert best["test_score_paid"] == best["gap_saved"] == 0
    for role in ("chosen", "knee"):
        row = frame.loc[role]
        assert row["test_score_paid"] == best["test_score"] - row["test_score"] >= 0
        assert row["gap_saved"] == best["gap"] - row["gap"]
        assert row["gap"] == pytest.approx(row["train_score"] - row["test_score"])
    assert frame.loc["chosen", "gap_saved"] > 0


def test_parameters_keep_their_values(search):
    frame = search.summary()
    for candidate, depth, leaf in zip(
        frame["candidate"],
        frame["param_max_depth"],
        frame["param_min_samples_leaf"],
        strict=True,
    ):
        assert search.cv_results_["params"][candidate] == {
            "max_depth": depth,
            "min_samples_leaf": leaf,
        }
    assert frame["n_splits_run"].tolist() == [4, 4, 4]


def test_conditional_parameters_are_missing_where_they_do_not_apply(data):
    space = [{"kernel": ["linear"], "C": [1e-4]}, {"gamma": [0.1], "C": [1.0]}]
    search = GridSearchCV(SVC(), space, return_train_score=True).fit(*data)
    frame = summarize_search(search)
    for candidate, gamma in zip(frame["candidate"], frame["param_gamma"], strict=True):
        expected = search.cv_results_["params"][candidate].get("gamma", np.nan)
        assert gamma == pytest.approx(expected, nan_ok=True)


def test_without_train_scores_there_is_no_gap_and_no_knee(data):
    tree = DecisionTreeClassifier(random_state=0)
    frame = summarize_search(GridSearchCV(tree, SPACE, refit=False).fit(*data))
    assert frame.index.tolist() == ["chosen", "best test score"]
    assert frame["gap"].isna().all()


def test_with_several_metrics_the_one_selected_by_counts(data):
    tree = DecisionTreeClassifier(random_state=0)
    options = {"scoring": ["accuracy", "f1"], "return_train_score": True}
    search = GridSearchCV(tree, SPACE, refit="f1", **options).fit(*data)
    best = search.cv_results_["mean_test_f1"].max()
    assert summarize_search(search).loc["chosen", "test_score"] == best
    best = search.cv_results_["mean_test_accuracy"].max()
    frame = summarize_search(search, metric="accuracy")
    assert frame.loc["best test score", "test_score"] == best
    none = Search(tree, SPACE, refit=False, **options).fit(*data)
    assert none.summary("f1").index.tolist() == ["best test score", "knee"]
    assert summary_html(none) == ""
    with pytest.raises(ValueError, match="name the one to select by"):
        none.summary()


def test_the_honest_score_stands_with_the_choice(search):
    search = fresh(search)
    search.debiased_score_, search.debiased_score_interval_ = 0.7, (0.6, 0.8)
    frame = search.summary()
    columns = ["debiased_score", "debiased_low", "debiased_high"]
    assert frame.loc["chosen", columns].tolist() == [0.7, 0.6, 0.8]
    assert frame.loc["knee", columns].isna().all()
    assert "Debiased score of the choice: 0.7 [0.6, 0.8]" in summary_html(search)


def test_refined_means_count(search):
    search = fresh(search)
    results = dict(search.cv_results_)
    refined = np.full(len(results["params"]), np.nan)
    refined[[2, 4]] = 0.5, 0.6
    results["refined_mean_test_score"] = refined
    results["refined_mean_train_score"] = refined + 0.1
    results["refined_mean_gap_score"] = np.where(np.isnan(refined), np.nan, 0.1)
    results["mean_gap_score"] = results["mean_train_score"] - results["mean_test_score"]
    results["n_splits_run"] = np.where(np.isnan(refined), 4, 12)
    search.cv_results_, search.best_index_ = results, 2
    frame = search.summary().loc[["chosen", "best test score"]]
    assert frame["candidate"].tolist() == [2, 4]
    assert frame["test_score"].tolist() == [0.5, 0.6]
    assert frame["n_splits_run"].tolist() == [12, 12]


def fresh(search):
    """A copy whose attributes may be set."""
    copy = Search(search.estimator, search.param_grid)
    vars(copy).update(vars(search))
    return copy


def test_an_unfitted_search_has_no_summary():
    search = Search(SVC(), {"C": [1.0]})
    with pytest.raises(NotFittedError):
        search.summary()
    assert summary_html(search) == ""


def test_without_pandas_the_error_names_the_extra(search, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"skoverfit\[report\]"):
        search.summary()
    assert "best test score" in summary_html(search)


# -------------------------------------------------------------------------------- html
class Odd(ClassifierMixin, BaseEstimator):
    """A classifier with a parameter that takes anything."""

    def __init__(self, what=None):
        self.what = what

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_well_formed_and_escaped(data):
    attack = "<script>alert('&')</script>"
    search = GridSearchCV(Odd(), {"what": [attack, "x" * 500]}, cv=2).fit(*data)
    page = summary_html(search)
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    assert "script" not in parser.seen
    assert html.escape(repr(attack)) in page
    assert max(map(len, re.findall(r">([^<]*)<", page))) < 500


def test_the_summary_stands_under_the_diagram_of_scikit_learn(search):
    plain = GridSearchCV._repr_html_.fget(search)()
    for shown in (search._repr_html_(), search._repr_mimebundle_()["text/html"]):
        # The diagram counts its identifiers up: compare without digits.
        assert re.sub(r"\d", "", shown).startswith(re.sub(r"\d", "", plain))
        assert shown.endswith(summary_html(search))
    unfitted = Search(SVC(), {"C": [1.0]})
    assert "skoverfit-search" not in unfitted._repr_html_()


def test_scikit_learns_setting_of_the_display_counts(search):
    with config_context(display="text"):
        assert not hasattr(search, "_repr_html_")
        assert set(search._repr_mimebundle_()) == {"text/plain"}
    assert set(search._repr_mimebundle_()) == {"text/plain", "text/html"}
