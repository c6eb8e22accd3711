"""What the Catalogue API takes and gives: for each kind its own shapes, made from its fields; keys and health."""

from collections.abc import Mapping
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from shared.contracts.problems import Problem
from shared.contracts.shape import Shape
from shared.domain.api_tokens import Scope
from shared.domain.catalogue import Configured
from shared.domain.configuration import FORMS
from shared.domain.health import Volume
from shared.domain.segments.definition import Segment
from shared.domain.segments.trees import definition_hash
from shared.domain.sources import State
from shared.domain.strict import Whole


class _View(Shape):
    model_config = ConfigDict(from_attributes=True)


def view(item: Configured) -> dict[str, Any]:
    """An item's fields by the names of its view, and of a segment its definition hash."""
    derived = {"definition": definition_hash(item)} if isinstance(item, Segment) else {}
    return {name: getattr(item, name) for name in VIEWS[type(item)].model_fields.keys() - derived} | derived


def has_secret(kind: type[Any]) -> bool:
    return "secret_name" in kind.__dataclass_fields__


class FieldProblem(_View):
    """One of several things that are wrong: the field by its dotted path and as a JSON pointer, empty for the whole."""

    field: str
    pointer: str
    code: str
    message: str
    fix: str


class ItemProblem(Problem):
    """`problems` has each thing that is wrong with an item, `version` the present one of what changed meanwhile."""

    problems: list[FieldProblem] | None = None
    version: int | None = None


class WriteKeyView(_View):
    """`id` is the start of the key's hash; the key itself is nowhere."""

    id: str
    created_at: str
    state: State


class WriteKeysView(_View):
    write_keys: list[WriteKeyView]


class NewWriteKeyView(WriteKeyView):
    write_key: str = Field(description="Shown once")


MOST_NAME = 200
ControllerId = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME)]


class NewTokenRequest(_View):
    name: str = Field(min_length=1, max_length=MOST_NAME, description="Whose it is; changes are recorded under it")
    scopes: list[Scope] = Field(min_length=1)
    days: Whole = Field(365, ge=1, le=3650, description="Until it expires")
    purposes: list[str] = Field([], description="Binds it: traits that only other purposes need are hidden")
    controllers: list[ControllerId] = Field(
        [], max_length=100, description="Binds it: it speaks for these controllers of OpenDSR, and for nobody else"
    )


class TokenView(_View):
    """`id` is the start of the token's hash; the token itself is nowhere."""

    id: str
    name: str
    scopes: list[Scope]
    expires_at: str
    purposes: list[str]
    controllers: list[str]


class TokensView(_View):
    tokens: list[TokenView]


class NewTokenView(TokenView):
    api_token: str = Field(description="Shown once")


class SecretView(_View):
    secret: str = Field(description="Shown once")


class AskedView(_View):
    asked: str = Field(description="What deliver does now", examples=["full"])
    id: str = ""


class HourView(_View):
    hour: str = Field(examples=["2026-11-21T09"])
    received: int
    usual: float | None = Field(description="Median of the same hour on the seven days before")


class EndingsView(_View):
    """`waiting` are received, and a retry still has to bring their ending."""

    received: int
    stored: int
    duplicate: int
    quarantined: int
    suppressed: int
    reduced: int
    unexplained: int = Field(description="Received and without an ending: 0 where all adds up")
    waiting: int
    reconciled_gap: int = Field(description="Lost or counted wrong, as the hourly reconciliation last found")
    unfolded: int = Field(description="Stored and on nobody's profile, as the hourly reconciliation last found")


class NoteView(_View):
    what: str
    count: int


class HealthView(_View):
    """How a source is doing. `top` has the most frequent notes of the last 24 hours by what they are about."""

    source_id: str
    owner: str
    retention_class: str
    retention_days: int
    kept_days: dict[str, int] = Field(
        description="How long what it sends from now on is kept: its events, and objects of the bucket by prefix",
        examples=[{"events": 365, "log/": 14}],
    )
    last_seen: str | None = Field(description="Hour of the last arrival, of the last eight days")
    day: EndingsView = Field(description="The last 24 hours by outcome")
    present: HourView
    last_full: HourView
    volume: Volume = Field(description="The last full hour against its usual")
    adds_up: bool
    top: dict[str, list[NoteView]]


def _made(kind: type[Any], suffix: str, base: type[BaseModel], **fields: Any) -> type[BaseModel]:
    made: type[BaseModel] = create_model(f"{kind.__name__}{suffix}", __base__=base, __doc__=base.__doc__, **fields)
    return made


def _changed(kind: type[Any]) -> type[BaseModel]:
    secret = Field(None, description="Only of a new item that has one; shown once")
    return _made(kind, "Changed", VIEWS[kind], secret=(str | None, secret)) if has_secret(kind) else VIEWS[kind]


_Models = Mapping[type[Any], type[BaseModel]]

_DERIVED: Mapping[type[Any], Mapping[str, Any]] = {
    Segment: {"definition": (str, Field(description="The same for definitions that select the same people"))}
}

CHANGES: _Models = {
    kind: _made(
        kind,
        "Change",
        form,
        id=(str | None, None),
        version=(Whole | None, None),
        **dict.fromkeys(_DERIVED.get(kind, {}), (str | None, None)),
    )
    for kind, form in FORMS.items()
}
"""The body of a PUT. It may be what a GET gave, whose version it then has to be; what is derived isn't heeded."""

_WHERE: Any = get_type_hints(Segment, include_extras=True)["where"]

TRIED: type[BaseModel] = create_model(
    "SegmentTried",
    __base__=CHANGES[Segment],
    __doc__="A definition as PUT takes it, or the `id` alone of a segment that there is.",
    name=(str, ""),
    where=(_WHERE | None, None),
)
"""The body of a POST that tries a segment."""

VIEWS: _Models = {
    kind: _made(kind, "View", form, id=(str, ...), version=(int, ...), **_DERIVED.get(kind, {}))
    for kind, form in FORMS.items()
}
CHANGED: _Models = {kind: _changed(kind) for kind in FORMS}
"""The reply to a PUT: a new item's secret is in it, once."""

PAGES: _Models = {
    kind: _made(kind, "Page", _View, items=(list[made], ...), next_cursor=(str | None, ...))  # type: ignore[valid-type]
    for kind, made in VIEWS.items()
}
