"""Notes, before anything is deleted, what nothing would lead to afterwards: keys that other items of a person name."""

import json
from collections.abc import Iterable, Iterator

from functions.carry_out_requests.working import Work
from shared.aws.dynamo import Item, Key, batch_get, query
from shared.domain.erasures import named_in
from shared.domain.identity import CONTESTED
from shared.domain.identity_ledger import MERGED, MOVED, UNDONE
from shared.stores.due_marks import Mark, key_of_mark
from shared.stores.keys import (
    DEMOTION,
    GROUP,
    GROUPS,
    JOBS,
    LINKS,
    MEMBER,
    PROFILE,
    RECENT,
    anchor_pk,
    identifier_pk,
    job_people_pk,
    job_people_sk,
    profile_pk,
    proposal_pk,
)
from shared.stores.merge_log import key_of_merge
from shared.stores.move_log import key_of_move

OTHERS_EVENTS = "others_events"
PARTNERS = "partners"
ITEMS = "items"
LEDGER = "ledger"
TEXTS = "texts"
GROUP_ITEMS = "groups"
"""What is noted: events of others that name them; live people who had to do with them; items of the profiles table and
of the ledger to delete; items of the ledger that name them among others; groups."""

_SPLIT = "split:"


def noted_of(work: Work) -> dict[str, set[Key]]:
    demoted = {key for hashed in work.person.whole for key in _demoted_on(work, hashed)}
    others = {(pk, sk) for pk, sk, time in demoted if not work.person.owns(pk.removeprefix(anchor_pk("")), time)}
    partners = _partners(work, {pk.removeprefix(anchor_pk("")) for pk, _ in others})
    others |= {key for profile_id in partners for key in _naming_events(work, profile_id)}
    groups = {(pk, sk) for hashed in work.person.ownerships for pk, sk in _members(work, hashed)}
    demoted_beside = {key for hashed in _demoted_others(work) for key in _own_demotions(work, hashed)}
    deleted, texts = _ledger(work, partners)
    return {
        OTHERS_EVENTS: others,
        PARTNERS: {(profile_id, PROFILE) for profile_id in partners},
        ITEMS: groups | demoted_beside | {*_buckets(work)},
        GROUP_ITEMS: {(pk, GROUP) for pk, _ in groups},
        LEDGER: deleted,
        TEXTS: texts,
    }


def _demoted_on(work: Work, hashed: str) -> Iterator[tuple[str, str, str]]:
    """Events that an identifier was demoted on: their keys, and when they happened."""
    table = work.doors.profiles.profiles_table
    for item in query(table, identifier_pk(hashed), prefix=DEMOTION, consistent=True, names=("time",)):
        pk, _, sk = item["sk"].removeprefix(DEMOTION).partition("|")
        yield pk, sk, item["time"]


def _demoted_others(work: Work) -> set[str]:
    """Identifiers of others that were demoted on their events."""
    found = set()
    for profile_id in work.person.profile_ids:
        entries = (one.entry.split("#") for one in work.doors.log.of_profile(profile_id))
        found |= {entry[1] for entry in entries if entry[0] == "demoted"}
    for hashed in work.person.ownerships:
        for event, _ in work.doors.events.kept_of_anchor(hashed):
            found |= {one.hash for one in event.identifiers}
    return found - work.person.whole


def _own_demotions(work: Work, hashed: str) -> Iterator[Key]:
    for pk, sk, time in _demoted_on(work, hashed):
        if work.person.owns(pk.removeprefix(anchor_pk("")), time):
            yield identifier_pk(hashed), f"{DEMOTION}{pk}|{sk}"


def _buckets(work: Work) -> Iterator[Key]:
    """What whoever they were split from remembered of their events."""
    table, ids = work.doors.profiles.profiles_table, work.person.profile_ids
    for profile_id in {one.profile_id for one in work.doors.log.behind(ids)} - ids:
        for hashed in work.person.whole:
            pk, prefix = profile_pk(profile_id), f"{RECENT}{hashed}#"
            yield from ((pk, item["sk"]) for item in query(table, pk, prefix=prefix, consistent=True, names=("sk",)))


def _members(work: Work, hashed: str) -> Iterator[Key]:
    table = work.doors.profiles.profiles_table
    pks = [item["sk"] for item in query(table, identifier_pk(hashed), prefix=GROUPS, consistent=True)]
    found = batch_get(table, [(pk, f"{MEMBER}{hashed}") for pk in pks], consistent=True)
    return (key for key, item in found.items() if work.person.owns(hashed, item["since"]))


def _partners(work: Work, anchors: set[str]) -> set[str]:
    """Live people whose events or decisions may name them."""
    doors, ids = work.doors, set[str]()
    for one in (*doors.profiles.ownerships(anchors).values(), *work.person.ownerships.values()):
        ids |= {period.profile_id for period in one.periods}
    for profile in doors.profiles.by_id(work.person.profile_ids).values():
        ids |= {fact.removeprefix(_SPLIT) for fact in profile.changes if fact.startswith(_SPLIT)}
        links = batch_get(doors.ledger, [(LINKS, link) for link in profile.apart], consistent=True)
        ids |= {one for item in links.values() for one in json.loads(item["profile_ids"])}
    for profile_id in work.person.profile_ids:
        ids |= {one.effect["from"] for one in doors.log.of_profile(profile_id) if "from" in one.effect}
    for hashed in work.person.whole:
        ids |= {one.profile_id for one in doors.log.of_identifier(hashed)}
    return set(doors.profiles.live_ids(ids - work.person.profile_ids).values()) - work.person.profile_ids


def _naming_events(work: Work, profile_id: str) -> Iterator[Key]:
    """Events under a person's identifiers that name who is erased without a demotion, as after a split."""
    profile = work.doors.profiles.profile(profile_id)
    if profile is None or not profile.apart:
        return
    for hashed in profile.identifiers.keys() - work.person.ownerships.keys():
        for event, _ in work.doors.events.kept_of_anchor(hashed):
            if any(one.hash in work.person.whole for one in event.identifiers):
                yield event.pk, event.sk


def _ledger(work: Work, partners: set[str]) -> tuple[set[Key], set[Key]]:
    """Items to delete, and those in which something else has to stand for them."""
    names, table = work.person.names(), work.doors.ledger
    deleted = {key for profile_id in work.person.profile_ids for key in _days(work, profile_id)} | {*_due(work)}
    decided = [one for one in work.doors.log.behind(partners) if one.profile_id not in work.person.profile_ids]
    behind = {one.profile_id for one in decided}
    taken = {one.entry.split("#")[1] for one in decided if one.entry.startswith((MOVED, CONTESTED))}
    items: list[Item] = [*query(table, LINKS, consistent=True), *query(table, proposal_pk(), consistent=True)]
    jobs = [*query(table, JOBS, consistent=True)]
    items += batch_get(table, {key for one in behind for key in _days(work, one)}, consistent=True).values()
    for pk in [*map(profile_pk, behind), *map(identifier_pk, (work.person.shared | taken) - work.person.whole)]:
        items += query(table, pk, consistent=True)
    deleted |= {(item["pk"], item["sk"]) for item in items if named_in(item["sk"], names)}
    texts = {(i["pk"], i["sk"]) for i in (*items, *jobs) if any(named_in(v, names) for v in _texts(i))}
    return deleted | _of_jobs(work, jobs), texts - deleted


def _texts(item: Item) -> Iterable[str]:
    return (value for name, value in item.items() if isinstance(value, str) and name not in ("pk", "sk"))


def _days(work: Work, profile_id: str) -> Iterator[Key]:
    """Merges and changes of hands by day, of which the ledger of a person says when they were written."""
    for one in work.doors.log.of_profile(profile_id):
        subject = one.entry.split("#")[1] if "#" in one.entry else ""
        if one.entry.startswith(MERGED):
            yield key_of_merge(subject, one.at)
        elif one.entry.startswith((MOVED, CONTESTED)) and subject in work.person.whole:
            yield key_of_move(identifier_pk(subject), one.at)
        elif one.entry.startswith(UNDONE):
            yield key_of_move(profile_pk(subject), one.at or one.effect["at"])


def _due(work: Work) -> Iterator[Key]:
    """Marks of when time alone may change them; a profile knows those of all that were merged into it."""
    ids = work.person.profile_ids
    moments = {moment for profile in work.doors.profiles.by_id(ids).values() for moment in profile.due}
    return (key_of_mark(Mark(moment, profile_id)) for moment in moments for profile_id in ids)


def _of_jobs(work: Work, jobs: Iterable[Item]) -> set[Key]:
    """Those of a job's people that are they: a turn after those left out, one more."""
    keys = [
        (job_people_pk(job["sk"]), job_people_sk(turn, profile_id))
        for job in jobs
        for turn in range(json.loads(job["position"]).get("turn", 0) + 2)
        for profile_id in work.person.profile_ids
    ]
    return set(batch_get(work.doors.ledger, keys, consistent=True))
