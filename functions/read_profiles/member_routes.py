"""Routes of a segment: who is in it, and how many were, day by day."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.read_profiles.paging import cursor_of, position_of
from functions.read_profiles.routing import Cursor, app
from functions.read_profiles.segment_routes import SegmentId, found_segment
from functions.read_profiles.settings import settings
from shared.api.serving import allow, documented
from shared.contracts.segments import SegmentMembersView, SegmentMemberView, SegmentSizesView, SegmentSizeView
from shared.stores.membership_scan import MembershipScan
from shared.stores.segment_sizes import SegmentSizes

Limit = Annotated[int, Query(ge=1, le=1000, description="How many members at most")]
Days = Annotated[int, Query(ge=1, le=400, description="How many days at most")]


@app.get(
    "/v1/segments/<segment_id>/members",
    summary="Who is in a segment",
    operation_id="list_members",
    responses=documented("The members", 400, 401, 403, 404),
)
def list_members(segment_id: SegmentId, limit: Limit = 100, cursor: Cursor = None) -> SegmentMembersView:
    """Profile ids with their arms. Found by reading everybody, page by page: of a large stage the profile snapshot
    of the lake tells all of them sooner.
    """
    allow(app, "profiles:read")
    found_segment(segment_id)
    pk, sk = position_of(cursor, 2) if cursor else ("", "")
    after = (pk, sk) if pk else None
    found, following = MembershipScan(settings().profiles_table).page(segment_id, limit, after)
    return SegmentMembersView(
        segment=segment_id,
        members=[SegmentMemberView(**one._asdict()) for one in found],
        next_cursor=cursor_of(following) if following else None,
    )


@app.get(
    "/v1/segments/<segment_id>/sizes",
    summary="How many were in a segment, day by day",
    operation_id="list_sizes",
    responses=documented("The sizes", 400, 401, 403, 404),
)
def list_sizes(segment_id: SegmentId, days: Days = 30) -> SegmentSizesView:
    """Counted from each profile snapshot, which is taken nightly."""
    allow(app, "profiles:read")
    found_segment(segment_id)
    sizes = SegmentSizes(settings().ledger_table).newest(segment_id, days)
    return SegmentSizesView(segment=segment_id, sizes=[SegmentSizeView(**one._asdict()) for one in sizes])
