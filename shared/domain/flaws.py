"""What is wrong with an item of the catalogue, and what items of several kinds are asked alike."""

import re
from dataclasses import dataclass

from shared.domain.computed_attributes import CANONICAL, HOLDERS

LONGEST_NAME = 200
PATH_FIX = f"Begin with {', '.join((*HOLDERS, *CANONICAL))}; steps are parted by dots."
ZONE_FIX = "A name of the IANA's, such as Asia/Seoul."
CURRENCY_FIX = "Three capital letters, such as KRW."
_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with an item: the field by its dotted path, empty for the whole, and what mends it.
    `steps` say the path where names in it have dots themselves.
    """

    field: str
    message: str
    fix: str
    code: str = "invalid"
    steps: tuple[str, ...] = ()

    @property
    def pointer(self) -> str:
        """The JSON pointer of the field in the item's document."""
        steps = self.steps or (self.field.split(".") if self.field else ())
        return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def is_zone(text: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # few items name a zone

    try:
        ZoneInfo(text)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return False
    return True


def is_path(path: str) -> bool:
    """Whether it leads into an event."""
    first, *rest = path.split(".")
    is_known = first in CANONICAL or (first in HOLDERS and rest)
    return bool(is_known) and all(rest) and len(path) <= LONGEST_NAME


def is_currency(text: str) -> bool:
    return bool(_CURRENCY.fullmatch(text))


def is_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST_NAME
