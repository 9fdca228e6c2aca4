"""Augmenters: samplers that add perturbed copies of the training rows."""

from skoverfit.augmentation._base import BaseAugmenter
from skoverfit.augmentation._bootstrap import SmoothedBootstrap
from skoverfit.augmentation._compose import Compose, OneOf, Sometimes
from skoverfit.augmentation._copies import SoftTarget
from skoverfit.augmentation._copula import GaussianCopula
from skoverfit.augmentation._corpus_thesaurus import CorpusThesaurus
from skoverfit.augmentation._dropout import DropoutClassifier
from skoverfit.augmentation._forests import AdversarialForest
from skoverfit.augmentation._gate import GateResult
from skoverfit.augmentation._image_affine import Flip, RandomAffine
from skoverfit.augmentation._image_colour import (
    Brightness,
    Contrast,
    Hue,
    Saturation,
)
from skoverfit.augmentation._image_defects import GaussianBlur, ImageNoise
from skoverfit.augmentation._image_geometry import Rotate, Shear, Shift, Zoom
from skoverfit.augmentation._image_mixing import ImageCutMix, ImageMixup, RandomErasing
from skoverfit.augmentation._lexicon import SynonymSource, WordNetSynonyms
from skoverfit.augmentation._masking import FeatureDropout
from skoverfit.augmentation._meta import AugmentedClassifier, AugmentedRegressor
from skoverfit.augmentation._mixing import CutMix, Mixup
from skoverfit.augmentation._mythes import MyThesThesaurus
from skoverfit.augmentation._neighbors import NeighborInterpolation
from skoverfit.augmentation._tabular import GaussianNoise, SwapNoise
from skoverfit.augmentation._text_characters import (
    CharacterNoise,
    KeyboardTypos,
    WordJoin,
    WordSplit,
)
from skoverfit.augmentation._text_eda import (
    AEDA,
    EDA,
    SentenceShuffle,
    TfidfReplacement,
)
from skoverfit.augmentation._text_translation import BackTranslation
from skoverfit.augmentation._text_words import (
    RandomDeletion,
    RandomInsertion,
    RandomSwap,
    SynonymReplacement,
)
from skoverfit.augmentation._transformer import AugmentingTransformer
from skoverfit.augmentation._translation import (
    ApertiumTranslator,
    TranslationCache,
    Translator,
)
from skoverfit.augmentation._translation_http import HttpTranslator
from skoverfit.augmentation._translation_marian import MarianTranslator

__all__ = [
    "AEDA",
    "EDA",
    "AdversarialForest",
    "ApertiumTranslator",
    "AugmentedClassifier",
    "AugmentedRegressor",
    "AugmentingTransformer",
    "BackTranslation",
    "BaseAugmenter",
    "Brightness",
    "CharacterNoise",
    "Compose",
    "Contrast",
    "CorpusThesaurus",
    "CutMix",
    "DropoutClassifier",
    "FeatureDropout",
    "Flip",
    "GateResult",
    "GaussianBlur",
    "GaussianCopula",
    "GaussianNoise",
    "HttpTranslator",
    "Hue",
    "ImageCutMix",
    "ImageMixup",
    "ImageNoise",
    "KeyboardTypos",
    "MarianTranslator",
    "Mixup",
    "MyThesThesaurus",
    "NeighborInterpolation",
    "OneOf",
    "RandomAffine",
    "RandomDeletion",
    "RandomErasing",
    "RandomInsertion",
    "RandomSwap",
    "Rotate",
    "Saturation",
    "SentenceShuffle",
    "Shear",
    "Shift",
    "SmoothedBootstrap",
    "SoftTarget",
    "Sometimes",
    "SwapNoise",
    "SynonymReplacement",
    "SynonymSource",
    "TfidfReplacement",
    "TranslationCache",
    "Translator",
    "WordJoin",
    "WordNetSynonyms",
    "WordSplit",
    "Zoom",
]
