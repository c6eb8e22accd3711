"""People in the deployment of a component test, stitched from events by the code that does it in production."""

import boto3
from ulid import ULID

from shared.aws.dynamo import to_attributes
from shared.domain.events import Event
from shared.domain.segments.memberships import segments_of
from shared.domain.stitching import stitch
from shared.stores.event_store import to_item
from shared.stores.profile_store import ProfileStore, WriteReason
from shared.stores.tables import EVENTS, LEDGER, PROFILES
from tests.conftest import PREFIX, Deployment
from tests.people import NOW, SECRET
from tests.segments import BOUGHT_ONCE


def stitch_into(aws: Deployment, *events: Event) -> str:
    """Store the events and stitch each; the result is the profile id of the last."""
    boto3.client("secretsmanager").put_secret_value(SecretId=f"{PREFIX}-identifier-key", SecretString=SECRET)
    store = ProfileStore(aws.table(PROFILES), aws.table(LEDGER), segments=lambda told_by: segments_of([BOUGHT_ONCE]))
    for event in events:
        boto3.client("dynamodb").put_item(TableName=aws.table(EVENTS), Item=to_attributes(to_item(event, 36_500)))
        before = store.people_of([identifier.hash for identifier in event.identifiers])
        after = before.copy()
        change = stitch(after, event, lambda: str(ULID()), NOW)
        assert change is not None
        store.put(before, after, change, WriteReason("live", event.correlation_id), NOW)
    owner = after.owner_of(events[-1].identifiers[0].hash, events[-1].time)
    assert owner is not None
    return owner.id
