"""FLAML on the samples of the study of treatment, with its time and with twice that.

python -m benchmarks.quality._treatment_flaml collect --minutes 60

Runs in an environment of its own, with ``flaml[automl]`` installed and without
skoverfit. FLAML counts time on the clock, so nothing else should run beside it.
"""

import os
import sys
import time
import warnings
from dataclasses import replace

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.quality import _treatment as treatment
from benchmarks.quality import _untouched as untouched
from benchmarks.quality._study import Study, command_line

BUDGET, SHARES, ANY = 20.0, (1, 2), "any"


class Fitted:
    """FLAML's model, on texts behind TF-IDF, with labels as they were."""

    def __init__(self, search, budget):
        self.search, self.budget = search, budget

    def fit(self, X, y):
        """Search for the given time."""
        from flaml import AutoML

        is_class = self.search.task == "classification"
        self.vectors = None
        if untouched.kind_of(self.search.dataset) == "text":
            self.vectors = TfidfVectorizer(min_df=2).fit(X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.model = AutoML()
        self.model.fit(
            self._columns(X),
            codes if is_class else y,
            task="classification" if is_class else "regression",
            metric="log_loss" if is_class else "r2",
            time_budget=self.budget,
            eval_method="cv",
            n_jobs=1,
            seed=self.search.seed,
            verbose=0,
        )
        return self

    def _columns(self, X):
        return X if self.vectors is None else self.vectors.transform(X)

    def predict(self, X):
        """Predicted labels or numbers."""
        found = np.asarray(self.model.predict(self._columns(X)))
        is_class = self.search.task == "classification"
        return self.classes_[found.astype(int)] if is_class else found

    def predict_proba(self, X):
        """Predicted probabilities."""
        return self.model.predict_proba(self._columns(X))


def run(search, X, y):
    """Scores of both arms on one sample; an error is kept as what it is."""
    data = treatment.draw(X, y, search)
    if data is None:
        return None
    arms = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for share in SHARES:
            start = time.process_time()
            try:
                model = Fitted(search, share * BUDGET).fit(data.X, data.y)
                found = treatment.scores(model, data)
            except Exception as error:
                found = {"error": f"{type(error).__name__}: {error}"[:200]}
            found["seconds"] = round(time.process_time() - start, 2)
            arms[f"flaml {share}"] = found
    return {"arms": arms, "budget": BUDGET}


def planned_searches():
    """All samples, in the order of the study; the given model does not matter here."""
    cells = treatment.cells()
    order = np.random.default_rng(0).permutation(len(cells))
    return list(dict.fromkeys(replace(cells[place], family=ANY) for place in order))


def report(raw, folder):
    """Say what is there; the tables are those of the study."""
    return f"{raw} is summarized by benchmarks.quality.treatment"


if __name__ == "__main__":
    study = Study(
        "treatment_flaml",
        planned_searches,
        treatment.smoke_cells,
        run,
        report,
        treatment.load,
    )
    sys.exit(study.execute(command_line(__doc__, minutes=60).parse_args()))
