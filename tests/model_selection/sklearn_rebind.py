"""A pytest plugin: scikit-learn's own search tests, run against this library.

Rebinds ``GridSearchCV`` and ``RandomizedSearchCV`` to thin adapters over
``GapAwareSearchCV`` with ``BestScore()``. Used by test_drop_in.py in a process of its
own, as ``pytest -p sklearn_rebind --pyargs sklearn.model_selection.tests.test_search``.
"""

import sklearn
import sklearn.model_selection
from sklearn.model_selection import _search

from skoverfit.model_selection import BestScore, GapAwareSearchCV


class _Adapter(GapAwareSearchCV):
    """What differs by intention from scikit-learn's searches is put back here."""

    share_fits = True
    racing = refine = sampler = timeout = journal = nested = committee = None
    store_predictions = False

    def fit(self, X, y=None, **params):
        try:
            return super().fit(X, y, **params)
        except ValueError as error:
            if sklearn.__version__.startswith("1.8"):  # says it in another tense
                message = str(error).replace("splits return ", "splits returned ")
                error.args = (message,)
            raise

    def _keep(self, outcome):
        """Exact key sets are tested: leave the gap columns out."""
        super()._keep(outcome)
        ours = ("_gap_", "_penalized_")
        for key in [k for k in self.cv_results_ if any(part in k for part in ours)]:
            del self.cv_results_[key]

    def _set_honest_score(self, run, results):
        """Exact attribute sets are tested, too."""

    def _rule(self):
        return self.refit if callable(self.refit) else BestScore()

    def _select_best_index(self, refit, refit_metric, results):
        index = super()._select_best_index(refit, refit_metric, results)
        # Exact attribute sets are tested too, and that a callable refit leaves no
        # best_score_, which ours has.
        extra = {"selection_path_", "selection_metric_", "shared_fits_"}
        extra |= {"best_score_"} if callable(self.refit) else set()
        for name in extra & set(vars(self)):
            delattr(self, name)
        return index


class GridSearchCV(_Adapter, _search.GridSearchCV):
    __init__ = _search.GridSearchCV.__init__  # the parameters that the tests give
    _parameter_constraints = _search.GridSearchCV._parameter_constraints
    n_iter = random_state = selection = gap_penalty = None
    param_space = property(lambda self: self.param_grid)


class RandomizedSearchCV(_Adapter, _search.RandomizedSearchCV):
    __init__ = _search.RandomizedSearchCV.__init__
    _parameter_constraints = _search.RandomizedSearchCV._parameter_constraints
    selection = gap_penalty = None
    param_space = property(lambda self: self.param_distributions)


for module in (sklearn.model_selection, _search):
    module.GridSearchCV = GridSearchCV
    module.RandomizedSearchCV = RandomizedSearchCV
