"""Plant known causes in real tables, and see whether the report names them first.

python -m benchmarks.quality.planted_causes collect --minutes 60
python -m benchmarks.quality.planted_causes summarize

Protocol, fixed before the first result.

**Situations.** Each is a short function in `_planted_rows.py` (columns, copies, groups,
preparation, order), `_planted_parts.py` (the user's own test part),
`_planted_targets.py` (labels, classes, scores) or `_planted_models.py` (model, rows,
search), which takes rows of a real table and plants one cause, or two. Every cause
that `diagnose` can find by itself is planted at least once. SKO210 is not: what was
fitted before the rows came cannot be seen, and `diagnose` says so and points to
`check_no_leakage`.

**Doses.** High, middle and low; each function's decorator says what they are. At the
high dose anybody who knew where to look would see the cause; at the low one it may be
so weak that nobody could: those are reported, and nothing is expected of them.

**Tables.** Shared and bundled tables without repeated rows, 120 to 900 rows at most,
drawn at random, of numbers (several classes, or two), of mixed columns (two classes),
and regression. Within each kind the tables are in alphabetical order and dealt
alternately to two collections (`_planted_tables.py`): *choose*, by which causes and
the order of findings may be mended, and *confirm*, which is run once with what came
of it. The seed says which of the tables of a kind it is, which rows, and what is
planted.

**Models.** Tree, forest, boosting, linear, vector machine, neighbors, a small network:
the one that each situation names. Scaled and encoded inside a Pipeline, unless that is
what is planted. ``diagnose`` gets no hint: no list of causes, no budget, only what the
situation itself gives (a test part, time, splits, a search). Remedies are measured
where a finding may rest on them (`WITH_REMEDIES`); elsewhere they are left out, which
changes no finding and halves the time.

**A hit.** What is present is taken in the order in which the report lists it. *First*:
a planted code leads, or one that the situation lists as an equally right name of it
("equal"). *Among three*: it is one of the first three; of two planted causes, both are.
*Present*: it is anywhere; again both. SKO102 (there is a gap) and SKO213 (the score is
nearly perfect) are what the user came with, not why: where they are not planted, they
do not take a place.

**Wanted.** At the high dose, all situations alike: first at least 85 %, among three at
least 95 %. Five seeds. The unit of the interval is the situation.

**Other tools** get the same cases at the high dose (`_planted_tools.py`). A hit is
counted generously: any check of theirs that fails and is about the planted cause,
wherever it stands; see the list there.

Order of work: the high dose with all seeds, the low and the middle dose with one, then
these with the others.

**Changes before the collection that confirms**, after one run of *choose* at the high
dose, where a situation planted something else than it said: the leaks moved to tables
in which there is something left to give away (mixed instead of numbers; one on nearly
perfect data adds nothing), and the one beside subjects got more noise, or subjects
added nothing; the pair of columns moved to two classes (it told three at most); columns
scaled before the split meet a linear model (nearest neighbors truly lacked capacity);
rows in the order of a column with a trend became columns and a target that walk (the
column truly gave the answer away); new categories are of a column that tells less (it
looked like a leak, and was one); the part beyond the range is shuffled; few rows are
100 instead of 60 and meet a forest (nothing could be learned); a quantity as classes is
split in shuffled rows; the threshold meets a forest of large leaves; the relation that
fades does so wholly.

**First run.** 70 reports at the high dose, all situations with the first seed and 21
with the second, were looked at while causes and their order were mended; the planted
cause led in 76 % of them.

**Second run.** Causes and order were then mended by the misses on the tables that
choose, with seeds 100 to 105, and every report of *confirm* was made anew by the code
of one commit. Seeds 100 and 101 had been seen, and are shown apart from the others. No
report was looked at before all of the high dose were there, and nothing was mended
since; of the other doses the first seed was run. skore (newest, full mode, scikit-learn
1.9) and deepchecks 0.19.1 (scikit-learn 1.7) had the first seed, and deepchecks most of
the second.

What its losses were: in three of five draws of `unscaled` scaling gained nothing at all
(spambase .860 against .854, digits the same: the weakest columns hardly vary), in one
of `threshold_too_high` a tuned threshold gained nothing (titanic), and in two about .03
of F1, so that there was little or nothing to find. A subject's rows made every other
column look like the leak in `leak_and_subjects`. Too few rows stood before doubts about
the score. That, phoneme with wrong labels or targets out of step, and a relation that
fades on phoneme, were truly missed.

**Third run.** Three situations changed, because nothing, or next to nothing, was
planted in some of their draws. `unscaled` takes 600 rows, and multiplies one column,
the weakest of those that differ from row to row (a quarter of them, five at least),
instead of the two weakest of all. The forest of `threshold_too_high` has 30 rows in a
leaf instead of 10, so that its probabilities hardly reach one half. Cross-validated
scores with and without the mend said that both now plant something, on tables of both
collections with seeds that had been seen. The relation in `relation_fades_over_time`
fades from the middle of time on, since validation forward in time tests no earlier rows
and saw only half of it; 900 rows instead of 500 and a forest show a fall. Causes and
the order of findings were mended by the misses on the tables that choose and by the
losses of the second run. The run has seeds that nobody had looked at, 105 to 109; at
the high dose skore has 46 of the 49 cases of the first seed, and deepchecks 0.19.1
those of the first two. The high dose, and the other doses of the first seed, were made
by one version of the code. The other doses of the other seeds came later, by code that
shares more fits and gives the right interval for SKO406. Causes and their order were
not mended in between, nor since.

Its losses: fifteen reports do not have the planted cause among the first three. Six are
of phoneme, which has five columns (noise, unscaled columns, wrong labels and a space
that is too small are not seen there), three of auto_mpg and two of titanic.
"""

import os
import sys
import time
import warnings
from contextlib import nullcontext
from unittest import mock

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._collect import Search
from benchmarks.quality._planted import all_situations
from benchmarks.quality._planted_summary import report
from benchmarks.quality._study import Study, command_line
from skoverfit import diagnose
from skoverfit.diagnosis import _diagnose

SEEDS = range(105, 110)
SMOKE = ("copies_at_random", "few_test_rows")
WITH_REMEDIES = ("tree_memorizes", "forest_with_a_gap")
#: Fields of a finding that say where it stands.
FIELDS = ("code", "name", "severity", "effect", "interval", "unit", "pvalue")


def cell(situation, dose, seed, collection):
    """Name one report of the study in the terms of all studies."""
    return Search(situation, dose, 0, seed, collection)


def run(search):
    """Plant, diagnose, and keep what is present."""
    situation = all_situations()[search.dataset]
    planted, table = situation.build(search.family, search.task, search.seed)
    start = time.process_time()
    with warnings.catch_warnings(), remedies_of(situation.name):
        warnings.simplefilter("ignore")
        found = diagnose(
            planted.estimator, planted.X, planted.y, random_state=0, **planted.options
        )
    return {
        "table": table,
        "seconds": round(time.process_time() - start, 2),
        "range": plain(float(found.evidence.score_range)),
        "asked": [one.code for one in found.findings if one.status != "not_applicable"],
        "verdict": found.verdict.code,
        "headline": found.verdict.headline,
        "present": [
            {name: plain(getattr(one, name)) for name in FIELDS}
            for one in found.findings
            if one.status == "present"
        ],
        "failed": [
            [one.code, one.explanation]
            for one in found.findings
            if one.status == "not_measured" and one.explanation.startswith("Failed")
        ],
    }


def remedies_of(name):
    """Leave remedies out where no finding rests on them."""
    if name in WITH_REMEDIES:
        return nullcontext()
    return mock.patch.object(_diagnose, "try_remedies", return_value=())


def plain(value):
    """Shorten numbers for the file."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def planned_searches():
    """All cells, those first that the study is about."""
    first, *rest = SEEDS
    order = [
        ("high", SEEDS),
        ("low", [first]),
        ("middle", [first]),
        ("low", rest),
        ("middle", rest),
    ]
    return [
        cell(name, dose, seed, "confirm")
        for dose, seeds in order
        for seed in seeds
        for name in all_situations()
    ]


def smoke_searches():
    """Two situations on a table that comes with scikit-learn."""
    return [cell(name, "high", 0, "smoke") for name in SMOKE]


STUDY = Study(
    "planted_causes", planned_searches, smoke_searches, run, report, lambda name: ()
)

if __name__ == "__main__":
    sys.exit(STUDY.execute(command_line(__doc__, minutes=60).parse_args()))
