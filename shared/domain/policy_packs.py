"""Policy packs: what the law of a place asks for, as data. Three ship; a company may change them or add its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from shared.domain.purposes import Channel, Default
from shared.domain.strict import Flag, Whole

Unit = Literal["days", "business_days", "months"]


@dataclass(frozen=True, slots=True)
class Period:
    number: Whole
    unit: Unit = "days"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` (local time of the recipient, `zone` where theirs isn't known) nothing that advertises goes
    out over these channels, save by a grant of `unless`, the id of a purpose or empty; `exempt` channels need none.
    """

    start: str
    end: str
    zone: str
    channels: tuple[Channel, ...]
    unless: str = ""
    exempt: tuple[Channel, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class PolicyPack:
    """It holds for people of these `countries` (ISO 3166), and with `for_everybody` for all.

    `deadlines` of privacy requests by kind; `default` without a decision, stricter or looser than a purpose's own;
    `reconfirm_months` of what advertises, and within how many days the result of a decision is told; `label` goes
    along with what advertises; below `guardian_under` years a guardian decides; with `honours_gpc`
    somebody whose browser sends it gets no advertising that they didn't grant.
    """

    id: str
    name: str
    countries: tuple[str, ...] = ()
    for_everybody: Flag = False
    deadlines: Mapping[str, Period] = field(default_factory=dict)
    default: Default | None = None
    quiet_hours: QuietHours | None = None
    label: str = ""
    reconfirm_months: Whole = 0
    notice_days: Whole = 0
    guardian_under: Whole = 0
    honours_gpc: Flag = True
    version: int = 0

    KIND: ClassVar[str] = "policy_pack"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


_EU = (
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GB CH".split()
)  # with the EEA, the United Kingdom and Switzerland, whose laws ask for the same

_KINDS = ("access", "portability", "correction", "stop", "resume", "erasure")

SHIPPED = (
    PolicyPack(
        id="gdpr",
        name="General Data Protection Regulation",
        countries=tuple(_EU),
        deadlines=dict.fromkeys(_KINDS, Period(1, "months")),
        default="opt_in",
    ),
    PolicyPack(
        id="ccpa",
        name="California Consumer Privacy Act, as amended by the CPRA",
        countries=("US",),
        deadlines={**dict.fromkeys(_KINDS, Period(45)), "stop": Period(15, "business_days")},
        default="opt_out",
    ),
    PolicyPack(
        id="kr",
        name="개인정보 보호법, 정보통신망법",
        countries=("KR",),
        deadlines=dict.fromkeys(_KINDS, Period(10)),
        default="opt_in",
        quiet_hours=QuietHours(
            start="21:00",
            end="08:00",
            zone="Asia/Seoul",
            channels=("email", "sms", "push", "phone"),
            unless="night_advertising",
            exempt=("email",),
        ),
        label="(광고)",
        reconfirm_months=24,
        notice_days=14,
        guardian_under=14,
    ),
)


def packs_of(configured: Mapping[str, PolicyPack]) -> dict[str, PolicyPack]:
    """By id: those that ship, each as it is configured where it is."""
    return {pack.id: pack for pack in SHIPPED} | dict(configured)


def pack_for(packs: Mapping[str, PolicyPack], country: str) -> PolicyPack | None:
    """The pack of a person: that of their country, else the one that the company chose for everybody. Of several one of
    the company's own, and of these the first by id.
    """
    own = [pack for pack in packs.values() if country and country in pack.countries]
    found = own or [pack for pack in packs.values() if pack.for_everybody]
    return min(found, key=lambda pack: (not pack.version, pack.id), default=None)


def reconfirming(packs: Mapping[str, PolicyPack]) -> dict[str, int]:
    """{country: after how many months consent to advertising is asked for again}; all other countries under ""."""
    countries = {"", *(country for pack in packs.values() for country in pack.countries)}
    return {one: pack.reconfirm_months for one in countries if (pack := pack_for(packs, one))}
