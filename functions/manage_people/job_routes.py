"""Routes of jobs: made, estimated, watched, cancelled and taken up again."""

from collections.abc import Callable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.manage_people.estimating import estimated
from functions.manage_people.routing import Actor, app, described, moment, named, queue_job, reader, send_slice, writer
from functions.manage_people.settings import doors
from shared.api.auditing import only_reads
from shared.api.problems import ProblemError
from shared.contracts.people import EstimateView, JobPageView, JobRequest, JobView
from shared.contracts.problems import Problem
from shared.domain.input_errors import ULID
from shared.domain.jobs import Job, resumed, stopping
from shared.domain.segments.definition import Segment
from shared.domain.selections import SKIPPED, to_be_read, with_skipped
from shared.stores.catalogue_store import VersionConflictError

JobId = Annotated[str, Path(pattern=ULID, description="A job's `id`", examples=["01KAK3J8V2N5Q0T4W6Y8Z1B3D5"])]
Limit = Annotated[int, Query(ge=1, le=100, description="How many jobs at most")]
Cursor = Annotated[str | None, Query(pattern=ULID, description="`next_cursor` of the page before")]
_TRIES = 5


@app.post(
    "/v1/jobs",
    **described(
        "add_job", "Rebuild or verify people, or backfill a segment", 404, 409, 413, status=202, preview="An estimate"
    ),
)
def add_job(body: Annotated[JobRequest, Body()]) -> tuple[JobView | EstimateView, int]:
    """A rebuild folds people again from their events; verify says where they differ from that, and changes nothing. A
    backfill makes who is in a segment as its definition says, and begins a minute after it was asked for; asked for
    again before it ends it is the same one, unless the segment was changed. An estimate answers 200, and does nothing.
    """
    actor = writer()
    version = _version_of(body.segment) if body.segment else 0
    if body.estimate or body.kind == "verify":
        only_reads(app)
    people = None
    if body.profiles is not None:
        people = {person.id: person for person in (named(identifier, actor.now) for identifier in body.profiles)}
    params = selection(body) if people is None else {"profiles": len(people)}
    if body.estimate:
        return estimated(body, None if people is None else people.values()), 200
    if version:
        params |= {"version": version}
        if same := doors().jobs.backfill(body.segment, version=version, publish=body.publish):
            return view(same), 202
    params |= {"publish": body.publish, "rate": body.rate}
    return view(queue_job(body.kind, actor, params, to_be_read() if people is None else {}, list(people or ()))), 202


def _version_of(segment_id: str) -> int:
    """Raises ProblemError (404)."""
    found = doors().catalogue.find(Segment, segment_id, consistent=True)
    if found is None:
        raise ProblemError(Problem.of(404, "segment_not_found", f"There is no segment {segment_id}.", field="segment"))
    return found.version


@app.get("/v1/jobs", **described("list_jobs", "Jobs, newest first"))
def list_jobs(limit: Limit = 20, cursor: Cursor = None) -> JobPageView:
    reader()
    found = doors().jobs.newest(limit + 1, cursor or "")
    return JobPageView(
        jobs=[view(job) for job in found[:limit]], next_cursor=found[limit - 1].id if len(found) > limit else None
    )


@app.get("/v1/jobs/<job_id>", **described("get_job", "One job", 404))
def get_job(job_id: JobId) -> JobView:
    reader()
    return view(_job(job_id))


@app.post("/v1/jobs/<job_id>/cancel", **described("cancel_job", "Stop a job", 404, 409, status=202))
def cancel_job(job_id: JobId) -> tuple[JobView, int]:
    """What it has done stays done, and a split that it has begun goes to its end. A job that ended stays as it is."""
    job = _changed(job_id, writer(), stopping)
    if job.is_open:
        send_slice(job)  # whoever was at it has lost the race, and would leave somebody frozen
    return view(job), 202


@app.post("/v1/jobs/<job_id>/resume", **described("resume_job", "Take a job up again", 404, 409, status=202))
def resume_job(job_id: JobId) -> tuple[JobView, int]:
    """Where it stopped; one that is done, with those whom it skipped."""
    job = _changed(job_id, writer(), _again)
    send_slice(job)  # one more message does an open job no harm
    return view(job), 202


def _again(job: Job) -> Job:
    if job.state != "done":
        return resumed(job)
    if not job.counts.get(SKIPPED):
        raise ProblemError(Problem.of(409, "nothing_left", "This job is done, and skipped nobody."))
    return resumed(with_skipped(job))


def _changed(job_id: str, actor: Actor, change: Callable[[Job], Job]) -> Job:
    for _ in range(_TRIES):
        job = _job(job_id)
        after = change(job)
        if after == job:
            return job
        try:
            return doors().jobs.put(after, actor.now)
        except VersionConflictError:
            continue
    raise ProblemError(Problem.of(409, "version_conflict", "This job keeps changing.", fix="Try again."))


def _job(job_id: str) -> Job:
    found = doors().jobs.find(job_id)
    if found is None:
        raise ProblemError(Problem.of(404, "job_not_found", "There is no such job."))
    return found


def selection(body: JobRequest) -> dict[str, Any]:
    """Whom the job is about, as its parameters."""
    if body.all or body.segment:
        return {"all": True} if body.all else {"segment": body.segment}
    asked = {"source": body.source, "from": moment(body.first, "from"), "to": moment(body.last, "to")}
    return {name: value for name, value in asked.items() if value}


def view(job: Job) -> JobView:
    return JobView(
        **{name: getattr(job, name) for name in JobView.model_fields if name != "findings"},
        findings=[dict(one) for one in job.findings],
    )
