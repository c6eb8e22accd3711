"""The door to how many items the tables hold under a person's keys, kind by kind: for their lineage."""

from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.aws.dynamo import query
from shared.stores.keys import (
    BASELINE,
    DEMOTION,
    GROUPS,
    IDENTIFIER,
    PROFILE,
    RECENT,
    consent_pk,
    identifier_pk,
    profile_pk,
)

_READERS = 8
_KINDS = {
    PROFILE: "profiles, merged ones too",
    RECENT: "buckets of remembered events, as hashes",
    IDENTIFIER: "identifiers",
    BASELINE: "baselines of expired events",
    DEMOTION: "references to events that carry an identifier",
    GROUPS: "groups that they belong to",
}


@dataclass(frozen=True, slots=True)
class HeldItems:
    """`profiles` and `ledger` are deployed names of tables."""

    profiles: str
    ledger: str

    def of_profiles_table(self, profile_ids: Iterable[str], hashes: Collection[str]) -> Counter[str]:
        """{kind: how many}"""
        found = self._sort_keys(self.profiles, [*map(profile_pk, profile_ids), *map(identifier_pk, hashes)])
        return Counter(_kind(sk) for sk in found)

    def decisions(self, profile_ids: Iterable[str], hashes: Collection[str]) -> int:
        """How many items of decisions on who is who."""
        return len(self._sort_keys(self.ledger, [*map(profile_pk, profile_ids), *map(identifier_pk, hashes)]))

    def consent(self, hashes: Collection[str]) -> int:
        """How many records of decisions of consent."""
        return len(self._sort_keys(self.ledger, map(consent_pk, hashes)))

    def _sort_keys(self, table: str, partitions: Iterable[str]) -> list[str]:
        with ThreadPoolExecutor(_READERS) as pool:
            read = pool.map(lambda pk: [item["sk"] for item in query(table, pk, names=("sk",))], partitions)
            return [sk for own in read for sk in own]


def _kind(sk: str) -> str:
    """By the beginning of its sort key, the longest that fits."""
    kinds = sorted(_KINDS.items(), reverse=True)
    return next((words for begin, words in kinds if sk.startswith(begin)), "other items")
