"""`jogakbo import`: a file of rows into a source, through the Collect API."""

import itertools
import json
import time
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cli import mappings
from cli.access import Yes, console
from cli.api import Api, ApiUrl, Local, Token, api_of
from cli.collector import Collector, connected
from cli.deployment import DeploymentError, of_file
from cli.importing import progress_of, send_rows
from shared.imports.checking import check_columns
from shared.imports.progress import Tally
from shared.imports.proposing import propose
from shared.imports.reading import Opened, open_rows
from shared.imports.rows import ENDS_EARLY, FileError, Options, Row
from shared.stores.keys import secret_hash

_SAMPLE_ROWS = 100
_FELT_SECONDS = 65
"""A change of the catalogue is felt within a minute."""

CollectUrl = Annotated[str, typer.Option(envvar="JOGAKBO_COLLECT_URL", help="Origin of the Collect API")]
WriteKey = Annotated[str, typer.Option(envvar="JOGAKBO_WRITE_KEY", help="Write key of the source")]


def import_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, JSON Lines, Parquet")],
    source: Annotated[str, typer.Option("--source", help="Id of the source")],
    mapping: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="YAML with the rules")] = None,
    columns: Annotated[str, typer.Option(help="a,b,c: names of a file without a header; columns of Parquet")] = "",
    encoding: Annotated[str, typer.Option(help="of text, e.g. cp949")] = "utf-8",
    delimiter: Annotated[str, typer.Option(help=r"One character, \t for a tab; taken from the file without")] = "",
    collect_url: CollectUrl = "",
    write_key: WriteKey = "",
    api_url: ApiUrl = "",
    api_token: Token = "",
    outputs: Local = None,
    progress: Annotated[Path | None, typer.Option(help="Where to keep how far it is")] = None,
    yes: Yes = False,
) -> None:
    """Import a file of rows. Again, or after it was killed, it changes nothing twice."""
    api = api_of(api_url, api_token, outputs)
    known = api.get(f"/v1/sources/{source}")
    url, key = _door(api, source, collect_url, write_key, outputs)
    options = Options(encoding, delimiter, tuple(filter(None, (name.strip() for name in columns.split(",")))))
    try:
        with file.open("rb") as stream:
            opened = open_rows(stream, options)
            opened = _mapped(opened, mappings.SourceMapping(api, known), mapping, yes)
            place, kept = progress_of(progress, file, source, options)
            if kept.tally.done:
                console.print(f"Going on after {kept.tally.done:,} rows.")
            with connected() as client, _Bar(file, stream, kept.tally.done) as bar:
                tally = send_rows(opened, kept, source, file.name, Collector(url, key, client).send, bar.told)
    except FileError as error:
        raise DeploymentError(f"{file.name}: {error}") from error
    kept.close()
    place.unlink()
    _sum_up(tally, source, bar.rate(tally))


class _Bar(Progress):
    """How much of the file is read, and how many rows are sent."""

    def __init__(self, file: Path, stream: BinaryIO, before: int) -> None:
        rows = TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s")
        columns = (TextColumn("{task.description}"), BarColumn(), rows, TimeRemainingColumn())
        super().__init__(*columns, console=console, disable=not console.is_terminal)
        self._stream, self._before, self._started = stream, before, time.monotonic()
        self._task = self.add_task(file.name, total=file.stat().st_size, rows=before, rate=0)

    def told(self, tally: Tally) -> None:
        self.update(self._task, completed=self._stream.tell(), rows=tally.done, rate=self.rate(tally))

    def rate(self, tally: Tally) -> float:
        """Rows a second in this run."""
        return (tally.done - self._before) / max(time.monotonic() - self._started, 0.001)


def _door(api: Api, source: str, collect_url: str, write_key: str, outputs: Path | None) -> tuple[str, str]:
    """Where to send, with which key. DeploymentError where it isn't a key of the source."""
    if outputs:
        content = json.loads(outputs.read_text())
        collect_url = of_file(outputs).collect_url
        write_key = write_key or (content["write_key"] if content["source_id"] == source else "")
    if not collect_url or not write_key:
        raise DeploymentError(
            "Say where and with which key: --collect-url and --write-key, or JOGAKBO_COLLECT_URL and JOGAKBO_WRITE_KEY."
            f" `jogakbo source key add {source}` makes a key."
        )
    hashed = secret_hash(write_key)
    keys = api.get(f"/v1/sources/{source}/write-keys")["write_keys"]
    if not any(hashed.startswith(known["id"]) and known["state"] == "live" for known in keys):
        raise DeploymentError(f"The write key is none of the source {source}. Remedy: give one of its own")
    return collect_url, write_key


def _mapped(opened: Opened, source: mappings.SourceMapping, given: Path | None, yes: bool) -> Opened:
    """The rows, once their source has a mapping that fits them."""
    stored = source.stored()
    rules = mappings.of_file(given) if given else stored
    if rules is None:
        rows = iter(opened.rows)
        first = list(itertools.islice(rows, _SAMPLE_ROWS))
        sample = [dict(row.fields) for row in first if isinstance(row, Row)]
        columns = opened.columns or tuple(dict.fromkeys(name for row in sample for name in row))
        proposal = propose(columns, sample)
        rules = proposal.rules
        mappings.show(proposal, sample[0] if sample else {})
        mappings.warn(rules, sample)
        opened = Opened(opened.columns, itertools.chain(first, rows))
    if opened.columns:
        check_columns(rules, opened.columns)
    if rules != stored:
        if not yes:
            typer.confirm("Keep this mapping for the source?", abort=True)
        source.store(rules)
        with console.status("The mapping is felt within a minute"):
            time.sleep(_FELT_SECONDS)
    return opened


def _sum_up(tally: Tally, source: str, rate: float) -> None:
    unreadable = sum(tally.unreadable.values())
    console.print(f"{tally.done:,} rows: {tally.rows:,} sent, {unreadable:,} unreadable; {rate:,.0f} rows/s.")
    for reason, number in sorted(tally.unreadable.items()):
        lines = ", ".join(map(str, tally.lines[reason])) + (" …" if number > len(tally.lines[reason]) else "")
        console.print(f"  {reason}: {number:,}, at line {lines}")
    if unreadable:
        console.print(f"They lie in quarantine with their lines, source {source}.")
    console.print(f"Whether the sent ones were stored: jogakbo source health {source}", soft_wrap=True)
    if ENDS_EARLY & tally.unreadable.keys():
        raise typer.Exit(1)
