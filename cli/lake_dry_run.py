"""What a new mapping or tracking plan would have done to stored events: items from files, events from the lake."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from cli.config_files import Trouble, read_file, trouble_of
from cli.deployment import DeploymentError
from cli.lake_engines import Table
from shared.domain.catalogue import KINDS, Configured
from shared.domain.configuration import read
from shared.domain.times import to_text
from shared.lake.rows import body_of

_COLUMNS = "message_id, type, name, user_id, anonymous_id, properties, traits, context, other"
Item = TypeVar("Item", bound=Configured)


def item_in(path: Path | None, kind: type[Item], item_id: str = "") -> Item | None:
    """The item of a file of configuration as code; DeploymentError with the place where it is none.

    Its id is the file's name, or another where one is given.
    """
    if path is None:
        return None
    name = next(name for name, known in KINDS.items() if known is kind)
    found = read_file(path, name)
    if isinstance(found, Trouble):
        raise DeploymentError(str(found))
    item = read(name, item_id or found.id, found.document)
    if isinstance(item, kind):
        return item
    flaws: Any = item
    raise DeploymentError("\n".join(str(trouble_of(found, flaw)) for flaw in flaws))


def elements(
    ask: Callable[[str], Table], source: str, first: datetime, last: datetime, most: int
) -> Iterator[dict[str, Any]]:
    """A source's events that happened in a time range as elements, the newest first, at most so many."""
    start, end = (to_text(moment)[:-1].replace("T", " ") for moment in (first, last))
    table = ask(f"""
        SELECT {_COLUMNS} FROM lake_events
        WHERE source = '{source.replace("'", "''")}' AND day BETWEEN DATE '{start[:10]}' AND DATE '{end[:10]}'
        AND time BETWEEN TIMESTAMP '{start}' AND TIMESTAMP '{end}'
        ORDER BY time DESC, message_id LIMIT {most}""")
    return (body_of(dict(zip(table.columns, row, strict=True))) for row in table.rows)
