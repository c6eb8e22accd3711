"""Catalogue items as documents: what the API takes and files hold, what is wrong with one, and what it refers to."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from graphlib import TopologicalSorter
from typing import Any, get_type_hints

import pydantic
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from shared.domain.catalogue import KINDS, Configured
from shared.domain.catalogue_rules import CHECKS, REFERENCE_UNKNOWN, STILL_REFERENCED
from shared.domain.computed_attributes import SHIPPED
from shared.domain.flaws import Flaw
from shared.domain.input_errors import fix_of, form_of, message_of
from shared.domain.item_ids import ITEM_ID
from shared.domain.segments.beside import USED
from shared.domain.segments.definition import LEAVES, Segment, SegmentState
from shared.domain.segments.trees import leaves
from shared.domain.sources import STANDARD_CLASS, State

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "source": {
        "retention_class": "retention_class",
        "mapping": "mapping",
        "tracking_plan": "tracking_plan",
        "reduces_without": "purpose",
    },
    "destination": {"purposes": "purpose", "s3_list.segment": "segment"},
    "policy_pack": {"quiet_hours.unless": "purpose"},
    "segment": {"computed": "computed_attribute", "consent": "purpose", "segment": "segment"},
}
"""Kind -> field, by its dotted path -> kind of the items whose ids the field holds, where it holds any. Those of
segments are fields of their conditions.
"""

MADE = frozenset({"id", "version", "secret_name", "definition"})
"""Fields that no document has: they are the item's place, or made of it or for it."""

ALWAYS_THERE = frozenset({("retention_class", STANDARD_CLASS), *(("computed_attribute", one.id) for one in SHIPPED)})
"""Kind and id of what needs no item."""

_MOST_SHOWN = 80
_TAG = re.compile(r"\(\w+\)")
"""What pydantic puts into the place of an error beside the fields: which kind of condition it was read as."""

_EMPTY: tuple[Any, ...] = (None, "", (), [], {}, False, 0)

Document = dict[str, Any]
ItemState = State | SegmentState


def path_of(kind: str) -> str:
    """`retention_class` is `retention-classes` in URLs and folders, `retention_duty` is `retention-duties`."""
    stem = kind.replace("_", "-")
    return f"{stem[:-1]}ies" if stem.endswith("y") else stem + ("es" if stem.endswith("s") else "s")


def order() -> tuple[str, ...]:
    """Every kind behind the others that it refers to."""
    named = {kind: [other for other in REFERENCES.get(kind, {}).values() if other != kind] for kind in KINDS}
    return tuple(TopologicalSorter(named).static_order())


def _form(kind: type[Configured]) -> type[BaseModel]:
    hints = get_type_hints(kind, include_extras=True)
    settable: dict[str, Any] = {f.name: (hints[f.name], _default(f)) for f in fields(kind) if f.name not in MADE}
    made: type[BaseModel] = create_model(
        kind.__name__, __config__=ConfigDict(extra="forbid", defer_build=True), __doc__=kind.__doc__, **settable
    )
    return made


def item_of(kind: type[Configured], item_id: str, form: BaseModel, version: int = 0, **made: Any) -> Configured:
    """The item that a valid form describes; `made` are the other fields that no document has."""
    known = {f.name for f in fields(kind)}
    given = {name: getattr(form, name) for name in FORMS[kind].model_fields}
    others = {name: made.get(name, "") for name in MADE & known - {"id", "version"}}
    return kind(id=item_id, version=version, **given, **others)


def read(kind: str, item_id: str, document: Mapping[str, Any]) -> Configured | list[Flaw]:
    """The item that a document describes, or all that is wrong with it by itself."""
    item = parsed(kind, item_id, document)
    return item if isinstance(item, list) else list(flaws_in(item)) or item


def parsed(kind: str, item_id: str, document: Mapping[str, Any]) -> Configured | list[Flaw]:
    """The same by its fields' types alone, as an item that is stored already has to be read."""
    if not re.fullmatch(ITEM_ID, item_id):
        return [Flaw("", f"“{item_id}” is no id.", form_of(ITEM_ID))]
    try:
        return item_of(KINDS[kind], item_id, FORMS[KINDS[kind]].model_validate(document))
    except ValidationError as error:
        return flaws_of(error.errors())


def document_of(item: Configured) -> Document:
    """The inverse: fields in their order, without those that are empty anyway."""
    plain: Document = _plain(item)
    return {name: value for name, value in plain.items() if name not in MADE}


def flaws_in(item: Configured) -> Iterator[Flaw]:
    """What contradicts itself in an item whose fields are each of their type."""
    yield from CHECKS.get(type(item), _nothing)(item)


def references(item: Configured) -> Iterator[tuple[str, str, str]]:
    """Field, kind and id of every item that must be there with this one."""
    if isinstance(item, Segment):
        yield from _asked_for(item)
        return
    for path, other in REFERENCES.get(kind_of(item), {}).items():
        held = _at(item, path)
        named = {path: held} if isinstance(held, str) else {f"{path}.{place}": one for place, one in enumerate(held)}
        for field, referred in named.items():
            if referred:
                yield field, other, referred


def _asked_for(segment: Segment) -> Iterator[tuple[str, str, str]]:
    """What is archived asks for nothing any more."""
    for pointer, leaf in leaves(segment.where) if segment.state != "archived" else ():
        for name, other in REFERENCES["segment"].items():
            if LEAVES[name] is type(leaf) and re.fullmatch(ITEM_ID, getattr(leaf, name)):
                yield f"where{pointer.replace('/', '.')}.{name}", other, getattr(leaf, name)


def missing_references(item: Configured, state: Callable[[str, str], ItemState | None]) -> list[Flaw]:
    """What it names that isn't there (`state` says None), or that isn't in use, though the item itself is."""
    return [flaw for one in references(item) if (flaw := _missing(*one, state(*one[1:]), state_of(item)))]


def still_needed(by: str) -> Flaw:
    """Why something that others name can't be disabled."""
    return Flaw("state", f"The {by} needs it.", "Let that one name another, or disable it first.", STILL_REFERENCED)


def state_of(item: Configured) -> ItemState:
    """Most kinds are live whenever they are there."""
    state: ItemState = getattr(item, "state", "live")
    return state


def is_used(item: Configured) -> bool:
    """Whether it is in use: then it needs what it names."""
    return state_of(item) in USED


def kind_of(item: Configured) -> str:
    return next(name for name, known in KINDS.items() if known is type(item))


def called(kind: str, item_id: str) -> str:
    """An item in a sentence."""
    return f"{kind.replace('_', ' ')} {item_id}"


def _at(item: Any, path: str) -> Any:
    """Nothing where a part on the way is absent."""
    for name in path.split("."):
        item = getattr(item, name, ())
    return item


def _missing(field: str, kind: str, referred: str, state: ItemState | None, own: ItemState) -> Flaw | None:
    if state is None and (kind, referred) not in ALWAYS_THERE:
        message, fix = f"There is no {called(kind, referred)}.", "Make it first, or name another."
    elif state is None or state in USED or own not in USED:
        return None
    else:
        verb = "Make it live" if kind == "segment" else "Enable it"
        message, fix = f"The {called(kind, referred)} is {state}.", f"{verb} first, or name another."
    return Flaw(field, message, fix, REFERENCE_UNKNOWN)


def flaws_of(errors: Iterable[Mapping[str, Any]]) -> list[Flaw]:
    """Pydantic's errors as sentences."""
    return [_flaw(error) for error in errors]


def _flaw(error: Mapping[str, Any]) -> Flaw:
    steps = tuple(str(part) for part in error["loc"] if not _TAG.fullmatch(str(part)))
    if error["type"] == "flaw":
        found = error["ctx"]
        steps = (*steps, *found["at"])
        return Flaw(".".join(steps), found["message"], found["fix"], steps=steps)
    is_value = error["type"] not in ("missing", "extra_forbidden", "unexpected_keyword_argument")
    message = f"{_shown(error['input'])} can't stand here." if is_value else message_of(error)
    return Flaw(".".join(steps), message, fix_of(error), steps=steps)


def _default(field: "Field[Any]") -> Any:
    if field.default_factory is not MISSING:
        return pydantic.Field(default_factory=field.default_factory)
    return ... if field.default is MISSING else field.default


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        pairs = ((f, getattr(value, f.name)) for f in fields(value))
        return {f.name: _plain(inner) for f, inner in pairs if not _is_left_out(f, inner)}
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def _is_left_out(field: "Field[Any]", value: Any) -> bool:
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return value == default and (value in _EMPTY or is_dataclass(value))


def _shown(value: Any) -> str:
    text = f"“{value}”" if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _nothing(_: Configured) -> Iterator[Flaw]:
    return iter(())


FORMS: Mapping[type[Any], type[BaseModel]] = {kind: _form(kind) for kind in KINDS.values()}
"""What a document of each kind may hold."""
