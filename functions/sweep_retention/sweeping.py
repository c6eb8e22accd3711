"""Sweeping: what soon expires under some anchors is folded into their baselines. Whoever loses a race reads again."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from functions.sweep_retention.settings import Doors
from shared.aws.batching import chunks
from shared.aws.observability import count, logger
from shared.domain.baselines import is_covered, keys_of, swept
from shared.domain.stitching import People
from shared.domain.suppression import HOLDS
from shared.stores.profile_store import ContentionError

MOST_TRIES = 5
SWEEPERS = 8
_AT_A_TIME = 100


def sweep(doors: Doors, anchors: Sequence[str], needed: int, until: int) -> int:
    """Fold all that expires by `until` under these anchors, save those that are covered as far as `needed`.

    Epoch seconds. The result is how many anchors could not be swept.
    """
    failed, left = 0, [*anchors]
    for _ in range(MOST_TRIES):
        tried, left = left, []
        for chunk in chunks(tried, _AT_A_TIME):
            for anchor, error in _sweep_some(doors, chunk, needed, until).items():
                if isinstance(error, ContentionError):
                    left.append(anchor)
                elif error:
                    # One that can't be swept must not hold up the others; the index keeps it.
                    logger().error("An anchor could not be swept", extra={"anchor": anchor}, exc_info=error)
                    failed += 1
    count("AnchorsUnswept", failed + len(left))
    return failed + len(left)


def _sweep_some(doors: Doors, anchors: Sequence[str], needed: int, until: int) -> Mapping[str, Exception | None]:
    """How each anchor that isn't covered yet ended."""
    people = doors.profiles.people_of(anchors)
    people = doors.profiles.people_of({*anchors, *(h for p in people.profiles.values() for h in p.identifiers)})
    baselines = doors.profiles.baselines(keys_of(people, anchors))
    declared = doors.declared.fresh()
    gone = _erased(doors, people)
    due = [a for a in anchors if a not in gone and not is_covered(baselines, keys_of(people, [a]), needed)]

    def sweep_one(anchor: str) -> Exception | None:
        try:
            demoted = doors.profiles.demoted(_beside(people, anchor))
            events = doors.events.kept_of_anchor(anchor)
            for key, after in swept(people, baselines, demoted, events, until, declared).items():
                doors.profiles.put_baseline(baselines.get(key), after)
        except Exception as error:
            return error
        return None

    with ThreadPoolExecutor(SWEEPERS) as pool:
        ended = dict(zip(due, pool.map(sweep_one, due), strict=True))
    count("AnchorsSwept", sum(error is None for error in ended.values()))
    return ended


def _erased(doors: Doors, people: People) -> set[str]:
    """Anchors of erased people, whose events are going: what was folded of them must not come to lie behind them."""
    hashes = {ownership.identifier.identifier: hashed for hashed, ownership in people.ownerships.items()}
    suppressions = doors.suppressions.look_up(hashes)
    return {hashes[identifier] for identifier, until in suppressions.items() if until == HOLDS}


def _beside(people: People, anchor: str) -> set[str]:
    """The identifiers of those who own or have owned an anchor: of no others do its events tell anything."""
    ownership = people.ownerships.get(anchor)
    owners = [people.live(period.profile_id) for period in ownership.periods] if ownership else []
    return {hashed for owner in owners for hashed in owner.identifiers}
