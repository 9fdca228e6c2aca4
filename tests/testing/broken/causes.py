"""Causes of a bad score that look right, each with one mistake that people make."""

# ruff: noqa: NPY002 - the global generator is what must not be used

import numpy as np
from sklearn.linear_model import LinearRegression

from skoverfit.diagnosis import Cause
from tests.testing.broken.row import Broken


class Sound(Cause):
    """Is present where the columns are far from zero; never on clean tables."""

    code, name, kind = "OWN101", "far_from_zero", "data"
    title = "The columns are far from zero"

    def measure(self, lab):
        return {"mean": float(np.abs(np.mean(lab.problem.X, axis=0)).max())}

    def judge(self, measured, problem):
        if measured["mean"] < 100:
            return self.finding("absent", effect=0.0, interval=(-1.0, 1.0))
        return self.finding("present", severity="warning", effect=measured["mean"])


class HasNoTitle(Sound):
    title = ""


class NeedsUnknown(Sound):
    needs = frozenset({"time"})
    kind = "rows"


class SaysOtherCode(Sound):
    def judge(self, measured, problem):
        return FarAway().finding("absent")


class FarAway(Sound):
    code = "OWN102"


class EffectOutside(Sound):
    def judge(self, measured, problem):
        return self.finding("absent", effect=0.5, interval=(0.0, 0.1))


class Remembers(Sound):
    n_judged = 0

    def judge(self, measured, problem):
        self.n_judged += 1
        status = "absent" if self.n_judged % 2 else "present"
        return self.finding(status)


class ChangesMeasurement(Sound):
    def judge(self, measured, problem):
        measured["mean"] = round(measured["mean"], 1)
        return super().judge(measured, problem)


class ShufflesGlobally(Sound):
    def measure(self, lab):
        rows = np.random.permutation(lab.problem.n_samples)
        return {"mean": round(float(np.mean(lab.problem.X[rows])), 6)}


class CentersInPlace(Sound):
    def measure(self, lab):
        lab.problem.X[:] -= np.mean(lab.problem.X, axis=0)
        return super().measure(lab)


class FitsGivenModel(Sound):
    def measure(self, lab):
        lab.problem.estimator.fit(lab.problem.X, lab.problem.y)
        return super().measure(lab)


class PeeksAtTestPart(Sound):
    def measure(self, lab):
        X_test = lab.problem.X_test
        return {"mean": 0.0 if X_test is None else float(np.mean(X_test))}

    def judge(self, measured, problem):
        return self.finding("absent", effect=measured["mean"])


class FailsOnFewRows(Sound):
    def measure(self, lab):
        folds = lab.problem.X[:20].reshape(20, -1)[15:]
        LinearRegression().fit(folds, folds[:, 0])
        return super().measure(lab)


class AlarmsAtChance(Sound):
    def measure(self, lab):
        column, y = lab.problem.X[:, 2], lab.problem.y
        shared = np.mean((column - column.mean()) * (y - y.mean()))
        spread = column.std() * y.std() + 1e-9
        return {"r": float(shared / spread * np.sqrt(len(y)))}

    def judge(self, measured, problem):
        if abs(measured["r"]) < 0.7:
            return self.finding("absent")
        return self.finding("present", severity="warning")


FEW = {"n_tables": 3}  # more are needed by what is counted alone
CAUSES = [
    Broken(HasNoTitle, "has no title", ("check_is_described",), None, FEW),
    Broken(NeedsUnknown, "has a kind that does not exist",
           ("check_is_described",), None, FEW),
    Broken(SaysOtherCode, "gives findings of another cause",
           ("check_finding_is_its_own",), None, FEW),
    Broken(EffectOutside, "has an effect outside its interval",
           ("check_finding_is_its_own",), None, FEW),
    Broken(Remembers, "depends on what it judged before",
           ("check_judgment_is_pure",), None, FEW),
    Broken(ChangesMeasurement, "changes what was measured",
           ("check_judgment_is_pure",), None, FEW),
    Broken(ShufflesGlobally, "shuffles with NumPy's global state",
           ("check_measuring_repeats",), None, FEW),
    Broken(CentersInPlace, "centers the data in place",
           ("check_problem_not_changed",), None, FEW),
    Broken(FitsGivenModel, "fits the model that it is given",
           ("check_problem_not_changed",), None, FEW),
    Broken(PeeksAtTestPart, "reads the user's test part",
           ("check_test_part_not_read",), None, FEW),
    Broken(FailsOnFewRows, "fails where there are few rows",
           ("check_says_not_measured",), None, FEW),
    Broken(AlarmsAtChance, "takes chance for an effect", ("check_false_alarms",)),
]  # fmt: skip
