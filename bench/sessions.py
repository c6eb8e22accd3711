"""One session of a person in a browser: who they say they are, and the events of each of its requests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
LOGGING_IN = 0.35
DEVICES = (0.7, 0.95)
"""How likely a session is on a person's first device, and on one of the first two of three."""

PAGES = ("Home", "Product", "Category", "Cart", "Search", "Help", "Account", "Checkout")
TRACKS = (
    "Product Viewed",
    "Product Added",
    "Products Searched",
    "Product List Viewed",
    "Cart Viewed",
    "Order Completed",
)
PLANS = ("free", "pro", "team")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

Event = dict[str, Any]


@dataclass(slots=True)
class Session:
    """`logs_in`: they haven't yet, and will."""

    person: int
    device: str
    chance: Random
    is_hard: bool
    logs_in: bool
    is_known: bool = False


def session_of(person: int, chance: Random, is_hard: bool) -> Session:
    device = sum(chance.random() >= likely for likely in DEVICES)
    anonymous = str(UUID(int=Random(f"{person}/{device}").getrandbits(128), version=4))  # noqa: S311
    return Session(person, anonymous, chance, is_hard, chance.random() < LOGGING_IN)


def body_of(session: Session, at: float, events: int) -> dict[str, Any]:
    """A request of so many events, `at` seconds after START; who logs in does so at its first event or later."""
    sent = START + timedelta(seconds=at)
    batch = []
    for place in range(events):
        happened = sent - timedelta(milliseconds=150 * (events - place))
        batch.append(_event(session, happened))
    return {"batch": batch, "sentAt": _text(sent)}


def _event(session: Session, happened: datetime) -> Event:
    chance = session.chance
    event: Event = {"messageId": f"ajs-{UUID(int=chance.getrandbits(128), version=4)}", "timestamp": _text(happened)}
    if session.logs_in and chance.random() < 0.5:
        session.logs_in, session.is_known = False, True
        event |= {"type": "identify", "traits": _traits(session.person)}
    elif chance.random() < 0.4:
        name = chance.choice(PAGES)
        event |= {"type": "page", "name": name, "properties": _properties(session, f"/{name.lower()}")}
    else:
        event |= {"type": "track", "event": chance.choice(TRACKS), "properties": _properties(session, "/product")}
    if session.is_known:
        event["userId"] = f"user-{session.person}"
    path = "/" if session.person % 2 else "/shop"
    page = {"path": path, "url": f"https://shop.example.com{path}", "title": "A shop", "referrer": ""}
    library = {"name": "analytics.js", "version": "next-1.79.0"}
    context = {"page": page, "userAgent": AGENT, "locale": "ko-KR", "library": library, "timezone": "Asia/Seoul"}
    return {**event, "anonymousId": session.device, "context": context}


def _properties(session: Session, path: str) -> Event:
    chance = session.chance
    said: Event = {"path": path, "sku": f"sku-{chance.randrange(500)}", "price": chance.randrange(1, 200)}
    return {**said, "token": f"{chance.getrandbits(600):0150x}"} if session.is_hard else said


def _traits(person: int) -> Event:
    """The same each time, as sites send what they know at every login."""
    chance = Random(f"traits/{person}")  # noqa: S311
    name = f"Person {person}"
    return {"email": f"person-{person}@example.com", "name": name, "plan": chance.choice(PLANS), "city": "Seoul"}


def _text(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='milliseconds')[:23]}Z"
