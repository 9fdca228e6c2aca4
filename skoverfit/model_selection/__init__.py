"""Searches that take the train/test gap into account, and the rules they select by."""

from skoverfit.model_selection._committee._estimators import (
    CommitteeClassifier,
    CommitteeRegressor,
)
from skoverfit.model_selection._committee._rules import (
    GreedyMembers,
    LowGapMembers,
    MemberRule,
    MembersWithinNoise,
    PenalizedMembers,
)
from skoverfit.model_selection._committee._spec import Committee, CommitteeReport
from skoverfit.model_selection._honest_score._debias import HonestScore
from skoverfit.model_selection._nested import NestedScore
from skoverfit.model_selection._racing import Racing, Refinement
from skoverfit.model_selection._results import SharedFitsReport
from skoverfit.model_selection._rules._own_settings import (
    OwnSettingsReport,
    OwnSettingsUnlessBetter,
)
from skoverfit.model_selection._rules._pareto import ParetoKnee, pareto_front
from skoverfit.model_selection._search import GapAwareSearchCV, SelectionPath
from skoverfit.model_selection._selection import (
    BestScore,
    MaxGap,
    PenalizedGap,
    SelectionRule,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)
from skoverfit.model_selection._shared_fits import (
    OncePerRows,
    SharedFit,
    TrainingSet,
    register_shared_fit,
    remember,
    view_of,
)
from skoverfit.model_selection._splits import GroupTimeSeriesSplit

__all__ = [
    "BestScore",
    "Committee",
    "CommitteeClassifier",
    "CommitteeRegressor",
    "CommitteeReport",
    "GapAwareSearchCV",
    "GreedyMembers",
    "GroupTimeSeriesSplit",
    "HonestScore",
    "LowGapMembers",
    "MaxGap",
    "MemberRule",
    "MembersWithinNoise",
    "NestedScore",
    "OncePerRows",
    "OwnSettingsReport",
    "OwnSettingsUnlessBetter",
    "ParetoKnee",
    "PenalizedGap",
    "PenalizedMembers",
    "Racing",
    "Refinement",
    "SelectionPath",
    "SelectionRule",
    "SharedFit",
    "SharedFitsReport",
    "SmallestGapByPairedTest",
    "SmallestGapWithinNoise",
    "TrainingSet",
    "pareto_front",
    "register_shared_fit",
    "remember",
    "view_of",
]
