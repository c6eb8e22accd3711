"""What of the partner kit is generated: schemas, samples and the AsyncAPI document of what comes on a partner's bus."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from shared.contracts.bus import DETAILS, SOURCE, Detail, about
from shared.contracts.partners import (
    PARTNER_DETAILS,
    PartnerMetadata,
    PartnerPerson,
    PartnershipEnded,
    PartnershipEndedData,
    SnapshotConsent,
    SnapshotEnd,
    SnapshotLine,
    SnapshotSegment,
)
from shared.destinations.contract import Parcel
from shared.destinations.partner_bus.mapping import detail_of
from shared.domain.bulk import BULK
from shared.domain.destinations import Destination
from shared.domain.facts import DetailType
from shared.domain.gate import IDS_ALONE, Permitted
from shared.domain.identifiers import Identifier
from shared.domain.partners import ENDED, pseudonym
from shared.domain.profiles import Change, Profile

KIT = Path("events/partner")
RELEASED = KIT / "released"
KEY = b"a key that only samples are made with"
_BUS = Path("events/bus")
_ENVELOPE = ("version", "id", "detail-type", "source", "account", "time", "region", "resources")
_FORMERLY = "01KAK3HZZ9M4P7R2S5T8V1W3X6"
_FILES = {"entered": 30120, "exited": 87, "url": "https://example.com/files.json"}
_NOT_SHARED = ("Profile Erased", "Profile Split")


def files() -> dict[Path, str]:
    schemas = {KIT / f"schemas/{slug(name)}.schema.json": _text(schema(name)) for name in PARTNER_DETAILS}
    samples = {KIT / f"samples/{slug(name)}.json": _text(sample(name)) for name in PARTNER_DETAILS}
    return {
        **schemas,
        **samples,
        KIT / "asyncapi.json": _text(asyncapi()),
        KIT / "snapshot.schema.json": _text(snapshot_schema()),
        KIT / "snapshot.jsonl": "".join(f"{line.model_dump_json(by_alias=True)}\n" for line in snapshot()),
    }


def slug(detail_type: str) -> str:
    return detail_type.lower().replace(" ", "_")


def schema(detail_type: str) -> dict[str, Any]:
    made = PARTNER_DETAILS[detail_type].model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": detail_type}


def sample(detail_type: str) -> dict[str, Any]:
    """As EventBridge hands it to a target in the partner's account; made by the mapping that deliver uses."""
    if detail_type == ENDED:
        event = json.loads((_BUS / "profile_erased.json").read_text())
        return {**event, "detail-type": ENDED, "detail": _ended(event).model_dump(mode="json")}
    return _sample(next(name for name in DETAILS if name == detail_type))


def snapshot_schema() -> dict[str, Any]:
    """Of each line of a snapshot file."""
    made = TypeAdapter(SnapshotLine | SnapshotEnd).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Line of a snapshot"}


def snapshot() -> Iterator[SnapshotLine | SnapshotEnd]:
    """One who is known, one of whom nothing new is said, and the end."""
    jane = PartnerPerson(id=pseudonym(KEY, "jane"), formerly=(pseudonym(KEY, _FORMERLY),))
    segments = {"vip": SnapshotSegment(is_in=True, sequence=3), "new": SnapshotSegment(is_in=False, sequence=4)}
    consent = {"advertising": SnapshotConsent(state="granted", sequence=2)}
    yield SnapshotLine(person=jane, sequence=4, segments=segments, consent=consent)
    yield SnapshotLine(person=PartnerPerson(id=pseudonym(KEY, "joe")), sequence=0)
    yield SnapshotEnd(at="2026-11-21T09:30:00.000Z", people=2)


def _sample(detail_type: DetailType) -> dict[str, Any]:
    event = json.loads((_BUS / f"{slug(detail_type)}.json").read_text())
    fact: Detail = DETAILS[detail_type].model_validate(event["detail"])
    if detail_type == BULK:
        fields = {"files": {**_FILES, "expires_at": fact.metadata.time}}
        parcel = Parcel(Destination("acme", "Acme"), fact.metadata.id, BULK, fact, fields, IDS_ALONE)
        return {**event, "detail": json.loads(detail_of(parcel, KEY))}
    is_erased = detail_type == "Profile Erased"
    parcel = Parcel(
        Destination("acme", "Acme"),
        fact.metadata.id,
        detail_type,
        fact,
        {} if detail_type in _NOT_SHARED else {"identifiers": {"email": ["jane@example.com"]}},
        Permitted(),
        profile=None if is_erased else _profile(about(fact), detail_type == "Profile Merged"),
    )
    return {**event, "detail": json.loads(detail_of(parcel, KEY))}


def _profile(profile_id: str, was_merged: bool) -> Profile:
    changes = {f"merged:{_FORMERLY}": Change("", 3, "")} if was_merged else {}
    return Profile(profile_id, 3, identifiers={"h": Identifier("email", "jane@example.com")}, changes=changes)


def _ended(event: Mapping[str, Any]) -> PartnershipEnded:
    at = event["detail"]["metadata"]["time"]
    said = PartnerMetadata(id=pseudonym(KEY, "ended"), time=at, sequence=1, cause="live")
    return PartnershipEnded(metadata=said, data=PartnershipEndedData(partner="acme", at=at))


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3, from where the partner stands: it receives."""
    template = "#/components/schemas/{model}"
    refs, defined = models_json_schema([(m, "serialization") for m in PARTNER_DETAILS.values()], ref_template=template)
    details = {name: refs[model, "serialization"] for name, model in PARTNER_DETAILS.items()}
    messages = {_camel(name): {"$ref": f"#/components/messages/{_camel(name)}"} for name in PARTNER_DETAILS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Jogakbo for partners",
            "version": "1.0.0",
            "description": "What comes on a partner's event bus. An id repeats with its fact; order isn't promised.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"bus": {"address": "jogakbo", "title": "The partner's event bus", "messages": messages}},
        "operations": {
            "receiveFacts": {
                "action": "receive",
                "channel": {"$ref": "#/channels/bus"},
                "messages": [{"$ref": f"#/channels/bus/messages/{name}"} for name in messages],
            }
        },
        "components": {
            "messages": {_camel(name): _message(name, detail) for name, detail in details.items()},
            "schemas": defined["$defs"],
        },
    }


def _message(detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    envelope = {name: {"type": "array", "items": text} if name == "resources" else text for name in _ENVELOPE}
    properties = {**envelope, "detail-type": {"const": detail_type}, "source": {"const": SOURCE}, "detail": detail}
    return {
        "name": detail_type,
        "title": detail_type,
        "payload": {"type": "object", "properties": properties, "required": [*properties]},
        "examples": [{"payload": sample(detail_type)}],
    }


def _camel(detail_type: str) -> str:
    first, *rest = detail_type.split()
    return first.lower() + "".join(rest)


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
