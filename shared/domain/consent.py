"""Consent decisions of one profile: kept by the anchor they were given on, and never widened by a merge.

A decision is kept under its signal, what the client said it is about; purposes say what signals mean (standing.py).
"""

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Literal, NamedTuple

ConsentState = Literal["granted", "refused", "withdrawn"]


EVERY_CATEGORY = "*"
"""Signal of a client that asked, and names no category at all: on its anchor every category is refused by it."""


class Decision(NamedTuple):
    """What was decided on one anchor by one signal; whatever isn't a grant is a refusal. `expires` is empty for never,
    or until when the person said yes.
    """

    state: ConsentState
    time: str
    message_id: str
    source_id: str
    expires: str = ""


Decisions = Mapping[str, Mapping[str, Decision]]
"""{anchor hash: {signal: decision}}"""

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
    return max(kept, new, key=_order)


def _order(decision: Decision) -> tuple[str, bool, str, str, str]:
    return decision.time, decision.state != "granted", decision.message_id, decision.source_id, decision.expires


def content_of(decision: Decision) -> list[str]:
    """As it is stored: `Decision(*content)`."""
    return [*decision[:4], *filter(None, decision[4:])]


def is_category(signal: str) -> bool:
    """Whether a signal is a bare name, as Segment's categories and ids of purposes are."""
    return ":" not in signal and signal != "gpc"


def pair(one: str, other: str) -> str:
    """The key of a link, the same in either direction."""
    return "|".join(sorted((one, other)))


def deciding(given: Decisions, links: Links) -> tuple[str, str]:
    """The anchor and the signal whose decision holds for the whole person, of all that decide on one thing.

    A grant on one anchor overrides a refusal on another only if it is later than that refusal and later than
    every link on the path that first joined the two: what was decided before two histories met stays decided.
    """
    newest = {anchor: max(by_signal.items(), key=lambda one: _order(one[1])) for anchor, by_signal in given.items()}
    refusals = {anchor: decision for anchor, (_, decision) in newest.items() if decision.state != "granted"}
    grants = {anchor: decision for anchor, (_, decision) in newest.items() if decision.state == "granted"}
    standing = {anchor: grant for anchor, grant in grants.items() if _overrides(anchor, grant, refusals, links)}
    anchor = max(standing or refusals, key=lambda one: (*_order(newest[one][1]), one))
    return anchor, newest[anchor][0]


def _overrides(anchor: str, grant: Decision, refusals: Mapping[str, Decision], links: Links) -> bool:
    if not refusals:
        return True
    joined = joined_at(anchor, links)
    return all(grant.time > refused.time and _after(grant, joined.get(one)) for one, refused in refusals.items())


def _after(grant: Decision, joined_at: str | None) -> bool:
    return joined_at is not None and grant.time > joined_at


def joined_at(start: str, links: Links) -> dict[str, str]:
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
