"""Searches with committees, for the tests of these."""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import Committee, MembersWithinNoise

X, y = load_breast_cancer(return_X_y=True)
X, y = X[:150, :8], y[:150]
TREE = DecisionTreeClassifier(random_state=0)
DEPTHS = {"max_depth": [1, 2, 3, 4, 6], "min_samples_leaf": [1, 5, 10]}
KNN = make_pipeline(StandardScaler(), KNeighborsClassifier())
WIDE = Committee(MembersWithinNoise(2.0), guard=False)


def searched(estimator=TREE, space=DEPTHS, committee=WIDE, X=X, y=y, **options):
    search = GapAwareSearchCV(estimator, space, committee=committee, **options)
    return search.fit(X, y)


def report_of(search):
    return search.selection_path_.committee


FAMILIES = [
    (TREE, DEPTHS),
    (
        RandomForestClassifier(random_state=0),
        {"n_estimators": [5, 10], "max_depth": [2, None]},
    ),
    (KNN, {"kneighborsclassifier__n_neighbors": [1, 3, 5, 9, 15]}),
    (
        HistGradientBoostingClassifier(random_state=0),
        {"max_iter": [3, 6], "learning_rate": [0.1, 0.3]},
    ),
    (make_pipeline(StandardScaler(), LinearSVC()), {"linearsvc__C": [0.01, 0.1, 1.0]}),
    (SVC(), {"C": [0.1, 1.0, 10.0]}),
]
