"""What came of it, told so that a person enjoys it and can check it."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
from rich.table import Table

from local.demo import by_time, probe
from local.demo.counters import COUNTED, Counters, People
from local.demo.receiver import Receiver
from local.outputs import Outputs
from local.progress import console, say


@dataclass(frozen=True, slots=True)
class Run:
    """`seconds` from the first event to the last fact; `stages` in milliseconds."""

    sent: int
    visitors: int
    seconds: float
    stages: dict[str, float | None]


def tell(outputs: Outputs, people: People, counters: Counters, receiver: Receiver, run: Run) -> None:
    for stage, milliseconds in run.stages.items():
        say(f"  {stage:<28}{f'{milliseconds:7.0f} ms' if milliseconds is not None else '   not reached'}")
    console.rule("4. What came of it")
    _people(run, people)
    _view(outputs, people)
    _facts(people, counters, receiver)
    _reconcile(run, counters)


def _people(run: Run, people: People) -> None:
    say(
        f"{run.visitors:,} anonymous visitors became {people.live:,} people: {people.known:,} known by name, "
        f"{people.live - people.known:,} still anonymous.\n{people.merged:,} profiles were merged into others. "
        f"{run.sent:,} events in {run.seconds:.0f} s on this machine, {run.sent / run.seconds:,.0f} a second."
    )


def _view(outputs: Outputs, people: People) -> None:
    """One person's single view, as the Read API gives it."""
    if people.buyer is None:
        return
    with httpx.Client(headers={"Authorization": f"Bearer {outputs.api_token}"}, timeout=10) as client:
        where = f"{outputs.api_url}/v1/profiles/user_id:{people.buyer}"
        view: dict[str, Any] = client.get(where).raise_for_status().json()
        timeline = client.get(f"{where}/events", params={"limit": 200}).raise_for_status().json()["events"]
    console.rule(f"The best customer, {people.buyer}", style="dim")
    by_namespace = Counter(identifier["namespace"] for identifier in view["identifiers"])
    say("identifiers  " + ", ".join(f"{number} {namespace}" for namespace, number in sorted(by_namespace.items())))
    say("segments     " + (", ".join(view["segments"]) or "none"))
    say("consent      " + (", ".join(f"{p}: {c['state']}" for p, c in view["consent"].items()) or "never asked"))
    table = Table("trait", "value", "since", "from source", "from event")
    for name, trait in sorted(view["traits"].items()):
        event = trait["event"].split("#")[-1][:13] + "…"
        value = json.dumps(trait["value"], ensure_ascii=False)
        table.add_row(name, value, trait["time"][:10], trait["source_id"][:8] + "…", event)
    console.print(table)
    _sign_in(timeline)


def _sign_in(timeline: list[dict[str, Any]]) -> None:
    """The events around the newest sign-in: what was anonymous belongs to the same person."""
    place = next((n for n, event in enumerate(timeline) if event["type"] == "identify"), 0)
    lines = Table("when", "event", "sent as")
    for event in timeline[max(place - 3, 0) : place + 5]:
        body = event["event"]
        who = f"user_id {body['userId']}" if body.get("userId") else f"anonymous {body['anonymousId'][:8]}…"
        what = event["name"] or " ".join(filter(None, (event["type"], body.get("name"))))
        lines.add_row(event["time"][:16].replace("T", " "), what, who)
    console.print(lines)


def _facts(people: People, counters: Counters, receiver: Receiver) -> None:
    console.rule("Told to the partner, each signed and checked", style="dim")
    for name, number in sorted(receiver.by_type.items()):
        say(f"  {name:<20}{number:6,}")
    said = ", ".join(f"{number:,} {state}" for state, number in people.consents.most_common())
    named = Counter("withheld" in message["data"] for message in receiver.messages)
    say(
        f"  Bad signatures: {receiver.refused}. Repeats dropped by id: {receiver.repeated}.\n"
        f"  Consent to advertising: {said}, {people.live - people.consents.total():,} never asked. "
        f"Without the name, for which consent is missing: {named[True]:,} of these facts."
    )
    ended = counters.deliveries()
    sign = "=" if ended["delivered"] == len(receiver.ids) else "≠"
    console.rule("Withheld from the partner, and why", style="dim")
    for reason, number in ended.most_common():
        say(f"  {reason:<42}{number:6,}")
    say(f"  delivered by the ledger {ended['delivered']:,} {sign} {len(receiver.ids):,} at the webhook")


def _reconcile(run: Run, counters: Counters) -> None:
    ledger = counters.ledger()
    console.rule("The ledger closes", style="dim")
    ended = ledger.total() - ledger["received"]
    sign = "=" if ledger["received"] == ended else "≠"
    say(
        f"sent {run.sent:,}, {probe.PROBES} probes and {by_time.SENT} events of two people\n"
        f"received {ledger['received']:,} {sign} {' + '.join(f'{name} {ledger[name]:,}' for name in COUNTED[1:])};  "
        f"on people {counters.folded():,}"
    )


def tell_next(outputs: Outputs, people: People) -> None:
    who = people.buyer or "user_0000"
    token = f"-H 'Authorization: Bearer {outputs.api_token}'"
    say(f"curl -s {token} {outputs.api_url}/v1/profiles/user_id:{who}")
    say(f"curl -s {token} '{outputs.api_url}/v1/profiles/user_id:{who}/events?limit=5'")
    say(
        f"curl -s -u {outputs.write_key}: {outputs.collect_url}/v1/identify "
        """-d '{"userId":"me","traits":{"email":"me@example.com"}}'"""
    )
    say(f"curl -s {token} {outputs.api_url}/v1/profiles/email:me@example.com")
    say("The local cloud stays up. Stop it with: make down")
