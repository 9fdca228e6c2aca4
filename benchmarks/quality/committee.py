"""Compare averages of what a search has fitted with its winner, at the same cost.

python -m benchmarks.quality.committee collect --minutes 60
python -m benchmarks.quality.committee summarize

Protocol, fixed before the first result.

**Searches.** One search = data set x family x training rows x seed. Shared tabular
sets, classification and regression; 80, 200 and 1000 training rows, stratified, where
at least as many remain; at most 2000 of the others are held out. Families and their
grids are those of the study of selection rules (`_models.py`): decision tree, forest of
20 trees, k nearest neighbors, SVC, logistic regression or ridge, histogram boosting.
Five shuffled folds, stratified for classes. Order of work: all sets, families and sizes
with seed 0, then with seed 1, and so on; forest and boosting with even seeds only.

**Collections.** The sets of a task, in alphabetical order, are dealt alternately to
*A*, by which the default is chosen, and *B*, which confirms it.

**Arms.** Each is a way from the same fits to one model:

- *argmax*: the candidate with the best mean test score, fitted on all rows. What others
  are compared with.
- *default rule*: ``PenalizedGap(0.05)``, fitted on all rows.
- *own settings*: the estimator with none of the grid's values, fitted on all rows.
- *winner's folds*: the five fold models of argmax, averaged.
- *within .5*, *within 1*: ``MembersWithinNoise``.
- *low gap*, *low gap .5*: ``LowGapMembers`` within one and half a standard error.
- *penalized 5*: ``PenalizedMembers()``; *greedy*: ``GreedyMembers()``.
- Controls that could explain a gain away: *three repeats*, argmax of three times the
  fits (families that take little time); *equal forest*, a forest of as many trees as
  *low gap* has members (family tree); *default forest* and *default boosting*.

Committees average probabilities, decision values (SVC) or predictions.

**Measured.** On held-out rows: accuracy or R2, log loss (where there are
probabilities), area under the ROC curve. The gap is train minus held-out score of the
model that is handed over. For each arm the rows of the training part say, by averages
of models that have not seen them, how much better it is than argmax: mean and standard
error of hits and of the quadratic loss, which a guard may use.

**Averages.** Seeds within a cell (set x family x size), cells within a set, sets with
equal weight; 95 % t intervals over sets.

**The choice.** On A, of the member rules those whose gap is not larger than argmax's
and that harm no family by more than .1 points; of these the one with the largest gain
in accuracy or R2, pooled over tasks. It becomes the default if the lower end of the
interval over all sets is above +.3 points, A and B agree in sign, and the gain on B is
at least half of that on A. If a family is harmed, the guard is tried in three steps,
which hands argmax over where the rows show no gain: quadratic loss not smaller, hits
not more, quadratic loss not smaller by one standard error.

**The choice that hurts.** From the same records: how often argmax, the default rule and
committees are worse than the own settings by .5 points or more, and what a guard does
that takes another candidate only where rows show it.

**The run.** All searches of seeds 0 to 2, and a third of those of seed 3. A fault
showed: greedy members and guards took decision values of several classes, which `SVC`
has no scale for, for values near 1 and -1, and lost 18 points on vowel. They are
compared as shares now (softmax), and all SVC searches of classes were run anew, by no
other change. Nothing else was mended, and no rule has another parameter than before.

**What was chosen.** On A, greedy members gain most of the rules that are allowed,
without a guard and with each; B confirms them. They are the default. The guard of the
smaller loss, which the choice does not need, stays on by default: where the rows show
no gain, a single model predicts faster than many.
"""

import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._committee_collect import (
    planned_searches,
    run_search,
    smoke_searches,
)
from benchmarks.quality._committee_summary import report
from benchmarks.quality._study import Study, command_line

STUDY = Study("committee", planned_searches, smoke_searches, run_search, report)

if __name__ == "__main__":
    sys.exit(STUDY.execute(command_line(__doc__, minutes=60).parse_args()))
