"""Steps of access and portability: what is held of the person, or what they provided, as files in the bucket."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.carry_out_requests.quarantined import says
from functions.carry_out_requests.settings import Doors
from functions.carry_out_requests.steps import Done, Failed, HasTime, Step
from functions.carry_out_requests.whom import NOBODY, audit, person_of
from shared.domain import exports
from shared.domain.companies import Company
from shared.domain.destinations import Destination
from shared.domain.exports import Row, Section, with_names
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.profiles import Profile
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.people.export_files import HtmlPage, JsonFile, Writer, write

_OF_PEOPLE = frozenset({"web", "mobile"})
"""Kinds of sources by which people provide data themselves."""

Gather = Callable[[Doors, PrivacyRequest, Profile], list[Section]]
_FORMATS: Mapping[str, Callable[..., Writer]] = {"export.json": JsonFile, "export.html": HtmlPage}


def access(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Failed:
    return _exported(doors, request, _everything, [*_FORMATS])


def portability(doors: Doors, request: PrivacyRequest, has_time: HasTime) -> Done | Failed:
    done = _exported(doors, request, _provided, ["export.json"])
    if isinstance(done, Failed) or done.result == NOBODY:
        return done
    return replace(done, result={**done.result, "sources": sorted(_own(doors, request))})


ACCESS: Mapping[str, Step] = {"export": access}
PORTABILITY: Mapping[str, Step] = {"export": portability}


def _everything(doors: Doors, request: PrivacyRequest, profile: Profile) -> list[Section]:
    declared, purposes = doors.declared.fresh(), doors.profiles.purposes()
    held = doors.exporter.everything(profile, declared, purposes, datetime.now(UTC))
    answer = Section("companies", exports.companies(doors.catalogue.list(Company)))
    return [answer, *held, Section("refused", _refused(doors, profile))]


def _refused(doors: Doors, profile: Profile) -> Iterator[Row]:
    """What lies in quarantine and names them, by what is theirs alone."""
    owned, naming = doors.profiles.ownerships(profile.identifiers), doors.rules.get().naming
    contested = {hashed for hashed, one in owned.items() if one.contested}
    alone = [identifier for hashed, identifier in profile.identifiers.items() if hashed not in contested]
    for page, _ in doors.quarantine.everything():
        for held in page:
            if says(held.body, alone, naming):
                yield {"received_at": held.key[1].partition("#")[0], "content": held.body.decode(errors="replace")}


def _provided(doors: Doors, request: PrivacyRequest, profile: Profile) -> list[Section]:
    return doors.exporter.provided(profile, _own(doors, request))


def _own(doors: Doors, request: PrivacyRequest) -> set[str]:
    own = {source.id for source in doors.catalogue.list(Source) if source.kind in _OF_PEOPLE}
    return own | {*request.params.get("sources", ())}


def _names(doors: Doors) -> Mapping[str, Mapping[str, str]]:
    return {
        "source_id": {one.id: one.name for one in doors.catalogue.list(Source)},
        "destination": {one.id: one.name for one in doors.catalogue.list(Destination)},
    }


def _exported(doors: Doors, request: PrivacyRequest, gather: Gather, names: Collection[str]) -> Done | Failed:
    """Written to this function's disk first: what stands in the bucket is whole."""
    person = person_of(doors, request)
    if isinstance(person, Failed):
        return person
    if person is None:
        return Done(NOBODY)
    head = {"request_id": request.id, "kind": request.kind, "generated_at": to_text(datetime.now(UTC))}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        paths = [Path(folder, name) for name in names]
        files = [stack.enter_context(path.open("w", encoding="utf-8")) for path in paths]
        writers = [_FORMATS[path.name](file) for path, file in zip(paths, files, strict=True)]
        names = _names(doors)
        rows = write(writers, head, [with_names(section, names) for section in gather(doors, request, person)])
        for file in files:
            file.flush()
        doors.exports.put(request.id, paths)
        told = {"people": 1, "rows": rows, "bytes": {path.name: path.stat().st_size for path in paths}}
    audit(doors, request, person.id, "exported", *rows)
    return Done(told, profile_id=person.id)
