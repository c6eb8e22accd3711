"""How failures are told: by kind and place, and in their own words only where these are ours or AWS's."""

import json
import logging
import sys

import pytest
from botocore.exceptions import ParamValidationError

from shared.aws.batching import StillFailingError
from shared.aws.failures import BrokenOffError, DiscreetFormatter, discreet, told
from tests.faults import client_error

JANE = "jane@example.com"


def parse(value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise LookupError(value) from error


def raised(value: str = JANE) -> BaseException:
    with pytest.raises(LookupError) as caught:
        parse(value)
    return caught.value


def test_an_exception_is_told_by_its_kind_its_place_and_what_led_to_it_without_its_words() -> None:
    text = told(raised())
    assert JANE not in text
    assert text.index("ValueError") < text.index("LookupError")
    assert "in parse" in text


def test_what_aws_and_we_say_is_kept_since_it_names_ids_and_codes_alone() -> None:
    assert told(client_error("ThrottlingException")).startswith("ClientError: An error occurred (ThrottlingException)")
    assert "2 entries failed" in told(StillFailingError("put_records", 2))
    assert told(ConnectionError("refused")) == "ConnectionError: refused"


def test_what_aws_was_given_and_cant_take_is_not_told() -> None:
    refused = ParamValidationError(report=f"Invalid type for parameter Item.pk, value: {JANE}")
    assert told(refused) == "ParamValidationError"


def test_a_line_of_the_log_has_no_words_of_an_exception_anywhere() -> None:
    try:
        parse(JANE)
    except LookupError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "It broke", None, sys.exc_info())
    line = json.loads(DiscreetFormatter(serialize_stacktrace=False).format(record))
    assert (line["message"], line["exception_name"]) == ("It broke", "LookupError")
    assert JANE not in str(line)


def test_a_handler_lets_pass_what_may_be_logged_and_nothing_else() -> None:
    @discreet
    def handler(error: BaseException | None) -> str:
        if error:
            raise error
        return "done"

    assert handler(None) == "done"
    with pytest.raises(type(client_error("X")), match="X"):
        handler(client_error("X"))
    with pytest.raises(BrokenOffError) as caught:
        handler(raised())
    assert JANE not in str(caught.value)
    assert "LookupError" in str(caught.value)
    assert caught.value.__suppress_context__
