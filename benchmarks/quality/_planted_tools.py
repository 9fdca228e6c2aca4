"""Other tools on the situations of the study of planted causes, at the high dose.

python -m benchmarks.quality._planted_tools collect --minutes 30

Runs in an environment of its own, with skore or deepchecks installed beside
scikit-learn and imbalanced-learn; skoverfit is not needed. Each tool gets what it has a
place for: data, model, splits, and the user's own test part or the one split.
deepchecks 0.19.1 needs scikit-learn 1.7, and installs a package `benchmarks` of its own
that hides this one: delete it there.

What counts as a hit is generous: the tool says nothing that is ranked, so any check
that fails and is about the planted cause counts, wherever it stands. `ABOUT` lists
which are taken to be about what.
"""

import os
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.model_selection import TimeSeriesSplit

from benchmarks.quality._collect import Search
from benchmarks.quality._planted import all_situations
from benchmarks.quality._study import Study, command_line

FIRST_SEED, N_SEEDS = 105, 3
#: Check of a tool -> codes that it is taken to name.
ABOUT = {
    "skore": {
        "SKD001": ("SKO101", "SKO102", "SKO104", "SKO106", "SKO107", "SKO401"),
        "SKD002": ("SKO103", "SKO108", "SKO109", "SKO105", "SKO212"),
        "SKD003": ("SKO110", "SKO301", "SKO302", "SKO303", "SKO304", "SKO406"),
        "SKD004": ("SKO403", "SKO405"),
        "SKD005": ("SKO403", "SKO404"),
        "SKD009": ("SKO103", "SKO105", "SKO106", "SKO107", "SKO108", "SKO109"),
        "SKD011": ("SKO201", "SKO202", "SKO203", "SKO207", "SKO213"),
        "SKD012": ("SKO106", "SKO107"),
        "SKD013": ("SKO203", "SKO302", "SKO304"),
        "SKD014": ("SKO212",),
        "SKD015": ("SKO212", "SKO211"),
        "SKD016": ("SKO101", "SKO103"),
    },
    "deepchecks": {
        "TrainTestSamplesMix": ("SKO204", "SKO205"),
        "DataDuplicates": ("SKO204",),
        "ConflictingLabels": ("SKO402",),
        "FeatureDrift": ("SKO311", "SKO313", "SKO315", "SKO316"),
        "MultivariateDrift": ("SKO311", "SKO313", "SKO315", "SKO316"),
        "NewCategoryTrainTest": ("SKO312",),
        "StringMismatchComparison": ("SKO312",),
        "LabelDrift": ("SKO314",),
        "NewLabelTrainTest": ("SKO314",),
        "PercentOfNulls": ("SKO315",),
        "FeatureLabelCorrelation": ("SKO201", "SKO207", "SKO213"),
        "FeatureLabelCorrelationChange": ("SKO201", "SKO311", "SKO316"),
        "IdentifierLabelCorrelation": ("SKO202",),
        "ClassImbalance": ("SKO403", "SKO405"),
        "TrainTestPerformance": ("SKO101", "SKO102", "SKO104", "SKO311", "SKO316"),
        "SimpleModelComparison": ("SKO103", "SKO105", "SKO108", "SKO109"),
        "BoostingOverfit": ("SKO101",),
        "PredictionDrift": ("SKO311", "SKO314"),
        "UnusedFeatures": ("SKO106", "SKO107"),
        "DatasetsSizeComparison": ("SKO406",),
        "DateTrainTestLeakageOverlap": ("SKO203", "SKO302"),
        "IndexTrainTestLeakage": ("SKO202", "SKO205"),
    },
}

ABOUT_ALL = [f"SKD{number:03}" for number in range(1, 17)]


def one_split(planted):
    """Return the parts that the situation has: its own, or one split; else None."""
    X, y, options = planted.X, np.asarray(planted.y), planted.options
    if "X_test" in options:
        return X, y, options["X_test"], np.asarray(options["y_test"])
    splits = options.get("cv")
    if isinstance(splits, list) and len(splits) == 1:
        (train, test) = splits[0]
        return X.iloc[train], y[train], X.iloc[test], y[test]
    return None


def checks_about(tool, situation):
    """Names of the checks of a tool that are about what is planted."""
    planted = {*situation.codes, *situation.equal}
    return [name for name, codes in ABOUT[tool].items() if planted.intersection(codes)]


def skore_checks(planted, wanted):
    """Run checks of skore, in full mode; return the codes of those that fail.

    What cannot be a hit is left out, for its time: other checks do not depend on it.
    """
    if not wanted:
        return []
    from skore import CrossValidationReport, EstimatorReport

    parts = one_split(planted)
    if parts is not None:
        X, y, X_test, y_test = parts
        report = EstimatorReport(
            planted.estimator, X_train=X, y_train=y, X_test=X_test, y_test=y_test
        )
    else:
        X, y, splitter = planted.X, np.asarray(planted.y), planted.options.get("cv", 5)
        if "time" in planted.options:
            splitter = TimeSeriesSplit(5)
        report = CrossValidationReport(planted.estimator, X, y, splitter=splitter)
    kept = {*wanted, "SKD002"} if "SKD011" in wanted else {*wanted}
    ignored = [code for code in ABOUT_ALL if code not in kept]
    table = report.checks.summarize(fast_mode=False, ignore=ignored)
    failed = [
        *table.frame(section="issue")["code"],
        *table.frame(section="tip")["code"],
    ]
    return sorted(set(failed))


def deepchecks_checks(planted, wanted):
    """Run checks of deepchecks' full suite on one split; return names of what fails.

    What cannot be a hit is left out, for its time.
    """
    if not wanted:
        return []
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.suites import full_suite
    from sklearn.base import clone
    from sklearn.model_selection import train_test_split

    parts = one_split(planted)
    if parts is None:
        y = np.asarray(planted.y)
        X, X_test, y, y_test = train_test_split(planted.X, y, random_state=0)
    else:
        X, y, X_test, y_test = parts
    kind = "multiclass" if y.dtype.kind in "biu" else "regression"
    kind = "binary" if kind == "multiclass" and len(np.unique(y)) == 2 else kind
    texts = [str(c) for c in X.columns if X[c].dtype.kind not in "biuf"]
    train, test = (
        Dataset(
            a.rename(columns=str).reset_index(drop=True),
            label=b,
            cat_features=texts,
            label_type=kind,
        )
        for a, b in ((X, y), (X_test, y_test))
    )
    suite = full_suite()
    for number, check in list(suite.checks.items()):
        if type(check).__name__ not in wanted:
            suite.remove(number)
    fitted = clone(planted.estimator).fit(train.data[train.features], y)
    found = suite.run(train, test, fitted)
    return sorted({type(r.check).__name__ for r in found.get_not_passed_checks()})


TOOLS = {"skore": skore_checks, "deepchecks": deepchecks_checks}


def run(search):
    """Run one tool on one case; an error of the tool is kept as what it is."""
    situation = all_situations()[search.dataset]
    planted, table = situation.build("high", "confirm", search.seed)
    start, failed, error = time.process_time(), [], ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wanted = checks_about(search.family, situation)
            failed = TOOLS[search.family](planted, wanted)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"[:200]
    seconds = round(time.process_time() - start, 2)
    return {"table": table, "seconds": seconds, "failed": failed, "error": error}


def installed(name):
    """Whether a tool can be imported here."""
    try:
        __import__(name)
    except Exception:
        return False
    return True


def planned():
    """Each situation with one seed before any with the next, those with checks last."""
    return [
        Search(name, tool, 0, seed, "confirm")
        for tool in TOOLS
        if installed(tool)
        for seed in range(FIRST_SEED, FIRST_SEED + N_SEEDS)
        for name in by_checks(tool)
    ]


def by_checks(tool):
    """Situations, those first about which a tool has the fewest checks."""
    situations = all_situations()
    return sorted(
        situations, key=lambda name: len(checks_about(tool, situations[name]))
    )


def names_it(record):
    """Whether a check that failed is about each planted cause."""
    situation, about = all_situations()[record["dataset"]], ABOUT[record["family"]]
    said = {code for check in record["failed"] for code in about.get(check, ())}
    if len(situation.codes) > 1:
        return said.issuperset(situation.codes)
    return not said.isdisjoint((*situation.codes, *situation.equal))


if __name__ == "__main__":
    STUDY = Study("planted_tools", planned, planned, run, None, lambda name: ())
    sys.exit(STUDY.execute(command_line(__doc__, minutes=30).parse_args()))
