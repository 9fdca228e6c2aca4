"""Calibrate the dial by effective capacity, and measure how well strengths compare.

python -m benchmarks.quality.calibration collect
python -m benchmarks.quality.calibration curves
python -m benchmarks.quality.calibration verify
python -m benchmarks.quality.calibration summarize

Protocol: eight shared tables for classification and eight for regression, with a signal
and of moderate width; 120 training rows, one draw for each table; estimators with their
defaults on standardized features. The train score is R2, for classifiers the same share
of the class indicators' variance that the predicted probabilities explain, accuracy
where there are none; a model judged by accuracy stands below the band. Every second
table serves to calibrate, the others to verify, with another draw of rows and with the
curves in use.
Calibration: train scores at nine points from the loose over the own to the tight end of
the raw ranges, as a share of the way from the score at the tight end to that at the
loose end; the curve of a class is the median over the tables. The drop at a strength is
(T(0.5) - T(s)) / (T(0.5) - T(1)), where T(0.5) - T(1) is at least 0.05; the target is
the square of the distance from 0.5: 4 % at 0.6, 16 % at 0.7, 36 % at 0.8, 64 % at 0.9.
"""

import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.base import is_classifier
from sklearn.isotonic import IsotonicRegression
from sklearn.utils import all_estimators

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._study import Study, command_line, places
from benchmarks.quality._tables import markdown
from skoverfit._capacity._facts import MeasuredFacts
from skoverfit._capacity._lookup import public_name, require_capacity
from skoverfit._capacity._strength import copy_at
from skoverfit._capacity._table import TABLE
from skoverfit.regularization import register_capacity, unregister_capacity

N_TRAIN = 120
TABLES = {
    "classification": (
        "breast_cancer_wdbc",
        "compas_recidivism",
        "credit_approval",
        "heart_cleveland",
        "ionosphere",
        "phoneme",
        "titanic",
        "vehicle",
    ),
    "regression": (
        "airfoil_noise",
        "auto_mpg",
        "bodyfat",
        "california_housing",
        "chem_process_yield",
        "concrete",
        "diabetes_progression",
        "puma32h",
    ),
}
RAW = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
STRENGTHS = (0.6, 0.7, 0.8, 0.9)
VERIFIED = (0.5, *STRENGTHS, 1.0)
KNOTS = 17
LEAST_RANGE = 0.05

# Entries whose default does not learn from standardized data start here.
SETTINGS = {
    "AdaBoostClassifier": {"n_estimators": 20},
    "AdaBoostRegressor": {"n_estimators": 20},
    "ElasticNet": {"alpha": 0.001},
    "HuberRegressor": {"max_iter": 1000},
    "LabelPropagation": {"gamma": 1.0, "max_iter": 5000},
    "LabelSpreading": {"gamma": 1.0, "max_iter": 1000},
    "Lasso": {"alpha": 0.001},
    "LassoLars": {"alpha": 0.001},
    "LinearSVC": {"max_iter": 5000},
    "LinearSVR": {"max_iter": 5000},
    "LogisticRegression": {"max_iter": 1000},
    "QuantileRegressor": {"alpha": 0.001},
    "RadiusNeighborsClassifier": {"radius": 3.0, "outlier_label": "most_frequent"},
    "RadiusNeighborsRegressor": {"radius": 3.0},
}
# Entries that share the curve of another class, whose range and loss are the same.
SAME = {
    "imblearn.ensemble.BalancedRandomForestClassifier": "RandomForestClassifier",
    "sklearn.linear_model.LassoLars": "Lasso",
    "sklearn.linear_model.MultiTaskElasticNet": "ElasticNet",
    "sklearn.linear_model.MultiTaskLasso": "Lasso",
    "sklearn.svm.NuSVR": "SVR",
    "skglm.ElasticNet": "ElasticNet",
    "skglm.GroupLasso": "Lasso",
    "skglm.Lasso": "Lasso",
    "skglm.MultiTaskLasso": "Lasso",
    "skglm.WeightedLasso": "Lasso",
}
LIBRARIES = {
    "xgboost": ("XGBClassifier", "XGBRegressor"),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor"),
}
# No curve: other data or targets, or an end that is no constant.
LEFT_OUT = (
    "ARDRegression",
    "BernoulliNB",
    "CCA",
    "CategoricalNB",
    "ComplementNB",
    "GammaRegressor",
    "Lars",
    "LinearDiscriminantAnalysis",
    "MultinomialNB",
    "MultiTaskElasticNet",
    "MultiTaskLasso",
    "NearestCentroid",
    "NuSVC",
    "NuSVR",
    "OrthogonalMatchingPursuit",
    "PLSRegression",
    "PassiveAggressiveClassifier",
    "PassiveAggressiveRegressor",
    "Perceptron",
    "PoissonRegressor",
    "QuadraticDiscriminantAnalysis",
    "TweedieRegressor",
    "LassoLars",
)
COMPARED = {
    "classification": (
        "LogisticRegression",
        "KNeighborsClassifier",
        "DecisionTreeClassifier",
        "RandomForestClassifier",
        "ExtraTreesClassifier",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "MLPClassifier",
        "GaussianProcessClassifier",
        "XGBClassifier",
    ),
    "regression": (
        "Ridge",
        "Lasso",
        "KNeighborsRegressor",
        "DecisionTreeRegressor",
        "RandomForestRegressor",
        "ExtraTreesRegressor",
        "GradientBoostingRegressor",
        "HistGradientBoostingRegressor",
        "MLPRegressor",
        "SVR",
    ),
}
# Judged by accuracy, for want of probabilities, and so outside the band: it was among
# the ten until the first look, and is shown for that.
BY_ACCURACY = {"classification": ("SVC",), "regression": ()}


def shown(task):
    """Families in the table of a task."""
    return COMPARED[task] + BY_ACCURACY[task]


def models():
    """Name -> estimator with an entry of its own and default settings."""
    found = {}
    for name, cls in all_estimators(type_filter=["classifier", "regressor"]):
        entry = TABLE.get(public_name(cls))
        if entry is None or entry.replaced_by or name in LEFT_OUT:
            continue
        model = cls(**SETTINGS.get(name, {}))
        has_seed = "random_state" in model.get_params()
        found[name] = model.set_params(**({"random_state": 0} if has_seed else {}))
    for library, names in LIBRARIES.items():
        module = importlib.import_module(library)
        quiet = {"verbosity": 0} if library == "xgboost" else {"verbose": -1}
        for name in names:
            found[name] = getattr(module, name)(n_jobs=1, random_state=0, **quiet)
    return found


def planned():
    """Each table with each class along the raw range, those that are compared first."""
    pairs = {
        task: [n for n, m in models().items() if is_classifier(m) == (task[0] == "c")]
        for task in COMPARED
    }
    return [
        Search(name, family, N_TRAIN, 0, task)
        for wanted in (True, False)
        for task, families in pairs.items()
        for family in families
        if (family in shown(task)) == wanted
        for name in TABLES[task]
    ]


def verified():
    """Draws for verifying, of the tables that did not serve to calibrate."""
    return [
        replace(search, seed=1)
        for search in planned()
        if search.family in shown(search.task)
        and is_for_verifying(search.dataset, search.task)
    ]


def smoke():
    """Two classes on one bundled table."""
    return [
        Search("bundled_iris", family, 60, 0)
        for family in ("DecisionTreeClassifier", "KNeighborsClassifier")
    ]


def run(search, X, y):
    """Train scores along the raw range, with its start, or at the strengths."""
    sample = search.sample(X, y)
    X, y = sample.X_train, sample.y_train
    model = models()[search.family]
    facts = MeasuredFacts(X, y, is_classification=is_classifier(model))
    start = start_of(model, facts)
    if search.seed == 1:
        return {"start": start, "scores": scores_at(VERIFIED, model, X, y, facts)}
    raw = replace(require_capacity(model), curve=None, exact_curve=lambda *args: None)
    register_capacity(type(model), raw, replace=True)
    try:
        return {"start": start, "scores": scores_at(RAW, model, X, y, facts)}
    finally:
        unregister_capacity(type(model))


def start_of(model, facts):
    """Position of the own settings between the loose and the tight end."""
    params = model.get_params(deep=False)
    return round(require_capacity(model).position(params, facts, params), 6)


def scores_at(strengths, model, X, y, facts):
    """Train scores of the model at strengths."""
    return [
        round(train_score(copy_at(model, s, facts)[0].fit(X, y), X, y), 5)
        for s in strengths
    ]


def train_score(model, X, y):
    """Share of the variance explained, of the class indicators if there are any."""
    if not hasattr(model, "predict_proba"):
        return float(model.score(X, y))
    indicators = (y[:, None] == model.classes_).astype(float)
    errors = ((indicators - model.predict_proba(X)) ** 2).sum()
    return float(1 - errors / ((indicators - indicators.mean(axis=0)) ** 2).sum())


# ------------------------------------------------------------------------- the curves
def is_for_verifying(dataset, task):
    """Whether a table is one of every second."""
    return dataset in TABLES[task][1::2]


def curve_on(record):
    """Share of the capacity at equidistant positions of one table, or None."""
    positions, scores = along(record)
    top, bottom = scores[positions.argmin()], scores[positions.argmax()]
    if top - bottom < LEAST_RANGE:
        return None
    share = np.clip((scores - bottom) / (top - bottom), 0, 1)
    fit = IsotonicRegression(increasing=False, out_of_bounds="clip")
    fit.fit(positions, share)
    return fit.predict(np.linspace(0, 1, KNOTS))


def along(record):
    """Positions of the raw strengths, and the train scores there."""
    start, raw = record["start"], np.array(RAW)
    distance = np.abs(raw - 0.5) / 0.5
    positions = start + distance * np.where(raw > 0.5, 1 - start, -start)
    return positions, np.array(record["scores"])


def curves(records):
    """Class name -> median curve over the tables that serve to calibrate."""
    found = {}
    for family in sorted({record["family"] for record in records}):
        each = [
            curve_on(record)
            for record in records
            if (record["family"], record["seed"]) == (family, 0)
            and not is_for_verifying(record["dataset"], record["task"])
        ]
        each = [curve for curve in each if curve is not None]
        if len(each) < 3:
            continue
        middle = np.minimum.accumulate(np.median(each, axis=0))
        middle[[0, -1]] = 1, 0
        found[family] = [round(float(value), 3) for value in middle]
    return found


def write_curves(path, found):
    """Write the module with the curves."""
    head = path.read_text(encoding="utf-8").partition("CURVES:")[0]
    lines = ["CURVES: dict[str, tuple[float, ...]] = {"]
    for name in sorted(TABLE):
        library, _, kind = name.partition(".")
        kind = kind.rpartition(".")[2]
        own = library == "sklearn" or kind in LIBRARIES.get(library, ())
        curve = found.get(SAME.get(name, kind if own else ""))
        if curve is not None and TABLE[name].replaced_by is None:
            numbers = " ".join(f"{1000 * value:.0f}" for value in curve)
            lines += [f'    "{name}": _curve(', f'        "{numbers}"', "    ),"]
    path.write_text(head + "\n".join([*lines, "}", ""]), encoding="utf-8")


# ------------------------------------------------------------------------- the report
RESULTS = places(False)[1]


def report(raw, results):
    """Write the tables and the committed scores; return the tables."""
    path = results / "calibration.jsonl"
    if raw.is_file():
        write_scores(path, read_records(raw))
    records = read_scores(path)
    protocol = __doc__.partition("Protocol: ")[2].replace("\n", " ")
    text = "\n".join(
        [
            "# Calibration of the dial",
            "",
            "Share of the train score above a constant that is given up, in percent: "
            "median over the tables that did not serve to calibrate. `raw` moves in "
            "equal steps of position between the ends.",
            "",
            *drops(records),
            "",
            "Protocol: " + protocol,
            "",
        ]
    )
    (results / "calibration.md").write_text(text, encoding="utf-8")
    return text


def drops(records):
    """Yield tables of the drops of the families that are shown."""
    for task, compared in COMPARED.items():
        rows = [
            [family, *median_drops(records, task, family, 0), *own]
            for family in shown(task)
            if len(own := median_drops(records, task, family, 1))
        ]
        if not rows:
            continue
        inside = [row for row in rows if row[0] in compared]
        titles = [f"{k} {s}" for k in ("raw", "calibrated") for s in STRENGTHS]
        body = [[family, *map("{:.0f}".format, values)] for family, *values in rows]
        body.insert(len(inside), band(inside))
        yield from (
            f"## {task.capitalize()}",
            "",
            *markdown(["model", *titles], body),
            "",
        )


def median_drops(records, task, family, seed):
    """Medians over the tables for verifying, in percent: raw (0), calibrated (1)."""
    values = [
        drop
        for record in records
        if (record["family"], record["task"], record["seed"]) == (family, task, seed)
        and is_for_verifying(record["dataset"], task)
        and (drop := drop_of(record)) is not None
    ]
    return 100 * np.median(values, axis=0) if values else []


def band(rows):
    """Row with the lowest and the highest drop of these families."""
    values = np.array([row[1:] for row in rows])
    ends = zip(values.min(0), values.max(0), strict=True)
    return ["lowest to highest", *(f"{low:.0f} to {high:.0f}" for low, high in ends)]


def drop_of(record):
    """Share of the train score given up at the strengths, or None without a range."""
    strengths = VERIFIED if record["seed"] else RAW
    at = dict(zip(strengths, record["scores"], strict=True))
    if at[0.5] - at[1.0] < LEAST_RANGE:
        return None
    scores = np.array([at[strength] for strength in STRENGTHS])
    return (at[0.5] - scores) / (at[0.5] - at[1.0])


def write_scores(path, records):
    """Write the scores, lists as JSON."""
    names = ("dataset", "family", "task", "seed", "start", "scores")
    lines = [json.dumps([record[name] for name in names]) for record in records]
    path.write_text("\n".join([json.dumps(names), *lines, ""]), encoding="utf-8")


def read_scores(path):
    """Read them again."""
    head, *lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


STUDY = Study("calibration", planned, smoke, run, report)


def main(argv=None):
    """Collect, write the curves, or summarize."""
    parser = command_line(__doc__, minutes=30)
    steps = next(action for action in parser._actions if action.dest == "step")
    steps.choices += ["curves", "verify"]
    options = parser.parse_args(argv)
    if options.step == "curves":
        raw = places(False)[0] / "calibration.jsonl"
        write_scores(RESULTS / "calibration.jsonl", read_records(raw))
        package = Path(__file__).resolve().parents[2] / "skoverfit"
        found = curves(read_scores(RESULTS / "calibration.jsonl"))
        write_curves(package / "_calibration.py", found)
        return 0
    if options.step == "verify":
        options.step = "collect"
        return replace(STUDY, planned=verified).execute(options)
    return STUDY.execute(options)


if __name__ == "__main__":
    sys.exit(main())
