"""Real orders from a file to people with sums, in process: they add up, and a second import changes nothing."""

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from cli.importing import progress_of, send_rows
from shared.domain.mapping import Mapping
from shared.domain.sources import Source
from shared.imports.proposing import propose
from shared.imports.reading import open_rows
from shared.imports.rows import Options, Row
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, EVENTS, PROFILES, QUARANTINE
from tests.conftest import Deployment
from tests.pipeline import SOURCE, counts, items
from tests.way import Way

SAMPLE = Path(__file__).parents[1] / "fixtures" / "cdnow" / "cdnow_sample.txt"
COLUMNS = Options(columns=("customer_id", "sample_id", "date", "number_of_cds", "dollar_value"))
ROWS = 900
"""As many as moto's streams give at once."""


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    way = Way(aws)
    yield way
    way.close()


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.txt"
    path.write_bytes(b"".join(SAMPLE.read_bytes().splitlines(keepends=True)[:ROWS]))
    return path


def rows(file: Path) -> list[Row]:
    return [row for row in open_rows(io.BytesIO(file.read_bytes()), COLUMNS).rows if isinstance(row, Row)]


def give_mapping(aws: Deployment, file: Path) -> None:
    """The proposed one, as `jogakbo import` stores it."""
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    source = catalogue.find(Source, SOURCE)
    assert source is not None
    rules = propose(COLUMNS.columns, [row.fields for row in rows(file)[:100]]).rules
    catalogue.put(Mapping("orders", "Orders", rules))
    catalogue.put(replace(source, mapping="orders"))


def import_file(way: Way, file: Path, state: Path) -> None:
    _, progress = progress_of(state, file, SOURCE, COLUMNS)
    opened = open_rows(io.BytesIO(file.read_bytes()), COLUMNS)
    send_rows(opened, progress, SOURCE, file.name, lambda part: taken(way, part), lambda _: None)
    progress.close()
    way.drain()


def taken(way: Way, part: object) -> None:
    assert isinstance(part, list)
    assert way.collect(*part) == 200


def test_orders_add_up_on_people_and_a_second_import_changes_nothing(way: Way, orders: Path, tmp_path: Path) -> None:
    give_mapping(way.aws, orders)
    import_file(way, orders, tmp_path / "first")
    found = rows(orders)
    people = way.everybody()
    bought = [person.state.events["Order Completed"] for person in people]
    assert len(people) == len({row.fields["customer_id"] for row in found})
    assert sum(tally.total for tally in bought) == ROWS
    assert sum(tally.sums["USD"] for tally in bought) == sum(Decimal(row.fields["dollar_value"]) for row in found)
    before = items(way.aws, PROFILES), items(way.aws, EVENTS)
    import_file(way, orders, tmp_path / "second")
    assert (items(way.aws, PROFILES), items(way.aws, EVENTS)) == before
    ends = counts(way.aws)
    assert (ends["received"], ends["stored"], ends["duplicate"]) == (2 * ROWS, ROWS, ROWS)


def test_a_bad_row_is_in_quarantine_with_its_file_and_line(way: Way, orders: Path, tmp_path: Path) -> None:
    give_mapping(way.aws, orders)
    lines = orders.read_bytes().splitlines(keepends=True)[:9]
    orders.write_bytes(b"".join([*lines[:4], b" 00004 0001\r\n", *lines[4:]]))
    import_file(way, orders, tmp_path / "progress")
    [refused] = items(way.aws, QUARANTINE)
    assert (refused["reason"], refused["field"]) == ("unreadable_row", "line 5 of orders.txt")
    assert "ragged" in refused["fix"]
    assert len(items(way.aws, EVENTS)) == 9
