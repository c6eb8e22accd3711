"""One profile: what it remembers of what it folded, and what a merge and a rebuild leave of it."""

from shared.domain.profiles import Profile, merged, sealed
from tests.people import NOW


def test_who_merged_into_a_loser_merged_into_the_winner() -> None:
    """Also where both merges are one write, and where the first was never published."""
    first, _ = merged(Profile("p2"), Profile("p1"))
    for loser in (first, sealed(first, NOW)):
        winner, _ = merged(Profile("p3"), loser)
        at_once = sealed(winner, NOW)
        assert {k for k, c in at_once.changes.items() if c.version == at_once.version} >= {"merged:p1", "merged:p2"}
