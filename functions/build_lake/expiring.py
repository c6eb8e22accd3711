"""The index of what expires, from the same rows: whose events of an hour must be swept by which day."""

from shared.lake.scratch import Scratch
from shared.stores.expiry_index import ExpiryIndex

_PREFIX = "A#"


def index_expiring(index: ExpiryIndex, space: Scratch, hour: str) -> None:
    """List the anchors of the hour in `resolved` under the days on which their events expire."""
    days = space.rows(
        "SELECT strftime(expires_at, '%Y-%m-%d') AS expiry_day, list(DISTINCT pk) FROM resolved"
        f" WHERE starts_with(pk, '{_PREFIX}') GROUP BY expiry_day ORDER BY expiry_day"
    )
    for day, pks in days:
        index.put(day, hour, (pk.removeprefix(_PREFIX) for pk in pks))
