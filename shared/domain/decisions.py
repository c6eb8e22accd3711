"""Decisions of the identity ledger as sentences: why who is who, for people."""

from collections.abc import Sequence
from typing import NamedTuple


class Told(NamedTuple):
    """What a sentence speaks of, each in words already; `through` are the identifiers of the event that decided so."""

    kind: str
    reason: str
    identifier: str
    other: str
    through: Sequence[str]


_DEMOTED = {
    "too_many_identifiers": "the person has as many identifiers as the rules allow",
    "profile_too_large": "the two would be too large for one profile",
    "unknown_user_id": "nobody is known by this user id, and its own events will tell whose it is",
    "cannot_link": "a cannot-link keeps the two apart",
    "processing_stopped": "the processing of one of the two is stopped",
    "never_merges": "by the rules it never joins two people",
    "limit": "the person would have more of its kind than the rules allow",
}


_SENTENCES = {
    "created": "This profile was made: nobody was known{by}.",
    "created:split_from": "This profile was made by a split of {rest}.",
    "created:contested": "This profile was made for what happens on a device that several people use.",
    "attached": "{one} joined{with_whom}.",
    "merged": "{other} became part of this person{together}{unless}.",
    "demoted": "{one} was left out of an event: {rule} ({reason}).",
    "contested": "{one} is contested: a second known user was seen with it. Its own events come here since.",
    "over_budget": "Events of {one} came faster than they are folded: they are stored, and wait for a rebuild.",
    "moved": "{one} came here by a split{unless}.",
    "moved:undo": "{one} came here as what brought it elsewhere was undone.",
    "undone": "The merge of {other} was undone{unless}: its id leads here.",
    "apart": "This person is kept apart from others by a cannot-link{unless}.",
    "strict": "By a split, consent stays as strict as it was before{unless}.",
    "lifted": "A cannot-link was lifted{unless}.",
}
_USUAL = frozenset({"", "seen_together", "split", "undo", "lifted", "apart"})


def sentence(told: Told) -> str:
    """One decision in a sentence."""
    rule, _, rest = told.reason.partition(":")
    template = _SENTENCES.get(f"{told.kind}:{rule}") or _SENTENCES.get(told.kind, "{kind}: {reason}.")
    through = _listed(told.through)
    return template.format(
        kind=told.kind,
        reason=told.reason,
        one=told.identifier or "An identifier",
        other=told.other or "Another profile",
        by=f" by {through}" if through else "",
        rest=rest,
        with_whom=f": seen on one event with {through}" if through else " with its event",
        together=f": {through} were on one event" if len(told.through) > 1 else "",
        rule=_DEMOTED.get(rule, told.reason),
        unless="" if told.reason in _USUAL else f" ({told.reason})",
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
