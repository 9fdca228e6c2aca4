"""Model families of the split-score collection: which rows each candidate gets right.

Grids have 45 to 48 candidates. Where one fit serves several candidates it does, by
hand, so that many searches fit into the time:

- neighbors: one sorting of the distances serves all numbers and both weightings;
- PCA + ridge classifier: one decomposition serves all components and penalties;
- tree: a tree cut at a depth is the tree grown to that depth, up to the random choice
  between splits of exactly equal quality;
- bagged trees: the first trees of a large ensemble are the smaller one, and each is cut
  at every depth like a single tree;
- boosting: the first stages of a long run are the shorter run, exactly;
- SVC: kernels are computed once per search; logistic regression: each C starts from
  the solution of the C before (the problem is convex, the solution the same).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterGrid
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

GRIDS = {
    "tree": {
        "max_depth": [1, 2, 3, 4, 5, 6, 8, 10, None],
        "min_samples_leaf": [1, 2, 4, 8, 16],
    },
    "knn": {
        "n_neighbors": [
            *[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13],
            *[15, 17, 19, 21, 25, 29, 33, 37, 41, 45, 50, 60],
        ],
        "weights": ["uniform", "distance"],
    },
    "ridge": {
        "alpha": [0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4],
        "components": [0.25, 0.5, 0.75, 1.0],  # share of the principal components
    },
    "svm": {
        "C": [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
        "gamma": [0.03, 0.1, 0.3, 1.0, 3.0, 10.0],  # times 1 / n_features
    },
    "boosting": {
        "learning_rate": [0.05, 0.15, 0.5],
        "max_depth": [1, 3],
        "n_estimators": [1, 3, 6, 10, 15, 25, 40, 60],
    },
    "bagging": {
        "max_depth": [2, 5, None],
        "min_samples_leaf": [1, 3, 6, 12],
        "n_estimators": [5, 10, 15, 20],
    },
    "logistic": {
        "C": [float(f"{10 ** (k / 4 - 4):.3g}") for k in range(24)],
        "class_weight": [None, "balanced"],
    },
}
FAST_FAMILIES = ("knn", "ridge", "tree")


def candidates(family):
    """Candidates of a family in the order of ``GridSearchCV``."""
    return list(ParameterGrid(GRIDS[family]))


@dataclass(frozen=True)
class Rows:
    """All rows of one search: the training sample first, then the held-out rows."""

    X: np.ndarray
    y: np.ndarray
    n_train: int

    @property
    def labels(self):
        """Labels of the training sample."""
        return self.y[: self.n_train]


def draw_rows(search, X, y):
    """Rows of a search: the sample that it draws, and what it holds out."""
    sample = search.sample(X, y)
    return Rows(
        np.vstack([sample.X_train, sample.X_test]),
        np.concatenate([sample.y_train, sample.y_test]),
        search.n_train,
    )


def prepare(family, rows, seed):
    """Return ``right(train, of)``: candidates x rows, True where the label is right.

    ``train`` and ``of`` are row numbers of ``rows``.
    """
    return PREPARE[family](rows, seed)


def prepare_knn(rows, seed):
    """Sort all distances to the training sample once."""
    distances = cdist(rows.X, rows.X[: rows.n_train])
    order = np.argsort(distances, axis=1, kind="stable")
    n_neighbors = np.array(GRIDS["knn"]["n_neighbors"])
    n_classes = rows.y.max() + 1

    def right(train, of):
        in_train = np.zeros(rows.n_train, dtype=bool)
        in_train[train] = True
        ranked = order[of]
        near = ranked[in_train[ranked]].reshape(len(of), len(train))
        near = near[:, : n_neighbors.max()]
        dist = np.take_along_axis(distances[of], near, axis=1)
        votes = np.eye(n_classes)[rows.y[near]]
        places = np.minimum(n_neighbors, len(train)) - 1
        found = []
        for weights in (None, inverse_distance(dist)):
            weighted = votes if weights is None else votes * weights[:, :, None]
            totals = np.cumsum(weighted, axis=1)[:, places]
            found.append(rows.y[of] == totals.argmax(axis=2).T)
        return np.stack(found, axis=1).reshape(-1, len(of))

    return right


def inverse_distance(dist):
    """Weights of scikit-learn: neighbors at distance 0, if any, decide alone."""
    zero = dist == 0
    with np.errstate(divide="ignore"):
        weights = 1 / dist
    return np.where(zero.any(axis=1, keepdims=True), zero, weights)


def prepare_ridge(rows, seed):
    """One singular value decomposition per split."""
    targets = np.where(np.eye(rows.y.max() + 1)[rows.y] > 0, 1.0, -1.0)
    alphas = np.array(GRIDS["ridge"]["alpha"])

    def right(train, of):
        center = rows.X[train].mean(axis=0)
        means = targets[train].mean(axis=0)
        left, values, axes = np.linalg.svd(rows.X[train] - center, full_matrices=False)
        keep = values > 1e-10 * values[0]
        left, values, axes = left[:, keep], values[keep], axes[keep]
        scores = (rows.X[of] - center) @ axes.T
        loads = left.T @ (targets[train] - means)
        shrunk = values / (values**2 + alphas[:, None])
        found = []
        for share in GRIDS["ridge"]["components"]:
            k = max(1, round(share * len(values)))
            decision = np.stack(
                [
                    scores[:, :k] @ (shrunk[:, :k] * loads[:k, label]).T + means[label]
                    for label in range(targets.shape[1])
                ]
            )
            found.append(rows.y[of] == decision.argmax(axis=0).T)
        return np.stack(found, axis=1).reshape(-1, len(of))

    return right


def prepare_tree(rows, seed):
    """One tree per smallest leaf, cut at every depth."""
    depths = GRIDS["tree"]["max_depth"]
    X = rows.X.astype(np.float32)

    def right(train, of):
        found = []
        for leaf in GRIDS["tree"]["min_samples_leaf"]:
            model = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=seed)
            tree = model.fit(X[train], rows.y[train], check_input=False).tree_
            labels = model.classes_[tree.value[:, 0].argmax(axis=1)]
            nodes = nodes_by_depth(tree, tree.apply(X[of]), depths)
            found.append(labels[nodes] == rows.y[of])
        return np.stack(found, axis=1).reshape(-1, len(of))

    return right


def nodes_by_depth(tree, leaves, depths):
    """Nodes that rows reach when the tree is cut at each depth (ascending, None)."""
    parents, level = parents_and_levels(tree)
    nodes, found = leaves, []
    for depth in reversed(depths):
        limit = level.max() if depth is None else depth
        while (deeper := level[nodes] > limit).any():
            nodes = np.where(deeper, parents[nodes], nodes)
        found.append(nodes)
    return np.stack(found[::-1])


def parents_and_levels(tree):
    """Parent and depth of every node; parents come before children."""
    parents = np.zeros(tree.node_count, dtype=int)
    inner = np.flatnonzero(tree.children_left >= 0)
    parents[tree.children_left[inner]] = inner
    parents[tree.children_right[inner]] = inner
    level = np.zeros(tree.node_count, dtype=int)
    for node in range(1, tree.node_count):
        level[node] = level[parents[node]] + 1
    return parents, level


def prepare_svm(rows, seed):
    """Compute the kernel of every gamma once per search."""
    squared = cdist(rows.X, rows.X[: rows.n_train], "sqeuclidean") / rows.X.shape[1]
    kernels = [np.exp(-gamma * squared) for gamma in GRIDS["svm"]["gamma"]]

    def right(train, of):
        found = []
        for C in GRIDS["svm"]["C"]:
            for kernel in kernels:
                model = SVC(C=C, kernel="precomputed", random_state=seed)
                model.fit(kernel[np.ix_(train, train)], rows.y[train])
                found.append(model.predict(kernel[np.ix_(of, train)]) == rows.y[of])
        return np.array(found)

    return right


def prepare_boosting(rows, seed):
    """One run serves all numbers of stages."""
    grid = GRIDS["boosting"]
    stages = grid["n_estimators"]

    def right(train, of):
        found = []
        for rate in grid["learning_rate"]:
            for depth in grid["max_depth"]:
                model = GradientBoostingClassifier(
                    learning_rate=rate,
                    max_depth=depth,
                    n_estimators=max(stages),
                    random_state=seed,
                ).fit(rows.X[train], rows.y[train])
                path = list(model.staged_predict(rows.X[of]))
                found += [path[stage - 1] == rows.y[of] for stage in stages]
        return np.array(found)

    return right


def prepare_bagging(rows, seed):
    """One ensemble per smallest leaf serves all depths and numbers of trees."""
    grid = GRIDS["bagging"]
    sizes = np.array(grid["n_estimators"])
    X = rows.X.astype(np.float32)
    n_classes = rows.y.max() + 1

    def right(train, of):
        found = []
        for leaf in grid["min_samples_leaf"]:
            rng = np.random.RandomState(seed)
            votes = []
            for _ in range(max(sizes)):
                drawn = rng.choice(train, len(train))
                model = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=rng)
                model.fit(X[drawn], rows.y[drawn], check_input=False)
                votes.append(votes_by_depth(model, X[of], n_classes))
            totals = np.cumsum(votes, axis=0)[sizes - 1]
            found.append(totals.argmax(axis=3).transpose(1, 0, 2) == rows.y[of])
        return np.stack(found, axis=1).reshape(-1, len(of))

    return right


def votes_by_depth(model, X, n_classes):
    """Class shares of one tree for every depth of the grid: depths x rows x classes."""
    tree = model.tree_
    nodes = nodes_by_depth(tree, tree.apply(X), GRIDS["bagging"]["max_depth"])
    votes = np.zeros((*nodes.shape, n_classes))
    # A bootstrap sample may lack a class.
    votes[..., model.classes_] = tree.value[nodes, 0]
    return votes


def prepare_logistic(rows, seed):
    """Each C starts from the solution of the one before."""
    grid = GRIDS["logistic"]

    def right(train, of):
        found = []
        for weight in grid["class_weight"]:
            model = LogisticRegression(
                class_weight=weight,
                solver="newton-cholesky",
                warm_start=True,
                max_iter=200,
            )
            column = []
            for C in grid["C"]:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    model.set_params(C=C).fit(rows.X[train], rows.y[train])
                column.append(model.predict(rows.X[of]) == rows.y[of])
            found.append(column)
        return np.stack(found, axis=1).reshape(-1, len(of))

    return right


PREPARE = {
    "knn": prepare_knn,
    "ridge": prepare_ridge,
    "tree": prepare_tree,
    "svm": prepare_svm,
    "boosting": prepare_boosting,
    "bagging": prepare_bagging,
    "logistic": prepare_logistic,
}
