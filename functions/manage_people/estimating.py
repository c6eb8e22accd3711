"""Whom a job would be about, so that it can be estimated: those named, or what DynamoDB says of its tables."""

from collections.abc import Collection

from functions.manage_people.settings import doors
from shared.aws.dynamo import table_size
from shared.contracts.people import EstimateView, JobRequest
from shared.domain.estimates import PRICES, Extent, estimate, of_people
from shared.domain.profiles import Profile


def estimated(body: JobRequest, people: Collection[Profile] | None) -> EstimateView:
    """`people` are those named, or None where the job has to find them."""
    extent = _extent(people, scans_profiles=body.all or bool(body.segment))
    found = estimate(extent, body.rate, is_writing=body.kind != "verify")
    return EstimateView(
        people=extent.people,
        events=extent.events,
        is_exact=people is not None,
        read_units=found.read_units,
        write_units=found.write_units,
        dollars=found.dollars,
        prices=PRICES,
        seconds=found.seconds,
    )


def _extent(people: Collection[Profile] | None, *, scans_profiles: bool) -> Extent:
    """Of everybody, who are two items at least: the profile and an identifier; or of those named."""
    events, event_bytes = table_size(doors().events_table)
    if people is not None:
        return of_people(people, event_bytes / max(events, 1))
    items, item_bytes = table_size(doors().profiles.profiles_table)
    return Extent(items // 2, items, item_bytes, events, event_bytes, item_bytes if scans_profiles else event_bytes)
