import shlex

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.causes._wording import flags_of, passed

Y = np.arange(20) % 2


@pytest.mark.parametrize("name", ["fee", "the fee", 'it\'s "quoted"; echo $HOME', "é"])
def test_a_column_is_passed_as_a_shell_and_python_read_it(name):
    X = pd.DataFrame({name: Y, "other": Y})
    problem = make_problem(DummyClassifier(), X, Y)
    code, _, flag = passed("groups", name, problem).partition(" (")
    assert eval(code.removeprefix("groups="), {"X": X}).name == name
    assert shlex.split(flag.removesuffix(")")) == ["--groups", name]
    assert shlex.split(flags_of("--drop", [name, "b c"])) == [
        *("--drop", name),
        *("--drop", "b c"),
    ]


def test_an_array_has_no_columns_on_the_command_line():
    problem = make_problem(DummyClassifier(), np.zeros((20, 2)), Y)
    assert passed("time", "column 1", problem) == "time=X[:, 1]"
