"""What an augmenter takes, by its tags; all else is refused before it runs."""

from typing import Any

import numpy as np
from sklearn.utils import get_tags
from sklearn.utils.validation import check_non_negative

from skoverfit._columns import NUMERIC, columns_of

__all__ = ["check_tags"]


def check_tags(augmenter: Any, X: Any, y: np.ndarray) -> None:
    """Refuse data that the tags of an augmenter exclude.

    Parameters
    ----------
    augmenter : BaseAugmenter
        Its tags are read.
    X : ndarray, CSR matrix or data frame
        The validated rows.
    y : ndarray
        The validated targets.

    Raises
    ------
    TypeError
        For columns other than numbers, unless ``input_tags.categorical`` or
        ``input_tags.string``.
    ValueError
        For missing values unless ``input_tags.allow_nan``, negative ones with
        ``input_tags.positive_only``, and several targets unless
        ``target_tags.multi_output``.
    """
    tags, name = get_tags(augmenter), type(augmenter).__name__
    allowed = tags.input_tags
    if not (allowed.categorical or allowed.string):
        _check_numbers(X, name)
    if not allowed.allow_nan:
        _check_present(X, name)
    if allowed.positive_only:
        check_non_negative(X, f"X in {name}")
    if y.ndim > 1 and not tags.target_tags.multi_output:
        raise ValueError(
            f"{name} takes one target for each row. Got y of shape {y.shape}."
        )


def _check_numbers(X: Any, name: str) -> None:
    if getattr(X, "dtype", np.dtype(object)).kind in "fiub":
        return
    table = columns_of(X)
    others = [
        f"{column!r} ({kind})"
        for column, kind in zip(table.names, table.kinds, strict=True)
        if kind not in (*NUMERIC, "boolean")
    ]
    if others:
        raise TypeError(
            f"{name} takes columns of numbers and booleans. Got {', '.join(others[:5])}"
            f"{' and more' if len(others) > 5 else ''}. An augmenter that leaves such "
            "columns alone says so in its tags (input_tags.categorical), as "
            "NumericAugmenter does."
        )


def _check_present(X: Any, name: str) -> None:
    if n_missing := columns_of(X).n_missing:
        raise ValueError(
            f"{name} takes no missing values. X has {n_missing}; fill them in first, "
            "for example with sklearn.impute.SimpleImputer."
        )
