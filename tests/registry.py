"""Every public estimator, as instances that scikit-learn's checks run on."""

from importlib.util import find_spec

from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.augmentation import (
    AEDA,
    EDA,
    AdversarialForest,
    AugmentedClassifier,
    AugmentedRegressor,
    AugmentingTransformer,
    BackTranslation,
    Brightness,
    CharacterNoise,
    Compose,
    Contrast,
    CutMix,
    DropoutClassifier,
    FeatureDropout,
    Flip,
    GaussianBlur,
    GaussianCopula,
    GaussianNoise,
    Hue,
    ImageCutMix,
    ImageMixup,
    ImageNoise,
    KeyboardTypos,
    Mixup,
    NeighborInterpolation,
    OneOf,
    RandomAffine,
    RandomDeletion,
    RandomErasing,
    RandomInsertion,
    RandomSwap,
    Rotate,
    Saturation,
    SentenceShuffle,
    Shear,
    Shift,
    SmoothedBootstrap,
    Sometimes,
    SwapNoise,
    SynonymReplacement,
    TfidfReplacement,
    WordJoin,
    WordSplit,
    Zoom,
)
from skoverfit.model_selection import (
    Committee,
    CommitteeClassifier,
    CommitteeRegressor,
    GapAwareSearchCV,
    GreedyMembers,
    PenalizedGap,
)
from skoverfit.regularization import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
    NoiseFeatureFilter,
    PrunedTreeClassifier,
    PrunedTreeRegressor,
    RegularizedClassifier,
    RegularizedRegressor,
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
    SparseClassifier,
    SparseRegressor,
)
from skoverfit.treatment import TreatedClassifier, TreatedRegressor

# Two folds and error_score="raise", as in scikit-learn's checks of its own searches:
# otherwise errors that the checks look for become scores of NaN.
SEARCH = {"cv": 2, "error_score": "raise"}

SEARCHES = [
    GapAwareSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, **SEARCH),
    GapAwareSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, gap_penalty=0.1, **SEARCH),
    GapAwareSearchCV(
        make_pipeline(PCA(), LogisticRegression()),
        {"logisticregression__C": [0.1, 1.0]},
        selection=PenalizedGap(0.5, tolerance=0.05),
        **SEARCH,
    ),
    GapAwareSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [2, None], "min_samples_leaf": [1, 3]},
        committee=True,
        **SEARCH,
    ),
    GapAwareSearchCV(
        Ridge(),
        {"alpha": [0.1, 1.0]},
        committee=Committee(GreedyMembers(), guard=False),
        **SEARCH,
    ),
    GapAwareSearchCV(
        [
            ("neighbors", KNeighborsClassifier(), {"n_neighbors": [1, 3]}),
            ("logistic", LogisticRegression(), {"C": [0.1, 1.0]}),
        ],
        **SEARCH,
    ),
    GapAwareSearchCV(
        [
            ("ridge", Ridge(), {"alpha": [0.1, 1.0]}),
            ("neighbors", KNeighborsRegressor(), {"n_neighbors": [1, 3]}),
        ],
        committee=Committee(GreedyMembers(), guard=False),
        **SEARCH,
    ),
]

# Two folds: the checks have data with two rows of a class.
COMMITTEES = [
    CommitteeClassifier(LogisticRegression(), [{"C": 0.1}, {"C": 1.0}], cv=2),
    CommitteeClassifier(LinearSVC(random_state=0), cv=2),
    CommitteeClassifier(KNeighborsClassifier(3), cv=2),
    CommitteeClassifier(
        make_pipeline(PCA(), DecisionTreeClassifier(random_state=0)), cv=2
    ),
    CommitteeRegressor(Ridge(), [{"alpha": 0.1}, {"alpha": 1.0}], cv=2),
    CommitteeRegressor(DecisionTreeRegressor(random_state=0), weights=[2], cv=2),
]

# Few and cheap remedies, and no clock.
TREATED = [
    TreatedClassifier(
        DecisionTreeClassifier(random_state=0),
        remedies=["linear"],
        accept="best",
        budget=None,
        cv=2,
        random_state=0,
    ),
    TreatedRegressor(
        Ridge(), remedies=["neighbors"], budget=None, cv=2, random_state=0
    ),
]

IMAGES = [
    Brightness(random_state=0),
    Contrast(random_state=0),
    Flip(random_state=0),
    GaussianBlur(random_state=0),
    Hue(random_state=0),
    ImageCutMix(random_state=0),
    ImageMixup(random_state=0),
    ImageNoise(random_state=0),
    RandomAffine(random_state=0),
    RandomErasing(random_state=0),
    Rotate(random_state=0),
    Saturation(random_state=0),
    Shear(random_state=0),
    Shift(random_state=0),
    Zoom(random_state=0),
]

# Samplers that draw new rows of tables from what they have learned of the old.
GENERATORS = [
    NeighborInterpolation(random_state=0),
    NeighborInterpolation(0.5, within="all", standardize=True, random_state=0),
    GaussianCopula(random_state=0),
    GaussianCopula(0.3, random_state=0),
    AdversarialForest(n_estimators=5, random_state=0),
    AdversarialForest(0.5, n_estimators=5, within_leaf="uniform", random_state=0),
]

TABULAR = [
    GaussianNoise(random_state=0),
    GaussianNoise(1.0, scale_by="density", random_state=0),
    SwapNoise(random_state=0),
    FeatureDropout(random_state=0),
    FeatureDropout(value="most_frequent", random_state=0),
    SmoothedBootstrap(random_state=0),
    Mixup(random_state=0),
    Mixup(1.0, partner="any", random_state=0),
    CutMix(random_state=0),
    CutMix(1.0, partner="any", random_state=0),
    Compose([("swap", SwapNoise()), ("noise", GaussianNoise())], random_state=0),
    OneOf(
        [("mixup", Mixup()), ("noise", GaussianNoise()), ("none", "passthrough")],
        weights=[2, 1, 1],
        random_state=0,
    ),
    Sometimes(FeatureDropout(), random_state=0),
]


TEXTS = [
    BackTranslation(list, list),  # the same in each process, unlike a function's text
    SynonymReplacement(random_state=0),
    RandomInsertion(random_state=0),
    RandomSwap(random_state=0),
    RandomDeletion(random_state=0),
    EDA(random_state=0),
    AEDA(random_state=0),
    TfidfReplacement(random_state=0),
    SentenceShuffle(random_state=0),
    KeyboardTypos(random_state=0),
    CharacterNoise(random_state=0),
    WordSplit(random_state=0),
    WordJoin(random_state=0),
]

SAMPLERS = [
    *TABULAR,
    *GENERATORS,
    *IMAGES,
    *TEXTS,
]

AUGMENTED = [
    AugmentedClassifier(LogisticRegression(), random_state=0),
    AugmentedClassifier(
        DecisionTreeClassifier(random_state=0), SwapNoise(p=0.1), random_state=0
    ),
    AugmentedRegressor(Ridge(), random_state=0),
    AugmentedRegressor(
        KNeighborsRegressor(), GaussianNoise(scale=0.01), random_state=0
    ),
    AugmentedClassifier(
        DecisionTreeClassifier(random_state=0),
        GaussianNoise(scale=0.01),
        accept="proven",
        cv=2,
        random_state=0,
    ),
    AugmentedClassifier(
        KNeighborsClassifier(),
        GaussianNoise(scale=0.01),
        tune={"scale": [0.01]},
        cv=2,
        random_state=0,
    ),
    AugmentedRegressor(
        Ridge(),
        GaussianNoise(scale=0.01),
        accept="proven",
        tune={"mode": ["replace"]},
        cv=2,
        random_state=0,
    ),
    AugmentingTransformer(random_state=0),
    AugmentingTransformer(SwapNoise(p=0.5), random_state=0),
]

REGULARIZED = [
    RegularizedClassifier(),
    # No SVC, naive Bayes, forest or tree with a minimum leaf size: scikit-learn's own
    # fail its check that a weight of two equals two rows.
    RegularizedClassifier(RidgeClassifier(), strength=0.7),
    RegularizedClassifier(KNeighborsClassifier(), strength=0.6),
    RegularizedClassifier(make_pipeline(PCA(), LogisticRegression()), strength=0.2),
    RegularizedRegressor(),
    RegularizedRegressor(LinearRegression(), strength=0.8),
    RegularizedRegressor(DecisionTreeRegressor(random_state=0), strength=0.6),
    RegularizedRegressor(TransformedTargetRegressor(), strength=0.7),
    RegularizedRegressor(strength=[0.4, 0.8], cv=2),
    RegularizedClassifier(KNeighborsClassifier(), [0.5, 0.7], cv=2, n_se=1),
    EarlyStoppingClassifier(
        GradientBoostingClassifier(n_estimators=10, random_state=0), random_state=0
    ),
    EarlyStoppingClassifier(
        make_pipeline(PCA(), SGDClassifier(random_state=0)),
        validation=2,
        max_iter=5,
        random_state=0,
    ),
    EarlyStoppingClassifier(LogisticRegression(), refit="train", random_state=0),
    EarlyStoppingRegressor(
        HistGradientBoostingRegressor(max_iter=10, random_state=0),
        max_gap=0.5,
        random_state=0,
    ),
    EarlyStoppingRegressor(
        RandomForestRegressor(10, random_state=0), n_iter_no_change=5, random_state=0
    ),
]

SHRUNK = [
    ShrunkTreeClassifier(DecisionTreeClassifier(random_state=0)),
    ShrunkTreeClassifier(DecisionTreeClassifier(random_state=0), shrinkage=2.0),
    ShrunkTreeRegressor(DecisionTreeRegressor(random_state=0), cv=3),
    ShrunkTreeRegressor(DecisionTreeRegressor(random_state=0), shrinkage=0.5),
]

DROPOUT = [
    DropoutClassifier(),
    DropoutClassifier(RidgeClassifier(), p=0.3),
    DropoutClassifier(KNeighborsClassifier(), p=0.01, random_state=0),
]

PRUNED = [
    PrunedTreeClassifier(DecisionTreeClassifier(random_state=0)),
    PrunedTreeRegressor(DecisionTreeRegressor(random_state=0), n_se=1, cv=3),
]

FILTERS = [
    NoiseFeatureFilter(significance_level=0.5, n_repeats=1, random_state=0),
    NoiseFeatureFilter(Ridge(), significance_level=0.25, n_repeats=3, random_state=0),
]

# Need the extra "sparse".
HAS_SKGLM = find_spec("skglm") is not None
SPARSE = [
    # The checks separate classes; with a small gamma that has no finite solution.
    SparseClassifier(gamma=1000.0, tol=1e-9),
    SparseRegressor(alpha=0.05, tol=1e-8),
]

ESTIMATORS = [
    *SEARCHES,
    *COMMITTEES,
    *SAMPLERS,
    *AUGMENTED,
    *REGULARIZED,
    *SHRUNK,
    *DROPOUT,
    *PRUNED,
    *FILTERS,
    *TREATED,
    *(SPARSE if HAS_SKGLM else []),
]
