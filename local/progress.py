"""One line per step of a long command, with its seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False)


@contextmanager
def step(what: str) -> Iterator[None]:
    started = time.monotonic()
    with console.status(f"{what} …"):
        yield
    console.print(f"  {what:<44}[dim]{time.monotonic() - started:6.1f} s[/dim]")


def say(line: str) -> None:
    console.print(line, soft_wrap=True, markup=False)
