"""The route of the register of data flows: what goes where, out of which source and what for, as JSON or as a page."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from functions.manage_privacy.flow_page import page
from functions.manage_privacy.routing import app, described, reader
from functions.manage_privacy.settings import doors
from shared.aws.clients import dynamodb
from shared.contracts.data_flows import DataFlowsView, DataFlowView
from shared.domain.data_flows import Configured, Registered, register
from shared.domain.destinations import Destination
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.sources import RetentionClass, Source
from shared.domain.times import to_text

_HTML = "text/html"
Accept = Annotated[str | None, Header(description=f"`{_HTML}` for a page that stands by itself")]


@app.get("/v1/privacy/data-flows", **described("list_data_flows", "The register of data flows"))
def list_data_flows(accept: Accept = None) -> DataFlowsView | str:
    """Generated from configuration and from what was delivered: source, purposes, field, destination, region, how long
    it is kept, how often and when last. A flow that isn't declared says why.
    """
    reader()
    catalogue = doors().catalogue
    configured = Configured(
        sources={one.id: one for one in catalogue.list(Source)},
        classes={one.id: one for one in catalogue.list(RetentionClass)},
        destinations={one.id: one for one in catalogue.list(Destination)},
        purposes=purposes_of(catalogue.list(Purpose)),
    )
    rows = register(configured, doors().flows.all())
    told = DataFlowsView(
        generated_at=to_text(datetime.now(UTC)),
        stage=doors().stage,
        region=dynamodb().meta.region_name,
        undeclared=sum(bool(row.undeclared) for row in rows),
        flows=[_view(row) for row in rows],
    )
    if _HTML in (accept or ""):
        answer: Any = Response(HTTPStatus.OK, f"{_HTML}; charset=utf-8", page(told))
        return answer  # type: ignore[no-any-return]  # a Response goes out as it is
    return told


def _view(row: Registered) -> DataFlowView:
    return DataFlowView(
        source_id=row.flow.source_id or None,
        field=row.flow.field,
        destination_id=row.destination_id,
        purposes=[*row.purposes],
        bases=[*row.bases],
        region=row.region or None,
        retention=row.retention or None,
        kept_days=row.kept_days,
        count=row.count,
        first=row.first or None,
        last=row.last or None,
        undeclared=[*row.undeclared],
    )
