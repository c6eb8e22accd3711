"""An export as two files, written row by row: JSON for machines, and a page in English and Korean for people."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Protocol, TextIO

from shared.domain.exports import NAMED, Row, Section
from shared.people.export_labels import (
    ABOUT,
    BEGINNING,
    FIELDS,
    INTRODUCTION,
    NO,
    NOTHING,
    PRESENT,
    SECTIONS,
    TITLE,
    WORDED,
    WORDS,
    YES,
)

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{margin-top:2.5rem}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{background:#f4f4f4;min-width:5rem}div{overflow-x:auto}pre{margin:0;white-space:pre-wrap;font-size:13px}"
    "small,span{color:#555;font-weight:normal}"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_HEAD = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
)


class Writer(Protocol):
    """Takes sections one after the other, and their rows."""

    def start(self, head: Mapping[str, str]) -> None: ...
    def section(self, name: str) -> None: ...
    def row(self, row: Row) -> None: ...
    def end(self) -> None: ...


def write(writers: Iterable[Writer], head: Mapping[str, str], sections: Iterable[Section]) -> dict[str, int]:
    """Write all sections; how many rows each has."""
    writers, counts = [*writers], dict[str, int]()
    for writer in writers:
        writer.start(head)
    for section in sections:
        counts[section.name] = 0
        for writer in writers:
            writer.section(section.name)
        for row in section.rows:
            counts[section.name] += 1
            for writer in writers:
                writer.row(row)
    for writer in writers:
        writer.end()
    return counts


class JsonFile:
    """An object with a list for each section."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._is_first = True
        self._is_open = False

    def start(self, head: Mapping[str, str]) -> None:
        self._file.write("{" + ",\n".join(f"{_json(name)}: {_json(value)}" for name, value in head.items()))

    def section(self, name: str) -> None:
        self._close()
        self._file.write(f",\n{_json(name)}: [")
        self._is_first, self._is_open = True, True

    def row(self, row: Row) -> None:
        self._file.write(("\n" if self._is_first else ",\n") + _json(row))
        self._is_first = False

    def end(self) -> None:
        self._close()
        self._file.write("}\n")

    def _close(self) -> None:
        if self._is_open:
            self._file.write("]")


class HtmlPage:
    """A table for each section, in one page that loads nothing and runs nothing."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._rows = -1

    def start(self, head: Mapping[str, str]) -> None:
        told = "<br>".join(f"{_both(FIELDS[name])}: {_shown(name, value)}" for name, value in head.items())
        title = " · ".join(TITLE)
        self._file.write(f"{_HEAD}<title>{title}</title><style>{_STYLE}</style></head><body>")
        self._file.write(f"<h1>{title}</h1>{_paragraphs(INTRODUCTION)}<p>{told}</p>\n")

    def section(self, name: str) -> None:
        self._close()
        self._file.write(f"<h2>{_both(SECTIONS[name])}</h2>{_paragraphs(ABOUT[name])}\n")
        self._rows = 0

    def row(self, row: Row) -> None:
        if not self._rows:
            names = "".join(f"<th>{_both(FIELDS[name])}</th>" for name in row if name not in NAMED.values())
            self._file.write(f"<div><table><thead><tr>{names}</tr></thead><tbody>\n")
        self._rows += 1
        self._file.write("<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(row)) + "</tr>\n")

    def end(self) -> None:
        self._close()
        self._file.write("</body></html>\n")

    def _close(self) -> None:
        if self._rows > 0:
            self._file.write("</tbody></table></div>\n")
        elif not self._rows:
            self._file.write(f"<p><small>{_both(NOTHING)}</small></p>\n")


def _both(label: tuple[str, str]) -> str:
    return f'{label[0]} <span lang="ko">{label[1]}</span>'


def _paragraphs(label: tuple[str, str]) -> str:
    return f'<p>{label[0]}<br><span lang="ko">{label[1]}</span></p>'


def _cells(row: Row) -> Iterator[str]:
    """A name stands with its id in one cell."""
    for field, value in row.items():
        if named := row.get(NAMED.get(field, "")):
            yield f"{escape(named)} <small>{escape(value)}</small>"
        elif field not in NAMED.values():
            yield _shown(field, value)


def _shown(field: str, value: Any) -> str:
    if field == "periods":
        return "<br>".join(_period(**one) for one in value)
    if isinstance(value, bool):
        return _both(YES if value else NO)
    if isinstance(value, Mapping | list | tuple):
        return f"<pre>{escape(chr(10).join(_lines(value)))}</pre>" if value else ""
    if field in WORDED and value in WORDS:
        return _both((value, WORDS[value]))
    return escape(_time(_plain(value)))


def _period(since: str, until: str) -> str:
    return f"{_time(since) or _both(BEGINNING)} – {_time(until) or _both(PRESENT)}"


def _time(text: str) -> str:
    """A time as people write it; other text as it is."""
    return f"{text[:10]} {text[11:19]}" if _TIME.fullmatch(text) else text


def _lines(value: Mapping[str, Any] | list[Any] | tuple[Any, ...]) -> Iterator[str]:
    """For people: `name: value`, what lies deeper indented."""
    if not isinstance(value, Mapping) and not any(isinstance(one, Mapping | list | tuple) for one in value):
        yield ", ".join(map(_plain, value))
        return
    for name, one in value.items() if isinstance(value, Mapping) else ((f"{n}", one) for n, one in enumerate(value, 1)):
        if one and isinstance(one, Mapping | list | tuple):
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(one))
        else:
            yield f"{name}: {_plain(one)}"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
