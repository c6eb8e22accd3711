"""HTTP APIs of the emulator behave as API Gateway's."""

import base64
import gzip
import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.contract.emulator.support import CORS, Emulator, echo_api


class Api:
    def __init__(self, emulator: Emulator, api_id: str) -> None:
        self.address = urlsplit(emulator.endpoint_url).netloc
        self.prefix = f"/_aws/execute-api/{api_id}/$default"

    def send(
        self, method: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request(method, self.prefix + "/v1/track", body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@pytest.fixture(scope="module")
def api(emulator: Emulator) -> Api:
    outputs = emulator.deploy(echo_api(CORS), name="http-api", outputs={"Id": {"Ref": "Api"}})
    return Api(emulator, outputs["Id"])


def test_a_preflight_gets_the_cors_headers_that_cloudformation_declares(api: Api) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    status, answer, _ = api.send("OPTIONS", headers=headers)
    assert status == 204
    assert answer["access-control-allow-origin"] == "*"
    assert answer["access-control-allow-methods"] == "POST,GET"
    assert answer["access-control-max-age"] == "600"


def test_an_answer_carries_the_allowed_origin(api: Api) -> None:
    _, answer, _ = api.send("POST", b"{}", {"Origin": "https://shop.example", "Content-Type": "application/json"})
    assert answer["access-control-allow-origin"] == "*"


def test_cors_changed_by_an_update_is_answered(emulator: Emulator) -> None:
    emulator.deploy(echo_api(CORS), name="http-api-cors")
    changed = {**CORS, "AllowOrigins": ["https://only.example"]}
    outputs = emulator.deploy(echo_api(changed), name="http-api-cors", outputs={"Id": {"Ref": "Api"}})
    _, answer, _ = Api(emulator, outputs["Id"]).send("OPTIONS", headers={"Origin": "https://only.example"})
    assert answer["access-control-allow-origin"] == "https://only.example"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/octet-stream", ""])
def test_a_gzip_body_reaches_the_function_intact_in_base64(api: Api, content_type: str) -> None:
    body = gzip.compress(json.dumps({"userId": "민지"}).encode())
    headers = {"Content-Encoding": "gzip"} | ({"Content-Type": content_type} if content_type else {})
    _, _, answer = api.send("POST", body, headers)
    event = json.loads(answer)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body
    assert event["headers"]["content-encoding"] == "gzip"


def test_a_text_body_reaches_the_function_as_text(api: Api) -> None:
    _, _, answer = api.send("POST", '{"name": "조각보"}'.encode(), {"Content-Type": "application/json"})
    event = json.loads(answer)
    assert event["isBase64Encoded"] is False
    assert event["body"] == '{"name": "조각보"}'


@pytest.mark.parametrize("host", ["collect.example.com", "localhost:3000", "s3.amazonaws.com", "data.s3.localhost"])
def test_an_api_answers_under_any_host_name(api: Api, host: str) -> None:
    status, _, answer = api.send("POST", b"{}", {"Host": host, "Content-Type": "application/json"})
    assert status == 200
    assert json.loads(answer)["rawPath"] == "/v1/track"
