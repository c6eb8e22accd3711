"""The shop's clickstream as SDK calls: anonymous until sign-in, its dates shifted so that it ends now."""

import csv
import gzip
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.demo.shoppers import ADDED, Shopper, price, shopper

DATA = Path(__file__).parent / "data" / "ecom.csv.gz"
SIGN_IN_PAGES = frozenset({"account_page", "shipping_details", "payment_details"})
ADVERTISING, PERSONALISATION = "Advertising", "Personalisation"
"""Categories, as the banner of the shop sends them."""

_PAGES = {"home", "catalog", "promo_page", "account_page", "review_page"}
_NAMES = {
    "product_view": "Product Viewed",
    "search": "Products Searched",
    "filter_results": "Product List Filtered",
    "add_to_cart": "Product Added",
    "cart": "Cart Viewed",
    "shipping_details": "Checkout Step Viewed",
    "wishlist_add": "Product Added to Wishlist",
    "payment_details": "Payment Info Entered",
    "purchase": "Order Completed",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the SDK: its method and its keyword arguments."""

    method: str
    arguments: dict[str, Any]


@dataclass(slots=True)
class _Browsers:
    """Which cookie a shopper has on a platform in a month, and where they have signed in."""

    signed_in: set[str] = field(default_factory=set)
    decided: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    cookies: set[str] = field(default_factory=set)

    def cookie(self, row: dict[str, str]) -> str:
        text = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{row['user_id']}/{row['platform']}/{row['timestamp'][:7]}"))
        self.cookies.add(text)
        return text


def rows() -> list[dict[str, str]]:
    """The rows by time."""
    with gzip.open(DATA, "rt") as file:
        return sorted(csv.DictReader(file), key=lambda row: row["timestamp"])


def calls(of: list[dict[str, str]], now: datetime) -> Iterator[Call]:
    """What the shop's site would have called, in order; the last row happens at `now`."""
    shift = now - _time(of[-1])
    browsers = _Browsers()
    for row in of:
        moment, cookie, who = _time(row) + shift, browsers.cookie(row), shopper(row["user_id"])
        common = {"anonymous_id": cookie, "timestamp": moment, "context": _context(row)}
        if row["event"] in SIGN_IN_PAGES and cookie not in browsers.signed_in:
            browsers.signed_in.add(cookie)
            yield _identify(who, common, first=who.user_id not in browsers.decided)
            browsers.decided.add(who.user_id)
        if cookie in browsers.signed_in:
            common["user_id"] = who.user_id
        yield _behaviour(row, common)
        if row["event"] == "support_chat" and who.withdraws and cookie in browsers.signed_in:
            browsers.withdrawn.add(who.user_id)
            yield _preference(common, granted=False)
        if row["event"] == "purchase" and who.regrants and who.user_id in browsers.withdrawn:
            browsers.withdrawn.discard(who.user_id)
            yield _preference(common, granted=True)


def visitors(of: list[dict[str, str]]) -> int:
    """How many cookies, that is anonymous visitors, the rows came from."""
    browsers = _Browsers()
    return len({browsers.cookie(row) for row in of})


def _identify(who: Shopper, common: dict[str, Any], first: bool) -> Call:
    context = dict(common["context"])
    if first and who.consents is not None:
        context["consent"] = {"categoryPreferences": {ADVERTISING: who.consents, PERSONALISATION: who.is_named}}
    traits = {"name": who.name, "email": who.email, "address": {"city": who.city}}
    return Call("identify", {**common, "user_id": who.user_id, "traits": traits, "context": context})


def _preference(common: dict[str, Any], granted: bool) -> Call:
    context = {**common["context"], "consent": {"categoryPreferences": {ADVERTISING: granted}}}
    return Call("track", {**common, "event": "Segment Consent Preference Updated", "context": context})


def _behaviour(row: dict[str, str], common: dict[str, Any]) -> Call:
    event = row["event"]
    if event in _PAGES:
        return Call("page", {**common, "name": event.replace("_", " ").title()})
    properties: dict[str, Any] = {"session_id": row["session_id"]}
    if event == "purchase":
        total = price(row["session_id"], row["timestamp"])
        properties |= {"order_id": f"order-{row['session_id']}", "total": total, "currency": "KRW"}
    elif event in ("product_view", "add_to_cart", "wishlist_add"):
        product = f"sku-{price(row['session_id'], event) // 1_000 % 40:02d}"
        properties |= {"product_id": product, "price": price(product), "currency": "KRW"}
    return Call(
        "track", {**common, "event": _NAMES.get(event, event.replace("_", " ").title()), "properties": properties}
    )


def _context(row: dict[str, str]) -> dict[str, Any]:
    return {
        "campaign": {"source": row["acquisition_channel"]},
        "device": {"type": row["platform"]},
        "demo": {"added": ADDED},
    }


def _time(row: dict[str, str]) -> datetime:
    return datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
