"""A request's head is read strictly, and handed on as it came."""

import pytest

from local.front import Head


def head(*lines: str) -> Head:
    return Head.parse("\r\n".join([*lines, "", ""]).encode())


def test_a_head_is_handed_on_with_its_names_order_and_repeats() -> None:
    parsed = head("POST /v1/track?a=%2F HTTP/1.1", "Host: x", "X-One: 1", "x-one:  2")
    assert parsed.handed_on(b"/api", b"192.0.2.1") == (
        b"POST /api/v1/track?a=%2F HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nx-one: 2\r\n"
        b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n\r\n"
    )


def test_addresses_that_are_named_already_come_first() -> None:
    parsed = head("GET / HTTP/1.1", "X-Forwarded-For: 203.0.113.1", "x-forwarded-for: 203.0.113.2")
    assert b"X-Forwarded-For: 203.0.113.1, 203.0.113.2, 192.0.2.1\r\n" in parsed.handed_on(b"", b"192.0.2.1")


def test_the_scheme_is_what_it_is_whatever_the_client_says() -> None:
    handed_on = head("GET / HTTP/1.1", "X-Forwarded-Proto: https").handed_on(b"", b"192.0.2.1")
    assert [line for line in handed_on.split(b"\r\n") if b"Proto" in line] == [b"X-Forwarded-Proto: http"]


@pytest.mark.parametrize("lines", [["hello"], ["GET * HTTP/1.1"], ["GET http://x/ HTTP/1.1"], ["GET / HTTP/1.1", "x"]])
def test_what_is_not_http_with_a_path_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError):
        head(*lines)
