"""What a webhook is sent: a fact in the Standard Webhooks form, with those fields of the person it was promised."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from shared.contracts.bus import Detail
from shared.domain.catalogue import Destination
from shared.domain.facts import DetailType
from shared.domain.gate import Permitted
from shared.domain.profiles import Profile

_VALUES_PER_NAMESPACE = 20
NOTHING_ALONG = Permitted()


def payload(
    detail_type: DetailType, fact: Detail, fields: Mapping[str, Any], permitted: Permitted = NOTHING_ALONG
) -> bytes:
    """`{type, timestamp, data}`; `fields` is what `fields_for` gives, or nothing where only ids may leave."""
    said = fact.data.model_dump(mode="json")
    if "traits" in said:  # the names that changed; `traits` holds the person's values here
        said["changed_traits"] = said.pop("traits")
    data = {
        **said,
        "sequence": fact.metadata.sequence,
        "cause": fact.metadata.cause,
        "correlation_id": fact.metadata.correlation_id,
        **fields,
        **({"withheld": permitted.withheld} if permitted.withheld else {}),
        **({"label": permitted.label} if permitted.label else {}),
    }
    body = {"type": event_type(detail_type), "timestamp": fact.metadata.time, "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def event_type(detail_type: DetailType) -> str:
    """`Segment Entered` is `segment.entered` to webhooks: their standard asks for dotted names."""
    return detail_type.lower().replace(" ", ".")


def fields_for(destination: Destination, profile: Profile, withheld: Collection[str] = ()) -> dict[str, Any]:
    """`identifiers` {namespace: values, newest first}, `traits` {name: value}: those named, known and not withheld."""
    identifiers: dict[str, list[str]] = {}
    for held in sorted(profile.held.values(), key=lambda held: (held.last, held.value), reverse=True):
        if held.namespace in destination.identifiers:
            identifiers.setdefault(held.namespace, []).append(held.value)
    may = [name for name in destination.traits if name in profile.state.traits and name not in withheld]
    traits = {name: profile.state.traits[name].value for name in may}
    newest = {namespace: values[:_VALUES_PER_NAMESPACE] for namespace, values in identifiers.items()}
    return {name: found for name, found in (("identifiers", newest), ("traits", traits)) if found}
