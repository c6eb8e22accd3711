"""What decisions on identity tell about a source: identifiers kept out, contested devices, people who take no more."""

from collections import Counter
from collections.abc import Collection, Mapping

from shared.domain.stitching import LedgerEntry, LedgerKey

_TOLD = ("contested", "over_budget", "profile_full")


def notes_of(ledger: Mapping[LedgerKey, LedgerEntry], profiles: Collection[str]) -> dict[str, Counter[str]]:
    """Source id -> notes with how often, as `identity:limit:user_id`, of the decisions about these profiles."""
    found: dict[str, Counter[str]] = {}
    for key, entry in ledger.items():
        kind = key.entry.partition("#")[0]
        if key.profile_id in profiles and (kind == "demoted" or kind in _TOLD):
            reason = entry.reason.split(":")[0] if entry.reason.startswith("cannot_link:") else entry.reason
            note = f"identity:{reason if kind == 'demoted' else kind}"
            found.setdefault(entry.source_id, Counter())[note] += entry.count
    return found
