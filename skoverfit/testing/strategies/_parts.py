"""Strategies of parts: estimators, what to search, augmenters, rules, committees."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from sklearn.feature_selection import VarianceThreshold
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import augmentation, model_selection
from skoverfit.testing.strategies._bounds import chosen, integers_within

__all__ = [
    "augmenters",
    "committees",
    "estimators",
    "param_spaces",
    "selection_rules",
]

DEPTHS = st.sampled_from([1, 2, 3, None])
STRENGTHS = st.sampled_from([1.0, 0.1, 10.0])
MODELS = {
    "classification": [
        st.builds(DecisionTreeClassifier, max_depth=DEPTHS, random_state=st.just(0)),
        st.builds(KNeighborsClassifier, n_neighbors=st.integers(1, 3)),
        st.builds(LogisticRegression, C=STRENGTHS),
        st.builds(GaussianNB),
    ],
    "regression": [
        st.builds(DecisionTreeRegressor, max_depth=DEPTHS, random_state=st.just(0)),
        st.builds(KNeighborsRegressor, n_neighbors=st.integers(1, 3)),
        st.builds(Ridge, alpha=STRENGTHS),
    ],
}
#: Estimators with values of some parameters.
SPACES = {
    "classification": [
        (
            DecisionTreeClassifier(random_state=0),
            {"max_depth": [1, 2, 3, None], "min_samples_leaf": [1, 2, 5]},
        ),
        (
            KNeighborsClassifier(),
            {"n_neighbors": [1, 2, 3], "weights": ["uniform", "distance"]},
        ),
        (LogisticRegression(), {"C": [0.01, 0.1, 1.0, 10.0]}),
    ],
    "regression": [
        (
            DecisionTreeRegressor(random_state=0),
            {"max_depth": [1, 2, 3, None], "min_samples_leaf": [1, 2, 5]},
        ),
        (
            KNeighborsRegressor(),
            {"n_neighbors": [1, 2, 3], "weights": ["uniform", "distance"]},
        ),
        (Ridge(), {"alpha": [0.1, 1.0, 10.0, 100.0]}),
    ],
}
STEPS = st.sampled_from(
    [StandardScaler(), MinMaxScaler(), VarianceThreshold(), "passthrough"]
)


def estimators(
    task: str = "classification", *, pipelines: bool = True
) -> st.SearchStrategy[Any]:
    """Draw estimators of scikit-learn that are fitted in milliseconds.

    Parameters
    ----------
    task : {"classification", "regression"}, default="classification"
        What they predict.
    pipelines : bool, default=True
        Whether they may be the end of a Pipeline.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws unfitted estimators. Simple ones come without a Pipeline.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import estimators
    >>> pipeline = find(estimators(), lambda model: hasattr(model, "steps"))
    >>> len(pipeline.steps)
    2
    """
    chosen("task", [task], MODELS)
    models = st.one_of(MODELS[task])
    if not pipelines:
        return models
    return models | st.builds(make_pipeline, STEPS, models)


def param_spaces(
    task: str = "classification",
    *,
    min_values: int = 1,
    max_values: int = 3,
    pipelines: bool = True,
) -> st.SearchStrategy[tuple[Any, dict[str, list[Any]]]]:
    """Draw estimators with grids to search.

    Parameters
    ----------
    task : {"classification", "regression"}, default="classification"
        What the estimators predict.
    min_values, max_values : int, default=1, 3
        Bounds of the number of values of each parameter.
    pipelines : bool, default=True
        Whether the estimator may be the end of a Pipeline; names have its prefix then.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples of an estimator and a dict of its parameters with values.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import param_spaces
    >>> find(param_spaces(), lambda pair: len(pair[1]) == 2)[1]
    {'max_depth': [1], 'min_samples_leaf': [1]}
    """
    integers_within("values", min_values, max_values)
    chosen("task", [task], SPACES)

    @st.composite
    def data(draw: Any) -> tuple[Any, dict[str, list[Any]]]:
        model, known = draw(st.sampled_from(SPACES[task]))
        names = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, unique=True))
        space = {
            name: draw(_values(known[name], min_values, max_values)) for name in names
        }
        if not (pipelines and draw(st.booleans())):
            return model, space
        prefix = type(model).__name__.lower()
        named = {f"{prefix}__{name}": values for name, values in space.items()}
        return make_pipeline(draw(STEPS), model), named

    return data()


def _values(known: list[Any], low: int, high: int) -> st.SearchStrategy[list[Any]]:
    size = len(known)
    return st.lists(
        st.sampled_from(known),
        min_size=min(low, size),
        max_size=min(high, size),
        unique=True,
    )


DOSES = st.sampled_from([0.0, 0.3, 3.0])
CHANCES = st.sampled_from([0.0, 0.4, 1.0])
SHARES = st.sampled_from([0.0, 0.3, 1.0])
PARTNERS = st.sampled_from(["class", "any", "similar"])


def _tables() -> list[st.SearchStrategy[Any]]:
    return [
        st.builds(
            augmentation.GaussianNoise,
            scale=DOSES,
            scale_by=st.sampled_from(["column", "density"]),
        ),
        st.builds(augmentation.SmoothedBootstrap, shrink=DOSES),
        st.builds(augmentation.SwapNoise, p=CHANCES, within_class=st.booleans()),
        st.builds(
            augmentation.FeatureDropout,
            p=CHANCES,
            value=st.sampled_from(["mean", "median", "most_frequent"]),
        ),
        st.builds(augmentation.Mixup, concentration=DOSES, partner=PARTNERS),
        st.builds(augmentation.CutMix, concentration=DOSES, partner=PARTNERS),
    ]


def _texts() -> list[st.SearchStrategy[Any]]:
    return [
        st.builds(augmentation.RandomSwap, SHARES),
        st.builds(augmentation.RandomDeletion, SHARES),
        st.builds(augmentation.AEDA, SHARES),
        st.builds(augmentation.KeyboardTypos, SHARES),
        st.builds(augmentation.CharacterNoise, SHARES),
        st.builds(augmentation.WordSplit, SHARES),
        st.builds(augmentation.WordJoin, SHARES),
        st.builds(augmentation.SentenceShuffle),
    ]


def _images() -> list[st.SearchStrategy[Any]]:
    return [
        st.builds(augmentation.Shift, SHARES),
        st.builds(augmentation.Flip, CHANCES),
        st.builds(augmentation.Rotate, st.sampled_from([0, 10, 90])),
        st.builds(augmentation.Brightness, SHARES),
        st.builds(augmentation.Contrast, SHARES),
        st.builds(augmentation.ImageNoise, SHARES),
    ]


AUGMENTERS: dict[str, Callable[[], list[st.SearchStrategy[Any]]]] = {
    "tables": _tables,
    "texts": _texts,
    "images": _images,
}


def augmenters(of: str = "tables", *, nested: bool = True) -> st.SearchStrategy[Any]:
    """Draw augmenters of the library, with doses from nothing to a lot.

    Parameters
    ----------
    of : {"tables", "texts", "images"}, default="tables"
        What they augment.
    nested : bool, default=True
        Whether they may be inside Compose, OneOf or Sometimes.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws augmenters without a seed; set ``random_state`` and ``n_copies``.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import augmenters
    >>> nested = find(augmenters(), lambda each: hasattr(each, "augmenters"))
    >>> [name for name, augmenter in nested.augmenters]
    ['first', 'second']
    """
    chosen("of", [of], AUGMENTERS)
    single = st.one_of(AUGMENTERS[of]())
    if not nested:
        return single
    together = st.sampled_from([augmentation.Compose, augmentation.OneOf])
    return st.one_of(
        single,
        st.builds(augmentation.Sometimes, augmenter=single, p=CHANCES),
        st.builds(_in_order, together, single, single),
    )


def _in_order(kind: Any, first: Any, second: Any) -> Any:
    return kind([("first", first), ("second", second)])


def selection_rules() -> st.SearchStrategy[Any]:
    """Draw rules that choose one candidate of a search.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws rules. The simplest is the best score.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import selection_rules
    >>> find(selection_rules(), lambda rule: True)
    BestScore(metric=None)
    """
    amounts = st.sampled_from([0.0, 0.05, 0.25, 1.0])
    return st.one_of(
        st.builds(model_selection.BestScore),
        st.builds(model_selection.PenalizedGap, amounts, amounts),
        st.builds(model_selection.SmallestGapWithinNoise, amounts),
        st.builds(model_selection.MaxGap, st.sampled_from([0.1, 0.5])),
        st.builds(model_selection.ParetoKnee),
    )


def committees() -> st.SearchStrategy[Any]:
    """Draw committees that a search may fit: a member rule and the other options.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws ``Committee`` objects; their ``members`` are member rules.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import committees
    >>> find(committees(), lambda committee: committee.members is not None).members
    MembersWithinNoise(n_std_errors=1.0, metric=None)
    """
    noise = st.sampled_from([1.0, 0.0, 2.0])
    rules = st.one_of(
        st.builds(model_selection.MembersWithinNoise, noise),
        st.builds(model_selection.LowGapMembers, noise, st.sampled_from([0.5, 1.0])),
        st.builds(model_selection.PenalizedMembers, st.integers(1, 5)),
        st.builds(model_selection.GreedyMembers, st.sampled_from([25, 3])),
    )
    return st.builds(model_selection.Committee, st.none() | rules, guard=st.booleans())
