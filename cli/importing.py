"""A file's rows sent through the Collect API, part by part, so that a killed import goes on where it was."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from cli.collector import MOST_BYTES, MOST_EVENTS
from cli.deployment import DeploymentError
from shared.aws.batching import chunks
from shared.imports.elements import entries
from shared.imports.progress import Progress, Tally
from shared.imports.reading import Opened
from shared.imports.rows import Options


def send_rows(
    opened: Opened,
    progress: Progress,
    source_id: str,
    file_name: str,
    send: Callable[[Sequence[Any]], None],
    told: Callable[[Tally], None],
) -> Tally:
    """Send what isn't sent yet. `told` hears how far it is after each part."""
    beside = len(json.dumps(file_name))
    left = islice(entries(opened.rows), progress.tally.done, None)
    for part in chunks(left, MOST_EVENTS, size=lambda entry: entry.size + beside, bytes_most=MOST_BYTES):
        send(progress.elements(part, source_id, file_name))
        progress.commit()
        told(progress.tally)
    return progress.tally


def progress_of(path: Path | None, file: Path, source_id: str, options: Options) -> tuple[Path, Progress]:
    """Where the progress of this import lies, and how far it is."""
    about = file.stat()
    place = path or _state() / f"{hashlib.sha256(f'{source_id} {file.resolve()}'.encode()).hexdigest()[:24]}.sqlite"
    of = [source_id, str(file.resolve()), about.st_size, about.st_mtime_ns, options.encoding, options.delimiter]
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        return place, Progress(place, [*of, *options.columns])
    except sqlite3.OperationalError as error:
        raise DeploymentError(
            f"The progress of this import can't be kept in {place} ({error}). Remedy: wait for the other import of"
            " this file, or give another place: --progress FILE"
        ) from error


def _state() -> Path:
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "jogakbo" / "imports"
