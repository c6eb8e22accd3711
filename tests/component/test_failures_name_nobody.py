"""Whatever breaks, and whatever it says: no function's log quotes a person, nor what it leaves for Lambda to log."""

import json
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from shared.aws.failures import DiscreetFormatter
from shared.aws.sending import Host
from tests.conftest import Deployment
from tests.jobs import Minutes

PERSON = ("jane@example.com", "김미나", "+82 10 1234 5678")
SAMPLES = sorted(Path("events/triggers").glob("*.json"))
FUNCTIONS = {path.parent.name for path in Path("functions").glob("*/handler.py")}


class QuotingError(Exception):
    """As the errors of parsers do: it has the value in its words, and a cause that has it too."""


def break_every_call(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each call of AWS fails; the list grows with each."""
    broken: list[str] = []

    def call(self: object, *asked: Any) -> Any:
        broken.append(asked[0])
        try:
            raise ValueError(f"no number: {PERSON[0]}")
        except ValueError as error:
            raise QuotingError(" ".join(PERSON)) from error

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(Host, "send", call)
    return broken


def left_to_lambda(function: str, event: Any) -> Iterator[str]:
    """What the function answers or raises."""
    try:
        yield str(import_module(f"functions.{function}.handler").handler(event, Minutes()))
    except Exception as error:  # whatever it is, Lambda would write its words
        yield f"{type(error).__name__}: {error}"


def line(record: logging.LogRecord) -> str:
    """As it is logged: caplog has put its own text of the exception into the record."""
    record.exc_text = None
    return DiscreetFormatter(serialize_stacktrace=False).format(record)


def test_no_failure_of_any_function_quotes_a_person(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, seen = break_every_call(monkeypatch), set()
    for path in SAMPLES:
        function = next(name for name in FUNCTIONS if path.stem.startswith(name))
        caplog.clear()
        broken.clear()
        said = [*left_to_lambda(function, json.loads(path.read_text()))]
        said += map(line, caplog.records)
        assert [word for word in PERSON if word in "\n".join(said)] == [], path.name
        assert broken, f"{path.name} came to no call of AWS"
        seen.add(function)
    assert seen == FUNCTIONS
