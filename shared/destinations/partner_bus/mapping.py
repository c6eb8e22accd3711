"""What is put on a partner's bus: the fact, with every id of ours replaced by the partner's pseudonym."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.contracts.bus import SegmentChangedInBulk, about
from shared.contracts.partners import FACTS, PartnerMetadata, PartnerPerson, PartnerSegmentChangedInBulk
from shared.destinations.contract import Parcel
from shared.domain.partners import former, own_id, pseudonym

_IDS = ("profile_id", "merged_profile_id", "merged_profile_ids", "split_profile_ids")
_OURS = ("evidence",)
"""Leads to a record here, and would be the same with every partner."""


def detail_of(parcel: Parcel, key: bytes, known_by: str = "") -> str:
    """The event's detail, as JSON text."""
    metadata, permitted = parcel.fact.metadata, parcel.permitted
    said = PartnerMetadata(
        id=pseudonym(key, parcel.id),
        time=metadata.time,
        sequence=metadata.sequence,
        cause="replay" if parcel.is_again else metadata.cause,
        test=parcel.is_test,
        label=permitted.label,
    )
    if isinstance(parcel.fact, SegmentChangedInBulk):
        return _in_bulk(said, parcel.fact, parcel.fields["files"])
    fact = {"metadata": said, "person": _person(parcel, key, known_by), "data": _data(parcel, key)}
    return FACTS[parcel.detail_type].model_validate(fact).model_dump_json()


def _in_bulk(said: PartnerMetadata, fact: SegmentChangedInBulk, files: Mapping[str, Any]) -> str:
    """With the numbers of the partner's own files: how many others there are isn't the partner's to know."""
    data = {"segment": fact.data.segment, "version": fact.data.version, **files}
    return PartnerSegmentChangedInBulk.model_validate({"metadata": said, "data": data}).model_dump_json()


def _person(parcel: Parcel, key: bytes, known_by: str) -> PartnerPerson:
    profile = parcel.profile
    is_named = profile and known_by and not parcel.permitted.ids_alone
    return PartnerPerson(
        id=pseudonym(key, profile.id if profile else about(parcel.fact)),
        formerly=tuple(pseudonym(key, one) for one in former(profile)) if profile else (),
        external_id=own_id(profile, known_by) if profile and is_named else None,
        identifiers=parcel.fields.get("identifiers", {}),
        traits=parcel.fields.get("traits", {}),
        withheld=parcel.permitted.withheld,
    )


def _data(parcel: Parcel, key: bytes) -> dict[str, Any]:
    told = {name: value for name, value in parcel.fact.data.model_dump(mode="json").items() if name not in _OURS}
    return told | {name: _each(told[name], lambda one: pseudonym(key, one)) for name in _IDS if name in told}


def _each(ids: Any, make: Callable[[str], str]) -> Any:
    return make(ids) if isinstance(ids, str) else [make(one) for one in ids]
