"""The analyst's SQL: in Athena's dialect, given the views of the lake, and turned into DuckDB's where it runs here."""

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from cli.deployment import DeploymentError
from shared.lake.columns import EVENTS, MERGES, MOVES, PROFILES
from shared.lake.views import VIEWS

_DIALECT = "athena"
_NAMED = re.compile(r"""["']([^"']+)["']|with name (\w+)""")


class QueryError(DeploymentError):
    """A query can't be run; one line that says where and why."""


def prepared(text: str, engine: str, pretty: bool = False) -> str:
    """The query as an engine (`duckdb`, `athena`) runs it. QueryError where it isn't one."""
    query = _parsed(text)
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    used = {table.name for table in query.find_all(exp.Table)} - own
    views = [name for name in VIEWS if name in used]
    for name in views:
        query = query.with_(name, as_=sqlglot.parse_one(VIEWS[name], read=_DIALECT), dialect=_DIALECT)
    if views:  # the query's own may read them, so they stand first
        clause = query.args["with_"]
        added = len(views)
        clause.set("expressions", clause.expressions[-added:] + clause.expressions[:-added])
    return query.sql(dialect=engine, pretty=pretty)


def _parsed(text: str) -> exp.Query:
    try:
        statements = [statement for statement in sqlglot.parse(text, read=_DIALECT) if statement]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        culprit = first.get("highlight") or ""
        said = f"{first.get('description', error)}{f' at `{culprit}`' if culprit else ''}"
        column = (first.get("col") or 0) - max(len(culprit) - 1, 0)  # sqlglot tells where it ends
        raise QueryError(f"{_place(first.get('line'), column)}{said}") from error
    except SqlglotError as error:
        raise QueryError(f"The query can't be read: {' '.join(str(error).split())}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise QueryError(
            "Ask one question: a SELECT over events, merges, moves, profiles,"
            f" {EVENTS}, {MERGES}, {MOVES} or {PROFILES}."
        )
    return statements[0]


def explained(message: str, text: str) -> str:
    """An engine's message in one line, with the place in the query where it names something that stands there."""
    line = " ".join(message.split("LINE ")[0].split())
    for name in (quoted or named for quoted, named in _NAMED.findall(line)):
        found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
        if found:
            before = text[: found.start()]
            return f"{_place(before.count(chr(10)) + 1, found.start() - before.rfind(chr(10)))}{line}"
    return line


def _place(line: object, column: object) -> str:
    return f"line {line}, column {column}: " if line and column else ""
