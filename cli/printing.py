"""How commands print what many of them print."""

from rich.table import Table

from cli.access import console

ONCE = "Shown once: keep it now."


def told_once(name: str, secret: str) -> None:
    """A secret that can't be read again, whole on its line."""
    console.print(f"  {name:<12} {secret}   ({ONCE})", soft_wrap=True)


def table_of(*columns: str) -> Table:
    """A table that folds what is too wide, ids last: one cut short is of no use."""
    table = Table(*columns)
    table.columns[0].no_wrap = True
    for column in table.columns:
        column.overflow = "fold"
    return table
