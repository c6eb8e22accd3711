"""Backfills of very many people: who came and left is told by one fact of each segment, once it is written."""

from collections import Counter
from dataclasses import replace

from functions.run_jobs.everybody import in_hand
from functions.run_jobs.settings import Doors
from shared.aws.batching import StillFailingError
from shared.aws.bus import BusEntry, put_entries
from shared.contracts.bus import SOURCE, Metadata, SegmentChangedInBulk, SegmentChangedInBulkData
from shared.domain.bulk import BULK, ENTERED, Crossed, bulk_id, crossing
from shared.domain.jobs import BULK as IN_BULK
from shared.domain.jobs import STOP, Job
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import moved_with
from shared.domain.selections import FOUND

_TOLD = "told"


def decided(doors: Doors, job: Job) -> Job:
    """The job, whose people are found: more of them than may be told of one by one are told of in bulk."""
    if job.position[FOUND] <= doors.bulk_above or not job.params["publish"]:
        return job
    live = [one for one in doors.catalogue.list(Segment) if one.state == "live"]
    return replace(job, position={**job.position, IN_BULK: moved_with(job.params["segment"], live)})


def crossed(doors: Doors, job: Job, profile_id: str) -> tuple[str, ...]:
    """What is counted of somebody whom the job has taken, as they stand now: the same when it takes them again."""
    profile = doors.profiles.profile(profile_id)
    if profile is None or profile.id != profile_id:
        return ()  # merged meanwhile: the winner speaks
    facts = (crossing(profile, one, job.created_at, job.id) for one in job.position[IN_BULK])
    return tuple(
        _count("entered" if fact.detail_type == ENTERED else "exited", fact.data["segment"]) for fact in facts if fact
    )


def told(doors: Doors, job: Job) -> Job:
    """The job once its facts are on the bus. Told again from the same position they are the same. Of one that stops
    they count those, too, whom a slice wrote that lost to it.
    """
    lost = in_hand(doors, job) if STOP in job.position else []
    more = Counter(name for one in lost for name in crossed(doors, job, one))
    number, entries = job.position.get(_TOLD, 0) + 1, []
    versions = {one.id: one.version for one in doors.catalogue.list(Segment)}
    for segment in job.position[IN_BULK]:
        names = (_count(what, segment) for what in Crossed._fields)
        many = Crossed(*(job.counts.get(name, 0) + more[name] for name in names))
        if any(many):
            fact = _fact(job, segment, versions.get(segment, 0), many, number)
            entries.append(BusEntry(SOURCE, BULK, fact.model_dump_json()))
    if unput := put_entries(doors.bus_name, entries):
        raise StillFailingError("put_events", len(unput), ())
    left = {name: value for name, value in job.position.items() if name != STOP}
    return replace(job, position={**left, _TOLD: number})


def _fact(job: Job, segment: str, version: int, many: Crossed, number: int) -> SegmentChangedInBulk:
    said = Metadata(
        id=bulk_id(job.id, segment, number),
        time=job.updated_at,
        sequence=version,
        cause="rebuild",
        correlation_id=job.id,
    )
    data = SegmentChangedInBulkData(
        segment=segment, version=version, **many._asdict(), job_id=job.id, since=job.created_at
    )
    return SegmentChangedInBulk(metadata=said, data=data)


def _count(what: str, segment: str) -> str:
    return f"{what} {segment}"
