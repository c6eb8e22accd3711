"""Configuration as code: the catalogue as files, what they would change, and the change itself."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.access import Yes, console, problems
from cli.api import Api, ApiUrl, Local, Token, api_of
from cli.config_plan import ABSENT, Difference, Step
from cli.configuration import Plan, plan_of, take
from cli.configuration import export as export_to
from cli.deployment import DeploymentError
from cli.printing import told_once

Folder = Annotated[Path, typer.Argument(help="Folder of the files, such as configuration/")]
Delete = Annotated[bool, typer.Option("--delete", help="Also delete what no file has")]

_CHANGES = 2
_MARKS = {"create": ("+", "green"), "change": ("~", "yellow"), "delete": ("-", "red")}
_LONGEST = 160
_SENDING = ("web", "mobile", "server")


def export(
    folder: Folder,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    delete: Annotated[bool, typer.Option("--delete", help="Also delete files of what isn't there any more")] = False,
) -> None:
    """Write the catalogue as YAML, a file per item; files that say the same stay as they are."""
    done = export_to(api_of(api_url, api_token, outputs), folder, delete)
    for path in done.written:
        console.print(f"wrote {path}", soft_wrap=True)
    for path in done.stale:
        said = "deleted" if delete else "is of nothing that is there (--delete removes it):"
        console.print(f"{said} {path}", style="red" if delete else "yellow", soft_wrap=True)
    console.print(f"{len(done.written)} written, {done.unchanged} unchanged.")


def plan(
    folder: Folder, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None, delete: Delete = False
) -> None:
    """Show what `apply` would do. Exit code 0: nothing, 2: something, 1: the files can't be applied."""
    found = _sound(api_of(api_url, api_token, outputs), folder, delete)
    _show(found, delete)
    if found.steps:
        raise typer.Exit(_CHANGES)


def apply(
    folder: Folder,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    delete: Delete = False,
    yes: Yes = False,
) -> None:
    """Make the catalogue what the files say, after showing the plan."""
    api = api_of(api_url, api_token, outputs)
    found = _sound(api, folder, delete)
    _show(found, delete)
    if not found.steps:
        return
    if not yes:
        typer.confirm("Apply this?", abort=True)
    for done, step in enumerate(found.steps):
        try:
            secret = take(api, step)
        except DeploymentError as error:
            left = ", ".join(f"{later.kind} {later.id}" for later in found.steps[done:])
            raise DeploymentError(
                f"Stopped at {step.kind} {step.id} after {done} of {len(found.steps)} steps: {error} Not done: {left}."
                " Remedy: `jogakbo plan` shows what is left."
            ) from error
        _tell(step, secret)
    console.print(f"Applied {len(found.steps)} of {len(found.steps)}. It is felt within a minute.")


def _sound(api: Api, folder: Path, delete: bool) -> Plan:
    found = plan_of(api, folder, delete)
    if found.troubles:
        for trouble in found.troubles:
            problems.print(str(trouble), style="red", soft_wrap=True)
        raise DeploymentError(f"{len(found.troubles)} to mend; nothing was changed.")
    return found


def _show(found: Plan, delete: bool) -> None:
    for step in found.steps:
        mark, style = _MARKS[step.action]
        console.print(f"{mark} {step.kind} {step.id}", style=style, soft_wrap=True)
        for difference in step.differences if step.action != "delete" else ():
            console.print(f"    {_line(difference)}", style=style, soft_wrap=True)
    if found.only_there and not delete:
        names = ", ".join(f"{kind} {item_id}" for kind, item_id in found.only_there)
        console.print(f"In no file, and left as it is (--delete removes it): {names}.", soft_wrap=True)
    console.print(_summary(found.steps))


def _summary(steps: Sequence[Step]) -> str:
    counts = {action: sum(step.action == action for step in steps) for action in _MARKS}
    said = ", ".join(f"{number} to {action}" for action, number in counts.items() if number)
    return f"{said}." if said else "Nothing to do: the catalogue is what the files say."


def _line(difference: Difference) -> str:
    before, after = _shown(difference.before), _shown(difference.after)
    if difference.before is ABSENT:
        return f"{difference.field}: {after}"
    return f"{difference.field}: {before} → {after if difference.after is not ABSENT else 'its default'}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if value is not ABSENT else ""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _tell(step: Step, secret: str | None) -> None:
    mark, style = _MARKS[step.action]
    console.print(f"done {mark} {step.kind} {step.id}", style=style, soft_wrap=True)
    if secret:
        told_once("secret", secret)
    if step.action == "create" and step.kind == "source" and step.after.get("kind") in _SENDING:
        console.print(f"  It has no write key yet: `jogakbo source key add {step.id}`", soft_wrap=True)
