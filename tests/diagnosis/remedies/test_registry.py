import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.remedies._prepared import as_rows
from skoverfit.diagnosis.remedies._registry import choose_kinds, cost_of, known_kinds
from skoverfit.exceptions import InputError

DIGITS = load_digits()
CLASSES = load_breast_cancer(return_X_y=True)
NUMBERS = load_diabetes(return_X_y=True)
IMAGES = DIGITS.images[:200], DIGITS.target[:200]
TEXTS = np.array(["a cat", "two dogs"] * 20, dtype=object), np.arange(40) % 2


def problem_of(estimator, data=CLASSES, **options):
    return make_problem(estimator, *data, random_state=0, **options)


PROBLEMS = {
    "tree": problem_of(DecisionTreeClassifier()),
    "svc_f1": problem_of(SVC(), scoring="f1"),
    "boosting": problem_of(HistGradientBoostingClassifier()),
    "network": problem_of(make_pipeline(PCA(3), MLPRegressor()), NUMBERS),
    "regression_tree": problem_of(DecisionTreeRegressor(), NUMBERS),
    "texts": problem_of(LogisticRegression(), TEXTS),
    "images": problem_of(
        make_pipeline(as_rows(IMAGES[0]), DecisionTreeClassifier()), IMAGES
    ),
    "counted_texts": problem_of(
        make_pipeline(TfidfVectorizer(min_df=2), LogisticRegression()), TEXTS
    ),
}


def proposed(problem, kinds=None):
    return {
        kind.name: kind.candidates(problem)
        for kind in kinds or choose_kinds(None)
        if kind.applies(problem)
    }


@pytest.mark.parametrize("name", PROBLEMS)
def test_code_builds_what_it_stands_for(name):
    for candidates in proposed(PROBLEMS[name]).values():
        for candidate in candidates:
            names = {}
            exec(candidate.code, names)
            assert repr(names["estimator"]) == repr(candidate.estimator)
            assert "set_params" not in candidate.code


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_first_candidate_of_a_family_stands_for_it(name):
    for candidates in proposed(PROBLEMS[name]).values():
        assert not candidates[0].is_variant
        assert len({own.name for own in candidates}) == len(candidates)


@pytest.mark.parametrize(
    ("name", "with_these", "without_these"),
    [
        ("tree", {"pruned_trees", "forest", "splines"}, {"scaled", "tuned_threshold"}),
        ("svc_f1", {"scaled", "tuned_threshold", "balanced_classes"}, {"bagged"}),
        ("boosting", {"stopped_early", "strength", "fold_committee"}, {"pruned_trees"}),
        ("network", {"scaled_target", "scaled", "bagged"}, {"log_target"}),
        ("texts", {"naive_bayes", "linear"}, {"forest", "neighbors"}),
    ],
)
def test_kinds_apply_where_they_can_be_of_use(name, with_these, without_these):
    kinds = set(proposed(PROBLEMS[name]))
    assert with_these <= kinds
    assert not without_these & kinds


def test_the_steps_of_a_model_of_texts_are_kept_and_others_tried():
    found = proposed(PROBLEMS["counted_texts"])
    (both,) = found["words_and_characters"]
    names = [name for name, _ in both.estimator.steps[0][1].transformer_list]
    assert names == ["words", "characters"]
    assert both.estimator.steps[0][1].transformer_list[0][1].min_df == 2
    assert found["strength"][0].estimator[0].min_df == 2
    for kind in ("linear", "naive_bayes"):
        usual, kept, *_ = found[kind]
        assert usual.estimator[0].transformer_list[0][1].min_df == 1
        assert kept.name.endswith("on the given steps")
        assert kept.estimator[0].min_df == 2
        both.estimator.fit(*TEXTS).predict(TEXTS[0])


def test_models_that_are_slow_in_columns_get_no_sequences_of_characters():
    boosted = HistGradientBoostingClassifier()
    dense = FunctionTransformer(lambda X: X.toarray())
    model = make_pipeline(TfidfVectorizer(), dense, boosted)
    assert "words_and_characters" not in proposed(problem_of(model, TEXTS))


def test_images_are_read_by_other_families_and_moved():
    found = proposed(PROBLEMS["images"])
    families = {"linear", "neighbors", "support_vectors", "forest", "extra_trees"}
    assert families | {"changed_images"} <= set(found)
    for kind in (*families, "changed_images"):
        model = found[kind][0].estimator.fit(*IMAGES)
        assert model.score(*IMAGES) > 0.9
    names = [own.name for own in found["changed_images"]]
    assert names[:2] == ["the same model, moved", "support vectors, moved"]


def test_the_logarithm_is_for_targets_with_a_long_tail():
    X, y = NUMBERS
    tail = problem_of(DecisionTreeRegressor(), (X, np.exp(y / 40)))
    assert "log_target" in proposed(tail)
    assert "log_target" not in proposed(PROBLEMS["regression_tree"])


def test_identifiers_are_left_out_by_name_or_number():
    X, y = CLASSES
    numbers = np.random.default_rng(0).permutation(len(X))
    X = np.column_stack([numbers, X[:, :3]])
    (candidate,) = proposed(problem_of(DecisionTreeClassifier(), (X, y)))[
        "no_identifiers"
    ]
    fitted = candidate.estimator.fit(X, y)
    other = X.copy()
    other[:, 0] += 1e6
    assert np.array_equal(fitted.predict(X), fitted.predict(other))


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "neg_log_loss"])
def test_scores_of_all_rows_need_no_other_decisions(scoring):
    problem = problem_of(LogisticRegression(), scoring=scoring)
    assert not {"tuned_threshold", "balanced_classes"} & set(proposed(problem))


def test_other_libraries_are_tried_only_if_asked_for():
    usual = {kind.name for kind in choose_kinds(None)}
    boosting = {"lightgbm", "xgboost", "catboost"}
    assert set(known_kinds()) - usual == boosting | {"skglm", "tabicl", "tabpfn"}
    assert [kind.name for kind in choose_kinds("lightgbm")] == ["lightgbm"]
    with pytest.raises(InputError, match="known are scaled"):
        choose_kinds(["magic"])


def test_costs_are_known_by_name():
    assert cost_of(HistGradientBoostingClassifier(), 500) > cost_of(SVR(), 500) > 1
    assert cost_of(make_pipeline(PCA(), MLPRegressor()), 500) > 1
    assert cost_of(LogisticRegression(), 50_000) == 1
    assert cost_of(SVR(), 10_000) == 10 * cost_of(SVR(), 1000)
