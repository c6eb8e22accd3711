"""Receipts of erasures: what was found, that nothing is left, what remains until when. Signed, and without a name."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.times import from_text, to_text

SCHEMA = 1
SIGNATURE = "signature"


class Remains(NamedTuple):
    """Something that an erasure leaves to go by itself, after so many days; None for what stays."""

    what: str
    why: str
    days: int | None


REMAINS = (
    Remains("records on the Kinesis stream, and of the streams of tables", "they can't be deleted singly", 7),
    Remains("log by arrival and log of outcomes in the bucket", "expire by age; what is sent again is suppressed", 14),
    Remains("batches that Lambda gave up, imported files", "expire by age; what is sent again is suppressed", 30),
    Remains("messages in queues, dead letters", "keys of events, ids of profiles, names of traits; no values", 14),
    Remains("progress of imports", "hashes of rows, eight bytes each", 14),
    Remains("logs of functions", "ids, no values", 31),
    Remains("exports made for others whose events named them", "they are those people's; expire by age", 30),
    Remains("archive of the bus", "ids of profiles and names of traits, no values", 7),
    Remains("results of queries on the lake", "expire by age", 7),
    Remains("keys of the erasure for hours of the lake that are built later", "they keep the events out", 15),
    Remains("map of merges and moves in the lake", "ids of profiles; written anew without them within an hour", 1),
    Remains("backups of tables", "erased again when one is restored, before it takes traffic", 35),
    Remains("lines of outbound files that take a person off a list", "hashed; the recipient has to read them", 30),
    Remains("what a list last said of a person", "hashed; until the file that takes them off is written", 1),
    Remains("previews of segments", "ids of profiles in their samples; who is gone isn't told", 1),
    Remains("lists of whom changes in bulk held", "ids of profiles alone; who is gone isn't told of", 91),
    Remains("entries of deliveries", "by profile id, without values", 90),
    Remains(
        "audit log of who read and changed what",
        "the law asks for it; by profile id, without values but the address from which an export was fetched",
        2 * 365,
    ),
    Remains("refusals that are said from now on", "keyed hashes of identifiers; heard before anybody is looked up", 14),
    Remains("index of what expires", "keyed hashes of anchors alone, until their last event would have expired", 3650),
    Remains("callback URLs of OpenDSR", "until controllers have taken the end of a request, or were tried enough", 3),
    Remains("suppressions", "keyed hashes, so that nothing of them comes in again", None),
)


def receipt_of(request: PrivacyRequest, now: str) -> dict[str, Any]:
    """Of a request whose steps are done."""
    done = request.done
    return {
        "v": SCHEMA,
        "request_id": request.id,
        "kind": request.kind,
        "regulation": request.regulation,
        "received_at": request.received_at,
        "suppressed_at": done["find"]["at"],
        "erased_at": now,
        "found": {**done["found"], "lake": done["lake"]["rows"]},
        "left": done["left"],
        "suppressed": done["suppress"],
        "kept_by_law": done.get("keep", {}),
        "destinations": done.get("tell", {}),
        "remains": [_told(one, now) for one in REMAINS],
    }


def signed(receipt: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {**receipt, SIGNATURE: f"hmac-sha256:{_mac(receipt, key)}"}


def is_genuine(receipt: Mapping[str, Any], key: str) -> bool:
    """Whether a receipt is as it was signed."""
    said = {name: value for name, value in receipt.items() if name != SIGNATURE}
    return hmac.compare_digest(f"hmac-sha256:{_mac(said, key)}", str(receipt.get(SIGNATURE, "")))


def _mac(receipt: Mapping[str, Any], key: str) -> str:
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _told(one: Remains, now: str) -> dict[str, str]:
    until = "" if one.days is None else to_text(from_text(now) + timedelta(days=one.days))
    return {"what": one.what, "why": one.why, "until": until}
