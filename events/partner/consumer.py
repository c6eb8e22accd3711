"""A consumer that does what the contract asks: repeats change nothing, and no order does either.

It keeps people in memory, by pseudonym. Copy it, or write your own with `take`, `load` and `state` and run
test_contract.py.
"""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

KEPT = {"Segment Entered": "segment", "Segment Exited": "segment", "Consent Changed": "purpose"}


class Said(NamedTuple):
    """A value with the `sequence` and time of the fact that told it; of a snapshot without a time."""

    value: str
    sequence: int
    time: str = ""


class Consumer:
    """`needed` are the purposes without which you may know nothing of a person, as the company told you."""

    def __init__(self, needed: Iterable[str] = ()) -> None:
        self._needed = {f"purpose:{one}" for one in needed}
        self._people: dict[str, dict[str, Said]] = {}
        self._stops: dict[str, Said] = {}  # when somebody last took back what is needed
        self._gone: set[str] = set()
        self._lines: dict[str, int] = {}  # of the last snapshot: who is in it, by the `sequence` of their line
        self._at = ""
        self._has_ended = False
        self.to_fetch: list[str] = []

    def take(self, event: dict[str, Any]) -> None:
        """An event as EventBridge hands it to a target, or a line of a file."""
        detail, kind = event["detail"], event["detail-type"]
        if detail["metadata"].get("test"):
            return  # about nobody
        if kind == "Partnership Ended":
            self._has_ended = True
            return
        if kind == "Segment Changed In Bulk":
            self.to_fetch.append(detail["data"]["url"])  # a list of files; each of their lines is for `take`, too
            return
        data, person = detail["data"], detail["person"]
        self._forget(person.get("formerly", ()))
        if kind == "Profile Merged":
            self._forget([data["merged_profile_id"]])
        if kind == "Profile Erased":
            self._forget([data["profile_id"], *data["merged_profile_ids"]])
        # What was said under a pseudonym that stands for nobody any more is said again under the one that stays.
        if data["profile_id"] == person["id"] and kind in KEPT:
            subject, metadata = f"{KEPT[kind]}:{data[KEPT[kind]]}", detail["metadata"]
            self._keep(person["id"], subject, Said(_value(kind, data), metadata["sequence"], metadata["time"]))

    def load(self, snapshot: Iterable[dict[str, Any]]) -> None:
        """The lines of a snapshot file: they take the place of every fact before it. Facts may come meanwhile."""
        *lines, end = [*snapshot] or [{}]
        if end.get("people") != len(lines):
            raise ValueError("This snapshot isn't whole. Ask for another.")
        if end["at"] <= self._at:
            return  # a later one is loaded
        self._at, self._lines = end["at"], {line["person"]["id"]: line["sequence"] for line in lines}
        for who, known in self._people.items():
            self._people[who] = {key: said for key, said in known.items() if not self._is_before(who, said)}
        self._stops = {who: said for who, said in self._stops.items() if not self._is_before(who, said)}
        for line in lines:
            self._load(line["person"], line["segments"], line["consent"])

    def state(self) -> dict[str, Any]:
        """What is known of people who may be known, in any form that can be compared."""
        people = {who: {key: said.value for key, said in known.items()} for who, known in self._people.items()}
        may = {who: known for who, known in people.items() if known and not self._is_stopped(known)}
        return {"people": may, "ended": self._has_ended}

    def _keep(self, who: str, subject: str, said: Said) -> None:
        if who in self._gone or self._is_before(who, said):
            return
        if subject in self._needed and said.value != "granted":
            self._stops[who] = max(said, self._stops.get(who, said), key=lambda stop: stop.sequence)
        self._settle(who, {subject: said})

    def _load(self, person: dict[str, Any], segments: dict[str, Any], consent: dict[str, Any]) -> None:
        self._forget(person.get("formerly", ()))
        entered = {
            f"segment:{key}": Said("entered" if s["in"] else "exited", s["sequence"]) for key, s in segments.items()
        }
        granted = {f"purpose:{key}": Said(_standing(s), s["sequence"]) for key, s in consent.items()}
        if person["id"] not in self._gone:
            self._settle(person["id"], entered | granted)

    def _settle(self, who: str, told: dict[str, Said]) -> None:
        """Of two on one subject the higher sequence holds; what was known before a stop is dropped, save the stop."""
        known, stop = self._people.setdefault(who, {}), self._stops.get(who, Said("", 0))
        for key, said in told.items():
            known[key] = max(known.get(key, said), said, key=lambda one: one.sequence)
        for key, said in [*known.items()]:
            if key.startswith("segment:") and said.sequence <= stop.sequence:
                del known[key]

    def _is_before(self, who: str, said: Said) -> bool:
        """Whether the snapshot knew of it: it has what came of it, or doesn't have the person any more."""
        return said.sequence <= self._lines[who] if who in self._lines else said.time < self._at

    def _is_stopped(self, known: dict[str, str]) -> bool:
        return any(known.get(purpose, "granted") != "granted" for purpose in self._needed)

    def _forget(self, pseudonyms: Iterable[str]) -> None:
        for one in pseudonyms:
            self._gone.add(one)
            self._people.pop(one, None)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Of a file that `jogakbo partner snapshot` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _value(kind: str, data: dict[str, Any]) -> str:
    return _standing(data) if kind == "Consent Changed" else kind.removeprefix("Segment ").lower()


def _standing(consent: dict[str, Any]) -> str:
    """A grant that is to be confirmed again is none until then."""
    return "reconfirmation due" if consent.get("reconfirmation_due") else str(consent["state"])
