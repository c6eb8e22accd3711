"""How many days the bucket keeps objects, by prefix: CDK sets it, and the health of a source says it."""

from shared.stores.tables import QUARANTINE_DAYS

FAILURES = "aws/lambda/"  # Lambda chooses this prefix for the stream records it keeps in S3.
IMPORTS = "imports/"
ATHENA = "athena/"

KEPT_DAYS = {
    "log/": 14,
    "outcomes/": 14,
    "quarantine/": QUARANTINE_DAYS,
    FAILURES: 30,
    IMPORTS: 30,
    "import-progress/": 14,
    "lake/erasures/": 15,  # a day more than the outcomes that they keep out of the lake
    ATHENA: 7,
}

OF_SOURCES = ("log/", "outcomes/", "quarantine/", IMPORTS)
"""Prefixes with what sources sent."""
