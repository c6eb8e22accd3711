"""Computed attributes through the real handlers: declared over the API, folded by workers, shown by the Read API."""

import json
from typing import Any

import boto3
import pytest

from functions.read_profiles import profile_routes
from functions.stitch_identities.settings import doors
from shared.domain.computed_attributes import SHIPPED
from shared.domain.identity_rules import IdentityRules, Limit
from shared.stores import kept_declarations, kept_rules
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.managing import TOKEN, ask, give_token
from tests.component.stitching import a_warm_function, queued, stitched, stored, waiting, who
from tests.component.test_read_profiles import ask as read
from tests.conftest import PREFIX, Deployment, forget_everything
from tests.people import SECRET, make_event

__all__ = ["a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function", "tokens")

PATH = "/v1/computed-attributes"
KRW = {"total": 3000, "currency": "KRW"}


@pytest.fixture
def tokens(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads too; what is kept is read again at once where it is asked for fresh."""

    boto3.client("secretsmanager").put_secret_value(SecretId=f"{PREFIX}-identifier-key", SecretString=SECRET)
    monkeypatch.setattr(kept_declarations, "FRESH", 0.0)
    monkeypatch.setattr(kept_rules, "FRESH", 0.0)
    give_token(aws, TOKEN, "profiles:read", "catalogue:read", "catalogue:write")


def bought(number: int, **more: Any) -> Any:
    properties = {**KRW, **more}
    return make_event({"userId": "u1", "event": "Order Completed", "properties": properties}, 5, f"m{number}")


def shown() -> dict[str, Any]:
    status, body = read("/v1/profiles/user_id%3Au1")
    assert status == 200, body
    computed: dict[str, Any] = body["computed"]
    return computed


def declare(name: str, **document: Any) -> tuple[int, dict[str, Any]]:
    return ask("PUT", f"{PATH}/{name}", document)


def test_what_ships_is_shown_with_the_person(aws: Deployment) -> None:
    stitched(*stored(aws, bought(1), bought(2)))
    found = shown()
    assert found["monetary"] == {"value": "6000.0000", "approximate": False, "stale": False}
    assert found["frequency"]["value"] == 2
    assert found["days_since_contact"]["value"] is None


def test_a_new_declaration_is_stale_until_its_person_is_folded_again_by_the_next_event(aws: Deployment) -> None:
    stitched(*stored(aws, bought(1, category="shoes"), bought(2, category="hats")))
    shown()
    status, _ = declare("shoes", function="count", where={"properties.category": "shoes"})
    assert status == 200
    profile_routes.declared.cache_clear()
    assert shown()["shoes"] == {"value": 0, "approximate": False, "stale": True}
    forget_everything()
    assert stitched(*stored(aws, bought(3, category="shoes"))) == []
    assert shown()["shoes"] == {"value": 1, "approximate": False, "stale": True}
    (asked,) = waiting(aws)
    assert json.loads(asked)["kind"] == "rebuild"
    assert queued(asked) == []
    assert shown()["shoes"] == {"value": 2, "approximate": False, "stale": False}
    assert stitched(*stored(aws, bought(4, category="shoes"))) == []
    assert shown()["shoes"]["value"] == 3
    assert waiting(aws) == []


def test_a_rebuild_is_asked_for_once_and_again_where_the_batch_comes_again(aws: Deployment) -> None:
    stitched(*stored(aws, bought(1)))
    declare("words", function="unique", property="properties.word")
    forget_everything()
    batch = stored(aws, bought(2))
    stitched(*batch)
    (asked,) = waiting(aws)
    stitched(*stored(aws, bought(3)))
    assert waiting(aws) == []
    stitched(*batch)
    (again,) = waiting(aws)
    assert json.loads(again)["profile_id"] == json.loads(asked)["profile_id"]
    queued(asked)
    stitched(*batch)
    assert waiting(aws) == []


def test_a_worker_that_meets_a_person_of_newer_declarations_reads_them_again(aws: Deployment) -> None:
    stitched(*stored(aws, bought(1)))
    older = doors().declared
    declare("words", function="unique", property="properties.word")
    doors.cache_clear()
    stitched(*stored(aws, bought(2, word="a")))
    queued(*waiting(aws))
    newer = doors().declared.get()
    assert older.get() != newer
    doors.cache_clear()
    object.__setattr__(doors(), "declared", older)
    stitched(*stored(aws, bought(3, word="b")))
    assert older.get().digest == newer.digest == who("user_id", "u1").declared
    assert shown()["words"]["value"] == 2
    assert waiting(aws) == []


def test_a_worker_that_meets_a_person_of_newer_identity_rules_reads_them_again(aws: Deployment) -> None:
    stitched(*stored(aws, bought(1)))
    older = doors().rules
    CatalogueStore(aws.table(CATALOGUE)).put(IdentityRules(limits={"email": Limit(1)}))
    doors.cache_clear()
    stitched(*stored(aws, bought(2)))
    assert who("user_id", "u1").rules == 1
    assert older.get().version == 0
    doors.cache_clear()
    object.__setattr__(doors(), "rules", older)
    stitched(*stored(aws, bought(3)))
    assert older.get().version == 1


def test_fifty_are_live_at_most(aws: Deployment) -> None:
    for number in range(50 - len(SHIPPED)):
        status, _ = declare(f"a{number}", function="count")
        assert status == 200
    status, refused = declare("one_more", function="count")
    assert status == 400
    assert refused["problems"][0]["field"] == "state"
    assert declare("one_more", function="count", state="disabled")[0] == 200
    assert declare("frequency", function="count", state="disabled")[0] == 200
    assert declare("another", function="count")[0] == 200
