"""Test rows told from training rows."""

import numpy as np

from skoverfit.diagnosis._own_part._part_tests import two_sample_test
from skoverfit.diagnosis._own_part._parts import read_parts


def test_values_that_trees_cannot_take_are_told_apart_all_the_same():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    train[3, 0], test[:, 1] = -1e192, 1e300
    assert two_sample_test(read_parts(train, test)).auc > 0.9
