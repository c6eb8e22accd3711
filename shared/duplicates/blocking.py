"""Which people are compared at all: those who share what a blocking rule names, as long as not too many do."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.duplicates.matching import Blocking, Matching
from shared.duplicates.people import ID, TABLE
from shared.lake.scratch import Scratch

PAIRS = "pairs"
_SEPARATOR = "chr(31)"


class Passed(NamedTuple):
    """What a blocking rule led to: pairs, and blocks too large to be compared, with the people in them."""

    pairs: int
    blocks_left_out: int
    people_left_out: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """A block larger than `block` isn't compared: a value that so many share says little. Of the rest the smallest
    blocks come first, until there are `pairs`.
    """

    block: int = 200
    pairs: int = 20_000_000


def block(scratch: Scratch, matching: Matching, bounds: Bounds) -> dict[str, Passed]:
    """Make the table `pairs` (`join_key_l`, `join_key_r`, `match_key`: the rules' numbers); by rule what came of it."""
    scratch.run("CREATE TABLE keys (rule INTEGER, key VARCHAR, id VARCHAR)")
    for number, rule in enumerate(matching.blocking):
        scratch.run(f"INSERT INTO keys {_keys(number, rule, matching)}")
    scratch.run(
        "CREATE TABLE blocks AS SELECT *, people <= ? AND sum(of_block) OVER smallest <= ? AS taken"
        " FROM (SELECT rule, key, count(*) AS people, people * (people - 1) // 2 AS of_block"
        " FROM keys GROUP BY ALL HAVING people > 1) WINDOW smallest AS (ORDER BY people, rule, key)",
        bounds.block,
        bounds.pairs,
    )
    scratch.run(
        f"CREATE TABLE {PAIRS} AS SELECT one.id AS join_key_l, other.id AS join_key_r,"
        " string_agg(DISTINCT one.rule, ',' ORDER BY one.rule) AS match_key"
        " FROM blocks JOIN keys AS one USING (rule, key) JOIN keys AS other USING (rule, key)"
        " WHERE taken AND one.id < other.id GROUP BY ALL ORDER BY ALL"
    )
    counted = scratch.rows(
        "SELECT rule, coalesce(sum(of_block) FILTER (taken), 0), count(*) FILTER (NOT taken),"
        " coalesce(sum(people) FILTER (NOT taken), 0) FROM blocks GROUP BY ALL"
    )
    passed = {rule: Passed(int(pairs), int(blocks), int(people)) for rule, pairs, blocks, people in counted}
    return {rule.name: passed.get(number, Passed(0, 0, 0)) for number, rule in enumerate(matching.blocking)}


def _keys(number: int, rule: Blocking, matching: Matching) -> str:
    """A key for each person who has every field of the rule; several where a field has several values."""
    many = {name for name in rule.fields if matching.field(name).has_many}
    quoted = {name: f'"{name}"' for name in rule.fields}
    unnested = ", ".join(f"unnest({own}) AS {own}" if name in many else own for name, own in quoted.items())
    known = " AND ".join(f"{own} IS NOT NULL" for own in quoted.values())
    key = f" || {_SEPARATOR} || ".join(quoted.values())
    return f"SELECT {number}, {key}, {ID} FROM (SELECT {ID}, {unnested} FROM {TABLE}) WHERE {known}"
