"""A mapping proposed from what people call their columns makes their rows events."""

from typing import Any

import pytest

from shared.domain.mapping import Mapped, Mapping, apply, problems
from shared.imports.checking import check_columns
from shared.imports.proposing import propose
from shared.imports.rows import FileError

CDNOW = ({"customer_id": "00004", "date": "19970118", "number_of_cds": "2", "dollar_value": "29.73"},)
KOREAN = (
    {
        "고객번호": "7",
        "이름": "홍길동",
        "이메일": "h@example.com",
        "주문일시": "2024.01.02 10:11",
        "결제금액(원)": "12000",
    },
)


def mapped(*rows: dict[str, Any]) -> dict[str, Any]:
    """The first row after the rules that are proposed for them all."""
    proposal = propose(tuple(rows[0]), rows)
    mapping = Mapping("m", "m", proposal.rules)
    assert problems(mapping) == ()
    check_columns(proposal.rules, tuple(rows[0]))
    done = apply(mapping, {**rows[0], "messageId": "m-1"})
    assert isinstance(done, Mapped)
    assert done.unmapped == ()
    assert isinstance(done.element, dict)
    return done.element


def test_orders_become_orders() -> None:
    assert mapped(*CDNOW) == {
        "messageId": "m-1",
        "type": "track",
        "event": "Order Completed",
        "userId": "00004",
        "timestamp": "1997-01-18T00:00:00.000Z",
        "properties": {"number_of_cds": "2", "total": 29.73, "currency": "USD"},
    }


def test_korean_orders_are_in_won_and_in_korean_time() -> None:
    assert mapped(*KOREAN) == {
        "messageId": "m-1",
        "type": "track",
        "event": "Order Completed",
        "userId": "7",
        "timestamp": "2024-01-02T01:11:00.000Z",
        "properties": {"total": 12000, "currency": "KRW"},
        "context": {"traits": {"name": "홍길동", "email": "h@example.com"}},
    }


def test_amounts_with_separators_of_thousands_are_read_as_they_are_written() -> None:
    rows = ({"고객번호": "7", "금액": "900"}, {"고객번호": "8", "금액": "1,129,000"})
    assert {"op": "cast", "field": "properties.total", "as": "number", "format": "1,234.5"} in propose(
        ("고객번호", "금액"), rows
    ).rules
    assert mapped(rows[1], rows[0])["properties"]["total"] == 1129000
    assert mapped(*rows)["properties"]["total"] == 900


def test_contacts_become_people() -> None:
    row = {
        "Customer ID": "7",
        "E-mail": "h@example.com",
        "mobilePhone": "010-1234-5678",
        "Plan Name": "pro",
        "createdAt": "2024-01-02",
    }
    assert mapped(row) == {
        "messageId": "m-1",
        "type": "identify",
        "userId": "7",
        "timestamp": "2024-01-02T00:00:00.000Z",
        "traits": {"email": "h@example.com", "phone": "010-1234-5678", "plan_name": "pro"},
    }


def test_rows_that_are_events_stay_what_they_are() -> None:
    row = {"type": "track", "userId": "7", "event": "Song Played", "timestamp": "2024-01-02T03:04:05+09:00"}
    assert mapped(row) == {**row, "messageId": "m-1", "timestamp": "2024-01-01T18:04:05.000Z"}


def test_a_column_called_type_that_is_no_type_of_event_is_a_property() -> None:
    element = mapped({"user_id": "7", "event": "Song Played", "type": "jazz"})
    assert (element["type"], element["properties"]) == ("track", {"type": "jazz"})


def test_two_columns_for_one_field_both_stay() -> None:
    element = mapped({"user_id": "7", "order_date": "2024-01-02", "amount": "5", "total": "6", "Total!": "7"})
    assert element["properties"] == {"total": 5, "total_2": "6", "total_3": "7"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (("1704164645", "1704164646"), "2024-01-02T03:04:05.000Z"),
        (("1704164645123",), "2024-01-02T03:04:05.123Z"),
        (("20240102030405",), "2024-01-02T03:04:05.000Z"),
        (("2024/01/02 03:04",), "2024-01-02T03:04:00.000Z"),
        (("01/02/2024", "12/31/2024"), "2024-01-02T00:00:00.000Z"),
        (("02/01/2024", "31/12/2024"), "2024-01-02T00:00:00.000Z"),
        (("2024년 1월 2일",), "2024-01-02T00:00:00.000Z"),
        (("2024-01-02 03:04:05.5",), "2024-01-02T03:04:05.500Z"),
    ],
)
def test_the_form_of_a_time_is_taken_from_all_rows(written: tuple[str, ...], read: str) -> None:
    rows = [{"user_id": "7", "event": "Song Played", "date": text} for text in written]
    assert mapped(*rows)["timestamp"] == read


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ({"op": "rename", "from": "customer", "to": "userId"}, 2),
        ({"op": "cast", "field": "properties.totl", "as": "number"}, 2),
        ({"op": "drop", "field": "secret"}, 2),
    ],
)
def test_a_mapping_that_names_a_missing_column_is_told_with_the_rule(rule: dict[str, Any], number: int) -> None:
    rules = [{"op": "rename", "from": "amount", "to": "properties.total"}, rule]
    with pytest.raises(FileError) as caught:
        check_columns(rules, ("customer_id", "amount"))
    assert f"Rule {number} of the mapping reads {rule.get('from') or rule.get('field')}," in str(caught.value)
    assert "customer_id, amount" in str(caught.value)


def test_a_mapping_may_name_what_its_own_rules_make() -> None:
    rules = [
        {"op": "rename", "from": "amount", "to": "properties.total"},
        {"op": "cast", "field": "properties.total", "as": "number"},
        {"op": "default", "field": "context.channel", "value": "store"},
        {"op": "drop", "field": "context"},
    ]
    check_columns(rules, ("amount",))
