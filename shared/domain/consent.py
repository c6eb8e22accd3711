"""Consent decisions of one profile: kept by the anchor they were given on, and never widened by a merge."""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, Literal, NamedTuple

ConsentState = Literal["granted", "refused"]


class Decision(NamedTuple):
    """What was decided on one anchor for one purpose."""

    state: ConsentState
    time: str
    message_id: str
    source_id: str


Decisions = Mapping[str, Mapping[str, Decision]]
"""{anchor hash: {purpose: decision}}"""

Links = Mapping[str, str]
"""{"hash|hash" (sorted): earliest event time at which the two identifiers were seen together}"""


SPLIT = "split"
"""Says, as source, the refusals that a split writes; their message ids begin with `split:`."""


def of_splits(decisions: Decisions) -> dict[str, dict[str, Decision]]:
    """Those that no event says."""
    found = {a: {p: d for p, d in given.items() if _is_of_split(d)} for a, given in decisions.items()}
    return {anchor: given for anchor, given in found.items() if given}


def _is_of_split(decision: Decision) -> bool:
    return decision.source_id == SPLIT and decision.message_id.startswith(f"{SPLIT}:")


def later(kept: Decision | None, new: Decision) -> Decision:
    """The decision that stands on one anchor: the later one; of two at the same time, the refusal."""
    if kept is None:
        return new
    return max(kept, new, key=lambda d: (d.time, d.state == "refused", d.message_id, d.source_id))


def of_event(body: Mapping[str, Any]) -> Iterator[tuple[str, ConsentState]]:
    """(purpose, state) for each of Segment's `context.consent.categoryPreferences`; anything but true is a refusal."""
    context = body.get("context")
    consent = context.get("consent") if isinstance(context, Mapping) else None
    preferences = consent.get("categoryPreferences") if isinstance(consent, Mapping) else None
    if isinstance(preferences, Mapping):
        for purpose, value in preferences.items():
            yield str(purpose), "granted" if value is True else "refused"


def pair(one: str, other: str) -> str:
    """The key of a link, the same in either direction."""
    return "|".join(sorted((one, other)))


def effective(decisions: Decisions, links: Links) -> dict[str, ConsentState]:
    """{purpose: state} of the whole person. A purpose nobody decided on is absent, which is not a yes.

    A grant on one anchor overrides a refusal on another only if it is later than that refusal and later than
    every link on the path that first joined the two: what was decided before two histories met stays decided.
    """
    purposes = {purpose for by_purpose in decisions.values() for purpose in by_purpose}
    return {purpose: _effective_of(purpose, decisions, links) for purpose in sorted(purposes)}


def _effective_of(purpose: str, decisions: Decisions, links: Links) -> ConsentState:
    given = {anchor: by_purpose[purpose] for anchor, by_purpose in decisions.items() if purpose in by_purpose}
    refusals = {anchor: d for anchor, d in given.items() if d.state == "refused"}
    if not refusals:
        return "granted"
    for anchor, grant in given.items():
        if grant.state != "granted":
            continue
        joined = _joined_at(anchor, links)
        if all(grant.time > refused.time and _after(grant, joined.get(a)) for a, refused in refusals.items()):
            return "granted"
    return "refused"


def _after(grant: Decision, joined_at: str | None) -> bool:
    return joined_at is not None and grant.time > joined_at


def _joined_at(start: str, links: Links) -> dict[str, str]:
    """{hash: the largest link time on the path from `start` whose largest is smallest}: Dijkstra with max for plus."""
    neighbours: dict[str, list[tuple[str, str]]] = {}
    for both, time in links.items():
        one, other = both.split("|")
        neighbours.setdefault(one, []).append((time, other))
        neighbours.setdefault(other, []).append((time, one))
    joined: dict[str, str] = {}
    open_paths = [("", start)]
    while open_paths:
        largest, node = heappop(open_paths)
        if node not in joined:
            joined[node] = largest
            for time, other in neighbours.get(node, ()):
                heappush(open_paths, (max(largest, time), other))
    return joined
