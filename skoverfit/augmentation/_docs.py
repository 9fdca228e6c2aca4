"""Entries that the docstrings of augmenters have in common."""

from collections.abc import Mapping

from skoverfit._docs import entries

__all__ = ["AUGMENTERS", "IMAGES", "NUMBERS", "TEXTS"]


def _together(known: Mapping[str, str], names: str) -> str:
    """Entries that stand together wherever they stand."""
    return "\n".join(known[name] for name in names.split())


def _section(title: str, body: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{body}"


AUGMENTERS = entries(
    """
    n_copies : int, default=1
        Number of perturbed copies of each row, 0 or more.
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns to perturb; the others keep the values of the
        parent. None takes all.
    task : {"auto", "classification", "regression"}, default="auto"
        What the target is made of: class labels or numbers. "auto" takes it for labels
        unless one value is not whole, as scikit-learn does, so say "regression" for
        counts and other whole numbers. :class:`AugmentedClassifier` and
        :class:`AugmentedRegressor` say it themselves.
    mode : {"append", "replace", "weight"}, default="append"
        Whether the copies follow the original rows, replace them, or follow them and
        weigh, all copies of a row together, as much as the row.
    sampling_strategy : float, str, dict, callable or None, default=None
        How many rows to add to each class, as in :class:`BaseAugmenter`; None makes
        `n_copies` of each row.
    constraint : callable or None, default=None
        Takes synthetic rows and returns a boolean mask: which are possible. The others
        are drawn again, as in :class:`BaseAugmenter`.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same result in each call.
    blocks_ : list of list of int
        Positions of the columns that belong together.
    sample_indices_ : ndarray of shape (n_out,), dtype int64
        Position in the input of the parent of each row of the output.
    is_synthetic_ : ndarray of shape (n_out,), dtype bool
        Which rows of the output are perturbed copies.
    sample_weight_ : ndarray of shape (n_out,), dtype float64
        Weight of each row of the output.
    groups_ : ndarray of shape (n_out,)
        Group of each row of the output, that of its parent; only with groups.
    sampling_strategy_ : dict
        Rows to add for each class; empty without `sampling_strategy`.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.
    """
)
#: What each augmenter says of its output, and those of tables of its columns.
AUGMENTERS["of_output"] = _together(
    AUGMENTERS,
    "sample_indices_ is_synthetic_ sample_weight_ groups_ sampling_strategy_",
)
AUGMENTERS["of_tables"] = _together(
    AUGMENTERS, "of_output n_features_in_ feature_names_in_"
)

NUMBERS = AUGMENTERS | entries(
    """
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns to perturb; each must be a float or an
        integer column. None takes all of these. Integers that code categories
        should be left out.
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are not changed.
        "auto" finds columns that are one-hot in the data, scaled or not; None
        lets all columns change by themselves.
    bounds : pair of float, dict of column to pair, or None, default=None
        Lowest and highest possible value, ``(low, high)``, of all perturbed columns or
        of those named; None in a pair means no bound on that side.
    columns_ : ndarray of int
        Positions of the columns that are perturbed, in ascending order.
    """
)

IMAGES = AUGMENTERS | entries(
    """
    order : {0, 1, 3}, default=1
        Interpolation: 0 takes the nearest pixel, 1 is bilinear, 3 a cubic spline.
    fill_mode : str, default="nearest"
        What lies beyond the edges, one of SciPy's "nearest", "constant",
        "grid-constant", "reflect", "mirror", "wrap" and "grid-wrap" with the meaning
        that they have in :func:`scipy.ndimage.affine_transform`. For a background of
        one color take "grid-constant": "constant" blanks the outer pixels at any move.
    fill_value : float, default=0.0
        Value beyond the edges for the two constant modes. It must lie within the range
        of values.
    image_shape : tuple of int, default=None
        Height and width, or height, width and channels, of the images that the rows of
        a 2-D ``X`` hold. None: a row of a square number of pixels is a square gray
        image; any other row of fewer than 64 pixels is an image of one pixel row.
    value_range : tuple of float, default=None
        Smallest and largest value that a pixel may have. None: 0 to 255 for ``uint8``,
        False to True for bools, else the range seen in ``X``.
    n_jobs : int or None, default=None
        Number of threads. The images do not depend on it.
    image_shape_ : tuple of int
        Height and width, and channels if there is an axis for them.
    value_range_ : tuple of float
        Smallest and largest value that a pixel may have.
    n_features_in_ : int
        Length of the second axis of ``X``.
    """
)
IMAGES["of_images"] = _together(
    IMAGES,
    "image_shape value_range n_jobs mode sampling_strategy constraint random_state",
)
IMAGES["of_resampling"] = _together(IMAGES, "order fill_mode fill_value")
IMAGES["attributes"] = _section(
    "Attributes",
    _together(IMAGES, "image_shape_ value_range_ of_output n_features_in_"),
)
IMAGES["attributes_and_errors"] = f"""\
{IMAGES["attributes"]}

Raises
------
ValueError
    If a parameter is out of range or does not fit ``X``."""

TEXTS = AUGMENTERS | entries(
    """
    source : SynonymSource, dict or None, default=None
        Where synonyms come from. A dict maps a word to a list of words. None learns a
        :class:`CorpusThesaurus` from the texts themselves, which needs nothing
        installed, but whose neighbors are often antonyms; with
        :class:`WordNetSynonyms` or :class:`MyThesThesaurus` they are synonyms.
    stop_words : "english", list of str or None, default="english"
        Words that have no synonyms and are none; "english" is scikit-learn's list. A
        dict as `source` is not restricted by it.
    protected : list of str, default=()
        Words and phrases that are never touched, in any case.
    keep_negations : bool, default=True
        Whether English negations, such as "not" and "n't", are protected, too.
    keep_entities : bool, default=True
        Whether URLs, e-mail addresses, hashtags, mentions and numbers are protected,
        too.
    column : str, int or None, default=None
        Where the texts are: a name in a data frame, a position in a 2-D array. None
        takes the only column of strings of a frame; other tables are duplicated.
    source_ : SynonymSource or dict
        Where the synonyms came from, fitted.
    """
)
TEXTS["errors"] = """\
Raises
------
ValueError
    If a parameter is out of range, if something else than strings stands where
    texts should, or if a frame has several columns of strings and `column` does
    not say which."""
TEXTS["attributes_and_errors"] = (
    f"{_section('Attributes', TEXTS['of_output'])}\n\n{TEXTS['errors']}"
)
