"""A consumer that does what the contract asks: repeats change nothing, and no order does either.

It keeps people in memory, by pseudonym. Copy it, or write your own with `take` and `state` and run test_contract.py.
"""

from typing import Any

KEPT = {"Segment Entered": "segment", "Segment Exited": "segment", "Consent Changed": "purpose"}


class Consumer:
    def __init__(self) -> None:
        self._people: dict[str, dict[str, tuple[int, str]]] = {}
        self._gone: set[str] = set()
        self._has_ended = False

    def take(self, event: dict[str, Any]) -> None:
        """An event as EventBridge hands it to a target."""
        detail, kind = event["detail"], event["detail-type"]
        if detail["metadata"].get("test"):
            return  # about nobody
        if kind == "Partnership Ended":
            self._has_ended = True
            return
        data, person = detail["data"], detail["person"]
        self._forget(person.get("formerly", ()))
        if kind == "Profile Merged":
            self._forget([data["merged_profile_id"]])
        if kind == "Profile Erased":
            self._forget([data["profile_id"], *data["merged_profile_ids"]])
        who = data["profile_id"]
        # What was said under a pseudonym that stands for nobody any more is said again under the one that stays.
        if who == person["id"] and who not in self._gone and kind in KEPT:
            self._keep(who, f"{KEPT[kind]}:{data[KEPT[kind]]}", detail["metadata"]["sequence"], _value(kind, data))

    def state(self) -> dict[str, Any]:
        """What is known, in any form that can be compared."""
        people = {who: {key: value for key, (_, value) in known.items()} for who, known in self._people.items()}
        return {"people": people, "ended": self._has_ended}

    def _keep(self, who: str, subject: str, sequence: int, value: str) -> None:
        known = self._people.setdefault(who, {})
        if subject not in known or known[subject][0] < sequence:
            known[subject] = (sequence, value)

    def _forget(self, pseudonyms: Any) -> None:
        for one in pseudonyms:
            self._gone.add(one)
            self._people.pop(one, None)


def _value(kind: str, data: dict[str, Any]) -> str:
    return str(data["state"]) if kind == "Consent Changed" else kind.removeprefix("Segment ").lower()
