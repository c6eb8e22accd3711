"""Routes of exports: a link to one is made by who may, and fetched by whoever has it, for as long as it is good."""

import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.manage_privacy.request_routes import RequestId, request_of
from functions.manage_privacy.routing import app, described, writer
from functions.manage_privacy.settings import doors
from shared.api.auditing import about
from shared.api.auth import require_everything
from shared.api.problems import ProblemError
from shared.api.serving import token_of
from shared.contracts.privacy import ExportLinkView
from shared.contracts.problems import Problem
from shared.domain.auditing import AuditEntry
from shared.domain.times import to_text

EXPORTS = "/v1/privacy/exports/"
"""Whoever has a link needs no API token."""

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$", description="Of a link")]
File = Annotated[Literal["html", "json"], Query(alias="format", description="A page for people, or JSON")]


@app.post(
    "/v1/privacy/requests/<request_id>/links",
    **described("add_export_link", "Make a link to an export", 404, 409, status=201),
)
def add_link(request_id: RequestId) -> tuple[ExportLinkView, int]:
    """For the person, good for seven days; it is told this once. Who fetches the export is in the audit log."""
    actor = writer()
    require_everything(token_of(app))
    request = request_of(request_id)
    formats = [name.rpartition(".")[2] for name in doors().exports.names(request_id)]
    if not formats:
        message, fix = "There is no export of this request.", "It is there once the request is completed, for 30 days."
        raise ProblemError(Problem.of(409, "export_missing", message, fix=fix))
    token = secrets.token_urlsafe(32)
    link = doors().exports.add_link(token, request_id, actor.name, actor.now)
    if request.profile_id:
        about(app, request.profile_id)
    return ExportLinkView(path=f"{EXPORTS}{token}", expires_at=link.expires_at, formats=formats), 201


@app.get("/v1/privacy/exports/<token>", **described("get_export", "Fetch an export by its link", 404, status=302))
def get_export(token: Token, file_format: File = "html") -> Any:
    """Needs no API token. Leads to the file itself, whose address is good for five minutes."""
    now = datetime.now(UTC)
    link = doors().exports.find_link(token, now)
    name = f"export.{file_format}"
    if link is None or name not in doors().exports.names(link.request_id):
        message, fix = "This link leads nowhere: it has expired, or the export is gone.", "Ask for a new one."
        raise ProblemError(Problem.of(404, "link_unknown", message, fix=fix))
    _audit(link.request_id, link.made_by, now)
    where = {"Location": doors().exports.address(link.request_id, name), "Cache-Control": "no-store"}
    return Response(HTTPStatus.FOUND, "text/plain", "", where)


def _audit(request_id: str, made_by: str, now: datetime) -> None:
    """Before it goes out."""
    request, context = request_of(request_id), app.current_event.request_context
    entry = AuditEntry(
        profile_id=request.profile_id,
        at=to_text(now),
        what="exported",
        id=context.request_id,
        actor=f"link of {made_by} from {context.http.source_ip}",
        place="get_export",
        fields=tuple(request.done.get("export", {}).get("rows", ())),
    )
    doors().audit.append(entry)
