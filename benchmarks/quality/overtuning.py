"""Ask which ways to choose do harm: searches that end worse than they began.

python -m benchmarks.quality.overtuning collect --minutes 15
python -m benchmarks.quality.overtuning summarize

Protocol, fixed before the first result.

**Records.** Nothing is fitted to compare rules; they are replayed from three records.

- *rows*: the scores of the study of honest scores (`honest_score.md`): 45 to 48
  candidates, grids that hold the estimator's own settings; out-of-fold hits of each
  row.
- *repeats*: those of the study of racing and refinement: the same grids, nine cross-
  validations of each candidate.
- *many*: collected here. 500 candidates drawn at random, and the own settings beside
  them, for 200 training rows of each shared classification set with at least 300 rows
  more. Families: decision tree, k nearest neighbors, ridge classifier on principal
  components, gradient boosting (two classes, at most 40 columns, even seeds). Kept of
  each candidate: out-of-fold hits of five stratified, shuffled folds; hits on the
  training rows; the same for folds of its own, which no other candidate shares; for a
  quarter and a sixth of the rows set apart, its folds among the others and its hits on
  those; hits on held-out rows after a fit on all training rows. Order of work: all sets
  and families with seed 0, then with seed 1, and so on.

**Ways to choose.** Argmax, against which all are compared; the one-standard-error rule;
penalties; paired tests of rows (of splits in *repeats*); Thresholdout (Dwork et al.
2015, threshold .04, noise .01); scores smoothed over the candidates' parameters by a
Gaussian process; own folds for each candidate (Nagler et al. 2024); a selection set of
a quarter or a sixth of the rows that decides among the candidates that led at some
time; racing by the tests of `Racing`, by an analysis of variance as in tidymodels, by
rows, and candidate after candidate, aggressive and forgiving (Bergman et al. 2024);
refinement; ending the search when a Gaussian process expects less gain than the
standard error of the best score (Makarova et al. 2022); and `OwnSettingsUnlessBetter`
around argmax and around the default rule at levels .5, .4, .3, .2, .1 and .05. Averages
of fitted models need their probabilities: they are in the study of committees.

**Measured.** Held-out accuracy after a fit on all training rows, against argmax; how
often it is .5 points or more below that of the own settings, and of the first
candidate; the gap, mean train accuracy over the splits less held-out accuracy; fits, in
percent of all candidates on all splits. Held-out accuracy of at most 2000 rows is noise
too: of two equal models that differ on one row in ten, one is .5 points worse in one of
four cases.

**Averages.** Seeds within a cell (set x family x size), cells within a set, sets with
equal weight; 95 % t intervals over sets. The sets, in alphabetical order, are dealt
alternately to A and B.

**The guard.** On A of *rows*, of the levels around the default rule that cost no more
than .05 points against argmax, the one that harms least; it is confirmed if the same
holds on B, and harm is at most 3 % on both. If no level is that cheap on A, none is
recommended as the default of searches; the level of the rule itself is then the largest
with harm of at most 3 % on A.

**Racing by rows.** On A of *rows* with 200 training rows, argmax, five splits: of the
settings that drop the final winner in at most 10 % of searches and cost at most .1
points, the one with the fewest fits; confirmed on B. It is worth building if it needs
at most 50 % of the fits on both.

**Number of candidates.** From *many*, blocks of 10, 20, 50, 100, 200 and 500 candidates
(at most five of a size): mean test error of each way. Which of them keep falling?

**Honesty.** Bias and coverage of the honest score of `OwnSettingsUnlessBetter`, beside
those of argmax, on every twelfth seed of *rows* (every fourth was planned; it was made
fewer before the first result, for time).
"""

import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.quality._overtuning_collect import (
    planned_searches,
    run_search,
    smoke_searches,
)
from benchmarks.quality._overtuning_summary import report
from benchmarks.quality._study import Study, command_line

STUDY = Study("overtuning", planned_searches, smoke_searches, run_search, report)

if __name__ == "__main__":
    sys.exit(STUDY.execute(command_line(__doc__, minutes=15).parse_args()))
