"""`make invoke` with arguments that name nothing: one line says what would."""

from pathlib import Path

import pytest

from local.invoke import InvokeError, invoke
from local.outputs import Origins, from_stack

OUTPUTS = from_stack(
    {
        "BusName": "bus",
        "EventsStreamName": "stream",
        "LogBucketName": "bucket",
        "IdentifierKeySecretName": "secret",
        "DeliverFunctionName": "jogakbo-local-deliver",
    },
    Origins("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3", "us-east-1", "local"),
)


@pytest.mark.parametrize("function", ["", "store"])
def test_an_unknown_function_is_told_with_those_there_are(function: str) -> None:
    with pytest.raises(InvokeError, match="there are deliver"):
        invoke(OUTPUTS, function, Path("events/triggers/deliver.json"))


@pytest.mark.parametrize("event", ["", "nowhere.json", "events"])
def test_what_is_no_file_is_told_with_a_remedy(event: str) -> None:
    with pytest.raises(InvokeError, match="EVENT="):
        invoke(OUTPUTS, "deliver", Path(event))


def test_a_file_that_is_no_json_never_reaches_the_function() -> None:
    with pytest.raises(InvokeError, match="isn't JSON"):
        invoke(OUTPUTS, "deliver", Path("README.md"))
