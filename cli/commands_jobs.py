"""Commands on people through the People API: freezing, rebuilding and verifying, and the jobs that do it."""

import time
from typing import Annotated

import typer
from rich.status import Status

from cli.access import TIMES, console, time_of
from cli.api import Api, ApiUrl, Body, Identifier, Local, Token, api_of, path_of
from cli.deployment import DeploymentError
from shared.domain.times import to_text

jobs = typer.Typer(
    help="Long operations on people: how far they came, stopped and taken up again.", no_args_is_help=True
)

JOBS = "/v1/jobs"
_LOOK_SECONDS = 0.5
Identifiers = Annotated[list[str] | None, typer.Argument(help="The same, of one or several people")]
JobId = Annotated[str, typer.Argument(help="A job's id, as `jogakbo jobs list` prints it")]
Source = Annotated[str, typer.Option("--source", help="Whoever has events of this source")]
First = Annotated[str, typer.Option("--from", help=f"Whoever has events received from then on; {TIMES}")]
Last = Annotated[str, typer.Option("--to", help="Received until then")]
Everybody = Annotated[bool, typer.Option("--all", help="Everybody")]
Rate = Annotated[int, typer.Option(min=1, max=1000, help="How many people a second at most")]
Estimate = Annotated[bool, typer.Option("--estimate", help="Say what it would cost and how long, and do nothing")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Don't wait for its end")]


def freeze(identifier: Identifier, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Hold up every change of a person: their events are stored and wait."""
    api = api_of(api_url, api_token, outputs)
    found = api.post(path_of(api, identifier, "freeze"))
    console.print(f"{found['profile_id']} is frozen {found['frozen']}.")


def unfreeze(identifier: Identifier, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Let a person change again; what waited is folded within a minute or so."""
    api = api_of(api_url, api_token, outputs)
    found = api.post(path_of(api, identifier, "unfreeze"))
    console.print(f"{found['profile_id']} isn't frozen.")


def rebuild(
    identifiers: Identifiers = None,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    source: Source = "",
    first: First = "",
    last: Last = "",
    everybody: Everybody = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish what differs as facts; else it is silent")
    ] = False,
    rate: Rate = 20,
    estimate: Estimate = False,
    no_wait: NoWait = False,
) -> None:
    """Fold people again from their stored events, and from the baselines of expired ones."""
    asked = _selection(identifiers, source, first, last, everybody) | {"rate": rate, "estimate": estimate}
    _start(api_of(api_url, api_token, outputs), {"kind": "rebuild", "publish": publish, **asked}, no_wait)


def verify(
    identifiers: Identifiers = None,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    source: Source = "",
    first: First = "",
    last: Last = "",
    everybody: Everybody = False,
    rate: Rate = 20,
    estimate: Estimate = False,
    no_wait: NoWait = False,
) -> None:
    """Where people differ from what their events and the identity ledger say. Nothing is changed."""
    asked = _selection(identifiers, source, first, last, everybody) | {"rate": rate, "estimate": estimate}
    _start(api_of(api_url, api_token, outputs), {"kind": "verify", **asked}, no_wait)


@jobs.command("list")
def list_jobs(
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most")] = 20,
) -> None:
    """Jobs, newest first: id, kind, state, who made it, what it counted."""
    for job in api_of(api_url, api_token, outputs).get(JOBS, {"limit": str(limit)})["jobs"]:
        line = f"{job['id']}  {job['kind']:<8}  {job['state']:<9}  {job['created_by']}  {_counts(job)}"
        console.print(line, soft_wrap=True)


@jobs.command("show")
def show(job_id: JobId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """One job: whom it is about, how far it came, what it found."""
    console.print_json(data=api_of(api_url, api_token, outputs).get(f"{JOBS}/{job_id}"))


@jobs.command("cancel")
def cancel(job_id: JobId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Stop a job. What it has done stays done."""
    _tell(api_of(api_url, api_token, outputs).post(f"{JOBS}/{job_id}/cancel"))


@jobs.command("resume")
def resume(
    job_id: JobId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None, no_wait: NoWait = False
) -> None:
    """Take a job up again where it stopped; one that is done, with those whom it skipped."""
    api = api_of(api_url, api_token, outputs)
    follow(api, api.post(f"{JOBS}/{job_id}/resume"), no_wait)


def _selection(identifiers: list[str] | None, source: str, first: str, last: str, everybody: bool) -> Body:
    times = {name: to_text(time_of(text)) for name, text in (("from", first), ("to", last)) if text}
    events = {**({"source": source} if source else {}), **times}
    if [bool(identifiers), bool(events), everybody].count(True) != 1:
        raise typer.BadParameter("Say whom: identifiers, or --source, --from and --to, or --all.")
    if identifiers:
        return {"profiles": identifiers}
    return events or {"all": True}


def _start(api: Api, body: Body, no_wait: bool) -> None:
    answer = api.post(JOBS, body)
    if body["estimate"]:
        tell_estimate(answer)
    else:
        follow(api, answer, no_wait)


def tell_estimate(found: Body) -> None:
    """What a job would ask for."""
    about = "" if found["is_exact"] else "at most about "
    console.print(f"{about}{found['people']} people with {found['events']} events", soft_wrap=True)
    units = f"{found['read_units']} read units, {found['write_units']} write units"
    console.print(f"at most about {units}: {found['dollars']:.4f} dollars ({found['prices']})", soft_wrap=True)
    console.print(f"{found['seconds']} seconds at this rate, once they are found", soft_wrap=True)


def follow(api: Api, job: Body, no_wait: bool) -> None:
    """Show how far it comes until it ends. Ends with 1 where it failed or found something."""
    if no_wait:
        console.print(f"jogakbo jobs show {job['id']}")
        return
    with console.status(f"{job['id']} is {job['state']}") as status:
        job = _ended(api, job, status)
    _tell(job)
    if job["state"] != "done" or job["findings"]:
        raise typer.Exit(1)


def _ended(api: Api, job: Body, status: Status) -> Body:
    while job["state"] in ("queued", "running"):
        time.sleep(_LOOK_SECONDS)
        job = api.get(f"{JOBS}/{job['id']}")
        status.update(f"{job['id']} is {job['state']}: {_counts(job)} {job['reason']}")
    return job


def _tell(job: Body) -> None:
    console.print(f"{job['id']} {job['state']}: {_counts(job)}", soft_wrap=True)
    if job["state"] == "failed":
        raise DeploymentError(f"{job['reason']}. Remedy: mend the cause, then `jogakbo jobs resume {job['id']}`.")
    for finding in job["findings"]:
        console.print("  ".join(str(value) for value in finding.values()), soft_wrap=True)


def _counts(job: Body) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(job["counts"].items())) or "nothing yet"
