"""The task, and the target in the type that it needs."""

import numpy as np
import pandas as pd
import pytest

from skoverfit.cli._names import close_matches, listing, one_line
from skoverfit.cli._task import infer_task, mark_positive, prepare_target
from skoverfit.exceptions import InputError


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 5, "classification"),
        ([True, False] * 5, "classification"),
        ([0, 1] * 5, "classification"),
        ([0.0, 1.0] * 5, "classification"),
        ([0.25, 0.75] * 5, "regression"),
        ([3, 4, 5] * 10, "classification"),
        ([3, 4, 5] * 9, "regression"),
        ([1.0, 2.0, 3.0] * 20, "regression"),
        (list(range(20)) * 10, "classification"),
        (list(range(21)) * 10, "regression"),
        (np.linspace(0, 1, 10), "regression"),
        # a class that is too rare for five splits would be refused
        ([3, 4, 5] * 20 + [6] * 4, "regression"),
        ([3, 4, 5] * 20 + [6] * 5, "classification"),
    ],
)
def test_task_follows_the_documented_rule(values, task):
    assert infer_task(pd.Series(values)) == task


def test_prepared_targets():
    whole = prepare_target(pd.Series([0.0, 1.0]), "classification")
    assert whole.dtype.kind == "i"
    assert prepare_target(pd.Series([1, 2]), "regression").dtype == float
    text = pd.Series(["a", "b"], dtype=object)
    assert prepare_target(text, "classification") is text


def test_targets_that_cannot_serve_the_task():
    with pytest.raises(InputError, match=r"fractions such as 1\.5"):
        prepare_target(pd.Series([1.0, 1.5], name="y"), "classification")
    with pytest.raises(InputError, match="'y' holds 'a', not numbers"):
        prepare_target(pd.Series(["a", "b"], name="y"), "regression")


def test_close_matches_ignore_case_and_say_nothing_when_far():
    assert close_matches("TREE", ["tree", "ridge"]) == " Did you mean 'tree'?"
    assert close_matches("xyz", ["tree", "ridge"]) == ""


def test_a_beginning_is_completed():
    known = ["jaccard", "accuracy", "balanced_accuracy"]
    assert close_matches("acc", known) == " Did you mean 'accuracy'?"
    assert close_matches("", known) == ""


def test_positive_class():
    y = pd.Series(["yes", "no", "yes"], name="y")
    assert mark_positive(y, "yes").tolist() == [1, 0, 1]
    assert mark_positive(pd.Series([3, 5]), "5").tolist() == [0, 1]
    with pytest.raises(InputError, match=r"'Yes' is not among .* no, yes"):
        mark_positive(y, "Yes")
    with pytest.raises(InputError, match="two classes; 'y' has 3"):
        mark_positive(pd.Series(list("abc"), name="y"), "a")


def test_messages_are_one_line_of_text():
    assert listing(["a", "b", "c"], 2) == "a, b, ... (3 in all)"
    hostile = "a\x1b]0;t\x07\nb\u202e\u00a0c\ud800 \u200d\U0001f600é"
    shown = one_line(hostile)
    assert shown == "a\ufffd]0;t\ufffd b\ufffd c\ufffd \u200d\U0001f600é"
    shown.encode()
