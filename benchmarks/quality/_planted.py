"""Situations with a known cause: what a situation is, and the list of all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.quality._planted_tables import draw, model

DOSES = ("high", "middle", "low")
SITUATIONS: dict[str, "Situation"] = {}


@dataclass
class Planted:
    """What ``diagnose`` is asked about."""

    estimator: Any
    X: Any
    y: Any
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """One way in which a score goes wrong.

    Attributes
    ----------
    plant : callable
        From a Base, a dose and the name of a model to Planted.
    codes : tuple of str
        What is planted: each must be found.
    equal : tuple of str
        Codes that name it as well.
    table, model : str
        Kind of table, and the model that meets it.
    n_rows : int
        Rows that are drawn.
    doses : tuple
        High, middle and low.
    dose : str
        What the dose is.
    """

    plant: Callable[..., Planted]
    codes: tuple[str, ...]
    equal: tuple[str, ...]
    table: str
    model: str
    n_rows: int
    doses: tuple[Any, Any, Any]
    dose: str

    @property
    def name(self):
        """Name of the situation."""
        return self.plant.__name__

    def build(self, dose, collection, seed):
        """Draw a table and plant the cause; also returns the name of the table."""
        base = draw(self.name, self.table, collection, seed, self.n_rows)
        amount = self.doses[DOSES.index(dose)]
        return self.plant(base, amount, self.model), base.name


def situation(
    *codes, dose, doses, table="numbers", model="forest", n_rows=400, equal=()
):
    """Register a situation; a decorator."""

    def register(plant):
        one = Situation(plant, codes, tuple(equal), table, model, n_rows, doses, dose)
        SITUATIONS[one.name] = one
        return plant

    return register


def planted(name, X, y, *, raw=False, model_options=None, **options):
    """Put the model of a situation together with data and options of diagnose."""
    return Planted(model(name, X, y, raw=raw, **(model_options or {})), X, y, options)


def shuffled(X, y, rng):
    """Put rows in random order."""
    order = rng.permutation(len(y))
    return X.iloc[order].reset_index(drop=True), y[order]


def planted_in_test(name, X, y, n_train, **options):
    """Put a model together with a training part and the user's own test part."""
    one = planted(name, X.iloc[:n_train], y[:n_train], **options)
    X_test = X.iloc[n_train:].reset_index(drop=True)
    one.options.update(X_test=X_test, y_test=y[n_train:])
    return one


def all_situations():
    """Situations by name, in the order in which they are written."""
    from benchmarks.quality import (  # noqa: F401  they register themselves
        _planted_models,
        _planted_parts,
        _planted_rows,
        _planted_targets,
    )

    return SITUATIONS
