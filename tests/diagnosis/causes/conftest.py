"""Ask single causes about small data."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence, measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import ask, judge
from skoverfit.diagnosis.causes._base import choose_causes


@pytest.fixture(scope="session")
def find(find_all):
    """``find(code, X, y, estimator=None, budget=inf, **options)`` gives its finding."""

    def find(code, *data, **options):
        return find_all([code], *data, **options)[0]

    return find


@pytest.fixture(scope="session")
def find_all():
    """Findings of several causes: no remedy is tried, which is what takes long."""

    def find_all(codes, X, y, estimator=None, budget=np.inf, fields=None, **options):
        is_class = len(np.unique(y)) < 20
        kind = DecisionTreeClassifier if is_class else DecisionTreeRegressor
        folds = StratifiedKFold if is_class else KFold
        options = {"cv": folds(4, shuffle=True, random_state=0), **options}
        model = kind(min_samples_leaf=5) if estimator is None else estimator
        problem = make_problem(model, X, y, random_state=0, **options)
        lab = Lab(problem, Clock(budget))
        measure_core(lab)
        if fields is not None:
            collect_evidence(lab, fields)
        return judge(ask(lab, choose_causes(codes)), lab.problem)

    return find_all
