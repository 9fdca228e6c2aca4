"""What kinds of remedies promise, which a treatment tries."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._problem import Problem, make_problem, rows_of
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import as_rows
from skoverfit.exceptions import InputError
from skoverfit.testing._estimators import inner_estimators, seeded_model
from skoverfit.testing._kit import Kind, named
from skoverfit.testing._randomness import check_repeats, global_states

__all__ = ["REMEDY", "check_remedy"]

N_ROWS, SIZES = 60, (20, 30, 40)
"""Rows of a problem, and of smaller ones."""


# ------------------------------------------------------------- what kinds are tried on
IMAGE = np.zeros((1, 6, 6))
"""The size of an image."""


def _columns(n_rows: int, rng: Any) -> np.ndarray:
    """Ten columns in different units, of which the first numbers the rows."""
    X = rng.normal(size=(n_rows, 10)) * 10.0 ** (np.arange(10) % 4 - 1)
    X[:, 0] = rng.permutation(n_rows)
    return X


def _classes(n_rows: int) -> tuple[Any, np.ndarray]:
    """Columns, and a third of the rows in a class that two of them tell."""
    rng = np.random.default_rng(0)
    X = _columns(n_rows, rng)
    score = X[:, 1] + X[:, 2] / 10 + 0.5 * rng.normal(size=n_rows)
    return X, (score > np.quantile(score, 2 / 3)).astype(int)


def _long_tail(n_rows: int) -> tuple[Any, np.ndarray]:
    """Columns, and numbers with few large ones among them."""
    X, _ = _classes(n_rows)
    X[::9, 2] *= 50
    noise = np.random.default_rng(1).normal(size=n_rows)
    return X, np.exp(X[:, 1] + 0.5 * noise) * 100


def _gaps(n_rows: int) -> tuple[Any, np.ndarray]:
    """Columns in which cells are missing."""
    X, y = _classes(n_rows)
    X[np.random.default_rng(1).random(X.shape) < 0.1] = np.nan
    return X, y


def _sparse(n_rows: int) -> tuple[Any, np.ndarray]:
    """Sparse counts, and three classes."""
    rng = np.random.default_rng(0)
    X = rng.poisson(0.3, size=(n_rows, 30)).astype(float)
    X[np.arange(n_rows), np.arange(n_rows) % 3] += 2
    return sparse.csr_matrix(X), np.arange(n_rows) % 3


def _texts(n_rows: int) -> tuple[Any, np.ndarray]:
    """Short texts in two classes, named by words."""
    rng = np.random.default_rng(0)
    words = np.array(["cat", "dog", "tree", "house", "river", "stone"])
    X = np.array([" ".join(rng.choice(words, 5)) for _ in range(n_rows)], dtype=object)
    return X, np.array(["cats" if "cat" in text else "others" for text in X])


def _images(n_rows: int) -> tuple[Any, np.ndarray]:
    """Images of six by six pixels, with a bright upper or lower half."""
    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % 2
    X = rng.normal(size=(n_rows, 6, 6))
    X[:, :3] += 1.0 - y[:, np.newaxis, np.newaxis]
    X[:, 3:] += y[:, np.newaxis, np.newaxis]
    return X, y


def _frame(n_rows: int) -> tuple[Any, np.ndarray]:
    """Numbers with missing cells, words and names of rows."""
    import pandas as pd

    X, y = _classes(n_rows)
    kinds = np.array(["red", "green", "blue"])[np.random.default_rng(1).permutation(y)]
    frame = pd.DataFrame({"size": X[:, 2], "kind": kinds, "weight": X[:, 3]})
    frame.loc[::7, "weight"] = np.nan
    return frame.assign(name=[f"row {number}" for number in range(n_rows)]), y


def _encoded(model: Any) -> Any:
    words = make_column_selector(dtype_exclude="number")
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(
        make_column_transformer((encode, words), remainder="passthrough"), model
    )


class Given(NamedTuple):
    """A model and data that somebody has.

    Attributes
    ----------
    says : str
        The data in words.
    estimator : estimator object
        The model.
    make : callable
        ``make(n_rows)`` gives the rows and their targets.
    scoring : str or None
        The score; None is the usual one.
    n_rows : int or None
        Rows; None where the data were given.
    """

    says: str
    estimator: Any
    make: Callable[[int], tuple[Any, Any]]
    scoring: str | None = None
    n_rows: int | None = N_ROWS

    def problem(self) -> Problem:
        """Make the problem, the same in each call."""
        X, y = self.make(self.n_rows or 0)
        return make_problem(
            self.estimator, X, y, scoring=self.scoring, cv=3, random_state=0
        )

    def __str__(self) -> str:
        """Tell the model and the data."""
        rows = "" if self.n_rows is None else f"{self.n_rows} rows of "
        return f"{type(self.estimator).__name__} on {rows}{self.says}"


def _usual() -> tuple[Given, ...]:
    """List models and data of many kinds."""
    tree = DecisionTreeClassifier(random_state=0)
    network = MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=0)
    bag = make_pipeline(TfidfVectorizer(), LogisticRegression())
    usual = (
        Given("numbers in two classes", tree, _classes),
        Given("numbers in two classes", SVC(), _classes, "balanced_accuracy"),
        Given("numbers with a long tail", DecisionTreeRegressor(), _long_tail),
        Given("numbers with a long tail", network, _long_tail),
        Given("numbers with gaps", HistGradientBoostingClassifier(max_iter=5), _gaps),
        Given("sparse counts in three classes", LogisticRegression(), _sparse),
        Given("texts in two classes", bag, _texts),
        Given("images in two classes", make_pipeline(as_rows(IMAGE), tree), _images),
    )
    if find_spec("pandas") is None:
        return usual
    return (*usual, Given("a mixed frame in two classes", _encoded(tree), _frame))


@dataclass(frozen=True)
class Problems:
    """Models and data that a kind is tried on.

    Attributes
    ----------
    given : tuple of Given
        All of them.
    """

    given: tuple[Given, ...]

    def smaller(self) -> Iterator["Problems"]:
        """Yield each alone, with few rows first."""
        for size in (*SIZES, N_ROWS):
            for each in self.given:
                if each.n_rows is not None:
                    yield Problems((each._replace(n_rows=size),))

    def __str__(self) -> str:
        """Name all of them."""
        return "; ".join(map(str, self.given))


def _cases(
    kind: Any, *, estimator: Any = None, X: Any = None, y: Any = None
) -> list[Problems]:
    if estimator is None and X is None and y is None:
        return [Problems(_usual())]
    if estimator is None or X is None or y is None:
        raise InputError("estimator, X and y must be given together, or none of them.")
    own = Given("the given data", estimator, lambda n_rows: (X, y), n_rows=None)
    return [Problems((own,))]


def _is_remedy(part: Any) -> bool:
    return isinstance(part, RemedyKind) or (
        isinstance(part, type) and issubclass(part, RemedyKind)
    )


REMEDY = Kind("kind of remedy", _is_remedy, _cases)


def check_remedy(
    kind: Any, *, estimator: Any = None, X: Any = None, y: Any = None
) -> None:
    """Check a kind of remedy against what treatments rely on.

    It is described; it applies to some problem; what it proposes where it applies can
    be cloned, fits and predicts there, repeats for a seed, and is built by its code;
    it proposes the same each time, whatever the targets of the rows and the user's
    test part are, and nothing that is fitted already; and it changes neither the given
    model nor the data.

    Parameters
    ----------
    kind : RemedyKind or subclass of RemedyKind
        The kind; it need not be registered.
    estimator : estimator object, default=None
        A model that it is for, with `X` and `y`. By default small problems of many
        sorts are tried: classes and numbers, wide units, missing cells, sparse
        matrices, texts, images, frames.
    X : {array-like, sparse matrix, DataFrame}, default=None
        Rows for `estimator`.
    y : array-like of shape (n_samples,), default=None
        Their target.

    Raises
    ------
    AssertionError
        If a promise is broken; the message says which.

    See Also
    --------
    skoverfit.diagnosis.register_remedy : Make treatments try it.
    parametrize_with_checks : One test for each promise, for use with pytest.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skoverfit.diagnosis import Candidate, RemedyKind
    >>> from skoverfit.testing import check_remedy
    >>> class Bayes(RemedyKind):
    ...     name, changes_given = "bayes", False
    ...
    ...     def applies(self, problem):
    ...         return problem.is_classification
    ...
    ...     def candidates(self, problem):
    ...         return [Candidate.of("naive Bayes", "Another model.", GaussianNB())]
    >>> check_remedy(Bayes)
    Traceback (most recent call last):
        ...
    AssertionError: Bayes breaks check_fits_where_it_applies, a promise of every ...
    It must propose what fits and predicts the rows of every problem it applies to.
    Found: It applies to HistGradientBoostingClassifier on 20 rows, but 'naive ...
    Smallest input found: HistGradientBoostingClassifier on 20 rows of numbers with gaps

    It is for tables of numbers without gaps that are not sparse:

    >>> import numpy as np
    >>> class Bayes(Bayes):
    ...     def applies(self, problem):
    ...         X = problem.X
    ...         is_table = isinstance(X, np.ndarray) and X.ndim == 2
    ...         is_full = is_table and X.dtype.kind == "f" and not np.isnan(X).any()
    ...         return problem.is_classification and is_full
    >>> check_remedy(Bayes)
    """
    REMEDY.check(kind, estimator=estimator, X=X, y=y)


# ------------------------------------------------------------------- asking, comparing
def _instance(kind: Any) -> RemedyKind:
    return kind() if isinstance(kind, type) else kind


def _proposed(
    kind: Any, given: Problems
) -> Iterator[tuple[Problem, Sequence[Candidate]]]:
    """Yield the problems to which a kind applies, and what it proposes there."""
    for problem in (each.problem() for each in given.given):
        if _instance(kind).applies(problem):
            yield problem, _candidates(kind, problem)


def _candidates(kind: Any, problem: Problem) -> Sequence[Candidate]:
    """Ask with the same global draws each time: seeds are a question of their own."""
    with global_states(0):
        return [*_instance(kind).candidates(problem)]


def _key(candidate: Candidate) -> tuple[Any, ...]:
    """All that a candidate says, in a form that can be compared."""
    fields = (getattr(candidate, name) for name in ("name", "description", "code"))
    return (*fields, candidate.cost, *_params(candidate.estimator))


def _params(estimator: Any) -> list[tuple[str, str]]:
    own = [("", type(estimator).__qualname__)]
    found = estimator.get_params(deep=True)
    return own + [(name, _value_key(found[name])) for name in sorted(found)]


def _value_key(value: Any) -> str:
    """Key of a parameter; the parameters of estimators have keys of their own."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        return type(value).__qualname__
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(_value_key, value))})"
    try:
        return f"{type(value).__name__} {joblib.hash(value)}"
    except Exception:  # what cannot be pickled, such as a lambda
        return type(value).__qualname__


def _difference(
    ones: Sequence[Candidate], others: Sequence[Candidate]
) -> Candidate | None:
    """Find the first candidate that the other proposal lacks."""
    keys = {repr(_key(other)) for other in others}
    return next((one for one in ones if repr(_key(one)) not in keys), None)


def _fitted(estimator: Any, problem: Problem) -> Any:
    """Fit a clone with a seed; None where that fails, which is another check's."""
    try:
        return _fit(estimator, problem)
    except Exception:
        return None


def _fit(estimator: Any, problem: Problem) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of problems that are small on purpose
        return seeded_model(estimator).fit(problem.X, problem.y)


def _predicted(model: Any, problem: Problem) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(model.predict(problem.X))


# ---------------------------------------------------------------------------- promises
@REMEDY.promise
def check_is_described(kind, given):
    """Have a name that can be typed, and flags that are True or False."""
    own = _instance(kind)
    name = getattr(own, "name", None)
    is_clear = isinstance(name, str) and name.isidentifier() and name == name.lower()
    assert is_clear, f"The name is {name!r}, not words in small letters joined by _."
    for flag in ("asked_only", "changes_given"):
        value = getattr(own, flag)
        assert isinstance(value, bool), f"{flag} is {value!r}."


@REMEDY.promise
def check_is_of_use(kind, given):
    """Apply to some problem, and say by True or False whether it does."""
    told = [_instance(kind).applies(each.problem()) for each in given.given]
    odd = [answer for answer in told if not isinstance(answer, (bool, np.bool_))]
    assert not odd, f"applies returned {odd[0]!r}."
    assert any(told), (
        "It applies to none of the problems; give estimator, X and y of one that it "
        "is for."
    )


@REMEDY.promise
def check_candidates_are_described(kind, given):
    """Propose something where it applies, each with a name, a text and a cost."""
    for problem, candidates in _proposed(kind, given):
        assert candidates, f"It applies to {_told(problem)} and proposes nothing."
        assert not candidates[0].is_variant, "The first one is a variant."
        names = [candidate.name for candidate in candidates]
        assert len({*names}) == len(names), f"Several are named alike: {names}."
        for candidate in candidates:
            _check_described(candidate, problem)


def _check_described(candidate: Candidate, problem: Problem) -> None:
    for part in ("name", "description"):
        text = getattr(candidate, part)
        is_line = isinstance(text, str) and text.strip() and "\n" not in text
        assert is_line, f"The {part} {text!r} is no line of text."
    cost, told = candidate.cost, candidate.name
    assert np.isfinite(cost), f"The cost of {told!r} is {cost}."
    assert cost > 0, f"The cost of {told!r} is {cost}."
    is_task = is_classifier if problem.is_classification else is_regressor
    assert is_task(candidate.estimator), f"{told!r} is not made for {problem.task}."


def _told(problem: Problem) -> str:
    return f"{type(problem.estimator).__name__} on {problem.n_samples} rows"


@REMEDY.promise
def check_proposals_repeat(kind, given):
    """Propose the same each time; leave global random state alone."""
    for each in given.given:
        problem = each.problem()
        if _instance(kind).applies(problem):
            check_repeats(
                partial(_keys, _instance(kind), problem),
                "what is proposed",
                "seed by problem.seed",
            )


def _keys(kind: RemedyKind, problem: Problem) -> np.ndarray:
    return np.array([repr(_key(each)) for each in kind.candidates(problem)])


@REMEDY.promise
def check_targets_are_learned_inside(kind, given):
    """Propose the same whatever targets the rows have; let estimators learn them."""
    for problem, candidates in _proposed(kind, given):
        order = np.random.default_rng(0).permutation(problem.n_samples)
        mixed = replace(problem, y=problem.y[order])
        other = _difference(candidates, _candidates(kind, mixed))
        assert other is None, (
            f"Once the targets are dealt out anew, {other.name!r} is another: what was "
            "chosen for it knows the targets of the test rows of each split."
        )


@REMEDY.promise
def check_test_part_is_not_asked(kind, given):
    """Propose the same whatever is in the user's test part."""
    for problem, candidates in _proposed(kind, given):
        for rows in (np.arange(10), np.arange(10, 20)):
            part = rows_of(problem.X, rows)
            tested = replace(problem, X_test=part, y_test=problem.y[rows])
            other = _difference(candidates, _candidates(kind, tested))
            assert other is None, f"With a test part, {other.name!r} is another."


@REMEDY.promise
def check_nothing_is_fitted(kind, given):
    """Propose estimators that are still to be fitted, in every step."""
    for _, candidates in _proposed(kind, given):
        for candidate in candidates:
            for step in inner_estimators(candidate.estimator):
                learned = [name for name in vars(step) if _is_learned(name)]
                assert not learned, (
                    f"{type(step).__name__} of {candidate.name!r} has been fitted, on "
                    f"rows of all splits: it has {', '.join(learned)}."
                )


def _is_learned(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


@REMEDY.promise
def check_given_is_not_changed(kind, given):
    """Leave the given model and the data as they are, in proposing and in fitting."""
    is_fitted = False
    for each in given.given:
        problem = each.problem()
        before = _fingerprint(problem)
        if _instance(kind).applies(problem):
            candidates = _candidates(kind, problem)
            if not is_fitted:  # once is enough, and fits are what takes long
                is_fitted = _fitted(candidates[0].estimator, problem) is not None
        after = _fingerprint(problem)
        changed = [name for name, key in after.items() if key != before[name]]
        assert not changed, f"It changed {', '.join(changed)} of the problem."


def _fingerprint(problem: Problem) -> dict[str, Any]:
    model = problem.estimator
    parts = {name: joblib.hash(getattr(problem, name)) for name in ("X", "y", "splits")}
    learned = [[*vars(step)] for step in inner_estimators(model)]
    return {**parts, "estimator": repr((_params(model), learned))}


@REMEDY.promise
def check_fits_where_it_applies(kind, given):
    """Propose what fits and predicts the rows of every problem it applies to."""
    is_first = True
    for problem, candidates in _proposed(kind, given):
        for candidate in candidates if is_first else _without_variants(candidates):
            try:
                told = _predicted(_fit(candidate.estimator, problem), problem)
            except Exception as error:
                raise AssertionError(
                    f"It applies to {_told(problem)}, but {candidate.name!r} fails: "
                    f"{type(error).__name__}: {error}"
                ) from error
            _check_predictions(told, candidate.name, problem)
        is_first = False


def _without_variants(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    return [candidate for candidate in candidates if not candidate.is_variant]


def _check_predictions(told: np.ndarray, name: str, problem: Problem) -> None:
    assert told.shape == problem.y.shape, (
        f"{name!r} predicts shape {told.shape} for {problem.n_samples} rows."
    )
    if problem.is_classification:
        unknown = sorted({*told.tolist()} - {*problem.y.tolist()})
        assert not unknown, f"{name!r} predicts {unknown[0]!r}, which is no class."
    else:
        assert np.isfinite(told).all(), f"{name!r} predicts what is not a number."


@REMEDY.promise
def check_seed_decides(kind, given):
    """Predict the same for the same seed, whatever the global random state is."""
    # scikit-learn's SVR draws from that state, though nothing follows from it.
    for problem, candidates in _proposed(kind, given):
        first = candidates[0]
        if _fitted(first.estimator, problem) is None:
            continue
        with global_states(20_011):
            one = _fit_and_predict(first.estimator, problem)
        with global_states(30_011):
            other = _fit_and_predict(first.estimator, problem)
        assert np.array_equal(one, other), (
            f"{first.name!r} predicts something else the next time."
        )
        return  # one problem is enough, and fits are what takes long


def _fit_and_predict(estimator: Any, problem: Problem) -> np.ndarray:
    return _predicted(_fit(estimator, problem), problem)


@REMEDY.promise
def check_code_builds_it(kind, given):
    """Have code that runs on its own and builds an estimator that predicts the same."""
    for problem, candidates in _proposed(kind, given):
        for candidate in candidates:
            built = _built(candidate)
            if _params(built) != _params(candidate.estimator):
                _check_same_predictions(built, candidate, problem)


def _built(candidate: Candidate) -> Any:
    names: dict[str, Any] = {}
    try:
        exec(candidate.code, names)
    except Exception as error:
        raise AssertionError(
            f"The code of {candidate.name!r} fails: {type(error).__name__}: {error}"
        ) from error
    assert hasattr(names.get("estimator"), "fit"), (
        f"The code of {candidate.name!r} makes no estimator of the name 'estimator'."
    )
    return names["estimator"]


def _check_same_predictions(built: Any, candidate: Candidate, problem: Problem) -> None:
    """Compare what two models predict, where their parameters are not the same."""
    if _fitted(candidate.estimator, problem) is None:
        return
    one = _fit_and_predict(candidate.estimator, problem)
    other = _fit_and_predict(built, problem)
    assert np.array_equal(one, other), (
        f"What the code of {candidate.name!r} builds predicts something else in "
        f"{np.mean(one != other):.0%} of the rows."
    )


@REMEDY.promise
def check_can_be_cloned(kind, given):
    """Say all of an estimator by its parameters, so that clones are the same."""
    for _, candidates in _proposed(kind, given):
        for candidate in candidates:
            model = candidate.estimator
            copy = clone(model)
            lost = sorted({*vars(model)} - {*vars(copy)})
            lost = [name for name in lost if not _is_learned(name)]
            assert not lost, (
                f"{named(type(model))} of {candidate.name!r} has {', '.join(lost)}, "
                "which is no parameter: a clone has not."
            )
            assert _params(copy) == _params(model), (
                f"The clone of {candidate.name!r} has other parameters."
            )
