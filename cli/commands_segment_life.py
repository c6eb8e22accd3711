"""Commands on the life of a segment: it goes live, is paused, ends; and a job makes its people as that says."""

from typing import Annotated

import typer

from cli.access import Yes, console
from cli.api import Api, ApiUrl, Local, Token, api_of
from cli.commands_jobs import JOBS, Estimate, NoWait, Rate, follow, tell_estimate
from cli.commands_segments import SEGMENTS, SegmentId

Silent = Annotated[bool, typer.Option("--silent", help="Publish no facts of whom that changes")]


def publish(
    segment_id: SegmentId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    rate: Rate = 20,
    silent: Silent = False,
    estimate: Estimate = False,
    no_wait: NoWait = False,
) -> None:
    """Make a segment live, and everybody a member who is one; of one that is live, after its definition changed."""
    api = api_of(api_url, api_token, outputs)
    if estimate:
        tell_estimate(api.post(JOBS, {"kind": "backfill", "segment": segment_id, "rate": rate, "estimate": True}))
        return
    _set(api, segment_id, "live")
    _backfill(api, segment_id, rate, silent, no_wait)


def pause(segment_id: SegmentId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Let nobody enter or leave a segment until it is published again."""
    _set(api_of(api_url, api_token, outputs), segment_id, "paused")


def archive(
    segment_id: SegmentId,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    rate: Rate = 20,
    silent: Silent = False,
    no_wait: NoWait = False,
    yes: Yes = False,
) -> None:
    """End a segment for good: everybody leaves it."""
    api = api_of(api_url, api_token, outputs)
    if not yes:
        name = api.get(f"{SEGMENTS}/{segment_id}")["name"]
        typer.confirm(f"End {name} for good? Everybody leaves it, and its id is taken.", abort=True)
    _set(api, segment_id, "archived")
    _backfill(api, segment_id, rate, silent, no_wait)


def _set(api: Api, segment_id: str, state: str) -> None:
    path = f"{SEGMENTS}/{segment_id}"
    made = api.put(path, {**api.get(path), "state": state})
    console.print(f"Segment {segment_id} is {made['state']}, version {made['version']}. Felt within a minute.")


def _backfill(api: Api, segment_id: str, rate: int, silent: bool, no_wait: bool) -> None:
    console.print("A job looks at everybody, and writes whom this changes; it begins in a minute.")
    body = {"kind": "backfill", "segment": segment_id, "rate": rate, "publish": not silent}
    follow(api, api.post(JOBS, body), no_wait)
