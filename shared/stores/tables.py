"""Every DynamoDB table once, as data: CDK, the stores, the tests and the docs build from this."""

from dataclasses import dataclass
from typing import Literal

StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "NEW_AND_OLD_IMAGES"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with string keys `pk` and `sk`. `name` is the suffix after `jogakbo-<stage>-`.

    `own_key`: name of the KMS key of ours that it is encrypted under; without one it is DynamoDB's.
    """

    name: str
    ttl: bool = False
    stream: StreamView | None = None
    own_key: str = ""

    @property
    def setting(self) -> str:
        """The environment variable that carries the deployed name to a function."""
        return f"{self.name.upper()}_TABLE"


DATA_KEY = "data"
"""Of what is kept of people: tables, and the bucket."""

EVENTS = Table("events", ttl=True, stream="NEW_IMAGE", own_key=DATA_KEY)
PROFILES = Table("profiles", ttl=True, stream="NEW_AND_OLD_IMAGES", own_key=DATA_KEY)
LEDGER = Table("ledger", ttl=True, own_key=DATA_KEY)
CATALOGUE = Table("catalogue")
QUARANTINE = Table("quarantine", ttl=True, own_key="quarantine")
PRIVACY = Table("privacy", ttl=True, stream="KEYS_ONLY", own_key="privacy")
SUPPRESSIONS = Table("suppressions", own_key="suppressions")
KEPT_BY_LAW = Table("kept", ttl=True, own_key="kept")

TABLES = (EVENTS, PROFILES, LEDGER, CATALOGUE, QUARANTINE, PRIVACY, SUPPRESSIONS, KEPT_BY_LAW)

PARTITION_KEY = "pk"
SORT_KEY = "sk"
TTL_ATTRIBUTE = "ttl"

WAITS = "waits"
"""Partition of the ledger's marks of what waits."""

AUDITED = "A#"
"""Beginning of the ledger's partitions that are the audit log: roles may put into them, and no more."""

QUARANTINE_DAYS = 30
"""How long refused events are kept, in the table and in the bucket."""
