"""Files as people have them: every format, and what is wrong with them said with its line."""

import gzip
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shared.imports.reading import open_rows
from shared.imports.rows import BadRow, FileError, Options, Row
from tests.unit.imports.streams import bad, pouring, read, rows

TWO = [{"id": "1", "name": "Mina"}, {"id": "2", "name": "Jun"}]
CDNOW = Path(__file__).parents[2] / "fixtures" / "cdnow"


def refused(content: bytes, **options: object) -> FileError:
    with pytest.raises(FileError) as caught:
        read(content, **options)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        b"id,name\n1,Mina\n2,Jun\n",
        b"id,name\r\n1,Mina\r\n2,Jun",
        b"\xef\xbb\xbfid,name\n1,Mina\n2,Jun\n",
        b"id;name\n1;Mina\n2;Jun\n",
        b"id\tname\n1\tMina\n2\tJun\n",
        b"  id   name \n 1   Mina\n 2 Jun\n",
        b'\n"id","name"\n\n"1","Mina"\n"2","Jun"\n',
        b'{"id": "1", "name": "Mina"}\n\n{"id": "2", "name": "Jun"}\n',
    ],
    ids=["commas", "windows", "bom", "semicolons", "tabs", "blanks", "quotes", "jsonl"],
)
def test_rows_come_out_of_every_kind_of_text_plain_and_gzip(content: bytes) -> None:
    assert rows(content) == TWO
    assert rows(gzip.compress(content)) == TWO


def test_a_row_keeps_the_line_on_which_it_begins() -> None:
    content = b'id,note\n1,"two\nlines"\n\n2,one\nbroken\n3,"a ""quote"", and\r\nmore"\n'
    assert [(row.line, getattr(row, "reason", "")) for row in read(content)] == [
        (2, ""),
        (5, ""),
        (6, "ragged"),
        (7, ""),
    ]
    assert rows(b'id,note\n3,"a ""quote"", and\r\nmore"\n') == [{"id": "3", "note": 'a "quote", and\r\nmore'}]


def test_text_stays_text_and_what_is_empty_is_left_out() -> None:
    assert rows(b"id,amount,city\n0042,1.50,\n") == [{"id": "0042", "amount": "1.50"}]


def test_a_file_without_a_header_takes_the_names_it_is_given() -> None:
    assert rows(b"1,Mina\n2,Jun\n", columns=("id", "name")) == TWO


def test_korean_excel_is_read_in_its_encoding() -> None:
    content = "고객번호,이름\n1,홍길동\n".encode("cp949")
    assert rows(content, encoding="cp949") == [{"고객번호": "1", "이름": "홍길동"}]


@pytest.mark.parametrize("content", ["고객번호,이름\n1,홍길동\n", "id,name\n1,Mina\n2,홍길동\n3,김철수\n"])
def test_a_file_in_another_encoding_is_one_error_that_proposes_it(content: str) -> None:
    error = refused(content.encode("cp949"))
    assert error.code == "wrong_encoding"
    assert "--encoding cp949" in str(error)


def test_a_file_in_another_encoding_is_known_though_a_few_rows_were_pasted_in() -> None:
    lines = [line.encode("cp949") for line in ("고객번호,이름\n", *(f"{n},홍길동\n" for n in range(9)))]
    error = refused(b"".join([*lines, "10,😀\n".encode()]))
    assert error.code == "wrong_encoding"
    assert "line 1 " in str(error)
    assert "--encoding cp949" in str(error)


def test_rows_in_another_encoding_than_the_rest_are_bad_alone() -> None:
    content = "id,name\n1,홍길동\n".encode() + "2,김철수\n".encode("cp949") + "3,이영희\n".encode()
    assert bad(content) == [(3, "wrong_encoding")]
    assert len(read(content)) == 3


def test_ragged_rows_nul_bytes_and_open_quotes_cost_themselves_alone() -> None:
    lines = [b"id,name", b"1,a,b", b"2", b"3,a\0b", b'4,"open', b"5,fine", b'6,"x"y', b"7,fine", b'8,"open to the end']
    content = b"\n".join(lines)
    assert bad(content) == [
        (2, "ragged"),
        (3, "ragged"),
        (4, "nul_byte"),
        (5, "unclosed_quote"),
        (7, "unclosed_quote"),
        (9, "unclosed_quote"),
    ]
    assert [row.line for row in read(content) if isinstance(row, Row)] == [6, 8]


def test_a_bad_row_brings_its_text_cut() -> None:
    found = read(b"id,name\n" + b"x" * 5_000 + b"\n1,a,b\n")
    assert [len(row.text) for row in found if isinstance(row, BadRow)] == [2_000, 5]


@pytest.mark.parametrize("line", [b"2,\xff\xfe", b'2,"\xff', b"3,a\0b"])
def test_a_bad_line_inside_an_open_quote_is_told_too(line: bytes) -> None:
    found = bad("id,name\n1,é\n".encode() + b'1,"open\n' + line + b"\n4,fine\n")
    assert found[0] == (3, "unclosed_quote")
    assert found[1][0] == 4
    assert len(found) == 2


def test_json_lines_that_are_no_objects_are_bad() -> None:
    content = b'{"id": 1}\n[1]\n{"id": \n"text"\n{"id": 2, "deep": {"a": [1]}}\n' + b'{"a":' * 5_000 + b"\n"
    assert bad(content) == [(2, "not_an_object"), (3, "malformed_json"), (4, "not_an_object"), (6, "malformed_json")]
    assert [row.fields for row in read(content) if isinstance(row, Row)] == [{"id": 1}, {"id": 2, "deep": {"a": [1]}}]


def test_a_line_of_ten_gigabytes_costs_no_memory() -> None:
    megabyte = b"x" * 1_000_000

    def content() -> Iterator[bytes]:
        yield b"id,name\n1,"
        yield from (megabyte for _ in range(10_000))
        yield b"\n2,Jun\n"

    tracemalloc.start()
    found = read(pouring(content()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(row.line, getattr(row, "reason", "")) for row in found] == [(2, "row_too_long"), (3, "")]
    assert peak < 8_000_000


def test_a_quote_that_stays_open_over_a_large_file_costs_no_memory() -> None:
    def content() -> Iterator[bytes]:
        yield b'id,name\n0,"open\n'
        yield from (b"%d,%s\n" % (number, b"y" * 90) for number in range(1, 50_000))

    tracemalloc.start()
    count = sum(isinstance(row, Row) for row in open_rows(pouring(content()), Options()).rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 49_999
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "empty_file", "empty"),
        (b"\n \n", "empty_file", "empty"),
        (b"id,name,id\n1,a,2\n", "duplicate_column", "id twice: columns 1 and 3"),
        (b"PK\x03\x04workbook", "unknown_format", "CSV"),
        (b'[{"id": 1}]', "unknown_format", "on a line of its own"),
        ("id,name\n".encode("utf-16"), "wrong_encoding", "UTF-8"),
        (b'"id,name\n1,Mina\n', "bad_header", "line 1"),
        (gzip.compress(b"id,name\n1,Mina\n" * 100)[:11], "broken_file", "whole file"),
        (b"PAR1 and no more", "broken_file", "Parquet"),
    ],
    ids=["empty", "blank", "duplicate", "excel", "json", "utf-16", "header", "gzip", "parquet"],
)
def test_a_file_that_cannot_be_read_is_one_error_with_what_to_do(content: bytes, code: str, said: str) -> None:
    error = refused(content)
    assert error.code == code
    assert said in str(error)


@pytest.mark.parametrize("encoding", ["utf-9", "undefined", "utf-8\0"])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    assert refused(b"id\n1\n", encoding=encoding).code == "unknown_encoding"
    assert refused(b"id\n1\n", encoding="utf-16").code == "wrong_encoding"


def test_a_header_alone_is_a_file_without_rows() -> None:
    assert read(b"id,name\n") == []
    assert open_rows(io.BytesIO(b"id,,name"), Options()).columns == ("id", "column_2", "name")


def test_a_file_that_breaks_off_gives_what_came_before() -> None:
    content = b"id,name\n" + b"".join(b"%d,%d\n" % (number, number * 7919 % 1000) for number in range(200_000))
    found = open_rows(io.BytesIO(gzip.compress(content)[:-50_000]), Options()).rows
    seen: list[int] = []
    with pytest.raises(FileError) as caught:
        seen.extend(row.line for row in found)
    assert len(seen) > 50_000
    assert f"after line {seen[-1]} " in caught.value.message


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "some.parquet"
    values = """SELECT 1 AS id, 'Mina' AS name, 1.50::DECIMAL(9, 2) AS amount, DATE '2024-02-29' AS day,
        TIMESTAMPTZ '2024-02-29 12:00:00+09' AS at, 'NaN'::DOUBLE AS score, NULL AS nothing, '' AS empty, true AS vip"""
    duckdb.sql(f"COPY ({values} UNION ALL {values}) TO '{path}'")
    return path


def test_parquet_gives_rows_whose_values_json_can_hold(parquet: Path) -> None:
    one = {
        "id": 1,
        "name": "Mina",
        "amount": "1.50",
        "day": "2024-02-29",
        "at": "2024-02-29T03:00:00.000Z",
        "vip": True,
    }
    assert rows(parquet.read_bytes()) == [one, one]
    assert rows(gzip.compress(parquet.read_bytes())) == [one, one]
    assert rows(parquet.read_bytes(), columns=("name",)) == [{"name": "Mina"}] * 2


def test_a_nested_column_of_parquet_is_named_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "nested.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS id, [1, 2] AS items, {{'a': 1}} AS address) TO '{path}'")
    error = refused(path.read_bytes())
    assert error.code == "nested_column"
    assert "items" in error.message
    assert rows(path.read_bytes(), columns=("id",)) == [{"id": 1}]
    assert refused(path.read_bytes(), columns=("id", "nam")).code == "no_such_column"


def test_the_orders_of_a_music_shop_add_up() -> None:
    with gzip.open(CDNOW / "cdnow_master.txt.gz") as stream:
        found = rows(stream.read())
    assert len(found) == 69_659
    assert len({row["customer_id"] for row in found}) == 23_570
    assert sum(round(float(str(row["dollar_value"])) * 100) for row in found) == 250_031_563
