"""How many days the bucket keeps objects, by prefix: CDK sets it, and the health of a source says it."""

from shared.stores.tables import DATA_KEY, QUARANTINE, QUARANTINE_DAYS

FAILURES = "aws/lambda/"  # Lambda chooses this prefix for the stream records it keeps in S3.
IMPORTS = "imports/"
REFUSED = "quarantine/"
ATHENA = "athena/"
EXPORTS = "exports/"
OUTBOUND = "outbound/"

KEPT_DAYS = {
    "log/": 14,
    "outcomes/": 14,
    REFUSED: QUARANTINE_DAYS,
    FAILURES: 30,
    IMPORTS: 30,
    "import-progress/": 14,
    "lake/profiles/": 8,  # made anew each day
    "lake/erasures/": 15,  # a day more than the outcomes that they keep out of the lake
    ATHENA: 7,
    EXPORTS: 30,
    OUTBOUND: 30,
}

OF_SOURCES = ("log/", "outcomes/", REFUSED, IMPORTS)
"""Prefixes with what sources sent."""


def key_of(prefix: str) -> str:
    """Name of the KMS key that objects below a prefix are encrypted under."""
    return QUARANTINE.own_key if prefix == REFUSED else DATA_KEY
