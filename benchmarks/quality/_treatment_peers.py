"""Other tools on the samples of the study of treatment.

python -m benchmarks.quality._treatment_peers --peer flaml collect --minutes 60

Each has an environment of its own, without skoverfit: `flaml` with ``flaml[automl]``,
`mljar` with ``mljar-supervised``, `autogluon` with
``autogluon.tabular[lightgbm,xgboost,catboost]``. They count time on the clock, so
nothing else should run beside them. FLAML has the time of the study, and twice that;
the others have it once, without networks.
"""

import os
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from functools import partial

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.quality import _treatment as treatment
from benchmarks.quality import _untouched as untouched
from benchmarks.quality._study import Study, command_line

BUDGET, ANY = 20.0, "any"
MOST_WORDS = 500


class _Peer:
    """A tool that searches for some time; texts come as TF-IDF, classes as codes."""

    #: Whether texts may be sparse columns.
    takes_sparse = False

    def __init__(self, search, budget):
        self.search, self.budget = search, budget
        self.is_class = search.task == "classification"

    def fit(self, X, y):
        """Search."""
        self.vectors = None
        if untouched.kind_of(self.search.dataset) == "text":
            most = None if self.takes_sparse else MOST_WORDS
            self.vectors = TfidfVectorizer(min_df=2, max_features=most).fit(X)
        codes = y
        if self.is_class:
            self.classes_, codes = np.unique(y, return_inverse=True)
        self.search_models(self._columns(X), codes)
        return self

    def search_models(self, X, y):
        """Search on columns and codes; keeps what `predict_codes` needs."""
        raise NotImplementedError

    def _columns(self, X):
        if self.vectors is None:
            return X
        found = self.vectors.transform(X)
        return found if self.takes_sparse else pd.DataFrame(found.toarray())

    def predict(self, X):
        """Predicted labels or numbers."""
        found = np.asarray(self.model.predict(self._columns(X)))
        found = found.ravel()
        return self.classes_[found.astype(int)] if self.is_class else found

    def predict_proba(self, X):
        """Predicted probabilities."""
        return np.asarray(self.model.predict_proba(self._columns(X)))


class Flaml(_Peer):
    """FLAML with cross-validation."""

    takes_sparse = True

    def search_models(self, X, y):
        """Search for the given time."""
        from flaml import AutoML

        self.model = AutoML()
        self.model.fit(
            X,
            y,
            task="classification" if self.is_class else "regression",
            metric="log_loss" if self.is_class else "r2",
            time_budget=self.budget,
            eval_method="cv",
            n_jobs=1,
            seed=self.search.seed,
            verbose=0,
        )


class _InFolder(_Peer):
    """A tool that keeps its models in a folder, which is gone with the peer."""

    def fit(self, X, y):
        """Search, with a folder of its own."""
        self.folder = tempfile.mkdtemp()
        return super().fit(X, y)

    def __del__(self):
        """Remove the folder."""
        shutil.rmtree(getattr(self, "folder", ""), ignore_errors=True)


class Mljar(_InFolder):
    """mljar-supervised in its mode for results, without networks."""

    def search_models(self, X, y):
        """Search for the given time."""
        from supervised.automl import AutoML

        linear = ["Baseline", "Linear", "Decision Tree", "Nearest Neighbors"]
        trees = ["Random Forest", "Extra Trees", "LightGBM", "Xgboost", "CatBoost"]
        self.model = AutoML(
            results_path=os.path.join(self.folder, "models"),
            mode="Perform",
            total_time_limit=int(self.budget),
            algorithms=[*linear, *trees],
            eval_metric="logloss" if self.is_class else "r2",
            n_jobs=1,
            random_state=self.search.seed,
            explain_level=0,
            verbose=0,
        )
        self.model.fit(X, y)


class AutoGluon(_InFolder):
    """AutoGluon's best preset, without networks."""

    def search_models(self, X, y):
        """Search for the given time."""
        from autogluon.tabular import TabularPredictor

        table = self._named(X).assign(**{"the target": y})
        binary = "binary" if len(np.unique(y)) == 2 else "multiclass"
        self.model = TabularPredictor(
            label="the target",
            problem_type=binary if self.is_class else "regression",
            eval_metric="log_loss" if self.is_class else "r2",
            path=os.path.join(self.folder, "models"),
            verbosity=0,
        ).fit(
            table,
            time_limit=self.budget,
            presets="best_quality",
            dynamic_stacking=False,
            ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
            excluded_model_types=["NN_TORCH", "FASTAI"],
            num_cpus=1,
            num_gpus=0,
        )

    def _named(self, X):
        return pd.DataFrame(X).rename(columns=str)

    def _columns(self, X):
        return self._named(super()._columns(X))


#: Name -> the tool, and with how many times the budget of the study it runs.
PEERS = {
    "flaml": (Flaml, (1, 2)),
    "mljar": (Mljar, (1,)),
    "autogluon": (AutoGluon, (1,)),
}


def run(peer, search, X, y):
    """Scores of the arms of a peer on one sample; an error is kept as what it is."""
    data = treatment.draw(X, y, search)
    if data is None:
        return None
    tool, shares = PEERS[peer]
    arms = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for share in shares:
            name = f"{peer} {share}" if len(shares) > 1 else peer
            arms[name] = measured(tool(search, share * BUDGET), data)
    return {"arms": arms, "budget": BUDGET}


def measured(model, data):
    """Fit and score; the seconds are those of the clock."""
    start = time.perf_counter()
    try:
        model.fit(data.X, data.y)
        seconds = time.perf_counter() - start
        return treatment.scores(model, data) | {"seconds": round(seconds, 2)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:200]}


def planned_searches():
    """All samples, in the order of the study; the given model does not matter here."""
    cells = treatment.cells()
    order = np.random.default_rng(0).permutation(len(cells))
    return list(dict.fromkeys(replace(cells[place], family=ANY) for place in order))


def report(raw, folder):
    """Say what is there; the tables are those of the study."""
    return f"{raw} is summarized by benchmarks.quality.treatment"


if __name__ == "__main__":
    parser = command_line(__doc__, minutes=60)
    parser.add_argument("--peer", choices=list(PEERS), required=True)
    options = parser.parse_args()
    study = Study(
        f"treatment_{options.peer}",
        planned_searches,
        treatment.smoke_cells,
        partial(run, options.peer),
        report,
        treatment.load,
    )
    sys.exit(study.execute(options))
