"""What searches say of their choice, and of a committee, is what others find."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import Committee

N_NESTED = 20
N_ROWS = 150
TREE = (
    DecisionTreeClassifier(random_state=0),
    {"max_depth": [2, 3, 5, 8], "min_samples_leaf": [1, 3, 8]},
)
KNN = KNeighborsClassifier(), {"n_neighbors": [1, 3, 5, 9, 15, 25]}
N_SEARCHES, N_NEW = 60, 3000


@pytest.mark.statistical
def test_the_outer_score_lies_in_the_interval_of_the_debiased_score():
    space, inside, differences = {"n_neighbors": range(1, 40, 4)}, 0, []
    for seed in range(N_NESTED):
        X, y = make_classification(150, 20, flip_y=0.4, random_state=seed)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        search = GapAwareSearchCV(
            KNeighborsClassifier(), space, cv=folds, nested=folds, random_state=seed
        ).fit(X, y)
        outer, (low, high) = search.nested_score_.score, search.debiased_score_interval_
        inside += low <= outer <= high
        differences.append(search.debiased_score_ - outer)
    assert inside >= 0.9 * N_NESTED
    # Outer searches have a fifth fewer rows, which costs them a little.
    assert abs(np.mean(differences)) < 0.01 + 2 * np.std(differences) / N_NESTED**0.5


def judged(estimator, space, seed, refine=None):
    """Return the error of a committee's honest score, and whether it is covered."""
    X, y = make_classification(
        N_ROWS + N_NEW, 12, n_informative=6, flip_y=0.15, random_state=seed
    )
    search = GapAwareSearchCV(
        estimator,
        space,
        cv=StratifiedKFold(5, shuffle=True, random_state=seed),
        committee=Committee(guard=False),
        refine=refine,
        random_state=seed,
    ).fit(X[:N_ROWS], y[:N_ROWS])
    new = search.score(X[N_ROWS:], y[N_ROWS:])
    low, high = search.debiased_score_interval_
    return search.debiased_score_ - new, low <= new <= high


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("model", "refine", "least"),
    [(TREE, None, -0.025), (KNN, None, -0.025), (TREE, 4, -0.005)],
    ids=["tree", "knn", "tree with repeats"],
)
def test_the_honest_score_is_a_lower_estimate_and_its_interval_covers(
    model, refine, least
):
    errors, covered = np.array(
        [judged(*model, seed, refine) for seed in range(N_SEARCHES)]
    ).T
    noise = 2 * errors.std() / N_SEARCHES**0.5
    # What averaging over splits adds, only repeats can tell.
    assert least - noise < errors.mean() < 0.005 + noise
    assert covered.mean() > 0.9
