"""Threads that share an augmenter get each their own result."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from sklearn.base import clone

from skoverfit.augmentation import (
    EDA,
    AdversarialForest,
    Compose,
    FeatureDropout,
    GaussianCopula,
    GaussianNoise,
    ImageMixup,
    Mixup,
    NeighborInterpolation,
    OneOf,
    RandomSwap,
    SmoothedBootstrap,
    Sometimes,
    SwapNoise,
)

TABLES = [
    GaussianNoise(scale_by="density"),
    SmoothedBootstrap(),
    SwapNoise(0.5),
    FeatureDropout(0.5),
    Mixup(partner="any"),
    NeighborInterpolation(),
    GaussianCopula(),
    AdversarialForest(n_estimators=2, max_iter=2),
    ImageMixup(),
    Compose([("swap", SwapNoise()), ("noise", GaussianNoise())]),
    OneOf([("swap", SwapNoise()), ("noise", GaussianNoise())]),
    Sometimes(SwapNoise(0.5)),
]
TEXTS = [RandomSwap(), EDA(source={"word": ["term"]})]
N_THREADS = 4


@pytest.fixture
def eager_threads():
    """Let threads take turns as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def tables():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(40 + 10 * k, 9)) for k in range(N_THREADS)]


def texts():
    words = ["a", "word", "or", "two", "more", "that", "are", "in", "this", "text"]
    rng = np.random.default_rng(0)
    return [
        [" ".join(rng.permutation(words)) for _ in range(20 + k)]
        for k in range(N_THREADS)
    ]


@pytest.mark.parametrize(
    "augmenter", [*TABLES, *TEXTS], ids=lambda each: repr(each)[:40]
)
@pytest.mark.usefixtures("eager_threads")
def test_each_thread_has_its_own_result(augmenter):
    data = texts() if augmenter in TEXTS else tables()
    shared = clone(augmenter).set_params(random_state=0, n_copies=3)
    alone = [resampled(clone(shared), X) for X in data]
    start = Barrier(N_THREADS)

    def work(X):
        start.wait()
        return [resampled(shared, X) for _ in range(3)]

    with ThreadPoolExecutor(N_THREADS) as pool:
        together = list(pool.map(work, data))
    for expected, results in zip(alone, together, strict=True):
        for result in results:
            np.testing.assert_array_equal(result[0], expected[0])
            np.testing.assert_array_equal(result[1], expected[1])
    left = [name for name in vars(shared) if name.startswith("_")]
    assert left == []
    assert len(shared.sample_indices_) in [len(y) for _, y in alone]


def resampled(augmenter, X):
    return augmenter.fit_resample(X, np.arange(len(X)) % 2)


def test_a_failed_call_leaves_the_augmenter_as_it_was():
    X, y = np.arange(6.0).reshape(3, 2), [0, 1, 0]
    noise = GaussianNoise(random_state=0)
    noise.fit_resample(X, y, groups=[1, 1, 2])
    before = dict(vars(noise))
    with pytest.raises(ValueError, match="infinity"):
        noise.fit_resample(np.full((3, 2), np.inf), y)
    assert vars(noise) == before
    noise.fit_resample(X, y)
    assert not hasattr(noise, "groups_")
