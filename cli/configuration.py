"""The catalogue of a deployment and a folder of files, brought together: what differs, what is wrong, what to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from cli.api import Api, ApiError
from cli.config_files import SUFFIX, ItemFile, Trouble, read_folder, trouble_of, write_item
from cli.config_plan import NO_DEPTHS, Document, Key, Present, Step, plan
from cli.deployment import DeploymentError
from shared.domain.catalogue import KINDS, Configured
from shared.domain.catalogue_rules import REFERENCE_UNKNOWN, STILL_REFERENCED
from shared.domain.configuration import (
    MADE,
    ItemState,
    called,
    document_of,
    is_used,
    kind_of,
    missing_references,
    order,
    parsed,
    path_of,
    read,
    references,
    state_of,
    still_needed,
)
from shared.domain.flaws import Flaw
from shared.domain.segments.beside import USED, flaws_beside
from shared.domain.segments.definition import Segment

FOLDERS: Mapping[str, str] = {kind: path_of(kind) for kind in KINDS}
_LARGEST_PAGE = {"limit": "200"}


@dataclass(frozen=True, slots=True)
class Plan:
    """Nothing may be done while there are troubles. `only_there` is in the catalogue and in no file."""

    steps: Sequence[Step]
    troubles: Sequence[Trouble]
    only_there: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Exported:
    written: Sequence[Path]
    unchanged: int
    stale: Sequence[Path]
    """Files of items that the catalogue doesn't have."""


def catalogue_of(api: Api) -> dict[Key, Present]:
    """Everything that the API lists."""
    found: dict[Key, Present] = {}
    for kind, folder in FOLDERS.items():
        for item in api.pages(f"/v1/{folder}", "items", _LARGEST_PAGE):
            item_id, version = str(item["id"]), int(item["version"])
            known = parsed(kind, item_id, {name: said for name, said in item.items() if name not in MADE})
            if isinstance(known, list):
                raise DeploymentError(
                    f"The API has {kind} {item_id} with {known[0].field}, which this command doesn't know. Remedy: use"
                    " the command of the deployed version."
                )
            found[kind, item_id] = Present(document_of(known), version)
    return found


def plan_of(api: Api, folder: Path, delete: bool) -> Plan:
    """Read both sides and hold them against each other; the API tries every step without taking it."""
    files, troubles = read_folder(folder, FOLDERS)
    present = catalogue_of(api)
    by_key = {(file.kind, file.id): file for file in files}
    judged = {key: read(*key, file.document) for key, file in by_key.items()}
    there = _items({key: parsed(*key, one.document) for key, one in present.items()})
    kept = {} if delete else {key: item for key, item in there.items() if key not in by_key}
    items = {**kept, **_items(judged)}
    states = {key: state_of(items[key]) if key in items else "live" for key in {**kept, **judged}}

    def state(kind: str, item_id: str) -> ItemState | None:
        return states.get((kind, item_id))

    wanted: dict[Key, Document] = {}
    for key, item in judged.items():
        flaws = item if isinstance(item, list) else [*missing_references(item, state), *_beside(item, items)]
        troubles += [trouble_of(by_key[key], flaw) for flaw in flaws]
        if not isinstance(item, list):
            wanted[key] = document_of(item)
    for item in kept.values():
        troubles += _left_behind(item, by_key, states)
    troubles += _members_left(folder, {key: item for key, item in there.items() if delete and key not in by_key})
    apart = {key: one for key, one in present.items() if key in by_key or not _is_archived(there.get(key))}
    steps = plan(wanted, apart, order(), delete, _depths(there, items)) if not troubles else []
    for step in steps:
        if step.action != "delete":
            troubles += _refused(api, step, by_key[step.kind, step.id])
    return Plan(steps, troubles, sorted(present.keys() - by_key.keys()))


def _items(judged: Mapping[Key, Configured | list[Flaw]]) -> dict[Key, Configured]:
    return {key: item for key, item in judged.items() if not isinstance(item, list)}


def _depths(*sides: Mapping[Key, Configured]) -> Mapping[Key, int]:
    """How many of its own kind each is behind, as it is or as it will be: those that it names are made first."""
    named: dict[Key, set[Key]] = {key: set() for side in sides for key in side}
    for side in sides:
        for key, item in side.items():
            named[key] |= {(kind, one) for _, kind, one in references(item) if kind == key[0] and (kind, one) in named}
    found: dict[Key, int] = {}
    try:
        for key in TopologicalSorter(named).static_order():
            found[key] = max((found[one] + 1 for one in named[key]), default=0)
    except CycleError:
        return NO_DEPTHS  # nothing can be made in order; the API says of what
    return found


def _beside(item: Configured, items: Mapping[Key, Configured]) -> Iterator[Flaw]:
    """What segments may not be together, such as a cycle."""
    if isinstance(item, Segment):
        yield from flaws_beside(item, [one for one in items.values() if isinstance(one, Segment) and one.id != item.id])


def _is_archived(item: Configured | None) -> bool:
    """What stays in the catalogue for good, so that its id isn't taken again."""
    return isinstance(item, Segment) and item.state == "archived"


def _members_left(folder: Path, gone: Mapping[Key, Configured]) -> Iterator[Trouble]:
    """Segments that no file has any more, though people are in them."""
    for (kind, item_id), item in gone.items():
        if isinstance(item, Segment) and item.state in USED:
            message = f"is gone, though segment {item_id} has members. Remedy: bring it back with `state: archived`."
            yield Trouble(folder / FOLDERS[kind] / f"{item_id}{SUFFIX}", message)


def _left_behind(item: Configured, files: Mapping[Key, ItemFile], states: Mapping[Key, ItemState]) -> Iterator[Trouble]:
    """Files that disable what an item needs that no file has."""
    for _, *key in references(item) if is_used(item) else ():
        kind, item_id = key
        if (kind, item_id) in files and states[kind, item_id] not in USED:
            yield trouble_of(files[kind, item_id], still_needed(called(kind_of(item), item.id)))


def _refused(api: Api, step: Step, file: ItemFile) -> Iterator[Trouble]:
    """What only the API can know, as where a URL leads. What is about to be made is not missing, nor what others will
    leave alone in use.
    """
    try:
        take(api, step, dry_run=True)
    except ApiError as error:
        if not error.problem.get("problems"):
            raise
        for found in error.problem["problems"]:
            if found["code"] not in (REFERENCE_UNKNOWN, STILL_REFERENCED):
                yield trouble_of(file, Flaw(found["field"], found["message"], found["fix"]))


def take(api: Api, step: Step, dry_run: bool = False) -> str | None:
    """Take one step, if the item is at the version that was read; the secret of a new item that has one."""
    path = f"/v1/{FOLDERS[step.kind]}/{step.id}"
    if step.action == "delete":
        api.delete(path, step.version)
        return None
    query = {"dry_run": "true"} if dry_run else None
    secret: str | None = api.put(path, {**step.after, "version": step.version}, query).get("secret")
    return secret


def export(api: Api, folder: Path, delete: bool) -> Exported:
    """Write a file for each item, where there is none that says the same."""
    files, _ = read_folder(folder, FOLDERS) if folder.is_dir() else ([], [])
    said = {(file.kind, file.id): _said(file) for file in files}
    present = catalogue_of(api)
    changed = {key: found.document for key, found in present.items() if said.get(key) != found.document}
    paths = {key: folder / FOLDERS[key[0]] / f"{key[1]}{SUFFIX}" for key in (*present, *said)}
    written = [paths[key] for key, document in sorted(changed.items()) if write_item(paths[key], document)]
    stale = [paths[key] for key in sorted(said.keys() - present.keys())]
    for path in stale if delete else ():
        path.unlink()
    return Exported(written, len(present) - len(written), stale)


def _said(file: ItemFile) -> Document | None:
    """None for a file that says nothing an item could be."""
    item = parsed(file.kind, file.id, file.document)
    return None if isinstance(item, list) else document_of(item)
