"""The given model without columns that only hurt."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from skoverfit._columns import is_frame
from skoverfit._optional import import_optional
from skoverfit.diagnosis._estimators._steps import n_steps, with_step
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._table import Table, make_table
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import has_missing, kind_of_rows
from skoverfit.regularization import NoiseFeatureFilter

__all__ = ["NoIdentifiers", "NoNoiseColumns"]


class NoNoiseColumns(RemedyKind):
    """The given model behind a filter of columns that are no better than noise."""

    name = "no_noise_columns"
    n_columns = (8, 300)
    n_trees = 30

    def applies(self, problem: Problem) -> bool:
        """Whether there are several columns of numbers, and none has gaps."""
        low, high = self.n_columns
        is_table = kind_of_rows(problem.X) == "numbers"
        return (
            is_table
            and low <= problem.n_features <= high
            and not has_missing(problem.X)
        )

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose a filter with a small forest right before the predictor."""
        is_class = problem.is_classification
        kind = ExtraTreesClassifier if is_class else ExtraTreesRegressor
        forest = kind(self.n_trees, min_samples_leaf=3, max_features=0.33)
        selector = NoiseFeatureFilter(
            forest, significance_level=0.1, n_repeats=10, random_state=problem.seed
        )
        position = n_steps(problem.estimator) - 1
        return [
            Candidate.of(
                "the same model without noise columns",
                "Columns that are no better than noise are left out, chosen in the "
                "training rows of each split.",
                with_step(problem.estimator, selector, position),
                regularizes=True,
                cost=50.0,
            )
        ]


class NoIdentifiers(RemedyKind):
    """The given model without columns that have a value of its own for each row."""

    name = "no_identifiers"

    def applies(self, problem: Problem) -> bool:
        """Whether there are such columns, and others as well."""
        if kind_of_rows(problem.X) not in ("numbers", "table"):
            return False
        table = make_table(problem.X, problem.seed)
        if table is None or not 0 < len(table.identifiers) < len(table.names):
            return False
        return not is_frame(problem.X) or find_spec("skrub") is not None

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose to leave them out before anything else."""
        table = make_table(problem.X, problem.seed)
        assert table is not None
        named = ", ".join(table.identifiers)
        return [
            Candidate.of(
                "the same model without identifiers",
                f"Without columns that have another value in each row: {named}.",
                with_step(problem.estimator, _without(problem.X, table), 0),
                regularizes=True,
            )
        ]


def _without(X: Any, table: Table) -> Any:
    """Build a step that leaves the identifiers out."""
    if is_frame(X):
        skrub = import_optional("skrub", extra="report")
        return skrub.DropCols(list(table.identifiers))
    positions = [int(j) for j in table.columns.identifiers]
    return make_column_transformer(("drop", positions), remainder="passthrough")
