"""Where every key is put together. Keys of people are HMACs, so that a key alone tells nobody who it is."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from shared.domain.identifiers import Identifier
from shared.stores.tables import AUDITED

TIMELESS = "-"
PROFILE = "P"
RECENT = "R#"
IDENTIFIER = "I"
BASELINE = "B#"
DEMOTION = "D#"
REFUSALS = "N"
LAG = "lag"
GROUP = "G"
GROUPS = "G#"
MEMBER = "M#"
JOBS = "jobs"
LINKS = "links"
FLOWS = "flows"
SUPPRESSION = "S"
REQUESTS = "requests"
OPEN = "open"
RECEIPTS = "receipts"
CLAIMS = "opendsr"
CALLBACKS = "callbacks"
EXPORTS = "exports"
LISTS = "lists"
LISTED = "E#"
UNTOLD = "M#"
RATES = "rates"
SWEEP = "sweep"
TRIALS = "trials"


def identifier_hash(secret: str, identifier: Identifier) -> str:
    """24 characters of base64url: 144 bits of HMAC-SHA256 over namespace and value."""
    text = f"{identifier.namespace}\x00{identifier.value}".encode()
    return urlsafe_b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)[:18]).decode()


def anchor_pk(anchor_hash: str) -> str:
    return f"A#{anchor_hash}"


def anonymous_pk(message_id: str) -> str:
    """Partition of an event that names nobody: it is kept, and never stitched."""
    return f"M#{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"


def event_sk(original_time: str | None, message_id: str) -> str:
    return f"{original_time or TIMELESS}#{message_id}"


def event_key(anchor_hash: str | None, original_time: str | None, message_id: str) -> tuple[str, str]:
    """(pk, sk) of an event. Nothing in it differs between two tries of one event."""
    pk = anchor_pk(anchor_hash) if anchor_hash else anonymous_pk(message_id)
    return pk, event_sk(original_time, message_id)


def sizes_pk(segment_id: str) -> str:
    """Partition of how many people were in a segment, by day."""
    return f"Z#{segment_id}"


def profile_pk(profile_id: str) -> str:
    return f"P#{profile_id}"


def identifier_pk(hashed: str) -> str:
    return f"I#{hashed}"


def group_pk(group_id: str) -> str:
    """A group is no person: a plain hash, for a key of any characters."""
    return f"G#{hashlib.sha256(group_id.encode()).hexdigest()[:24]}"


def delivery_pk(destination_id: str) -> str:
    return f"D#{destination_id}"


def list_pk(destination_id: str) -> str:
    """Partition of who is on a list."""
    return f"L#{destination_id}"


def count_pk(source_id: str) -> str:
    return f"C#{source_id}"


def count_sk(hour: str, shard: str) -> str:
    return f"{hour}#{shard}"


def reconciled_pk(source_id: str) -> str:
    return f"R#{source_id}"


def audit_pk(kind: str, item_id: str) -> str:
    return f"audit#{kind}#{item_id}"


def audited_pk(profile_id: str) -> str:
    """Partition of who saw, changed or was given something of a person."""
    return f"{AUDITED}{profile_id}"


def audited_sk(at: str, what: str, entry_id: str) -> str:
    return f"{at}#{what}#{entry_id}"


def flow_sk(destination_id: str, source_id: str) -> str:
    """Neither id has a `#`."""
    return f"{destination_id}#{source_id}"


def consent_pk(anchor_hash: str) -> str:
    """Partition of the consent records of an identifier."""
    return f"K#{anchor_hash}"


def consent_sk(time: str, message_id: str) -> str:
    return f"{time}#{message_id}"


def due_pk(minute: str, shard: int) -> str:
    """Partition of people whom time alone may change in a minute."""
    return f"T#{minute}#{shard}"


def merge_pk(day: str, shard: int) -> str:
    return f"M#{day}#{shard}"


def moved_pk(day: str, shard: int) -> str:
    """Partition of the identifiers that changed hands on a day, and of the merged ids that were led elsewhere."""
    return f"H#{day}#{shard}"


def job_people_pk(job_id: str) -> str:
    """Partition of the profiles that a job is about."""
    return f"J#{job_id}"


def job_people_sk(turn: int, profile_id: str) -> str:
    return f"{turn}#{profile_id}"


def proposal_pk() -> str:
    """One partition: proposals are few, written one by one, and listed whole."""
    return "X#proposals"


def decision_sk(number: int) -> str:
    """Of a decision on an identifier, beside others on it."""
    return f"{number:06d}"


def counted_pk(source_id: str) -> str:
    """Partition of the ranges of counted records that don't lie in the counts themselves."""
    return f"N#{source_id}"


def counted_sk(hour: str, shard: str, version: str) -> str:
    return f"{hour}#{shard}#{version}"


def quarantine_pk(source_id: str, day: str) -> str:
    return f"Q#{source_id}#{day}"


def quarantine_sk(received_at: str, origin: str) -> str:
    return f"{received_at}#{origin}"


def suppression_pk(version: str, hashed: str) -> str:
    """`hashed` is the identifier's HMAC under that version of the suppression key."""
    return f"S#{version}#{hashed}"


def open_sk(kind: str, whom: str) -> str:
    """Of the mark that a request of this kind is open: `whom` is a profile id or an identifier's hash."""
    return f"{kind}#{whom}"


def kept_pk(duty_id: str) -> str:
    """Partition of what a retention duty keeps."""
    return f"K#{duty_id}"


def work_pk(request_id: str) -> str:
    """Partition of what a privacy request works from until it ends."""
    return f"W#{request_id}"


def body_hash(secret: str, body: bytes) -> str:
    """Of what somebody sent, under the identifiers' key: tells the same bytes from others, and nothing of them."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def secret_hash(secret: str) -> str:
    """Sort key of a write key or an API token: they are random, so a plain SHA-256 hides them."""
    return hashlib.sha256(secret.encode()).hexdigest()
