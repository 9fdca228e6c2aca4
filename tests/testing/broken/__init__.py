"""Parts that break one promise each, in ways that people break them."""

from tests.testing.broken.augmenters import AUGMENTERS
from tests.testing.broken.rules import MEMBER_RULES, SELECTION_RULES

__all__ = ["BROKEN"]

BROKEN = [*AUGMENTERS, *SELECTION_RULES, *MEMBER_RULES]
