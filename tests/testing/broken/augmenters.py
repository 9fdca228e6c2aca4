"""Augmenters and samplers that look right, each with one mistake that people make."""

# ruff: noqa: NPY002 - the global generator is what must not be used

import numpy as np
import pandas as pd
from imblearn.under_sampling import RandomUnderSampler
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skoverfit.augmentation import BaseAugmenter, GaussianNoise, SwapNoise
from tests.testing.broken.row import Broken


class Sound(GaussianNoise):
    """An augmenter that keeps its promises, to be broken in one place at a time."""


class After(Sound):
    """Changes what a sound augmenter returns."""

    def fit_resample(self, X, y, sample_weight=None, groups=None):
        X_out, y_out = super().fit_resample(X, y, sample_weight, groups)
        return self.change(X, X_out, y_out)


class SetsGlobalSeed(Sound):
    def _augment(self, X, y, rng):
        np.random.seed(0)
        return super()._augment(X, y, rng)


class DrawsFromGlobalState(BaseAugmenter):
    def _augment(self, X, y, rng):
        return X + np.random.uniform(size=X.shape), y


class IgnoresSeed(Sound):
    def _augment(self, X, y, rng):
        return super()._augment(X, y, np.random.default_rng())


class KeepsGenerator(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        self.random_state = check_random_state(self.random_state)
        return super().fit_resample(X, y, sample_weight, groups)


class CountsCopiesUp(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        self.columns = [*range(np.shape(X)[1])]
        return result


class ScalesInPlace(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        if isinstance(X, np.ndarray) and X.dtype == float and X.flags.writeable:
            X -= X.mean(axis=0)
        return super().fit_resample(X, y, sample_weight, groups)


class CopiesFirst(After):
    def change(self, X, X_out, y_out):
        if isinstance(X, np.ndarray):
            X_out = np.roll(X_out, -len(X), axis=0)
        return X_out, y_out


class OneMoreRow(After):
    def change(self, X, X_out, y_out):
        if isinstance(X, np.ndarray) and isinstance(y_out, np.ndarray):
            X_out, y_out = (np.concatenate([it, it[-1:]]) for it in (X_out, y_out))
            self.sample_indices_ = np.append(self.sample_indices_, 0)
        return X_out, y_out


class OneUlp(After):
    def change(self, X, X_out, y_out):
        if isinstance(X, np.ndarray) and X.dtype == float and self.n_copies:
            X_out = np.nextafter(X_out, np.inf)
        return X_out, y_out


class InventsLabels(After):
    def change(self, X, X_out, y_out):
        if isinstance(y_out, np.ndarray) and y_out.dtype.kind == "U":
            y_out[-1] = "new"
        return X_out, y_out


class EncodesLabels(After):
    def change(self, X, X_out, y_out):
        if isinstance(y_out, np.ndarray) and y_out.dtype == np.int8:
            y_out = y_out.astype(np.int64)
        return X_out, y_out


class WidensFloats(After):
    def change(self, X, X_out, y_out):
        if isinstance(X, np.ndarray) and X.dtype == np.float32:
            X_out = X_out.astype(np.float64)
        return X_out, y_out


class MakesIntegersFloats(After):
    def change(self, X, X_out, y_out):
        if isinstance(X, np.ndarray) and X.dtype.kind in "ib":
            X_out = X_out.astype(np.float64)
        return X_out, y_out


class LosesCategories(After):
    def change(self, X, X_out, y_out):
        if "category" in getattr(X, "columns", ()):
            X_out["category"] = X_out["category"].cat.remove_unused_categories()
        return X_out, y_out


class ResetsIndex(After):
    def change(self, X, X_out, y_out):
        if hasattr(X, "columns") and "category" not in X:
            X_out = X_out.reset_index(drop=True)
        return X_out, y_out


class LosesNameOfTarget(After):
    def change(self, X, X_out, y_out):
        return X_out, y_out.rename(None) if isinstance(y_out, pd.Series) else y_out


class ChangesSparseFormat(After):
    def change(self, X, X_out, y_out):
        return X_out.tocsr() if sparse.issparse(X) else X_out, y_out


class ReversesParents(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        if self.mode == "append" and sample_weight is None:
            self.sample_indices_ = self.sample_indices_[::-1]
        return result


class ReturnsInput(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        return (X, y) if self.n_copies == 0 else result


class SeedsByCopies(Sound):
    def _augment(self, X, y, rng):
        rng.random(self.n_copies if self.mode == "append" else 1)
        return super()._augment(X, y, rng)


class AddsTransform(Sound):
    def transform(self, X):
        return X


class ServesClassesOnly(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        if np.ndim(y) > 1 or len(np.unique(y)) > 2:
            raise ValueError("Unknown label type: continuous")
        return super().fit_resample(X, y, sample_weight, groups)


class TakesAnyCopies(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        given, self.n_copies = self.n_copies, max(0, int(float(self.n_copies or 0)))
        try:
            return super().fit_resample(X, y, sample_weight, groups)
        finally:
            self.n_copies = given


class MarksNothing(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        if self.mode == "append":
            self.is_synthetic_ = np.zeros_like(self.is_synthetic_)
        return result


class AppendsAlways(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        if self.mode != "replace":
            return super().fit_resample(X, y, sample_weight, groups)
        self.mode = "append"
        try:
            return super().fit_resample(X, y, sample_weight, groups)
        finally:
            self.mode = "replace"


class LosesWeights(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        if self.mode == "append":
            sample_weight = None
        return super().fit_resample(X, y, sample_weight, groups)


class WeighsCopiesFully(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        if self.mode == "weight":
            self.sample_weight_ = np.asarray(sample_weight)[self.sample_indices_]
        return result


class CopiesAcrossGroups(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        result = super().fit_resample(X, y, sample_weight, groups)
        if groups is not None:
            self.groups_ = np.sort(self.groups_)
        return result


class LeavesRows(Sound):
    def fit_resample(self, X, y, sample_weight=None, groups=None):
        self._left = X
        return super().fit_resample(X, y, sample_weight, groups)


class InventsGaps(After):
    def change(self, X, X_out, y_out):
        if isinstance(X, np.ndarray) and np.isnan(X[:, 0]).any():
            X_out[len(X) :, -1] = np.nan
        return X_out, y_out


class SeedsByWorker(SwapNoise):
    def __init__(self, n_jobs=None, *, n_copies=1, mode="append", random_state=None):
        super().__init__(n_copies=n_copies, mode=mode, random_state=random_state)
        self.n_jobs = n_jobs

    def _augment(self, X, y, rng):
        rng.random(self.n_jobs or 1)
        return super()._augment(X, y, rng)


class Sampler(BaseEstimator):
    """A sampler of few words: it keeps every row, and what `change` makes of them."""

    def fit_resample(self, X, y):
        self.sample_indices_ = np.arange(len(X))
        X_out, y_out = self.change(np.array(X), np.array(y))
        return X_out, y_out.tolist() if isinstance(y, list) else y_out


class DropsRareClass(Sampler):
    def change(self, X, y):
        kept = y == y[0]
        self.sample_indices_ = np.flatnonzero(kept)
        return X[kept], y[kept]


class ForgetsTargets(Sampler):
    def change(self, X, y):
        self.sample_indices_ = np.append(self.sample_indices_, len(X) - 1)
        return np.concatenate([X, X[-1:]]), y


class NamesOtherRows(RandomUnderSampler):
    def fit_resample(self, X, y):
        result = super().fit_resample(X, y)
        self.sample_indices_ = np.arange(len(result[0]))
        return result


FOLLOWS = "check_weights_follow_parents"
AUGMENTERS = [
    Broken(SetsGlobalSeed(), "sets NumPy's global seed", ("check_seed_decides",)),
    Broken(
        DrawsFromGlobalState(),
        "draws from NumPy's global state",
        ("check_seed_decides", "check_fewer_copies_are_first", "check_replaced_rows"),
    ),
    Broken(
        IgnoresSeed(),
        "ignores `random_state`",
        ("check_seed_decides", "check_fewer_copies_are_first", "check_replaced_rows"),
    ),
    Broken(
        KeepsGenerator(),
        "stores the generator in `random_state`",
        ("check_params_kept", "check_seed_decides"),
    ),
    Broken(CountsCopiesUp(), "stores what it learned in a parameter",
           ("check_params_kept",)),
    Broken(ScalesInPlace(), "centers the caller's X in place",
           ("check_data_not_written",)),
    Broken(CopiesFirst(), "returns the copies first",
           ("check_originals_first", "check_fewer_copies_are_first",
            "check_replaced_rows")),
    Broken(OneMoreRow(), "returns one row more",
           ("check_originals_first", "check_no_copies_is_identity",
            "check_fewer_copies_are_first", "check_any_target",
            "check_synthetic_rows_are_marked", "check_replaced_rows",
            "check_weighted_copies", FOLLOWS)),
    Broken(OneUlp(), "changes originals in the last bit", ("check_originals_first",)),
    Broken(InventsLabels(), "gives a copy a label of its own", ("check_labels_kept",)),
    Broken(EncodesLabels(), "returns labels in another dtype", ("check_labels_kept",)),
    Broken(WidensFloats(), "makes 32-bit floats 64-bit", ("check_dtypes_kept",)),
    Broken(MakesIntegersFloats(), "makes integers floats", ("check_dtypes_kept",)),
    Broken(LosesCategories(), "drops unused categories", ("check_frame_kept",)),
    Broken(ResetsIndex(), "numbers the rows of a frame anew",
           ("check_frame_of_numbers_kept",)),
    Broken(LosesNameOfTarget(), "loses the name of y", ("check_frame_kept",)),
    Broken(ChangesSparseFormat(), "turns CSC into CSR", ("check_sparse_kept",)),
    Broken(ReversesParents(), "names the wrong parents",
           ("check_parents_are_named", FOLLOWS)),
    Broken(ReturnsInput(), "returns the caller's own array",
           ("check_no_copies_is_identity",)),
    Broken(SeedsByCopies(), "draws other rows for more copies",
           ("check_fewer_copies_are_first",)),
    Broken(AddsTransform(), "has `transform`, too", ("check_is_sampler",)),
    Broken(ServesClassesOnly(), "refuses numbers as a target", ("check_any_target",)),
    Broken(TakesAnyCopies(), "takes 'two' or -1 copies",
           ("check_bad_n_copies_refused",)),
    Broken(MarksNothing(), "marks no row as synthetic",
           ("check_synthetic_rows_are_marked",)),
    Broken(AppendsAlways(), "ignores `mode='replace'`", ("check_replaced_rows",)),
    Broken(LosesWeights(), "loses the weights of the rows", (FOLLOWS,)),
    Broken(WeighsCopiesFully(), "gives each copy the weight of the row",
           ("check_weighted_copies",)),
    Broken(CopiesAcrossGroups(), "puts copies into other groups", (FOLLOWS,)),
    Broken(LeavesRows(), "keeps the training rows in an attribute",
           ("check_nothing_is_left",)),
    Broken(InventsGaps(), "makes values missing in full columns",
           ("check_no_missing_values_invented",)),
    Broken(SeedsByWorker(), "gives other rows for more workers",
           ("check_n_jobs_changes_nothing",)),
    Broken(DropsRareClass(), "drops the rare class", ("check_labels_kept",)),
    Broken(ForgetsTargets(), "returns fewer targets than rows",
           ("check_lengths_agree", "check_indices_name_rows")),
    Broken(NamesOtherRows(), "numbers the rows of the output",
           ("check_indices_name_rows",)),
]  # fmt: skip
