"""The route of a group: what is known of it, and who belongs to it."""

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.read_profiles.masks import mask_for
from functions.read_profiles.paging import cursor_of, position_of
from functions.read_profiles.routing import Cursor, app, profiles
from functions.read_profiles.settings import settings
from functions.read_profiles.views import trait_view
from shared.api.problems import ProblemError
from shared.api.serving import allow, documented
from shared.contracts.problems import Problem
from shared.contracts.read import GroupView, MemberView
from shared.domain.groups import NAMESPACE
from shared.domain.identifiers import normalise
from shared.domain.identity import owner
from shared.stores.group_store import GroupStore, Member

GroupId = Annotated[str, Path(description="`groupId` as events have it, URL-encoded", examples=["acme"])]
Limit = Annotated[int, Query(ge=1, le=100, description="How many members at most")]


@app.get(
    "/v1/groups/<group_id>",
    summary="A group and its members",
    operation_id="get_group",
    responses=documented("The group", 400, 401, 403, 404),
)
def get_group(group_id: GroupId, limit: Limit = 50, cursor: Cursor = None) -> GroupView:
    """By the `groupId` of group calls and `context.groupId`. Being in one group never makes two people one."""
    token = allow(app, "profiles:read")
    groups, asked = GroupStore(settings().profiles_table), normalise(NAMESPACE, unquote(group_id))
    found = groups.find(asked.value) if asked else None
    if found is None:
        raise ProblemError(Problem.of(404, "group_not_found", "No event names this group."))
    (after,) = position_of(cursor, 1) if cursor else ("",)
    members = groups.members(found.id, after, limit + 1)
    mask = mask_for(token, ())
    # The name of a company, and where it is, are no person's.
    return GroupView(
        group_id=found.id,
        traits={name: trait_view("", trait, mask) for name, trait in found.traits.items()},
        members=_people(members[:limit]),
        next_cursor=cursor_of([members[limit - 1].anchor]) if len(members) > limit else None,
    )


def _people(members: list[Member]) -> list[MemberView]:
    """Whose the anchors are now."""
    owned = profiles().ownerships([member.anchor for member in members])
    held = {m: owner(owned[m.anchor].periods, m.since) for m in members if m.anchor in owned}
    live = profiles().live_ids({profile_id for profile_id in held.values() if profile_id})
    since: dict[str, str] = {}
    for member, profile_id in held.items():
        if profile_id:
            person = live[profile_id]
            since[person] = min(member.since, since.get(person, member.since))
    return [MemberView(profile_id=person, since=time) for person, time in since.items()]
