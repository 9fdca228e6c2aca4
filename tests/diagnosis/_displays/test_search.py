"""The display of a search holds the right numbers and draws what it holds."""

import matplotlib.text
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import GapSearchDisplay
from skoverfit.diagnosis._displays._search import CandidateScores, ParameterCurve
from skoverfit.model_selection import PenalizedGap, pareto_front

SPACE = {"max_depth": [2, 10, None], "min_samples_leaf": [1, 3, 10, 30]}


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def data():
    return make_classification(160, 8, n_informative=4, class_sep=0.7, random_state=1)


def fitted(data, space, estimator=None, **options):
    estimator = estimator or DecisionTreeClassifier(random_state=0)
    options = {"return_train_score": True, "cv": 4} | options
    return GridSearchCV(estimator, space, **options).fit(*data)


@pytest.fixture(scope="module")
def search(data):
    return fitted(data, SPACE, refit=PenalizedGap(2.0))


class Stored(BaseEstimator):
    """A search of which only the results are known."""

    multimetric_ = False

    def __init__(self, test, gap, params=None, best_index=None, n_splits=3):
        test, gap = np.asarray(test, dtype=float), np.asarray(gap, dtype=float)
        spread = np.linspace(-0.03, 0.03, n_splits)
        self.n_splits_ = n_splits
        self.cv_results_ = {
            "params": params or [{"a": i} for i in range(len(test))],
            "mean_test_score": test,
            "mean_train_score": test + gap,
        }
        for k, shift in enumerate(spread):
            self.cv_results_[f"split{k}_test_score"] = test + shift
            self.cv_results_[f"split{k}_train_score"] = test + gap
        if best_index is not None:
            self.best_index_ = best_index

    def fit(self, X, y=None):
        """Fitted it is already."""
        return self


def labeled(ax, label):
    artists = [*ax.lines, *ax.collections, *ax.patches]
    return next(artist for artist in artists if artist.get_label() == label)


# ------------------------------------------------------------------------- the scatter
def test_scatter_holds_scores_front_choice_and_noise(search, ax):
    display = GapSearchDisplay.from_search(search, ax=ax)
    held, results = display.data, search.cv_results_
    assert isinstance(held, CandidateScores)
    gaps = results["mean_train_score"] - results["mean_test_score"]
    np.testing.assert_allclose(held.test, results["mean_test_score"])
    np.testing.assert_allclose(held.gap, gaps)
    np.testing.assert_array_equal(held.front, pareto_front(results))
    assert held.chosen == search.best_index_
    assert held.argmax == np.argmax(held.test) != held.chosen
    splits = [results[f"split{k}_test_score"][held.argmax] for k in range(4)]
    assert held.noise == pytest.approx(np.std(splits, ddof=1) / 2)
    assert display.ax_ is ax
    assert display.gap_ax_ is None
    assert display.figure_ is ax.figure


def test_scatter_draws_what_it_holds(search, ax):
    held = GapSearchDisplay.from_search(search, ax=ax).data
    front = labeled(ax, "Pareto front")
    np.testing.assert_allclose(front.get_xdata(), held.gap[held.front])
    np.testing.assert_allclose(front.get_ydata(), held.test[held.front])
    for label, index in (("chosen", held.chosen), ("best test score", held.argmax)):
        expected = [[held.gap[index], held.test[index]]]
        np.testing.assert_allclose(labeled(ax, label).get_offsets(), expected)
    assert len(labeled(ax, "candidate").get_offsets()) == 12
    band = (
        labeled(ax, "1 standard error")
        .get_extents()
        .transformed(ax.transData.inverted())
    )
    best = held.test[held.argmax]
    assert (band.y0, band.y1) == pytest.approx((best - held.noise, best))


def test_scatter_of_a_search_that_chose_nothing(data, ax):
    options = {"scoring": ["accuracy", "f1"], "refit": False}
    search = fitted(data, {"max_depth": [1, 3]}, **options)
    held = GapSearchDisplay.from_search(search, metric="f1", ax=ax).data
    assert held.chosen is None
    assert held.metric == "f1"
    assert ax.get_ylabel() == "mean test f1"
    with pytest.raises(ValueError, match="name the one to select by"):
        GapSearchDisplay.from_search(search, ax=ax)
    with pytest.raises(ValueError, match="metric='roc_auc'"):
        GapSearchDisplay.from_search(search, metric="roc_auc", ax=ax)
    several = fitted(data, {"max_depth": [1, 3]}, **options | {"refit": "f1"})
    assert GapSearchDisplay.from_search(several, ax=ax).data.metric == "f1"


def test_candidates_that_failed_are_not_drawn(ax):
    stored = Stored([0.8, np.nan, 0.7], [0.2, np.nan, 0.1], best_index=0)
    held = GapSearchDisplay.from_search(stored, ax=ax).data
    assert held.front.tolist() == [2, 0]
    assert np.isfinite(ax.get_ylim()).all()


def test_candidates_far_off_are_left_out_and_counted(ax):
    test = [*np.linspace(0.5, 0.9, 9), -1e5]
    gap = [*np.linspace(0.05, 0.4, 9), 1e5]
    display = GapSearchDisplay.from_search(Stored(test, gap, best_index=8), ax=ax)
    assert ax.get_title() == "1 of 10 candidates not shown"
    assert 0 < ax.get_ylim()[0] < 0.5 < 0.9 < ax.get_ylim()[1] < 1
    # What the picture is about stays in it, however far off it is.
    far = Stored(test, gap, best_index=9)
    display.data = GapSearchDisplay.from_search(far, ax=Figure().add_subplot()).data
    display.plot(other := Figure().add_subplot())
    assert other.get_title() == ""
    assert other.get_ylim()[0] < -1e5


def test_refined_means_count_and_the_others_are_still_drawn(ax):
    stored = Stored([0.9, 0.8, 0.7], [0.3, 0.2, 0.1], best_index=1)
    results = stored.cv_results_
    results["mean_gap_score"] = np.array([0.3, 0.2, 0.1])
    results["refined_mean_test_score"] = np.array([0.75, 0.8, np.nan])
    results["refined_mean_gap_score"] = np.array([0.35, 0.25, np.nan])
    for side, value in (("test", 0.78), ("train", 1.0), ("gap", 0.22)):
        column = np.array([value, value, np.nan])
        results[f"repeat1_split0_{side}_score"] = column
    held = GapSearchDisplay.from_search(stored, ax=ax).data
    assert held.test.tolist() == [0.75, 0.8, 0.7]
    assert held.gap.tolist() == [0.35, 0.25, 0.1]
    assert held.front.tolist() == [1]
    assert held.argmax == 1
    curve = GapSearchDisplay.from_search(stored, kind="curve", ax=ax).data
    four = [0.77, 0.8, 0.83, 0.78]
    assert curve.mean["test"][1] == pytest.approx(np.mean(four))
    assert curve.mean["test"][2] == pytest.approx(0.7)


# --------------------------------------------------------------------------- the curve
def test_curve_holds_means_and_intervals_of_the_best_candidates(search, ax):
    display = GapSearchDisplay.from_search(search, param="min_samples_leaf", ax=ax)
    held, results = display.data, search.cv_results_
    assert isinstance(held, ParameterCurve)
    assert held.values == held.x.tolist() == [1, 3, 10, 30]
    assert held.scale == "log"
    assert (held.n_others, held.is_grouped) == (1, False)
    leaf = np.array([params["min_samples_leaf"] for params in results["params"]])
    for place, value in enumerate(held.values):
        rows = np.flatnonzero(leaf == value)
        best = rows[np.argmax(results["mean_test_score"][rows])]
        assert held.candidates[place] == best
        test, train = (
            np.array([results[f"split{k}_{side}_score"][best] for k in range(4)])
            for side in ("test", "train")
        )
        for side, scores in {"test": test, "train": train, "gap": train - test}.items():
            expected = corrected_estimate(scores)
            assert held.mean[side][place] == pytest.approx(expected.mean)
            interval = (held.low[side][place], held.high[side][place])
            assert interval == pytest.approx(expected.interval)
    assert held.values[held.chosen] == search.best_params_["min_samples_leaf"]


def test_curve_draws_what_it_holds(search, ax):
    display = GapSearchDisplay.from_search(search, param="min_samples_leaf", ax=ax)
    held = display.data
    assert display.ax_ is not display.gap_ax_
    assert display.figure_ is ax.figure
    for axes, side in ((display.ax_, "train"), (display.gap_ax_, "gap")):
        line = labeled(axes, side)
        np.testing.assert_allclose(line.get_xdata(), held.x)
        np.testing.assert_allclose(line.get_ydata(), held.mean[side])
        chosen = labeled(axes, "chosen").get_xdata()
        assert chosen[0] == held.x[held.chosen]
    assert display.gap_ax_.get_xscale() == display.ax_.get_xscale() == "log"
    assert display.gap_ax_.get_xlabel() == "min_samples_leaf"
    assert display.ax_.get_title() == "best over 1 other parameter"


def test_values_that_are_not_numbers_are_categories(search, ax):
    display = GapSearchDisplay.from_search(search, param="max_depth", ax=ax)
    assert display.data.values == [2, 10, None]
    assert display.data.scale == "category"
    assert display.data.x.tolist() == [0, 1, 2]
    ticks = [tick.get_text() for tick in display.gap_ax_.get_xticklabels()]
    assert ticks == ["2", "10", "None"]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 10, 100], "log"),
        ([1e-4, 1e-3, 1e-2, 1e-1], "log"),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "linear"),
        ([5, 6], "linear"),
        ([0, 10, 100], "linear"),
        ([-1, 1, 100], "linear"),
        ([1, 100], "linear"),
        ([True, False], "category"),
        ([1, True], "category"),
        (["l1", "l2"], "category"),
        ([1.0, np.inf], "category"),
        ([[1, 2], [3]], "category"),
    ],
)
def test_the_axis_suits_the_values(values, scale, ax):
    n = len(values)
    params = [{"a": value} for value in values]
    stored = Stored(np.linspace(0.5, 0.7, n), np.full(n, 0.1), params, best_index=0)
    held = GapSearchDisplay.from_search(stored, kind="curve", ax=ax).data
    assert held.scale == scale
    assert sorted(map(str, held.values)) == sorted(map(str, values))


def test_values_ascend_whatever_the_order_of_the_candidates(ax):
    params = [{"a": value} for value in (100, 1, 10, 1)]
    stored = Stored([0.5, 0.6, 0.7, 0.9], [0.1] * 4, params, best_index=2)
    held = GapSearchDisplay.from_search(stored, kind="curve", ax=ax).data
    assert held.values == [1, 10, 100]
    assert held.candidates.tolist() == [3, 2, 0]
    assert held.chosen == 1


def test_many_values_are_put_into_groups(ax):
    rng = np.random.default_rng(0)
    values, test = 10 ** rng.uniform(-3, 3, 95), rng.uniform(size=95)
    params = [{"a": value, "b": 1} for value in values]
    stored = Stored(test, np.full(95, 0.1), params, best_index=int(test.argmax()))
    display = GapSearchDisplay.from_search(stored, param="a", ax=ax)
    held = display.data
    order = np.argsort(values)
    expected = [max(part, key=test.__getitem__) for part in np.array_split(order, 10)]
    assert held.candidates.tolist() == expected
    assert held.is_grouped
    assert held.n_others == 0
    assert held.candidates[held.chosen] == test.argmax()
    assert display.ax_.get_title() == "values in groups"


def test_one_varied_parameter_need_not_be_named(data, ax):
    knn = KNeighborsClassifier()
    search = fitted(data, {"n_neighbors": [1, 5, 25], "p": [2]}, knn)
    held = GapSearchDisplay.from_search(search, kind="curve", ax=ax).data
    assert (held.param, held.n_others) == ("n_neighbors", 0)


def test_a_parameter_that_only_some_candidates_set_varies(ax):
    params = [{"a": 1}, {"a": 1, "b": 2}]
    stored = Stored([0.5, 0.6], [0.1, 0.1], params)
    held = GapSearchDisplay.from_search(stored, kind="curve", ax=ax).data
    assert held.values == [2, None]
    assert held.chosen is None


def test_one_split_has_no_interval(ax):
    stored = Stored([0.5, 0.6], [0.1, 0.1], n_splits=1)
    held = GapSearchDisplay.from_search(stored, kind="curve", ax=ax).data
    assert np.isnan(held.low["test"]).all()
    assert np.isfinite(held.mean["test"]).all()


def test_dollars_are_not_mathematics(ax):
    params = [{"a$b$": "$x$"}, {"a$b$": "y" * 50}]
    stored = Stored([0.5, 0.6], [0.1, 0.1], params)
    display = GapSearchDisplay.from_search(stored, kind="curve", ax=ax)
    texts = [text.get_text() for text in ax.figure.findobj(matplotlib.text.Text)]
    assert r"\$x\$" in texts
    assert display.gap_ax_.get_xlabel() == r"a\$b\$"
    assert max(map(len, texts)) < 50


# ------------------------------------------------------------------------------ errors
def test_without_axes_a_figure_is_made(search):
    plt = pytest.importorskip("matplotlib.pyplot")
    for options in ({}, {"param": "max_depth"}):
        display = GapSearchDisplay.from_search(search, **options)
        assert display.figure_.number in plt.get_fignums()
        display.figure_.canvas.draw()
        plt.close(display.figure_)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "pie"}, "kind='pie' must be one of"),
        ({"kind": "scatter", "param": "max_depth"}, "needs kind='curve'"),
        ({"kind": "curve"}, r"param=None must name one of the parameters \['max_depth"),
        ({"param": "C"}, "param='C' is not a parameter that varied"),
    ],
)
def test_bad_options_are_refused(search, options, message):
    with pytest.raises(ValueError, match=message):
        GapSearchDisplay.from_search(search, **options)


def test_searches_without_fit_train_scores_or_scores(data):
    with pytest.raises(NotFittedError):
        GapSearchDisplay.from_search(GridSearchCV(KNeighborsClassifier(), {}))
    plain = fitted(data, {"max_depth": [1, 2]}, return_train_score=False)
    nothing = Stored([np.nan, np.nan], [np.nan, np.nan])
    for kind in ("scatter", "curve"):
        with pytest.raises(ValueError, match=r"mean_train_score.*return_train_score"):
            GapSearchDisplay.from_search(plain, kind=kind)
        with pytest.raises(ValueError, match="no candidate with a finite 'score'"):
            GapSearchDisplay.from_search(nothing, kind=kind)
