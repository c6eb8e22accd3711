"""Messages on the retry queues. They point at events and never carry one, so a queue holds no personal data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    v: Literal[1] = 1


class StoreRetry(_Message):
    """store_events: take these records of one object of the log by arrival again (`indexes` None: all of them).

    With `republish_from` it is a redrive: what is stored already is sent on to stitch_identities too, and facts
    that changed since then are published once more.
    """

    kind: Literal["store"] = "store"
    object: str
    indexes: tuple[int, ...] | None = None
    republish_from: str | None = None


class EventKey(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    pk: str
    sk: str


class StitchRetry(_Message):
    """stitch_identities: fold these stored events; with `republish_from`, publish again what changed since then."""

    kind: Literal["stitch"] = "stitch"
    events: tuple[EventKey, ...]
    republish_from: str | None = None


class Rebuild(_Message):
    """stitch_identities: fold this profile again from its stored events."""

    kind: Literal["rebuild"] = "rebuild"
    profile_id: str
    republish_from: str | None = None


StitchMessage = TypeAdapter[StitchRetry | Rebuild](Annotated[StitchRetry | Rebuild, Field(discriminator="kind")])
