"""By when a privacy request is due: the law of a place gives a period, which begins with the request's receipt."""

from datetime import datetime, timedelta

from shared.domain.policy_packs import Period
from shared.domain.times import months_later

_SATURDAY = 5


def due(received: datetime, period: Period) -> datetime:
    """A month ends on the same day of the next one, or on its last where there is no such day. Business days are all
    but Saturdays and Sundays: holidays are left out of account, so that nothing is ever due too late.
    """
    match period.unit:
        case "days":
            return received + timedelta(days=period.number)
        case "months":
            return months_later(received, period.number)
    left, day = period.number, received
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day
