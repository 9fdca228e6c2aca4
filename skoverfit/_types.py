"""Types of parameters that many signatures share."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

__all__ = [
    "Blocks",
    "Bounds",
    "Columns",
    "Constraint",
    "Mode",
    "PathLike",
    "SamplingStrategy",
    "ScoringLike",
    "Seed",
    "TaskName",
]

Seed: TypeAlias = int | np.random.RandomState | None
ScoringLike: TypeAlias = str | Callable[..., Any] | None
PathLike: TypeAlias = str | os.PathLike[str]

# Of augmenters.
Mode: TypeAlias = Literal["append", "replace", "weight"]
TaskName: TypeAlias = Literal["auto", "classification", "regression"]
SamplingStrategy: TypeAlias = (
    float | str | Mapping[Any, int] | Callable[..., Any] | None
)
Constraint: TypeAlias = Callable[..., Any] | None
Columns: TypeAlias = Sequence[Any] | np.ndarray | None
Blocks: TypeAlias = Literal["auto"] | Sequence[Sequence[Any]] | None
Bounds: TypeAlias = Sequence[float] | Mapping[Any, Sequence[float | None]] | None
