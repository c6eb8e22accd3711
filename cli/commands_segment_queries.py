"""Segments from queries of react-querybuilder and back, as JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.access import console, problems
from cli.api import ApiError, ApiUrl, Local, Token, api_of
from cli.commands_segments import SEGMENTS, SegmentId
from cli.config_files import to_yaml
from cli.deployment import DeploymentError
from shared.domain.configuration import MADE, document_of, parsed, read
from shared.domain.flaws import Flaw
from shared.domain.segments.definition import Segment
from shared.domain.segments.querybuilder import condition_of
from shared.domain.segments.querybuilder_export import query_of

_NOT_FOUND = 404


def import_query(
    segment_id: SegmentId,
    file: Annotated[Path, typer.Argument(help="The query; or an object with `query` and `fields`, as exported")],
    name: Annotated[str, typer.Option("--name", help="What a new segment is called; its id without")] = "",
    fields: Annotated[Path | None, typer.Option("--fields", help="The `fields` of the QueryBuilder, as JSON")] = None,
    print_only: Annotated[bool, typer.Option("--print", help="Only print it, as a file of the catalogue")] = False,
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
) -> None:
    """Save a query of react-querybuilder as a draft, or as the condition of a segment that is there."""
    said = _json(file)
    query, declared = (said["query"], said.get("fields")) if _is_both(said) else (said, None)
    condition = condition_of(query, _json(fields) if fields else declared)
    if isinstance(condition, list):
        raise _refused(file, condition)
    where = document_of(Segment(segment_id, name, condition))["where"]
    document = {"name": name or segment_id, "where": where}
    if print_only:
        found = read("segment", segment_id, document)
        if isinstance(found, list):
            raise _refused(file, found)
        console.out(to_yaml(document_of(found)), highlight=False, end="")
        return
    api, path = api_of(api_url, api_token, outputs), f"{SEGMENTS}/{segment_id}"
    try:
        document = {**api.get(path), "where": where} | ({"name": name} if name else {})
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise
    made = api.put(path, document)
    console.print(f"Segment {segment_id} is {made['state']}, version {made['version']}.")


def export_query(segment_id: SegmentId, api_url: ApiUrl = "", api_token: Token = "", outputs: Local = None) -> None:
    """Print a segment's condition as `query` and `fields` of react-querybuilder."""
    document = api_of(api_url, api_token, outputs).get(f"{SEGMENTS}/{segment_id}")
    found = parsed("segment", segment_id, {name: said for name, said in document.items() if name not in MADE})
    if not isinstance(found, Segment):
        raise DeploymentError("The API has fields that this command doesn't know. Remedy: use that of its version.")
    exported = query_of(found.where)
    if isinstance(exported, list):
        raise _refused(Path(segment_id), exported)
    console.print_json(data=exported._asdict())


def _is_both(said: Any) -> bool:
    return isinstance(said, Mapping) and "query" in said and "rules" not in said


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DeploymentError(f"{file} can't be read as JSON: {error}.") from error


def _refused(of: Path, flaws: Sequence[Flaw]) -> DeploymentError:
    for flaw in flaws:
        problems.print(f"{of}: {flaw.pointer or '/'}: {flaw.message} {flaw.fix}", style="red", soft_wrap=True)
    return DeploymentError(f"{len(flaws)} to mend; nothing was saved.")
