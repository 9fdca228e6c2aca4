import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from skoverfit.diagnosis._inputs import ForwardSplits
from skoverfit.treatment._data_in._problem import drawn

X, Y = np.zeros((60, 1)), np.arange(60)


@pytest.mark.parametrize("splitter", [TimeSeriesSplit(4), ForwardSplits(4, Y)])
def test_the_latest_rows_are_tested_first(splitter):
    splits = drawn(splitter, X, Y, None)
    lasts = [test.max() for _, test in splits]
    assert lasts == sorted(lasts, reverse=True)
    assert lasts[0] == 59
    assert len(splits[0][0]) == max(len(train) for train, _ in splits)


def test_other_splits_stay_in_order():
    splits = drawn(KFold(3), X, Y, None)
    assert [test[0] for _, test in splits] == [0, 20, 40]
