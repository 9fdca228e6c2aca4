"""The outer loop and the debiased score of a search say the same."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

from skoverfit import GapAwareSearchCV

N_SEARCHES = 20


@pytest.mark.statistical
def test_the_outer_score_lies_in_the_interval_of_the_debiased_score():
    space, inside, differences = {"n_neighbors": range(1, 40, 4)}, 0, []
    for seed in range(N_SEARCHES):
        X, y = make_classification(150, 20, flip_y=0.4, random_state=seed)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        search = GapAwareSearchCV(
            KNeighborsClassifier(), space, cv=folds, nested=folds, random_state=seed
        ).fit(X, y)
        outer, (low, high) = search.nested_score_.score, search.debiased_score_interval_
        inside += low <= outer <= high
        differences.append(search.debiased_score_ - outer)
    assert inside >= 0.9 * N_SEARCHES
    # Outer searches have a fifth fewer rows, which costs them a little.
    assert abs(np.mean(differences)) < 0.01 + 2 * np.std(differences) / N_SEARCHES**0.5
