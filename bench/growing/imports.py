"""How many rows of a file a core puts on the stream a second, by how many the file has: import_files itself."""

import csv
import json
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from bench.growing.world import World, world
from bench.results import Curve, Table
from functions.import_files.handler import handler
from shared.aws.observability import metrics
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE

SMALL, WHOLE = (1_000, 10_000, 50_000), (1_000, 10_000, 100_000, 1_000_000)
SOURCE = "src_shop"
_COLUMNS = ("user_id", "email", "name", "city", "plan", "total", "signed_up")


class Time:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def imports(is_whole: bool) -> Table:
    with world() as opened, TemporaryDirectory() as folder:
        CatalogueStore(CATALOGUE.name).put(Source(SOURCE, "A shop"))
        rows = tuple(
            (number, *(_rate(opened, make(Path(folder), number), number) for make in (_csv, _jsonl, _parquet)))
            for number in (WHOLE if is_whole else SMALL)
        )
    names = ("CSV", "JSON Lines", "Parquet")
    note = f"Rows of {len(_COLUMNS)} columns and about 100 bytes, from disk; the stream takes them in memory."
    return Table(
        "imports", "Rows of a file a second of a core", ("rows", *names), rows, note, Curve("rows", names, True)
    )


def _rate(opened: World, path: Path, number: int) -> int:
    key = f"imports/{SOURCE}/{path.name}"
    opened.others.files[key] = lambda: path.open("rb")
    body = json.dumps({"kind": "import", "key": key, "etag": "e"})
    put = opened.others.put

    def run() -> None:
        failed = handler({"Records": [{"messageId": "m", "body": body}]}, Time())["batchItemFailures"]
        if failed or opened.others.put == put:
            raise RuntimeError("the import failed")

    took = opened.seconds(run)
    metrics().clear_metrics()
    return round(number / took)


def _row(number: int) -> tuple[str, ...]:
    who = f"u{number}", f"u{number}@example.com", f"Somebody {number}"
    return *who, f"city {number % 50}", "pro", str(number % 10_000), "2026-11-21T09:30:00Z"


def _csv(folder: Path, number: int) -> Path:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(map(_row, range(number)))
    return _written(folder / f"{number}.csv", text.getvalue())


def _jsonl(folder: Path, number: int) -> Path:
    lines = (json.dumps(dict(zip(_COLUMNS, _row(n), strict=True))) for n in range(number))
    return _written(folder / f"{number}.jsonl", "\n".join(lines) + "\n")


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _parquet(folder: Path, number: int) -> Path:
    path = folder / f"{number}.parquet"
    rows = f"SELECT * FROM read_csv('{folder}/{number}.csv', all_varchar = true)"
    duckdb.connect().execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    return path
