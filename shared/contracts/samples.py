"""Facts of nobody, by which a destination is tried: every value in them is made up."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.bus import DETAILS, Detail
from shared.domain.bulk import BULK
from shared.domain.destinations import Destination
from shared.domain.facts import DetailType

NOBODY = "0" * 26
_OTHER = "0" * 25 + "1"
_DATA: Mapping[str, Mapping[str, Any]] = {
    "Profile Merged": {"merged_profile_id": _OTHER},
    "Profile Split": {"split_profile_ids": [_OTHER]},
    "Traits Changed": {"traits": ["sample"]},
    "Consent Changed": {"purpose": "sample", "state": "granted", "previous": "unknown"},
    "Segment Entered": {"segment": "sample"},
    "Segment Exited": {"segment": "sample"},
}
_IN_BULK = {"segment": "sample", "version": 1, "entered": 1, "exited": 0, "job_id": NOBODY}
_FILES = {"url": "https://example.com/sample", "entered": 1, "exited": 0}
_VALUES = {"email": "sample@example.com", "phone": "+820000000000"}


def sample_fact(detail_type: DetailType, test_id: str, at: str) -> Detail:
    metadata = {"id": test_id, "time": at, "sequence": 1, "cause": "live"}
    data = {"profile_id": NOBODY, **_DATA.get(detail_type, {})}
    if detail_type == BULK:
        data = {**_IN_BULK, "since": at}
    return DETAILS[detail_type].model_validate({"metadata": metadata, "data": data})


def sample_files(at: str) -> dict[str, Any]:
    """Where nothing is."""
    return {"files": {**_FILES, "expires_at": at}}


def sample_fields(destination: Destination) -> dict[str, Any]:
    """A value for each identifier and trait that it may get."""
    identifiers = {name: [_VALUES.get(name, "sample")] for name in destination.identifiers}
    traits = dict.fromkeys(destination.traits, "sample")
    return {part: values for part, values in (("identifiers", identifiers), ("traits", traits)) if values}
