"""Privacy requests as they are kept."""

from datetime import UTC, datetime

import pytest

from shared.domain.privacy_requests import Identity, PrivacyRequest, ended, with_step
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.request_store import RequestStore
from shared.stores.tables import PRIVACY
from tests.conftest import Deployment

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ASKED = PrivacyRequest(
    id="r1",
    kind="erasure",
    regulation="gdpr",
    identities=(Identity("email", "jane@example.com"),),
    created_by="operations",
    received_at="2026-11-21T09:30:00.000Z",
    due_at="2026-12-21T09:30:00.000Z",
)


def test_a_request_is_read_as_it_was_written_and_names_nobody_once_it_has_ended(aws: Deployment) -> None:
    store = RequestStore(aws.table(PRIVACY))
    stored = store.put(ASKED, NOW)
    assert store.find("r1") == stored
    going = store.put(with_step(stored, "profiles", {"deleted": 3}), NOW)
    with pytest.raises(VersionConflictError):
        store.put(stored, NOW)
    over = store.put(ended(going, "completed", "2026-11-21T09:31:00.000Z"), NOW)
    assert store.newest(10) == [over]
    assert (over.identities, over.params, over.done) == ((), {}, {"profiles": {"deleted": 3}})
