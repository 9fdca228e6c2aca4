"""Hypothesis strategies: data, scores and parts for property tests of your own.

Hypothesis is needed for these alone: ``python -m pip install 'skoverfit[test]'``.
"""

from skoverfit._optional import import_optional

import_optional("hypothesis", extra="test")

from skoverfit.testing.strategies._frames import frames  # noqa: E402
from skoverfit.testing.strategies._parts import (  # noqa: E402
    augmenters,
    committees,
    estimators,
    param_spaces,
    selection_rules,
)
from skoverfit.testing.strategies._scores import cv_results, fold_scores  # noqa: E402
from skoverfit.testing.strategies._tables import (  # noqa: E402
    classification_data,
    groups_and_time,
    multilabel_data,
    regression_data,
    sparse_data,
)
from skoverfit.testing.strategies._texts import images, texts  # noqa: E402

__all__ = [
    "augmenters",
    "classification_data",
    "committees",
    "cv_results",
    "estimators",
    "fold_scores",
    "frames",
    "groups_and_time",
    "images",
    "multilabel_data",
    "param_spaces",
    "regression_data",
    "selection_rules",
    "sparse_data",
    "texts",
]
