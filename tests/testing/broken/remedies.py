"""Kinds of remedies that look right, each with one mistake that people make."""

# ruff: noqa: NPY002 - the global generator is what must not be used

from dataclasses import replace

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import Candidate, RemedyKind
from tests.testing.broken.row import Broken

TREE = DecisionTreeClassifier(max_depth=2, random_state=0)


class Sound(RemedyKind):
    """A small tree, where classes are told by numbers without gaps."""

    name, changes_given = "small_tree", False

    def applies(self, problem):
        is_table = isinstance(problem.X, np.ndarray) and problem.X.ndim == 2
        is_dense = is_table and problem.X.dtype.kind == "f"
        return problem.is_classification and is_dense and not np.isnan(problem.X).any()

    def candidates(self, problem):
        return [Candidate.of("small tree", "A small tree.", self.model(problem))]

    def model(self, problem):
        return TREE


class HasTitleForName(Sound):
    name = "Small tree"


class NeedsMillions(Sound):
    def applies(self, problem):
        return problem.n_samples > 1_000_000


class NamesTwoAlike(Sound):
    def candidates(self, problem):
        return [*super().candidates(problem), *super().candidates(problem)]


class DrawsDepth(Sound):
    def model(self, problem):
        return DecisionTreeClassifier(
            max_depth=int(np.random.randint(1000)), random_state=0
        )


class ChoosesColumns(Sound):
    def model(self, problem):
        centered = problem.X - problem.X.mean(axis=0)
        shared = np.abs(centered.T @ problem.y) / problem.X.std(axis=0)
        keep = make_column_transformer(("passthrough", [int(np.argmax(shared))]))
        return make_pipeline(keep, TREE)


class FitsTestPart(Sound):
    def model(self, problem):
        part = () if problem.X_test is None else problem.y_test
        return DecisionTreeClassifier(max_depth=2 + int(np.sum(part)), random_state=0)


class ScalesBefore(Sound):
    def model(self, problem):
        scaler = StandardScaler().fit(problem.X)
        return make_pipeline(FrozenEstimator(scaler), TREE)


class TurnsGivenModel(Sound):
    def candidates(self, problem):
        problem.estimator.set_params(random_state=1)
        return super().candidates(problem)


class CentersRows(Sound):
    def candidates(self, problem):
        problem.X[:] -= problem.X.mean(axis=0)
        return super().candidates(problem)


class AppliesToAll(Sound):
    def applies(self, problem):
        return problem.is_classification


class ThrowsDice(DecisionTreeClassifier):
    """Draws what it predicts for half of the rows, whatever the seed."""

    def predict(self, X):
        told = super().predict(X)
        return np.where(np.random.rand(len(X)) < 0.5, told, 1 - told)


class ProposesDice(Sound):
    def model(self, problem):
        return ThrowsDice(random_state=0)


class WritesOtherCode(Sound):
    def candidates(self, problem):
        told, *_ = super().candidates(problem)
        built = DecisionTreeClassifier(max_depth=1, random_state=0)
        return [replace(told, estimator=built)]


class ForgetsImport(Sound):
    def candidates(self, problem):
        told, *_ = super().candidates(problem)
        return [replace(told, code=told.code.splitlines()[-1])]


class MarksModel(Sound):
    def model(self, problem):
        model = DecisionTreeClassifier(max_depth=2, random_state=0)
        model.threshold = 0.3  # no parameter, so a clone has none
        return model


REMEDIES = [
    Broken(HasTitleForName, "has a name that nobody can type", ("check_is_described",)),
    Broken(NeedsMillions, "applies to nothing that anybody has", ("check_is_of_use",)),
    Broken(NamesTwoAlike, "proposes two of the same name",
           ("check_candidates_are_described",)),
    Broken(DrawsDepth, "draws a parameter from NumPy's global state",
           ("check_proposals_repeat",)),
    Broken(ChoosesColumns, "chooses columns by the targets of all rows",
           ("check_targets_are_learned_inside",)),
    Broken(FitsTestPart, "sets a parameter by the user's test part",
           ("check_test_part_is_not_asked",)),
    Broken(ScalesBefore, "proposes a scaler that all rows have been shown",
           ("check_nothing_is_fitted",)),
    Broken(TurnsGivenModel, "changes parameters of the given model",
           ("check_given_is_not_changed",)),
    Broken(CentersRows, "centers the data in place", ("check_given_is_not_changed",)),
    Broken(AppliesToAll, "applies to texts, which its tree cannot read",
           ("check_fits_where_it_applies",)),
    Broken(ProposesDice, "proposes a model that ignores its seed",
           ("check_seed_decides",)),
    Broken(WritesOtherCode, "has code of another model", ("check_code_builds_it",)),
    Broken(ForgetsImport, "has code without the imports", ("check_code_builds_it",)),
    Broken(MarksModel, "keeps a setting that is no parameter",
           ("check_can_be_cloned",)),
]  # fmt: skip
