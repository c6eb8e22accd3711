"""What could not be stitched at once, as messages of the retry queue."""

from collections.abc import Sequence
from datetime import UTC, datetime

from functions.stitch_identities.people import Unfinished
from functions.stitch_identities.settings import Doors
from shared.aws.queues import send_messages
from shared.contracts.queues import Rebuild, stitch_retries
from shared.domain.times import to_text

FROZEN_SECONDS = 60


def put_on_queue(to: Doors, unfinished: Unfinished) -> None:
    """Who is stale is missing no decision, so nobody's deliveries wait for that rebuild: a changed catalogue asks for
    one of everybody whom it meets.
    """
    since = to_text(datetime.now(UTC))
    parked = stitch_retries(((event.pk, event.sk) for event in unfinished.events), waits_since=since)
    messages = [message.model_dump_json() for message in parked]
    rebuilds = (Rebuild(profile_id=profile_id, waits_since=since) for profile_id in sorted(unfinished.forgotten))
    messages += [message.model_dump_json() for message in rebuilds]
    to.waits.parked(messages, since)
    stale = (Rebuild(profile_id=profile_id) for profile_id in sorted(unfinished.stale - unfinished.forgotten))
    send_messages(to.retries_queue_url, [*messages, *(message.model_dump_json() for message in stale)])
    held = stitch_retries((event.pk, event.sk) for event in unfinished.held)
    wait(to, [message.model_dump_json() for message in held])


def wait(to: Doors, messages: Sequence[str]) -> None:
    """For as long as a person is frozen, what changes them goes round as new messages, which never die of tries."""
    send_messages(to.retries_queue_url, messages, delay_seconds=FROZEN_SECONDS)
