"""What a destination may not say, kind by kind: settings that are missing or not its own, and fields it can't fill."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import get_args

from shared.domain import partners
from shared.domain.destinations import Destination, DestinationKind, ListSettings, PartnerSettings, PayloadField
from shared.domain.facts import DetailType
from shared.domain.flaws import Flaw
from shared.domain.identifiers import ORDER, is_external_type

HASHED = frozenset({"email", "phone"})
"""Identifiers that ad platforms take hashed alone."""

LIST_NEEDS: tuple[DetailType, ...] = (
    "Segment Entered", "Segment Exited", "Consent Changed", "Profile Merged", "Profile Erased",
)  # fmt: skip
LIST_TAKES: tuple[DetailType, ...] = (*LIST_NEEDS, "Profile Split")
MOST_FIELDS = 50
MOST_FACTS = 1000
LEAST_SECONDS, MOST_SECONDS = 10, 900
_STREAM = re.compile(r"arn:aws[a-z-]*:(sqs|kinesis):[a-z0-9-]+:\d{12}:(?!.*\.fifo$)(stream/)?[A-Za-z0-9_.-]{1,128}")
_SOURCE = re.compile(r"(identifiers|traits|data|metadata)\.(.+)")
_SETTINGS = {"webhook": "url", "stream": "stream", "s3_list": "s3_list", "partner_bus": "partner_bus"}


def flaws(destination: Destination) -> Iterator[Flaw]:
    own = _SETTINGS[destination.kind]
    for kind, field in _SETTINGS.items():
        if field != own and getattr(destination, field):
            yield Flaw(field, f"This is of a {kind}, and the destination is a {destination.kind}.", "Leave it out.")
    if not getattr(destination, own):
        yield Flaw(own, f"A {destination.kind} needs it.", f"Say `{own}`.")
        return
    if destination.facts_per_second < 0:
        yield Flaw("facts_per_second", "It is below 0.", "0 lets any number through.")
    for place, namespace in enumerate(destination.identifiers):
        if namespace not in ORDER and not is_external_type(namespace):
            fix = f"{', '.join(ORDER)}, or the type of an external id."
            yield Flaw(f"identifiers.{place}", f"“{namespace}” is no namespace.", fix)
    yield from _detail_types(destination)
    yield from _fields(destination)
    yield from _OF_KIND[destination.kind](destination)


def _detail_types(destination: Destination) -> Iterator[Flaw]:
    known = get_args(DetailType)
    if not destination.detail_types:
        yield Flaw("detail_types", "It is told nothing.", f"Name facts: {', '.join(known)}.")
    for place, detail_type in enumerate(destination.detail_types):
        if detail_type not in known:
            message = f"There is no fact “{detail_type}”."
            yield Flaw(f"detail_types.{place}", message, f"One of {', '.join(known)}.")


def _fields(destination: Destination) -> Iterator[Flaw]:
    names = [field.name for field in destination.fields]
    if len(names) > MOST_FIELDS:
        yield Flaw("fields", "These are too many fields.", f"{MOST_FIELDS} at most.")
    for place, field in enumerate(destination.fields):
        if not field.name.strip() or names.index(field.name) < place:
            yield Flaw(f"fields.{place}.name", "It is empty, or there twice.", "Name each once.")
        if found := _source(destination, field):
            yield Flaw(f"fields.{place}.source", *found)


def _source(destination: Destination, field: PayloadField) -> tuple[str, str] | None:
    found = _SOURCE.fullmatch(field.source)
    if found is None:
        fix = "`identifiers.<namespace>`, `traits.<name>`, `data.<field>` or `metadata.<field>`."
        return f"“{field.source}” is no source.", fix
    part, name = found.groups()
    if part in ("identifiers", "traits") and name not in getattr(destination, part):
        return f"The destination may not get “{field.source}”.", f"Add {name} to `{part}`, or leave the field out."
    return None


def _webhook(destination: Destination) -> Iterator[Flaw]:
    return iter(())


def _stream(destination: Destination) -> Iterator[Flaw]:
    arn = destination.stream.arn if destination.stream else ""
    if not _STREAM.fullmatch(arn) or (":kinesis:" in arn) != (":stream/" in arn):
        fix = "arn:aws:sqs:<region>:<account>:<queue>, no FIFO queue; arn:aws:kinesis:<region>:<account>:stream/<name>."
        yield Flaw("stream.arn", f"“{arn}” is neither a queue nor a stream.", fix)


def _s3_list(destination: Destination) -> Iterator[Flaw]:
    settings = destination.s3_list or ListSettings("")
    if destination.facts_per_second:
        yield Flaw("facts_per_second", "A list is files, as often as `s3_list` says.", "Leave it out.")
    for needed in LIST_NEEDS:
        if needed not in destination.detail_types:
            yield Flaw("detail_types", f"A list has to hear of “{needed}”.", f"Name {', '.join(LIST_NEEDS)}.")
    for place, detail_type in enumerate(destination.detail_types):
        if detail_type not in LIST_TAKES:
            yield Flaw(f"detail_types.{place}", "No list changes by this.", f"One of {', '.join(LIST_TAKES)}.")
    if not destination.identifiers:
        yield Flaw("identifiers", "Nobody can be put on a list by nothing.", "Name `email`, `phone` or others.")
    if not 1 <= settings.most_facts <= MOST_FACTS:
        yield Flaw("s3_list.most_facts", "This is no number of changes.", f"1 to {MOST_FACTS}.")
    if not LEAST_SECONDS <= settings.most_seconds <= MOST_SECONDS:
        yield Flaw("s3_list.most_seconds", "This is no time to wait.", f"{LEAST_SECONDS} to {MOST_SECONDS} seconds.")
    for place, field in enumerate(destination.fields):
        part, _, namespace = field.source.partition(".")
        if part != "identifiers":
            yield Flaw(f"fields.{place}.source", "A list has identifiers alone.", "Such as `identifiers.email`.")
        elif namespace in HASHED and not field.hash:
            yield Flaw(f"fields.{place}.hash", f"On a list {namespace} is hashed.", "Say `hash: sha256`.")


def _partner_bus(destination: Destination) -> Iterator[Flaw]:
    settings = destination.partner_bus or PartnerSettings("")
    if not partners.BUS.fullmatch(settings.bus):
        fix = "arn:aws:events:<region>:<account of 12 digits>:event-bus/<name>."
        yield Flaw("partner_bus.bus", f"“{settings.bus}” is no event bus.", fix)
    if settings.known_by and settings.known_by not in destination.identifiers:
        message = f"People are told of by “{settings.known_by}”, which the partner may not get."
        yield Flaw("partner_bus.known_by", message, f"Add {settings.known_by} to `identifiers`.")
    for needed in partners.missing(destination.detail_types):
        message = f"A partner has to hear of “{needed}”: a pseudonym stands for somebody else then."
        yield Flaw("detail_types", message, f"Name {', '.join(partners.NEEDED)} too.")
    if destination.fields:
        yield Flaw("fields", "What partners get is one published contract.", "Leave it out.")


_OF_KIND: Mapping[DestinationKind, Callable[[Destination], Iterator[Flaw]]] = {
    "webhook": _webhook,
    "stream": _stream,
    "s3_list": _s3_list,
    "partner_bus": _partner_bus,
}
