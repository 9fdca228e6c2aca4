"""What rows contribute to scores, for rules that compare rows."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, make_scorer, max_error
from sklearn.model_selection import GroupKFold, RepeatedKFold
from sklearn.neighbors import KNeighborsClassifier

from skoverfit import GapAwareSearchCV
from skoverfit._paired import paired_estimate
from skoverfit.model_selection import SmallestGapByPairedTest
from skoverfit.model_selection._honest_score import _predictions
from skoverfit.model_selection._row_scores import RowScores

X, y = make_classification(120, 5, flip_y=0.2, random_state=0)
NEIGHBORS = {"n_neighbors": [1, 3, 9, 27]}
RULE = SmallestGapByPairedTest(0.05)


class Sees:
    """A rule that keeps what it is called with first, and chooses as another does."""

    needs_rows = True

    def __init__(self, rule=RULE):
        self.rule, self.seen = rule, []

    def __call__(self, results):
        self.seen.append(results)
        return self.rule(results)


def search(scoring=None, params=(), rows=X, target=y, **options):
    rule, estimator = Sees(), KNeighborsClassifier()
    if target.dtype.kind == "f":
        estimator, grid = Ridge(), {"alpha": [0.1, 10.0, 1000.0]}
    else:
        grid = NEIGHBORS
    options = {"cv": 4, **options}
    found = GapAwareSearchCV(
        estimator, grid, scoring=scoring, selection=rule, **options
    ).fit(rows, target, **dict(params))
    assert not any(key.startswith("row_scores") for key in found.cv_results_)
    return found, rule.seen[0].get("row_scores_score")


@pytest.mark.parametrize(
    "scoring", [None, "neg_log_loss", "roc_auc", "average_precision", "r2"]
)
def test_means_of_rows_are_the_scores_of_splits(scoring):
    data = {}
    if scoring == "r2":
        made = make_regression(120, 5, noise=50.0, random_state=0)
        data = {"rows": made[0], "target": made[1]}
    found, rows = search(scoring, **data)
    for candidate in range(len(found.cv_results_["params"])):
        means = [scores.mean() for scores in rows.of(candidate)]
        searched = [
            found.cv_results_[f"split{k}_test_score"][candidate] for k in range(4)
        ]
        assert means == pytest.approx(searched, rel=1e-9)
    assert sorted(np.concatenate(rows.rows)) == list(range(120))
    assert not hasattr(found, "predictions_")
    pickle.dumps(found)


def test_the_choice_is_that_of_paired_differences():
    found, rows = search("neg_log_loss")
    results = found.cv_results_
    best = int(np.argmax(results["mean_test_score"]))
    tests = [
        paired_estimate(rows.of(best), rows.of(other), rows.rows) for other in range(4)
    ]
    gaps = [
        gap if test.pvalue >= 0.05 or index == best else np.inf
        for index, (gap, test) in enumerate(
            zip(results["mean_gap_score"], tests, strict=True)
        )
    ]
    assert found.best_index_ == int(np.argmin(gaps))
    stored = search("neg_log_loss", store_predictions=True)[0]
    assert stored.best_index_ == found.best_index_
    assert stored.honest_score_.method == "bootstrap"
    assert stored.honest_score_.n_rounds > 50


def test_the_honest_score_leaves_out_rows_with_their_split():
    found, rows = search()
    results, chosen = found.cv_results_, []
    for left_out in range(4):
        keep = [k for k in range(4) if k != left_out]
        part = {
            f"split{new}_{name}": results[f"split{k}_{name}"]
            for new, k in enumerate(keep)
            for name in ("test_score", "train_score")
        }
        for side in ("test", "train"):
            columns = [part[f"split{k}_{side}_score"] for k in range(3)]
            part[f"mean_{side}_score"] = np.mean(columns, axis=0)
        chosen.append(RULE(part | {"row_scores_score": rows.kept(keep)}))
    assert found.honest_score_.chosen == tuple(chosen)


def test_groups_stay_together():
    groups = np.arange(120) // 6
    _, rows = search(params={"groups": groups}, cv=GroupKFold(4))
    scores = rows.of(0), rows.of(3)
    expected = paired_estimate(*scores, rows.rows, groups=groups)
    assert rows.difference(0, 3) == expected
    assert expected != paired_estimate(*scores, rows.rows)


@pytest.mark.parametrize(
    "options",
    [
        {"scoring": "f1"},
        {"scoring": make_scorer(max_error, greater_is_better=False)},
        {"scoring": lambda estimator, X, y: estimator.score(X, y)},
        {"cv": RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)},
        {"refine": 1},
        {"memory": 100},
    ],
    ids=["f1", "largest error", "function", "repeats", "refined", "memory"],
)
def test_splits_are_compared_where_rows_are_missing(options, monkeypatch):
    options = dict(options)
    if "memory" in options:
        monkeypatch.setattr(_predictions, "DEFAULT_MAX_BYTES", options.pop("memory"))
    found, rows = search(**options)
    assert rows is None
    assert found.best_index_ == RULE(found.cv_results_)


def test_rows_drawn_again_count_as_new_ones():
    of = [[np.array([0.0, 1.0, 2.0]), np.array([3.0, 5.0])]].__getitem__
    rows = RowScores(of, [np.arange(3), np.arange(3, 5)])
    drawn = rows.drawn([np.array([2, 0, 1]), np.array([0, 3])])
    assert [scores.tolist() for scores in drawn.of(0)] == [[0, 0, 2], [5, 5, 5]]
    assert np.concatenate(drawn.rows).tolist() == list(range(6))
    parcels = rows.by_unit([np.array([0, 1, 0]), np.array([0, 0])])
    assert [scores.mean() for scores in parcels.of(0)] == [1.0, 4.0]
    assert [len(own) for own in parcels.rows] == [2, 1]


def test_weights_of_the_scorer_need_splits():
    rule = Sees()
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        weighted = GapAwareSearchCV(
            KNeighborsClassifier(), NEIGHBORS, scoring=scorer, selection=rule
        )
        weighted.fit(X, y, sample_weight=np.linspace(0.1, 1.0, 120))
    assert "row_scores_score" not in rule.seen[0]
