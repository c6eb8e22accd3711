"""The catalogue over moto: what goes in comes out, versions guard it, and secrets never lie in it."""

from dataclasses import replace

import boto3
import pytest

from shared.domain.api_tokens import SCOPES, ApiToken
from shared.domain.destinations import Destination
from shared.domain.identity_rules import DEFAULT_ID, IdentityRules, Limit
from shared.domain.sources import Source, WebhookScheme, WriteKey
from shared.stores.catalogue_store import CatalogueStore, VersionConflictError
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment

SOURCE = Source(
    "src_1",
    "Web shop",
    kind="web",
    retention_class="short",
    owner="team",
    allowed_origins=("https://shop.example",),
    webhook=WebhookScheme("hmac", "X-Signature"),
)
DESTINATION = Destination(
    "dst_1", "CRM", "https://hooks.example.com/", ("Segment Entered",), "secret", ("Ads",), ("city",), ("email",)
)


@pytest.fixture
def catalogue(aws: Deployment) -> CatalogueStore:
    return CatalogueStore(aws.table(CATALOGUE))


def test_what_is_put_is_found_and_listed_at_its_next_version(catalogue: CatalogueStore) -> None:
    catalogue.put(SOURCE)
    catalogue.put(DESTINATION)
    assert catalogue.find(Source, "src_1") == replace(SOURCE, version=1)
    assert list(catalogue.list(Source)) == [replace(SOURCE, version=1)]
    assert catalogue.find(Destination, "dst_1") == replace(DESTINATION, version=1)
    assert list(catalogue.list(Destination)) == [replace(DESTINATION, version=1)]
    assert catalogue.find(Source, "dst_1") is None


def test_identity_rules_are_found_as_they_were_put(catalogue: CatalogueStore) -> None:
    rules = IdentityRules(limits={"user_id": Limit(1), "phone": Limit(5, within_days=30)}, never_merge=("phone",))
    catalogue.put(rules)
    assert catalogue.find(IdentityRules, DEFAULT_ID) == replace(rules, version=1)


def test_of_two_who_change_the_same_only_one_succeeds(catalogue: CatalogueStore) -> None:
    catalogue.put(SOURCE)
    read = catalogue.find(Source, "src_1")
    assert read is not None
    catalogue.put(replace(read, state="disabled"))
    with pytest.raises(VersionConflictError):
        catalogue.put(replace(read, name="Other"))
    with pytest.raises(VersionConflictError):
        catalogue.put(SOURCE)
    assert catalogue.find(Source, "src_1") == replace(SOURCE, state="disabled", version=2)


def test_a_deleted_destination_is_gone_and_does_not_come_back_by_a_late_change(catalogue: CatalogueStore) -> None:
    catalogue.put(DESTINATION)
    catalogue.delete(Destination, "dst_1")
    assert list(catalogue.list(Destination)) == []
    with pytest.raises(VersionConflictError):
        catalogue.put(replace(DESTINATION, version=1))


def test_keys_and_tokens_are_found_by_themselves_and_stored_as_hashes(
    aws: Deployment, catalogue: CatalogueStore
) -> None:
    granted = ApiToken("ci", SCOPES, "2027-01-01T00:00:00.000Z", ("ads",), ("bakery",))
    catalogue.put_write_key("wk_secret", WriteKey("src_1"))
    catalogue.put_api_token("jgb_secret", granted)
    assert catalogue.find_write_key("wk_secret") == WriteKey("src_1")
    assert catalogue.find_api_token("jgb_secret") == granted
    assert catalogue.find_api_token("wk_secret") is None
    assert catalogue.find_write_key("jgb_secret") is None
    items = boto3.client("dynamodb").scan(TableName=aws.table(CATALOGUE))["Items"]
    assert "secret" not in str(items)
    assert {item["v"]["N"] for item in items} == {"1"}
