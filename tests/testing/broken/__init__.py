"""Parts that break one promise each, in ways that people break them."""

from tests.testing.broken.augmenters import AUGMENTERS
from tests.testing.broken.causes import CAUSES
from tests.testing.broken.preparations import PREPARATIONS
from tests.testing.broken.remedies import REMEDIES
from tests.testing.broken.rules import MEMBER_RULES, SELECTION_RULES
from tests.testing.broken.shared_fits import SHARED_FITS
from tests.testing.broken.wrappers import WRAPPERS

__all__ = ["BROKEN"]

BROKEN = [
    *AUGMENTERS,
    *SELECTION_RULES,
    *MEMBER_RULES,
    *WRAPPERS,
    *SHARED_FITS,
    *CAUSES,
    *REMEDIES,
    *PREPARATIONS,
]
