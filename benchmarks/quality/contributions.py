"""Measure what each kind of remedy adds to a treatment: with all, without one, alone.

python -m benchmarks.quality.contributions collect --minutes 30
python -m benchmarks.quality.contributions summarize

Protocol, fixed before the first result.

**Data and given models.** Those of the study of treatment (`treatment.py`): all shared
tables and texts, seven families of models with scikit-learn's defaults. The shared sets
of images as well, as arrays of pixels, which are flattened in front of the given model.
200 training rows; 1000 for one set in twelve, where at least 300 others are left. At
most 2000 others are held out; of texts 500, since every fold model reads them anew.

**Order of work.** A round takes every set once, in random order, each with one family;
the families of a set are in random order. So a run that is cut short is a sample with
as many sets as possible. Sets with fewer than 20 rows left are not used.

**Replays.** A treatment is fitted once. Every other run on the same sample is the same
engine on the same splits, with some kinds of remedies left out; it takes fits that are
known from a store, and fits only what no run before has asked for. So racing, further
settings of the kinds that lead, and the choice of the committee are those that a
treatment without these kinds would have made, with the time that they leave to others.
The budget is `BUDGET` seconds of processor time, counted from the fits themselves, so
that neither replays nor other work on the machine matter. The data are trusted (no
audit of causes), and ``accept="best"``: what rows outside of the choice say is better,
is used; whether it is proven is another question. Kinds for other scores than accuracy
and R2 (`balanced_classes`, `tuned_threshold`) cannot apply. Kinds are tried on the
given model alone: models that lead are not changed in turn, since for that every replay
would have to fit other models.

**Runs** on each sample:

- `given`: the model as it is; `all`: with all kinds that need not be asked for;
- `without K`, and `alone K` (the given model and K), for each kind that applies;
- the same for groups (`GROUPS`), since kinds of a group can replace each other.

**Scores** on the held-out rows: accuracy or R2 (at least -1), log loss, and the gap,
train less held-out score. Log losses are compared where both have one.

**Reported** for each kind and group, over the samples where it applies: how often it is
in the committee, and with which share; the processor time of its fits in `all`; what it
gains alone over `given`; what `all` gains over `without` it. Means over sets of means
within sets, with 95 % t intervals over sets.

**Verdict**, by these intervals of accuracy, R2 and log loss, where there are at least
`LEAST_SETS` sets:

- *adds*: some interval of `all` over `without` lies above zero, and none below;
- *harms*: some interval of `all` over `without` lies below zero, and none above;
- *mixed*: intervals on both sides;
- *replaceable*: none of these, but some interval of `alone` over `given` lies above
  zero;
- *not shown*: nothing can be told. With so many intervals, one in forty lies on a given
  side of zero by chance.
"""

import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import warnings
from unittest.mock import patch

from benchmarks.quality import _contributions as contributions
from benchmarks.quality import _treatment as treatment
from benchmarks.quality._contributions_summary import report
from benchmarks.quality._datasets import BUNDLED
from benchmarks.quality._study import Study, command_line
from skoverfit import TreatedClassifier
from skoverfit.diagnosis.remedies._registry import choose_kinds
from skoverfit.treatment import _engine

BUDGET = 60.0
SMOKE_KINDS = ("pruned_trees", "linear", "neighbors")


def run(search, X, y):
    """Scores of all runs on one sample."""
    data = contributions.draw(X, y, search)
    if data is None:
        return None
    is_smoke = search.dataset in BUNDLED
    names = SMOKE_KINDS if is_smoke else [kind.name for kind in choose_kinds(None)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store = contributions.Store(
            contributions.given_model(search), data, search.seed
        )
        found = replayed(store, names)
        if is_smoke:
            check(search, data, found["arms"])
    return {**found, "budget": BUDGET, "n_test": len(data.y_test)}


def replayed(store, names):
    """Run the treatment with all kinds, without some, and with some alone."""
    whole = contributions.Replay(store, names, BUDGET)
    arms = {"all": whole.scores()}
    names = [name for name in names if store.kinds[name].found]
    known = {tuple(names): arms["all"]}

    def arm(wanted):
        """Scores of a treatment with some kinds, in their order."""
        wanted = tuple(name for name in names if name in wanted)
        if wanted not in known:
            known[wanted] = contributions.Replay(store, wanted, BUDGET).scores()
        return known[wanted]

    arms["given"] = arm(())
    for title, own in (
        {name: (name,) for name in names} | contributions.GROUPS
    ).items():
        if set(own) & set(names):
            arms[f"alone {title}"] = arm(own)
            arms[f"without {title}"] = arm(set(names) - set(own))
    return {"kinds": {name: whole.use_of(name) for name in names}, "arms": arms}


def check(search, data, arms):
    """Compare replays with treatments from scratch.

    Raises
    ------
    AssertionError
        If one of them scores differently, or ends with the given model, as it would
        if no fit had worked.
    """
    first, *others = SMOKE_KINDS
    for name, kinds in (("all", SMOKE_KINDS), (f"without {first}", others)):
        treated = TreatedClassifier(
            contributions.given_model(search),
            budget=None,
            accept="best",
            remedies=kinds,
            trust=True,
            random_state=search.seed,
        )
        with patch.object(_engine, "ROUNDS", 0):
            treated.fit(data.X, data.y)
        scores = treatment.scores(treated, data)
        found = {score: arms[name][score] for score in scores}
        if found != scores or not treated.report_.accepted:
            raise AssertionError(f"{name}: {found} replayed, {scores} from scratch")


if __name__ == "__main__":
    study = Study(
        "contributions",
        contributions.rounds,
        contributions.smoke_cells,
        run,
        report,
        contributions.load,
    )
    sys.exit(study.execute(command_line(__doc__, minutes=30).parse_args()))
