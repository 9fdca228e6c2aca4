"""The library's own wrappers and models keep the promises that it asks of others."""

import os
import pickle
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import joblib
import numpy as np
import pytest

from skoverfit.testing import checks_of
from skoverfit.testing._estimators import answers, model_table
from tests.registry import (
    AUGMENTED,
    COMMITTEES,
    DROPOUT,
    FILTERS,
    HAS_SKGLM,
    PRUNED,
    REGULARIZED,
    SEARCHES,
    SHRUNK,
    SPARSE,
    TREATED,
)
from tests.testing.grouped_checks import on_one_line, run_checks

ROOT = Path(__file__).parents[2]
MODELS = [
    *SEARCHES,
    *COMMITTEES,
    *AUGMENTED,
    *REGULARIZED,
    *SHRUNK,
    *DROPOUT,
    *PRUNED,
    *FILTERS,
    *(SPARSE if HAS_SKGLM else []),
]
each_model = pytest.mark.parametrize("model", MODELS, ids=on_one_line)


@pytest.mark.slow
@each_model
def test_promises(model):
    run_checks(checks_of(model))


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


def through_joblib(model):
    """A model that was written and read again."""
    file = BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def through_skops(model):
    """A model that was written and read again, by a library that runs no code."""
    try:
        from skops import io as skops
    except ImportError:  # in the extra "skops"; the other ways are tested anyway
        return model
    saved = skops.dumps(model)
    types = skops.get_untrusted_types(data=saved)
    roots = {name.partition(".")[0] for name in types}
    assert "skoverfit" in roots <= {"skoverfit", "sklearn"}
    return skops.loads(saved, trusted=types)


@pytest.mark.slow
@pytest.mark.parametrize("model", [*MODELS, *TREATED], ids=on_one_line)
def test_fitted_models_survive_pickle_joblib_and_skops(model):
    table = model_table(model)
    fitted = model.fit(table.X, table.y)
    expected = answers(fitted, table.X)
    assert expected
    for through in (through_pickle, through_joblib, through_skops):
        told = answers(through(fitted), table.X)
        assert told.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(told[name], value)


def output_of(code, folder=None, **env):
    """What a fresh Python prints."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


FITS = """
import joblib
from skoverfit.testing._estimators import answers, model_table
from tests.registry import COMMITTEES, REGULARIZED, SEARCHES, SHRUNK
for model in (COMMITTEES[0], REGULARIZED[0], SEARCHES[2], SHRUNK[0]):
    table = model_table(model)
    print(joblib.hash(answers(model.fit(table.X, table.y), table.X)))
"""


@pytest.mark.slow
def test_predictions_do_not_depend_on_the_seed_of_hashes():
    first, second = (output_of(FITS, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert len(first.split()) == 4
    assert first == second


OFFLINE = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import skoverfit, skoverfit.augmentation, skoverfit.diagnosis, skoverfit.testing
import skoverfit.model_selection, skoverfit.regularization, skoverfit.treatment
from skoverfit import cli
assert cli.main(["demo"]) == 0
"""


@pytest.mark.slow
def test_nothing_is_asked_of_the_network(tmp_path):
    pytest.importorskip("rich")
    pytest.importorskip("typer")
    assert "gap" in output_of(OFFLINE, folder=tmp_path)
