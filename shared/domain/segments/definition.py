"""What a segment is defined by: conditions as data, which a company writes, reads and compares."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Annotated, Any, ClassVar, Literal

from shared.domain.segments.reading import Bounded, StrictNumber, Told
from shared.domain.strict import Flag, Whole

MOST_STEPS = 5
MOST_KEPT = 100
"""Times of matching events that a profile keeps for one condition on a number of them."""

MOST_KEPT_OF_STEP = 50
"""Of each step of a sequence the newest so many matching events take part: so is a sequence defined."""

ValueType = Literal["text", "number", "boolean", "time", "list"]
Operator = Literal[
    "eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between",
    "contains", "starts_with", "ends_with", "exists", "missing",
]  # fmt: skip
Plain = bool | int | float | str


Number = Annotated[int | float, StrictNumber(), Told("A number without quotes, such as 3")]
Value = Annotated[Plain | tuple[Plain, ...] | None, Told("Text, a number, true or false, or a list of them")]
SegmentState = Literal["draft", "live", "paused", "archived"]
ConsentState = Literal["granted", "refused", "withdrawn", "expired", "unknown"]

_NOTHING_ELSE: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a value is compared with: typed, as nothing is guessed from how a value is written."""

    type: ValueType
    operator: Operator
    value: Value = None

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class Window:
    """The `last` ISO 8601 duration before now: `rolling` to the millisecond, or whole `calendar` days, weeks, months or
    years of the segment's zone, the present one among them. Or from `since` on and before `until`, ISO 8601 times.
    """

    last: str = ""
    align: Literal["rolling", "calendar"] = "rolling"
    since: str = ""
    until: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


EVER = Window()


@dataclass(frozen=True, slots=True)
class Filter:
    """A property of an event, by its dotted path or a canonical field, and what it is compared with."""

    property: str
    type: ValueType
    operator: Operator
    value: Value = None

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class Amount:
    """A comparison of a number."""

    operator: Literal["eq", "ne", "lt", "lte", "gt", "gte"]
    value: Number

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfTrait:
    """A trait of the person, by its dotted path."""

    trait: str
    type: ValueType
    operator: Operator
    value: Value = None

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfComputed:
    """A computed attribute, by its id."""

    computed: str
    type: ValueType
    operator: Operator
    value: Value = None

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfIdentifier:
    """Whether the person has an identifier of a namespace."""

    identifier: str
    present: Flag = True

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfEvents:
    """How many events of a name the person did, or with `sum`, what a property of them adds up to. An empty `event` is
    any. A sum of `amount` names its `currency`.
    """

    event: str
    count: Amount | None = None
    sum: Amount | None = None
    property: str = ""
    currency: str = ""
    where: tuple[Filter, ...] = ()
    window: Window = EVER

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a sequence, later than the one before and `within` an ISO 8601 duration of it; empty: any."""

    event: str
    where: tuple[Filter, ...] = ()
    within: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class NotThen:
    """What must not follow the last step `within` a duration, which has to be over first. One that comes still later
    ends the match too, unless `late_ends` is false. Without `within` it may never follow.
    """

    event: str
    where: tuple[Filter, ...] = ()
    within: str = ""
    late_ends: Flag = True

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfSequence:
    """Steps one after the other, the first of them within `window`; with `same`, all with one value at that path."""

    sequence: tuple[Step, ...]
    not_then: NotThen | None = None
    same: str = ""
    window: Window = EVER

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfConsent:
    """What stands for a purpose; `unknown` where nobody decided."""

    consent: str
    state: ConsentState = "granted"

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfSegment:
    """Whether the person is in another segment, by its id."""

    segment: str
    member: Flag = True

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class OfSeen:
    """Whether the person was seen for the `first` or the `last` time within a window."""

    seen: Literal["first", "last"]
    window: Window

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


@dataclass(frozen=True, slots=True)
class Group:
    """`and`: all of them; `or`: one of them; `not`: its only one isn't. Unknown where that can't be said."""

    op: Literal["and", "or", "not"]
    of: tuple["Condition", ...]

    __pydantic_config__: ClassVar[dict[str, Any]] = _NOTHING_ELSE


Leaf = OfTrait | OfComputed | OfIdentifier | OfEvents | OfSequence | OfConsent | OfSegment | OfSeen

LEAVES: Mapping[str, type[Any]] = {
    "trait": OfTrait,
    "computed": OfComputed,
    "identifier": OfIdentifier,
    "event": OfEvents,
    "sequence": OfSequence,
    "consent": OfConsent,
    "segment": OfSegment,
    "seen": OfSeen,
}
"""By the field that only this kind of condition has."""


def kind_of(condition: Any) -> str | None:
    """`group` or the kind of leaf that a condition is, as data or as read; None where nothing says which."""
    if isinstance(condition, Mapping):
        return "group" if "op" in condition else next((name for name in LEAVES if name in condition), None)
    return (
        "group" if isinstance(condition, Group) else next((n for n, k in LEAVES.items() if k is type(condition)), None)
    )


class _ByKind:
    """Tells pydantic which kind a condition is of, so that what is wrong is told of that kind alone. What reads a
    catalogue without making its forms needs no pydantic.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Discriminator, Tag

        kinds: list[Any] = [Annotated[kind, Tag(f"({name})")] for name, kind in {"group": Group, **LEAVES}.items()]
        chosen = Discriminator(
            lambda condition: (name := kind_of(condition)) and f"({name})",
            custom_error_type="no_condition",
            custom_error_message=f"A condition has one of the fields op, {', '.join(LEAVES)}",
        )
        return handler.generate_schema(Annotated[reduce(operator.or_, kinds), chosen])


Condition = Annotated[Group | Leaf, _ByKind()]


@dataclass(frozen=True, slots=True)
class Segment:
    """`zone` is that of its calendar windows. Anonymous people have no user_id, e-mail or phone. Of a `draft` and of
    what is `archived` nobody is a member; of what is `paused` who was stays. `split`: arms with their weights; each
    member is in one of them, for good.
    """

    id: str
    name: str
    where: Annotated[Condition, Bounded()]
    zone: str = "UTC"
    include_anonymous: Flag = True
    split: Mapping[str, Whole] = field(default_factory=dict)
    owner: str = ""
    description: str = ""
    state: SegmentState = "draft"
    version: int = 0

    KIND: ClassVar[str] = "segment"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
