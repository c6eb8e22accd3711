"""A partner's signed webhook on its way to a person, on both clouds: the function may read the source's secret."""

import json
import time

import httpx

from local import aws as local_aws
from local.outputs import Outputs
from shared.aws import clients
from shared.domain.incoming_webhooks import secret_name
from shared.domain.sources import Source, WebhookScheme
from shared.domain.standard_webhooks import secret_of, signed_headers
from shared.stores.catalogue_store import CatalogueStore
from tests.e2e.people import fresh, has

SECRET = secret_of(bytes(range(32)))


def test_a_signed_webhook_becomes_an_event_of_its_person_and_a_forged_one_nothing(cloud: Outputs) -> None:
    source_id, user = fresh("src_partner"), fresh("user")
    with local_aws.speaking_to(cloud.aws_endpoint_url):
        source = Source(source_id, "A partner", "webhook", webhook=WebhookScheme("standard"))
        CatalogueStore(cloud.tables["catalogue"]).put(source)
        name = secret_name(cloud.stage, source_id)
        clients.secrets().create_secret(Name=name, SecretString=json.dumps([SECRET]))
    url, body = f"{cloud.collect_url}/v1/webhooks/{source_id}", json.dumps({"type": "page", "userId": user}).encode()
    forged = signed_headers([secret_of(bytes(32))], fresh("msg"), int(time.time()), body)
    refused = httpx.post(url, content=body, headers=forged, timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_signature")
    message_id = fresh("msg")
    for _ in range(2):
        signed = signed_headers([SECRET], message_id, int(time.time()), body)
        assert httpx.post(url, content=body, headers=signed, timeout=30).json() == {"success": True}
    person = has(cloud, f"user_id:{user}", **{"$page": 1})
    assert person["events"]["$page"]["count"] == 1
