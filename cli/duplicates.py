"""Probable duplicates of a stage become proposals: whom this reads, what it leaves out, what it takes back."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cli.deployment import Deployment, DeploymentError
from shared.domain.profiles import Profile
from shared.domain.proposals import Pair, Reason, proposable
from shared.duplicates.matching import PEOPLE, Matching, MatchingError, matching_of
from shared.duplicates.people import ID, PeopleError, Person, person_of
from shared.imports.reading import open_rows
from shared.imports.rows import BadRow, FileError, Options
from shared.stores.profile_scan import ProfileScan
from shared.stores.proposal_store import ProposalStore

if TYPE_CHECKING:
    from shared.duplicates.finding import Found


@dataclass(frozen=True, slots=True)
class Proposed:
    """`pairs` are those that may be proposed, `too_many` how many of them aren't, as others weigh more."""

    found: "Found"
    pairs: tuple[Pair, ...]
    left_out: Counter[Reason]
    too_many: int


def declared(path: Path | None) -> Matching:
    """What is compared: of a YAML file, or what Jogakbo compares of people."""
    if path is None:
        return PEOPLE
    try:
        return matching_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, MatchingError) as error:
        raise DeploymentError(f"{path}: {error}") from error


def people_of_stage(deployed: Deployment, matching: Matching) -> Iterator[Person]:
    """Everybody who isn't merged into another."""
    for profile in ProfileScan(deployed.profiles_table).known():
        yield person_of(profile.id, _content(profile), matching)


def _content(profile: Profile) -> dict[str, Any]:
    identifiers: dict[str, list[str]] = {}
    for identifier in profile.identifiers.values():
        identifiers.setdefault(identifier.namespace, []).append(identifier.value)
    return {**{name: trait.value for name, trait in profile.state.traits.items()}, "identifiers": identifiers}


def people_of_file(path: Path, matching: Matching) -> Iterator[Person]:
    """Rows of an export, each with a `profile_id`. Raises DeploymentError at the first that can't be read."""
    try:
        with path.open("rb") as file:
            for row in open_rows(file, Options()).rows:
                if isinstance(row, BadRow):
                    raise DeploymentError(f"{path}, line {row.line}: {row.reason}.")
                if not isinstance(row.fields.get(ID), str):
                    raise DeploymentError(
                        f"{path}, line {row.line}: no {ID}. Remedy: a column {ID} with each person's id."
                    )
                yield person_of(row.fields[ID], row.fields, matching)
    except (OSError, FileError) as error:
        raise DeploymentError(f"{path}: {error}") from error


def propose(
    deployed: Deployment, people: Iterator[Person], matching: Matching, threshold: float, most: int
) -> Proposed:
    """Find pairs, and of them those that may be proposed; nothing is written."""
    try:
        from shared.duplicates.finding import find  # Splink takes a second, which no other command should wait
    except ModuleNotFoundError as error:
        raise DeploymentError(f"There is no {error.name} here. Remedy: uv sync --group duplicates") from error
    try:
        found = find(people, matching, threshold)
    except PeopleError as error:
        raise DeploymentError(str(error)) from error
    decided = {p.pair.id for p in ProposalStore(deployed.ledger_table).list() if p.state != "open"}
    ids = {profile_id for pair in found.pairs for profile_id in (pair.first, pair.second)}
    kept, left_out = proposable(found.pairs, ProfileScan(deployed.profiles_table).standing(ids), decided)
    return Proposed(found, tuple(kept[:most]), left_out, len(kept[most:]))


def write(deployed: Deployment, proposed: Proposed, whole: bool, now: datetime) -> Counter[str]:
    """Put the pairs down; where the `whole` stage was read, take back what is open and wasn't found again. How many
    are `new`, found `again` and `withdrawn`; `decided` meanwhile.
    """
    store = ProposalStore(deployed.ledger_table)
    before = {proposal.pair.id for proposal in store.list("open")}
    counts: Counter[str] = Counter()
    for pair in proposed.pairs:
        written = store.put(pair, now)
        counts["decided" if not written else "again" if pair.id in before else "new"] += 1
    for gone in sorted(before - {pair.id for pair in proposed.pairs}) if whole else ():
        counts["withdrawn"] += store.withdraw(gone)
    return counts
