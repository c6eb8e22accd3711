"""Settings, SDK metrics, beacons and pixels: the parts of the wire contract that are no plain POST of events."""

import base64
import json
from typing import Any

import pytest

from functions.collect_events import collecting
from functions.collect_events.handler import handler
from shared.contracts.pixel import GIF
from shared.contracts.records import decode
from tests.conftest import Deployment
from tests.pipeline import SOURCE, WRITE_KEY, collected, request, seed_source, sent


@pytest.fixture(autouse=True)
def _source(aws: Deployment) -> None:
    seed_source(aws)


def asked(path: str, **query: str) -> dict[str, Any]:
    """A GET as a browser or a mail reader makes it: no credentials."""
    event = request("", path, "GET", query, host="collect.example.com")
    del event["headers"]["authorization"]
    return handler(event, None)


def events(aws: Deployment) -> list[Any]:
    return [element.value for data in collected(aws) for element in decode(data).elements]


def test_analytics_next_gets_the_settings_that_send_it_back_here() -> None:
    for slash in ("", "/"):
        reply = asked(f"/v1/projects/{WRITE_KEY}/settings{slash}")
        assert reply["statusCode"] == 200
        told = json.loads(reply["body"])
        assert told["metrics"] == {"sampleRate": 0}, "its own metrics stay at home"
        segment = told["integrations"]["Segment.io"]
        assert segment == {"apiKey": WRITE_KEY, "apiHost": "collect.example.com/v1", "protocol": "https"}
        assert "max-age" in reply["headers"]["cache-control"]


def test_rudder_js_gets_the_source_config_it_needs_to_start() -> None:
    for path in ("/sourceConfig", "/sourceConfig/"):
        source = json.loads(asked(path, writeKey=WRITE_KEY)["body"])["source"]
        assert source["id"] == SOURCE
        assert source["enabled"] is True
        assert isinstance(source["config"], dict)
        assert source["destinations"] == []


def test_settings_of_an_unknown_key_are_refused_with_a_code() -> None:
    for reply in (asked("/v1/projects/nobody/settings"), asked("/sourceConfig/", writeKey="nobody")):
        assert reply["statusCode"] == 401
        assert json.loads(reply["body"])["code"] == "unknown_write_key"


def test_metrics_of_an_sdk_are_taken_without_a_key_and_let_go(aws: Deployment) -> None:
    event = request({"series": [{"type": "Counter", "metric": "x"}]}, "/v1/m")
    del event["headers"]["authorization"]
    assert sent(event) == (200, {"success": True})
    assert collected(aws) == []


def test_a_beacon_is_a_batch_with_its_key_in_the_query(aws: Deployment) -> None:
    beacon = request(
        json.dumps({"batch": [{"type": "page", "anonymousId": "a1", "messageId": "m1"}]}),
        "/beacon/v1/batch",
        query={"writeKey": WRITE_KEY},
        content_type="text/plain",
    )
    del beacon["headers"]["authorization"]
    assert sent(beacon) == (200, {"success": True})
    assert [event["messageId"] for event in events(aws)] == ["m1"]


OPENED = {"writeKey": WRITE_KEY, "userId": "u1", "event": "Email Opened", "properties": {"mail": "summer?>"}}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=["standard", "url_safe"])
@pytest.mark.parametrize("padding", ["", "="])
def test_a_pixel_with_data_is_an_event(aws: Deployment, encode: Any, padding: str) -> None:
    data = encode(json.dumps(OPENED).encode()).decode().rstrip("=")
    data += padding * (-len(data) % 4)
    reply = asked("/v1/pixel/track", data=data)
    assert (reply["statusCode"], base64.b64decode(reply["body"])) == (200, GIF)
    assert reply["headers"]["content-type"] == "image/gif"
    (event,) = events(aws)
    assert (event["type"], event["event"], event["properties"]) == ("track", "Email Opened", {"mail": "summer?>"})
    assert WRITE_KEY not in json.dumps(event)


@pytest.mark.parametrize("path", ["/v1/pixel/page", "/pixel/v1/page"])
def test_a_pixel_with_a_flat_query_is_an_event(aws: Deployment, path: str) -> None:
    asked(path, **{"writeKey": WRITE_KEY, "anonymousId": "a1", "name": "Home", "context.page.url": "https://x"})
    (event,) = events(aws)
    assert (event["type"], event["name"], event["context"]) == ("page", "Home", {"page": {"url": "https://x"}})


@pytest.mark.parametrize(
    "query",
    [{}, {"data": "%%%"}, {"data": "W10="}, {"data": "e30="}, {"writeKey": "nobody", "userId": "u1"}],
    ids=["nothing", "no_base64", "list", "no_key", "unknown_key"],
)
def test_a_pixel_that_is_lost_is_still_an_image_and_counted(
    aws: Deployment, query: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    reply = asked("/v1/pixel/track", **query)
    assert (reply["statusCode"], base64.b64decode(reply["body"])) == (200, GIF)
    assert collected(aws) == []
    assert '"PixelsLost":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_pixel_while_the_stream_is_down_is_lost_and_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(collecting, "put_records", lambda *_: 1 / 0)
    assert asked("/v1/pixel/track", writeKey=WRITE_KEY, userId="u1", event="Seen")["statusCode"] == 200
    assert '"PixelsLost":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_nothing_is_served_at_other_paths() -> None:
    for path in ("/", "/v1/projects/", "/v1/pixel/nothing", "/v1/projects/a/b/settings"):
        assert asked(path)["statusCode"] == 404
