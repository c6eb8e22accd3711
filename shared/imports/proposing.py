"""A mapping proposed from a file's columns and first rows, for a person to confirm or to change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain import casts
from shared.domain.validation import TYPES
from shared.imports.headings import CURRENCY, EVENT, TIME, TOTAL, TRAIT, TYPE, field_of, plain

Rule = dict[str, Any]

_ORDER, _OTHER = "Order Completed", "Row Imported"
_SEOUL = "Asia/Seoul"
_GROUPED = "1,234.5"
_NUMBERS = (TOTAL, "properties.price", "properties.quantity")
_PATTERNS = (
    *("%Y%m%d", "%Y%m%d%H%M%S", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"),
    *("%Y.%m.%d", "%Y. %m. %d", "%Y. %m. %d.", "%Y.%m.%d %H:%M", "%Y.%m.%d %H:%M:%S", "%Y년 %m월 %d일"),
    *("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %H:%M"),
)
_SIGNS = {"dollar": "USD", "usd": "USD", "$": "USD", "eur": "EUR", "€": "EUR", "krw": "KRW", "원": "KRW", "₩": "KRW"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """`fields`: column -> field of an event, as `rules` would have it."""

    rules: tuple[Rule, ...]
    fields: Mapping[str, str]


def propose(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Proposal:
    """Rules that make the rows events. `rows` are the first ones: forms of times and currencies are taken from them."""
    fields = _fields(columns, rows)
    is_korean = any(not column.isascii() for column in columns)
    rules: list[Rule] = [{"op": "rename", "from": name, "to": field} for name, field in fields.items() if name != field]
    columns_of = {field: column for column, field in fields.items()}
    for field in _NUMBERS:
        if field in columns_of:
            values = [row[columns_of[field]] for row in rows if columns_of[field] in row]
            rules.append({"op": "cast", "field": field, "as": "number", **_separators(values)})
    if TIME in columns_of:
        form = _form([row[columns_of[TIME]] for row in rows if columns_of[TIME] in row])
        zone = {"zone": _SEOUL} if is_korean and not form.startswith("epoch") else {}
        rules.append({"op": "cast", "field": TIME, "as": "time", "format": form, **zone})
    rules += [{"op": "default", "field": name, "value": value} for name, value in _defaults(fields, is_korean).items()]
    return Proposal(tuple(rules), fields)


def _fields(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Each column under a field of its own: a second one for the same field keeps its name."""
    found: dict[str, str] = {}
    for column in columns:
        field = field_of(column)
        is_other = field == TYPE and not all(row.get(column) in TYPES for row in rows)
        if field and not is_other and field not in found.values():
            found[column] = field
    is_person = _is_person(set(found.values()))
    below = TRAIT if is_person else "properties."
    for column in columns:
        field = found.get(column) or _free(f"{below}{plain(column) or 'column'}", found.values())
        found[column] = f"context.{field}" if field.startswith(TRAIT) and not is_person else field
    return {column: found[column] for column in columns}


def _free(field: str, taken: Any) -> str:
    number, name = 2, field
    while name in taken:
        name, number = f"{field}_{number}", number + 1
    return name


def _is_person(fields: set[str]) -> bool:
    """Whether the rows say who people are, and nothing that happened."""
    happened = {field for field in fields if field in (EVENT, TIME) or field.startswith("properties.")}
    return not happened or (happened == {TIME} and any(field.startswith(TRAIT) for field in fields))


def _defaults(fields: Mapping[str, str], is_korean: bool) -> dict[str, str]:
    """What no column says: type, name, and the currency where a heading betrays it."""
    known = set(fields.values())
    made: dict[str, str] = {}
    is_person = any(field.startswith(TRAIT) for field in known)
    if TYPE not in known:
        made[TYPE] = "identify" if is_person else "track"
    if EVENT not in known and not is_person:
        is_order = known & {TOTAL, "properties.price", "properties.order_id"}
        made[EVENT] = _ORDER if is_order else _OTHER
    if TOTAL in known and CURRENCY not in known:
        heading = next(column for column, field in fields.items() if field == TOTAL).lower()
        sign = next((code for sign, code in _SIGNS.items() if sign in heading), "KRW" if is_korean else None)
        made |= {CURRENCY: sign} if sign else {}
    return made


def _separators(values: Sequence[Any]) -> Rule:
    return {"format": _GROUPED} if any(_is_grouped(value) for value in values) else {}


def _is_grouped(value: Any) -> bool:
    try:
        return "," in str(value) and casts.ungrouped(value, _GROUPED) != value
    except casts.CastError:
        return False


def _form(values: Sequence[Any]) -> str:
    """How times are written, as a mapping's cast names it; `iso` where nothing fits better."""
    texts = [str(value).strip() for value in values]
    if texts and all(text.isdecimal() and len(text) in (10, 13) for text in texts):
        return "epoch_seconds" if len(texts[0]) == 10 else "epoch_milliseconds"
    return next((form for form in _PATTERNS if texts and all(_reads(form, text) for text in texts)), "iso")


def _reads(form: str, text: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - whether it can be read is all that is asked
    except ValueError:
        return False
    return True
