"""A controller that knows the specification of OpenDSR alone, on the deployed stack."""

import json

import boto3
import httpx

from local import aws
from local.outputs import Outputs
from tests.component.receiver import receiving
from tests.e2e.people import eventually, fresh
from tests.opendsr_client import Controller


def test_a_controller_is_called_back_once_its_request_is_carried_out(cloud: Outputs) -> None:
    with aws.speaking_to(cloud.aws_endpoint_url):
        secret = boto3.client("secretsmanager").get_secret_value(SecretId="jogakbo/local/opendsr/certificate")
    authority = json.loads(secret["SecretString"])["certificate"].partition("-----END CERTIFICATE-----\n")[2]
    url = cloud.api_url.replace("127.0.0.1", "localhost")
    jane = {"identity_type": "email", "identity_value": f"{fresh('jane')}@example.com", "identity_format": "raw"}
    with (
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {cloud.api_token}"}) as http,
        receiving() as hook,
    ):
        controller = Controller(http, authority)
        told = controller.receipt(controller.request("erasure", [jane], [hook.url]))
        eventually(lambda: hook.received, "a callback")
        one = hook.received[0]
        assert controller.called_back(hook.url, one.headers, one.body) == 202
        assert controller.heard[0]["subject_request_id"] == told["subject_request_id"]
        assert controller.heard[0]["request_status"] in ("in_progress", "completed")
        assert controller.called_back(hook.url, one.headers, one.body + b" ") == 403
        assert controller.cancel(told["subject_request_id"]).status_code == 400
