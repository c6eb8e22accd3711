"""A row keeps its id over every import; a killed import goes on where it was."""

from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from shared.imports.elements import Entry, entry_of
from shared.imports.progress import Progress
from shared.imports.rows import BadRow, Row


def entries(*names: str) -> list[Entry]:
    return [entry_of(Row(line, {"name": name})) for line, name in enumerate(names, 2)]


def ids(progress: Progress, found: list[Entry], file_name: str = "people.csv") -> list[str]:
    with closing(progress):
        made = [element["messageId"] for element in progress.elements(found, "src_shop", file_name)]
        progress.commit()
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress"


def test_equal_rows_stay_two_and_keep_their_ids_in_every_import(tmp_path: Path) -> None:
    people = entries("Mina", "Jun", "Mina")
    first = ids(Progress(tmp_path / "a", "x"), people)
    assert len(set(first)) == 3
    assert ids(Progress(tmp_path / "b", "x"), people, "renamed.csv") == first
    assert ids(Progress(tmp_path / "c", "x"), entries("Sora", "Mina", "Mina", "Jun"))[1:] == [
        first[0],
        first[2],
        first[1],
    ]


def test_the_same_row_of_another_source_is_another(path: Path) -> None:
    progress = Progress(path, "x")
    [here] = progress.elements(entries("Mina"), "src_a", "f")
    progress.commit()
    progress.close()
    [there] = Progress(path, "y").elements(entries("Mina"), "src_b", "f")
    assert here["messageId"] != there["messageId"]


@pytest.mark.parametrize("killed_at", range(5))
def test_a_killed_import_gives_each_row_the_id_it_would_have_had(path: Path, tmp_path: Path, killed_at: int) -> None:
    people = entries("Mina", "Mina", "Jun", "Mina", "Jun")
    whole = ids(Progress(tmp_path / "whole", "x"), people)
    sent = ids(Progress(path, "x"), people[:killed_at])
    before = Progress(path, "x")
    before.elements(people[killed_at : killed_at + 2], "src_shop", "f")  # counted, and then killed
    before.close()
    after = Progress(path, "x")
    assert after.tally.done == killed_at
    assert sent + ids(after, list(islice(people, after.tally.done, None))) == whole


def test_progress_of_another_file_is_no_progress(path: Path) -> None:
    first = ids(Progress(path, ["people.csv", 120]), entries("Mina"))
    other = Progress(path, ["people.csv", 121])
    assert other.tally.done == 0
    assert ids(other, entries("Mina")) == first


def test_a_broken_progress_file_is_started_anew(path: Path) -> None:
    path.write_bytes(b"no database, but long enough to look at" * 100)
    assert Progress(path, "x").tally.done == 0


def test_the_tally_counts_every_row_once_by_how_it_ended(path: Path) -> None:
    found = [*entries("Mina", "Jun"), *(entry_of(BadRow(line, "ragged", "x")) for line in range(10, 20))]
    progress = Progress(path, "x")
    ids(progress, found)
    tally = Progress(path, "x").tally
    assert (tally.rows, tally.unreadable, tally.done) == (2, {"ragged": 10}, 12)
    assert tally.lines == {"ragged": [10, 11, 12, 13, 14]}


def test_an_element_says_where_its_row_stood_and_keeps_an_id_of_its_own(path: Path) -> None:
    own = Row(7, {"messageId": "m-1", "type": "track", "context": {"ip": "203.0.113.7"}})
    odd = Row(8, {"context": "a column of this name"})
    bad = BadRow(9, "ragged", "1,2,3")
    progress = Progress(path, "x")
    first, second, third = progress.elements([entry_of(row) for row in (own, odd, bad)], "src_shop", "people.csv")
    file = {"name": "people.csv", "line": 7}
    assert first == {"messageId": "m-1", "type": "track", "context": {"ip": "203.0.113.7", "file": file}}
    assert second["context"] == "a column of this name"
    assert third["unreadable"] == {"reason": "ragged", "text": "1,2,3"}
    assert third["context"]["file"]["line"] == 9


def test_a_row_too_long_for_any_batch_is_bad() -> None:
    entry = entry_of(Row(3, {"note": "x" * 300_000}))
    assert entry.reason == "row_too_long"
    assert entry.size < 5_000
