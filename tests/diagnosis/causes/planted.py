"""One cause asked about data into which it was planted."""

from dataclasses import replace

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import ask, judge
from skoverfit.diagnosis.causes._base import choose_causes

SHUFFLED = StratifiedKFold(5, shuffle=True, random_state=0)
NUMBERS = KFold(5, shuffle=True, random_state=0)


def finding_of(name, estimator, X, y, **options):
    """Ask about a single cause."""
    return asked(name, estimator, X, y, **options)[0]


def asked(name, estimator, X, y, **options):
    """Ask about a single cause; also the estimators that it proposes."""
    single, part = options.pop("single", None), options.pop("test_part", None)
    problem = make_problem(estimator, X, y, random_state=0, **options)
    if single is not None:
        problem = problem.on([single])
    if part is not None:
        problem = replace(problem, X_test=part[0], y_test=part[1])
    lab = Lab(problem, Clock(float("inf")))
    measure_core(lab)
    found = ask(lab, choose_causes([name]))
    (finding,) = judge(found, lab.problem)
    measured = found[0].measured
    remedies = found[0].cause.remedies(measured, problem) if measured else ()
    return finding, remedies


def measured(cause, estimator, X, y, budget=float("inf"), **options):
    """What a cause measures by itself, also beyond the budget."""
    problem = make_problem(estimator, X, y, random_state=0, **options)
    lab = Lab(problem, Clock(budget))
    measure_core(lab)
    return cause.measure(lab)


def rebuilt(candidate, estimator):
    """What the code of a candidate builds."""
    names = {"estimator": estimator}
    exec(candidate.code, names)
    return names["estimator"]


def same(one, other):
    return repr(one) == repr(other)


def subjects(n, size, noise=0.5, seed=0):
    """Rows of subjects in random order; labels belong to subjects, by chance."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(n), size)
    X = rng.normal(0, 3, (n, 8))[subject] + rng.normal(0, noise, (n * size, 8))
    order = rng.permutation(n * size)
    return X[order], rng.permutation(np.arange(n) % 2)[subject][order], subject[order]
