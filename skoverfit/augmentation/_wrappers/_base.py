"""What estimators that augment their training data share: decide, augment, fit."""

import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import GroupKFold
from sklearn.utils import Bunch, check_random_state, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from skoverfit._compat import (
    BaseSearchCV,
    HasMethods,
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    _num_samples,
    _raise_for_params,
    _routing_enabled,
    get_tags,
    restores_settings,
)
from skoverfit._declared import declared
from skoverfit._delegation import ClassifierDelegation, Wrapper
from skoverfit._row_scorer import row_scorer
from skoverfit._types import ScoringLike, Seed
from skoverfit.augmentation._tables._gaussian_noise import GaussianNoise
from skoverfit.augmentation._wrappers._comparison import Task, compare, make_passes
from skoverfit.augmentation._wrappers._dose import (
    best_candidate,
    candidates,
    chosen_elsewhere,
    tuning_table,
)
from skoverfit.augmentation._wrappers._gate import LEVELS, N_PASSES, is_futile, judged
from skoverfit.augmentation._wrappers._training import (
    TrainingRows,
    accepted_names,
    fitted,
    seeded_clone,
    told_task,
)
from skoverfit.exceptions import InvalidSplitsWarning

__all__ = ["BaseAugmented"]

#: What is handed on without metadata routing.
PASSED_ON = ("sample_weight", "groups")

#: How often all rows are dealt out to choose a dose where nothing is judged.
N_TUNING_PASSES = 3


@declared
class BaseAugmented(Wrapper):
    """Shared workflow: decide, augment, bring what belongs to rows along, fit."""

    estimator: Any
    augmenter: Any = None
    _: KW_ONLY
    accept: Literal["always", "likely", "better", "proven"] = "always"
    tune: Literal["auto"] | Mapping[str, Any] | None = None
    cv: Any = None
    scoring: ScoringLike = None
    significance_level: float | None = None
    n_jobs: int | None = None
    random_state: Seed = None

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"])],
        "augmenter": [HasMethods(["fit_resample"]), None],
        "accept": [StrOptions({"always", *LEVELS})],
        "tune": [StrOptions({"auto"}), dict, None],
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "significance_level": [Interval(Real, 0, 0.5, closed="neither"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    # ``sample_weight`` comes in through ``params``, like in scikit-learn's own
    # meta-estimators, and not as a named argument. A named one would promise that
    # weight 2 equals the row given twice. No randomized augmenter can keep that: the
    # one row with weight 2 has one perturbed copy that counts twice, the two rows
    # have two different copies, and what the augmenter learns (the scale of noise)
    # does not see the weights.
    @restores_settings
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Augment the data, then fit a clone of the estimator on them.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_features), \
                list of str, or ndarray of shape (n_rows, ...)
            Training rows, in any container that the augmenter and the estimator
            accept.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        **params : dict
            Parameters of ``estimator.fit``. Without metadata routing only
            ``sample_weight`` and ``groups``, of shape (n_rows,), are accepted; with
            it, all that the estimator, the augmenter, the splitter and the scorer
            request. Values with one entry per row are repeated for synthetic rows,
            which get the entry of their parent; the augmenter must have
            ``sample_indices_`` for that.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        rows, routed = self._training_rows(X, y, params, "fit")
        for name in {"gate_", "tuning_", "_batch_rng"} & set(vars(self)):
            delattr(self, name)
        augmenter = self._decided(rows, routed)
        if augmenter is not None:
            augmenter = seeded_clone(augmenter, self.random_state)
            rows = rows.augmented(augmenter)
        self.augmenter_ = augmenter
        self.estimator_ = fitted(clone(self.estimator), rows, self._own_random_state())
        self._copy_features()
        return self

    def _partial_fit(self, X, y, params, **options):
        """Augment one batch and go on training with it."""
        rows, _ = self._training_rows(X, y, params, "partial_fit")
        if not hasattr(self, "estimator_"):
            self._begin()
        if not hasattr(self, "_batch_rng"):
            self._batch_rng = check_random_state(deepcopy(self._own_random_state()))
        if self.accepted_:
            decided = self._given_augmenter() if self.tune is None else self.augmenter_
            self.augmenter_ = seeded_clone(decided, self._batch_rng)
            rows = rows.augmented(self.augmenter_)
        fitted(self.estimator_, rows, self._batch_rng, method="partial_fit", **options)
        self._copy_features()
        return self

    def _begin(self):
        """Start training by batches, where there is nothing to decide."""
        if self._compares():
            raise ValueError(
                f"accept={self.accept!r} with tune={self.tune!r} compares by "
                "cross-validation, for which one batch is not enough. Call fit first, "
                "whose decision partial_fit keeps, or use accept='always' and "
                "tune=None."
            )
        self.accepted_, self.estimator_ = True, clone(self.estimator)

    def _copy_features(self):
        self._copy_feature_attributes(
            *(part for part in (self.estimator_, self.augmenter_) if part is not None)
        )

    def _given_augmenter(self):
        given = GaussianNoise() if self.augmenter is None else self.augmenter
        labels = isinstance(self, ClassifierDelegation)
        return told_task(given, "classification" if labels else "regression")

    def _own_random_state(self):
        """Seed of what is drawn here: the own one, else that of the augmenter."""
        if self.random_state is not None:
            return self.random_state
        # A clone, so that drawing does not move on the augmenter of the caller.
        return getattr(clone(self._given_augmenter()), "random_state", None)

    def _check_estimator(self):
        """Refuse estimators of the other kind, and precomputed kernels."""
        if get_tags(self.estimator).input_tags.pairwise:
            raise ValueError(
                f"estimator={self.estimator!r} takes pairwise distances or kernels, "
                "and rows of such a matrix cannot be augmented. Give it an estimator "
                "that computes them from features."
            )
        self._check_kind()

    def _training_rows(self, X, y, params, method):
        """Check what was given and put it together; also return it as routed."""
        _raise_for_params(params, self, method, allow=PASSED_ON)
        self._check_estimator()
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        X, y = indexable(X, y)
        routed = self._routed(_with_checked_weight(params, X), method)
        own = dict(routed.estimator)
        weight = own.pop("sample_weight", routed.augmenter.get("sample_weight"))
        rows = TrainingRows(X, y, weight, own, routed.augmenter)
        return rows.with_unit(), routed

    def _routed(self, params, method):
        """Split the parameters among estimator, augmenter, splitter and scorer."""
        if not _routing_enabled():
            return self._passed_on(params, method)
        routed = process_routing(self, method, **params)
        found = Bunch(
            estimator=routed["estimator"][method],
            augmenter=routed["augmenter"]["fit_resample"],
            splitter={},
            scorer={},
        )
        if method == "fit" and self._compares():
            found.splitter = routed["splitter"]["split"]
            found.scorer = routed["scorer"]["score"]
        return found

    def _passed_on(self, params, method):
        """Weights and groups for whoever names them as a parameter."""
        params = {name: value for name, value in params.items() if value is not None}
        takers = getattr(self.estimator, method), self._given_augmenter().fit_resample
        estimator, augmenter = (accepted_names(taker, PASSED_ON) for taker in takers)
        if isinstance(self.estimator, BaseSearchCV | BaseAugmented):
            estimator.add("groups")
        estimator.add("sample_weight")  # brought in by repeating rows, if need be
        groups = {"groups"}

        def those(names):
            return {name: value for name, value in params.items() if name in names}

        return Bunch(
            estimator=those(estimator),
            augmenter=those(augmenter),
            splitter=those(groups),
            scorer={},
        )

    # ---------------------------------------------------------------------- decision

    def _compares(self):
        return self.accept != "always" or self.tune is not None

    def _decided(self, rows, routed):
        """Return the augmenter to use, None where it has not earned its place."""
        augmenter = self._given_augmenter()
        self.accepted_ = True
        if not self._compares():
            return augmenter
        rng = check_random_state(self._own_random_state())
        task, passes = self._task(rows, routed), self._passes(rows, routed, rng)
        settings = [{}] if self.tune is None else candidates(augmenter, self.tune)
        tried = [clone(augmenter).set_params(**each) for each in settings]
        until = self._is_settled
        comparison = compare(task, tried, passes, rng, self.n_jobs, until)
        best = best_candidate(comparison.augmented)
        if self.tune is not None:
            self.tuning_ = tuning_table(settings, comparison, best)
        if self.accept != "always":
            self.gate_ = self._judged(comparison)
            self.accepted_ = self.gate_.accepted
            _warn_of_lost_splits(self.gate_)
        return tried[best] if self.accepted_ else None

    def _task(self, rows, routed):
        scorer = self._scorer()
        by_rows = row_scorer(
            scorer, self.estimator, weighted="sample_weight" in routed.scorer
        )
        return Task(
            self.estimator,
            rows,
            by_rows or scorer,
            by_rows is not None,
            routed.scorer,
            with_copies=self.accept == "proven",
            groups=routed.splitter.get("groups"),
        )

    def _passes(self, rows, routed, rng):
        n_passes = N_PASSES.get(self.accept, N_TUNING_PASSES)
        return make_passes(
            self.cv, rows, self.estimator, routed.splitter, rng, n_passes
        )

    def _is_settled(self, comparison):
        return self.accept != "always" and is_futile(self._judged(comparison))

    def _judged(self, comparison):
        level = self.significance_level
        level = LEVELS[self.accept] if level is None else level
        return judged(comparison, chosen_elsewhere(comparison, self.cv), level)

    def _scorer(self):
        return check_scoring(self.estimator, scoring=self.scoring)

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes where.

        Returns
        -------
        routing : MetadataRouter
            ``fit`` and ``partial_fit`` are mapped to the same of the estimator and to
            ``fit_resample`` of the augmenter. Where arms are compared, ``fit`` is
            also mapped to ``split`` of the splitter and ``score`` of the scorer.
        """
        same = MethodMapping().add(caller="fit", callee="fit")
        resampled = MethodMapping().add(caller="fit", callee="fit_resample")
        same.add(caller="partial_fit", callee="partial_fit")
        resampled.add(caller="partial_fit", callee="fit_resample")
        router = (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(estimator=self.estimator, method_mapping=same)
            .add(augmenter=self._given_augmenter(), method_mapping=resampled)
        )
        if not self._compares():
            return router
        # Folds made here keep groups whole, so they ask for groups as GroupKFold does.
        splitter = self.cv if hasattr(self.cv, "split") else GroupKFold()
        return router.add(
            splitter=splitter,
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        ).add(
            scorer=self._scorer(),
            method_mapping=MethodMapping().add(caller="fit", callee="score"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        accepted = get_tags(self._given_augmenter()).input_tags
        for name in (
            "one_d_array",
            "two_d_array",
            "three_d_array",
            "sparse",
            "allow_nan",
            "string",
            "categorical",
        ):
            both = getattr(inner.input_tags, name) and getattr(accepted, name)
            setattr(tags.input_tags, name, both)
        tags.input_tags.positive_only = inner.input_tags.positive_only
        tags.input_tags.pairwise = inner.input_tags.pairwise
        tags.target_tags = inner.target_tags
        tags.target_tags.required = True
        tags.non_deterministic = inner.non_deterministic
        return tags


def _with_checked_weight(params, X):
    """Check the weights against the rows as given, before the rows are multiplied."""
    if params.get("sample_weight") is None:
        return {name: v for name, v in params.items() if name != "sample_weight"}
    rows = np.empty((_num_samples(X), 0))
    weight = _check_sample_weight(params["sample_weight"], rows)
    return {**params, "sample_weight": weight}


def _warn_of_lost_splits(gate):
    """Say how many splits the decision does without."""
    n_invalid = max(each.n_invalid for each in gate.comparisons)
    if n_invalid:
        warnings.warn(
            f"{n_invalid} of {len(gate.scores)} splits gave no finite score for each "
            "arm and are left out of the decision about augmentation.",
            InvalidSplitsWarning,
            stacklevel=4,
        )
