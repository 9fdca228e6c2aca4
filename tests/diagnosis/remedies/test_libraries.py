import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from skoverfit import treat
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.remedies._libraries import NonconvexSparse, TabICL, TabPFN

CLASSES = load_wine(return_X_y=True)
NUMBERS = load_diabetes(return_X_y=True)


class PretrainedClassifier(KNeighborsClassifier):
    """Stands for a pretrained network: takes its parameters, and refuses to load."""

    def __init__(
        self,
        model_path=None,
        allow_auto_download=True,
        random_state=None,
        n_jobs=None,
    ):
        super().__init__(n_jobs=n_jobs)
        self.model_path = model_path
        self.allow_auto_download = allow_auto_download
        self.random_state = random_state

    def fit(self, X, y):
        if self.model_path is None and not self.allow_auto_download:
            raise ValueError("The checkpoint is not cached locally.")
        return super().fit(X, y)


@pytest.fixture
def pretrained(monkeypatch):
    for name, classes in (("tabicl", "TabICL"), ("tabpfn", "TabPFN")):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        setattr(module, f"{classes}Classifier", PretrainedClassifier)
        setattr(module, f"{classes}Regressor", KNeighborsRegressor)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delenv("TABPFN_MODEL_CACHE_DIR", raising=False)


def problem_of(model=None, data=CLASSES):
    return make_problem(model or LogisticRegression(), *data, random_state=0)


def test_weights_that_are_not_there_are_not_downloaded(pretrained):
    treated = treat(
        LogisticRegression(max_iter=3000),
        *CLASSES,
        remedies=["tabicl", "tabpfn"],
        budget=None,
        trust=True,
        random_state=0,
    )
    (step,) = [own for own in treated.report_.steps if own.kind == "tabicl"]
    assert step.state == "failed"
    assert "not cached" in step.reason
    assert not [own for own in treated.report_.steps if own.kind == "tabpfn"]


def test_weights_on_disk_are_named_with_their_license(
    pretrained, monkeypatch, tmp_path
):
    for version in ("v2", "v2.5"):
        (tmp_path / f"tabpfn-{version}-classifier.ckpt").touch()
    (tmp_path / "tabpfn-v2-regressor.ckpt").touch()
    monkeypatch.setenv("TABPFN_MODEL_CACHE_DIR", str(tmp_path))
    problem = problem_of()
    assert TabPFN().applies(problem)
    (candidate,) = TabPFN().candidates(problem)
    assert candidate.estimator.model_path.endswith("tabpfn-v2.5-classifier.ckpt")
    assert "forbid commercial use" in candidate.description
    assert candidate.estimator.fit(*CLASSES).score(*CLASSES) > 0.7
    (other,) = TabICL().candidates(problem)
    assert "BSD 3-clause" in other.description


@pytest.mark.parametrize("kind", [TabICL(), NonconvexSparse()])
def test_libraries_that_are_not_there_are_not_tried(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, kind.name, None)
    assert not kind.applies(problem_of())


def test_skglm_leaves_columns_out():
    pytest.importorskip("skglm", reason="the extra 'sparse' is not installed")
    X, y = NUMBERS
    noise = np.random.default_rng(0).normal(size=(len(X), 20))
    problem = problem_of(Ridge(), (np.hstack([X, noise]), y))
    (candidate,) = NonconvexSparse().candidates(problem)
    model = candidate.estimator.fit(problem.X, y)[-1]
    assert 0 < np.count_nonzero(model.coef_) < 20
