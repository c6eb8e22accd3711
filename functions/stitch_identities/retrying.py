"""A message of the retry queue: events stitched again, or a person folded again."""

from functions.stitch_identities.batches import park, reach, stitched
from functions.stitch_identities.parking import wait
from functions.stitch_identities.settings import Doors
from shared.aws.observability import count, logger
from shared.aws.queues import send_messages
from shared.contracts.queues import Rebuild, StitchMessage, StitchRetry
from shared.people.rebuilding import Rebuilding
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import WriteReason


def take_message(to: Doors, body: str) -> bool:
    """Whether the message is done; one that isn't comes again."""
    message = StitchMessage.validate_json(body)
    is_done = _rebuilt(to, message, body) if isinstance(message, Rebuild) else _retry(to, message)
    if is_done and message.waits_since:
        to.waits.taken(body, message.waits_since)
    return is_done


def _rebuilt(to: Doors, message: Rebuild, body: str) -> bool:
    """A person who is frozen is known to be by whoever asks for them: what waits for that has no mark."""
    reason = WriteReason("replay" if message.republish_from else "rebuild", republish_from=message.republish_from)
    try:
        if to.rebuilder.rebuild(message.profile_id, reason) == Rebuilding.FROZEN:
            wait(to, [body])
    except ProfileTooLargeError:  # it would end so each time, and the profile stays as it is
        logger().warning("a person's events don't fit into a profile", extra={"profile_id": message.profile_id})
        count("ProfilesTooLarge")
    return True


def _retry(to: Doors, message: StitchRetry) -> bool:
    """Stitch the events of a message; for a redrive, have their people's facts published again.

    Each person is a message: a hundred in one would outlast the function, and a try that ends so has done nothing.
    """
    keys = [(key.pk, key.sk) for key in message.events]
    found = to.events.get(keys)
    events = [event for event in found if event.identifiers]
    unfinished = stitched(to, events, "replay" if message.republish_from else "live")
    if unfinished.events:
        return False
    park(to, unfinished)
    if message.republish_from:
        people = to.profiles.people_of({event.identifiers[0].hash for event in events})
        touched = {held.id for e in events if (held := people.owner_of(e.identifiers[0].hash, e.time))}
        asked = [
            Rebuild(profile_id=profile_id, republish_from=message.republish_from) for profile_id in sorted(touched)
        ]
        send_messages(to.retries_queue_url, [one.model_dump_json() for one in asked])
    else:  # a batch that was given up may have been the last one of its stream
        reach(to, found)
    return True
