"""Companies that answer for people's data: named on consent receipts and exports."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Company:
    """A controller, as GDPR says; of several they are joint ones. `contact` is where people turn: an e-mail address, a
    phone number or a page.
    """

    id: str
    name: str
    address: str
    contact: str
    version: int = 0

    KIND: ClassVar[str] = "company"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
