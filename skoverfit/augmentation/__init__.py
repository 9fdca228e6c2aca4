"""Augmenters: samplers that add perturbed copies of the training rows."""

from skoverfit.augmentation._base import BaseAugmenter
from skoverfit.augmentation._compose import Compose, OneOf, Sometimes
from skoverfit.augmentation._copies import SoftTarget
from skoverfit.augmentation._images._affine import Flip, RandomAffine
from skoverfit.augmentation._images._color import (
    Brightness,
    Contrast,
    Hue,
    Saturation,
)
from skoverfit.augmentation._images._defects import GaussianBlur, ImageNoise
from skoverfit.augmentation._images._geometry import Rotate, Shear, Shift, Zoom
from skoverfit.augmentation._images._mixing import (
    ImageCutMix,
    ImageMixup,
    RandomErasing,
)
from skoverfit.augmentation._tables._adversarial_forest import AdversarialForest
from skoverfit.augmentation._tables._copula import GaussianCopula
from skoverfit.augmentation._tables._feature_dropout import FeatureDropout
from skoverfit.augmentation._tables._gaussian_noise import GaussianNoise, SwapNoise
from skoverfit.augmentation._tables._mixup import CutMix, Mixup
from skoverfit.augmentation._tables._neighbor_interpolation import NeighborInterpolation
from skoverfit.augmentation._tables._numeric import NumericAugmenter
from skoverfit.augmentation._tables._smoothed_bootstrap import SmoothedBootstrap
from skoverfit.augmentation._texts._back_translation import BackTranslation
from skoverfit.augmentation._texts._characters import (
    CharacterNoise,
    KeyboardTypos,
    WordJoin,
    WordSplit,
)
from skoverfit.augmentation._texts._corpus_thesaurus import CorpusThesaurus
from skoverfit.augmentation._texts._eda import (
    AEDA,
    EDA,
    SentenceShuffle,
    TfidfReplacement,
)
from skoverfit.augmentation._texts._lexicon import SynonymSource, WordNetSynonyms
from skoverfit.augmentation._texts._mythes import MyThesThesaurus
from skoverfit.augmentation._texts._translators._base import (
    ApertiumTranslator,
    TranslationCache,
    Translator,
)
from skoverfit.augmentation._texts._translators._http import HttpTranslator
from skoverfit.augmentation._texts._translators._marian import MarianTranslator
from skoverfit.augmentation._texts._words import (
    RandomDeletion,
    RandomInsertion,
    RandomSwap,
    SynonymReplacement,
)
from skoverfit.augmentation._wrappers._augmented import (
    AugmentedClassifier,
    AugmentedRegressor,
)
from skoverfit.augmentation._wrappers._dropout import DropoutClassifier
from skoverfit.augmentation._wrappers._gate import GateResult
from skoverfit.augmentation._wrappers._transformer import AugmentingTransformer

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
    "NumericAugmenter",
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
