"""Whatever a file holds, every line of it is a row, a bad row or blank, and reading goes on."""

import csv
import io
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from shared.imports.reading import open_rows
from shared.imports.rows import FileError, Options, Row

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
_FINE = b'1,"fine"\n'


@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=20), st.sampled_from([",", ";", "\t", "|"]))
def test_what_a_csv_writer_wrote_comes_back(table: list[tuple[str, str]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([("first", "second"), *table])
    opened = open_rows(io.BytesIO(out.getvalue().encode()), Options(delimiter=delimiter))
    found = [(row.fields["first"], row.fields["second"]) for row in opened.rows if isinstance(row, Row)]
    assert found == table


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=30))
def test_no_bytes_end_the_reading_or_reach_beyond_their_lines(junk: list[bytes]) -> None:
    """A row far enough from any quote is read, whatever stands before it."""
    lines = [b"id,name", *junk, *[_FINE.strip()] * 3]
    with suppress(FileError):  # not one line of it may be UTF-8
        check_rows(lines)


def check_rows(lines: list[bytes]) -> None:
    opened = open_rows(io.BytesIO(b"\n".join(lines)), Options(delimiter=","))
    found = list(opened.rows)
    assert [row.line for row in found] == sorted({row.line for row in found})
    assert found[-1].line == len(lines)
    assert isinstance(found[-1], Row)
