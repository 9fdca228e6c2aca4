"""A pytest plugin: scikit-learn's own tests of ``cross_val_score``, run on ours.

Rebinds it to the test scores of ``gap_scores``. Used by test_drop_in.py in a process of
its own.
"""

import sklearn.model_selection
from sklearn.model_selection import _validation

from skoverfit import gap_scores


def cross_val_score(
    estimator,
    X,
    y=None,
    *,
    groups=None,
    params=None,
    verbose=0,
    error_score=0,
    **options,
):
    """Take what scikit-learn's takes, without what gap_scores has no word for."""
    params = {**(params or {}), **({} if groups is None else {"groups": groups})}
    return gap_scores(estimator, X, y, params=params, **options).test_scores


for module in (sklearn.model_selection, _validation):
    module.cross_val_score = cross_val_score
