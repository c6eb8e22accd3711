"""What the routes of the Catalogue API share: the router, parameters, who asks, and how a bad body is told."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from functions.manage_catalogue.changing import Actor, Changing
from functions.manage_catalogue.errands import goes_on
from functions.manage_catalogue.refusals import invalid
from functions.manage_catalogue.settings import settings
from functions.manage_catalogue.write_keys import WriteKeys
from shared.api.problems import response
from shared.api.serving import allow, documented, new_app, parameter_invalid
from shared.contracts.catalogue import ItemProblem
from shared.domain.configuration import flaws_of
from shared.domain.input_errors import KEY_ID
from shared.domain.item_ids import ITEM_ID
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.recorded_changes import RecordedChanges

app = new_app()

_ID_RULE = "Small letters, digits, - and _; 64 at most"
ItemId = Annotated[str, Path(pattern=ITEM_ID, description=_ID_RULE, examples=["web"])]
KeyId = Annotated[str, Path(pattern=KEY_ID, description="Start of the key's hash")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Cursor = Annotated[str | None, Query(pattern=ITEM_ID, description="`next_cursor` of the page before")]
DryRun = Annotated[bool, Query(description="Only say what would come of it")]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", pattern=r'^(W/)?"?\d{1,15}"?$', description="Version that was read")
]


@cache
def changing() -> Changing:
    known = settings()
    catalogue = CatalogueStore(known.catalogue_table)
    recorded = RecordedChanges(known.catalogue_table, known.ledger_table)
    may = known.segments_need_approval, known.deliveries_url
    return Changing(catalogue, recorded, known.stage, known.allow_loopback, goes_on, *may)


def write_keys() -> WriteKeys:
    return WriteKeys(changing())


def reader() -> Actor:
    """Whose request this is, if the token may read the catalogue."""
    return Actor(allow(app, "catalogue:read").name, datetime.now(UTC))


def writer() -> Actor:
    """Whose request this is, if the token may change the catalogue."""
    return Actor(allow(app, "catalogue:write").name, datetime.now(UTC))


def version_of(if_match: str | None) -> int | None:
    return int(re.sub(r"\D", "", if_match)) if if_match else None


def described(operation_id: str, summary: str, *problems: int, status: int = 200) -> dict[str, Any]:
    """A route's options: what it is called, and what it may answer beside its success."""
    return {
        "operation_id": operation_id,
        "summary": summary,
        "responses": documented(summary, 400, 401, 403, *problems, status=status, model=ItemProblem),
    }


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]
def _invalid(error: RequestValidationError) -> Response[str]:
    """A body's problems all at once; a parameter's by itself."""
    errors: list[dict[str, Any]] = list(error.errors())
    first = errors[0]
    if first["loc"][0] == "response":
        raise error  # what we answer is wrong: that is nobody's bad request
    if first["loc"][0] == "body":
        return response(invalid(flaws_of({**one, "loc": one["loc"][1:]} for one in errors)).problem)
    return response(parameter_invalid(first))
