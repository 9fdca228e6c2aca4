"""Parts of other libraries that keep the promises, as they are."""

from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import (
    AllKNN,
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    NearMiss,
    OneSidedSelection,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
    TomekLinks,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

__all__ = ["SOUND"]

SAMPLERS = [
    RandomOverSampler(),
    RandomUnderSampler(),
    NearMiss(),
    TomekLinks(),
    EditedNearestNeighbours(),
    RepeatedEditedNearestNeighbours(),
    AllKNN(),
    OneSidedSelection(),
    CondensedNearestNeighbour(),
]
WRAPPERS = [
    BaggingClassifier(DecisionTreeClassifier(), 3),
    CalibratedClassifierCV(LogisticRegression(), cv=3),
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3),
    TransformedTargetRegressor(Ridge()),
    AdaBoostRegressor(DecisionTreeRegressor(max_depth=2), n_estimators=3),
]
MODELS = [
    make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression()),
    make_pipeline(TargetEncoder(), KNeighborsClassifier(3)),
    Pipeline([("more", SMOTE(k_neighbors=1)), ("tree", DecisionTreeClassifier())]),
    HistGradientBoostingRegressor(max_iter=3),
]
SOUND = [*SAMPLERS, *WRAPPERS, *MODELS]
