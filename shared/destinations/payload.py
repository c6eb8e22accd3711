"""A fact as one JSON message, for the kinds that send facts one by one."""

import json
from collections.abc import Mapping
from typing import Any

from shared.destinations.contract import Line, Parcel
from shared.destinations.fields import renamed
from shared.domain.facts import DetailType


def payload(parcel: Parcel) -> bytes:
    return _text(_message(parcel)).encode()


def line(parcel: Parcel) -> Line:
    """The same with the fact's id, which a message has beside it."""
    return Line(parcel.id, _text({"id": parcel.id, **_message(parcel)}))


def _message(parcel: Parcel) -> dict[str, Any]:
    """`{type, timestamp, data}`. `data` has the fields that the destination declares. What withdraws comes in the
    standard form, as everything does where none are declared.
    """
    fact, permitted = parcel.fact, parcel.permitted
    is_declared = parcel.destination.fields and not permitted.ids_alone
    data = {
        **(renamed(parcel.destination.fields, fact, parcel.fields) if is_declared else _standard(parcel)),
        **({"withheld": permitted.withheld} if permitted.withheld else {}),
        **({"label": permitted.label} if permitted.label else {}),
        **({"test": True} if parcel.is_test else {}),
    }
    return {"type": event_type(parcel.detail_type), "timestamp": fact.metadata.time, "data": data}


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def event_type(detail_type: DetailType) -> str:
    """`Segment Entered` is `segment.entered`, as Standard Webhooks asks."""
    return detail_type.lower().replace(" ", ".")


def _standard(parcel: Parcel) -> dict[str, Any]:
    said = parcel.fact.data.model_dump(mode="json")
    if "traits" in said:  # the names that changed; `traits` holds the person's values here
        said["changed_traits"] = said.pop("traits")
    metadata = parcel.fact.metadata
    about = {"sequence": metadata.sequence, "cause": metadata.cause, "correlation_id": metadata.correlation_id}
    return {**said, **about, **parcel.fields}
