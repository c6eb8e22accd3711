"""A segment as one query over the profile snapshot and the lake's events, as of an instant: the ids of who is in.

Conditions on events are tables of their own beside the snapshot, each once, so that nothing is asked per person.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.segments import definition as d
from shared.domain.segments.conditions import kept_for
from shared.domain.segments.memberships import KNOWN
from shared.domain.segments.windows import moment
from shared.domain.times import to_text
from shared.lake.segments.dialects import DUCKDB, Dialect, quoted
from shared.lake.segments.reading import at_path, bounds, filters, named, rows
from shared.lake.segments.sequencing import sequence
from shared.lake.segments.values import compared, compares, json_value


@dataclass(slots=True)
class Compiler:
    """`at`: the instant, in milliseconds. `segments`: all there are, by id, for conditions that ask for another."""

    segments: Mapping[str, d.Segment]
    at: int
    dialect: Dialect = DUCKDB
    _tables: dict[str, str] = field(default_factory=dict)
    _joined: list[str] = field(default_factory=list)
    _asking: list[str] = field(default_factory=list)
    _members: dict[str, str] = field(default_factory=dict)

    def query(self, segment: d.Segment) -> str:
        found = self.members(segment)
        tables = ", ".join(f"{name} AS ({text})" for text, name in self._tables.items())
        return f"WITH {tables} {found}" if tables else found

    def members(self, segment: d.Segment) -> str:
        """The ids of who is in a segment. It is made once, however many others ask for it."""
        if segment.id not in self._members:
            around, self._joined = self._joined, []
            where = self.membership(segment)
            joins = [f"LEFT JOIN {name} ON {name}.profile_id = p.profile_id" for name in self._joined]
            self._joined = around
            found = f"SELECT p.profile_id FROM {' '.join(['profiles AS p', *joins])} WHERE {where}"
            self._members[segment.id] = found
        return self._members[segment.id]

    def table(self, text: str) -> str:
        """The name of a table that is made once, however often it is asked for."""
        return self._tables.setdefault(text, f"t{len(self._tables)}")

    def joined(self, text: str) -> str:
        """The name of a table with at most a row for each person, beside theirs."""
        name = self.table(text)
        if name not in self._joined:
            self._joined.append(name)
        return name

    def membership(self, segment: d.Segment) -> str:
        """Whether somebody is in a segment, as SQL."""
        self._asking.append(segment.id)
        found = self.condition(segment.where, segment.zone)
        self._asking.pop()
        if segment.include_anonymous:
            return found
        known = " OR ".join(self.dialect.has("p.namespaces", quoted(one)) for one in sorted(KNOWN))
        return f"(({known}) AND {found})"

    def condition(self, condition: d.Condition, zone: str) -> str:
        if not isinstance(condition, d.Group):
            return _LEAVES[type(condition)](self, condition, zone)
        inner = [self.condition(one, zone) for one in condition.of]
        if condition.op == "not":
            return f"(NOT {inner[0]})"
        return f"({f' {condition.op.upper()} '.join(inner)})"

    def trait(self, leaf: d.OfTrait, _: str) -> str:
        flat, steps = self.dialect.at("p.traits", (leaf.trait,)), leaf.trait.split(".")
        raw = f"coalesce({flat}, {self.dialect.at('p.traits', steps)})" if len(steps) > 1 else flat
        return compared(self.dialect, json_value(self.dialect, raw), leaf)

    def computed(self, leaf: d.OfComputed, _: str) -> str:
        """As it was when the snapshot was made."""
        return compared(self.dialect, json_value(self.dialect, self.dialect.at("p.computed", (leaf.computed,))), leaf)

    def identifier(self, leaf: d.OfIdentifier, _: str) -> str:
        return f"({self.dialect.has('p.namespaces', quoted(leaf.identifier))} = {_boolean(leaf.present)})"

    def events(self, leaf: d.OfEvents, zone: str) -> str:
        amount = leaf.sum or leaf.count or d.Amount("gte", 1)
        if kept_for(leaf, zone).how == "tally":
            return compares(self._tallied(leaf, zone), amount.operator, amount.value)
        found = self._summed(leaf) if leaf.sum else "count(*)"
        conditions = [*named(leaf.event), *filters(self.dialect, leaf.where)]
        conditions += bounds(leaf.window, zone, self.at, "e.time", "e.day")
        table = self.joined(f"SELECT e.profile_id, {found} AS n {rows(conditions, self.at)} GROUP BY e.profile_id")
        return compares(f"coalesce({table}.n, 0)", amount.operator, amount.value)

    def _tallied(self, leaf: d.OfEvents, zone: str) -> str:
        """What the profile itself knows, of events too that have expired: how many, or whether the newest counts."""
        tally = self.dialect.at("p.tallies", (leaf.event, "total")) if leaf.event else "p.events"
        if leaf.window == d.EVER:
            return f"coalesce(TRY_CAST({tally} AS BIGINT), 0)"
        last = self._last(leaf.event) if leaf.event else "p.last_seen"
        inside = " AND ".join(bounds(leaf.window, zone, self.at, last))
        return f"(CASE WHEN {inside} THEN 1 ELSE 0 END)"

    def _last(self, name: str) -> str:
        """When the newest event of a name happened, as the columns say times."""
        text = self.dialect.text(self.dialect.at("p.tallies", (name, "last")))
        return f"TRY_CAST(replace(replace({text}, 'T', ' '), 'Z', '') AS TIMESTAMP)"

    def _summed(self, leaf: d.OfEvents) -> str:
        value = at_path(self.dialect, leaf.property).of.get("amount", "NULL")
        if leaf.property == "amount" and leaf.currency:
            return f"sum(CASE WHEN e.currency = {quoted(leaf.currency)} THEN {value} END)"
        return f"sum({value})"

    def sequence(self, leaf: d.OfSequence, zone: str) -> str:
        return f"({self.joined(sequence(self.dialect, leaf, zone, self.at, self.table))}.n IS NOT NULL)"

    def consent(self, leaf: d.OfConsent, _: str) -> str:
        """A grant may have ended since the snapshot was made."""
        state, ends = (
            self.dialect.text(self.dialect.at("p.consent", (leaf.consent, name))) for name in ("state", "expires_at")
        )
        now = quoted(to_text(moment(self.at)))
        is_over = f"{state} = 'granted' AND {ends} <> '' AND {ends} <= {now}"
        return f"(CASE WHEN {is_over} THEN 'expired' ELSE coalesce({state}, 'unknown') END = {quoted(leaf.state)})"

    def segment(self, leaf: d.OfSegment, _: str) -> str:
        """Of one that is paused as it was told; whoever asks for a segment that asks back isn't in that."""
        other = self.segments.get(leaf.segment)
        found = "FALSE"
        if other and other.state == "live" and other.id not in self._asking:
            found = f"({self.joined(self.members(other))}.profile_id IS NOT NULL)"
        elif other and other.state == "paused":
            found = self.dialect.has("p.segments", quoted(other.id))
        return f"({found} = {_boolean(leaf.member)})"

    def seen(self, leaf: d.OfSeen, zone: str) -> str:
        column = f"p.{leaf.seen}_seen"
        inside = " AND ".join(bounds(leaf.window, zone, self.at, column)) or "TRUE"
        return f"(CASE WHEN {column} IS NOT NULL THEN {inside} END)"


def compiled(segment: d.Segment, others: Iterable[d.Segment], at: int, dialect: Dialect = DUCKDB) -> str:
    """The query for `profile_id` of the views `profiles` and `events`, once each; NotInSqlError for what the lake can't
    be asked. `others`: those that it may ask for; `at` in milliseconds.
    """
    return Compiler({one.id: one for one in others}, at, dialect).query(segment)


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"


_LEAVES: Mapping[type[Any], Callable[[Compiler, Any, str], str]] = {
    d.OfTrait: Compiler.trait,
    d.OfComputed: Compiler.computed,
    d.OfIdentifier: Compiler.identifier,
    d.OfEvents: Compiler.events,
    d.OfSequence: Compiler.sequence,
    d.OfConsent: Compiler.consent,
    d.OfSegment: Compiler.segment,
    d.OfSeen: Compiler.seen,
}
