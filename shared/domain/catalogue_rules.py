"""What a catalogue item may not say, kind by kind, beyond the types of its fields."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from shared.domain import computed_attributes as computed
from shared.domain import destination_rules, plan_problems
from shared.domain import mapping as mappings
from shared.domain.catalogue import Configured
from shared.domain.companies import Company
from shared.domain.consent_signals import GOOGLE_KEYS, can_be_said
from shared.domain.countries import CODES
from shared.domain.destinations import Destination
from shared.domain.flaws import (
    CURRENCY_FIX,
    LONGEST_NAME,
    PATH_FIX,
    ZONE_FIX,
    Flaw,
    is_currency,
    is_name,
    is_path,
    is_zone,
)
from shared.domain.identifiers import MAX_LENGTH, ORDER, is_external_type
from shared.domain.identity_rules import DEFAULT_ID, MOST_IDENTIFIERS, IdentityRules
from shared.domain.policy_packs import PolicyPack
from shared.domain.privacy_requests import RequestKind
from shared.domain.purposes import MOST_MONTHS, Purpose
from shared.domain.retention_duties import LONGEST_DUTY_DAYS, RetentionDuty
from shared.domain.segments.definition import Segment
from shared.domain.segments.flaws import segment_flaws
from shared.domain.sources import LEAST_DAYS, RetentionClass, Source
from shared.domain.tcf import PURPOSES
from shared.domain.tracking_plans import TrackingPlan

REFERENCE_UNKNOWN = "reference_unknown"
STILL_REFERENCED = "still_referenced"
MOST_DAYS = 3650
_LONGEST_ADDRESS = 500
_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def _source(source: Source) -> Iterator[Flaw]:
    yield from _name(source.name)
    if source.events_per_second < 0:
        yield Flaw("events_per_second", "It is below 0.", "0 lets any number through.")
    if source.reduces_without and source.mapping:
        fix = "Take the mapping from it: what is kept of an event is told by the fields that clients send."
        yield Flaw("reduces_without", "A source with a mapping reduces nothing.", fix)
    for place, origin in enumerate(source.allowed_origins):
        if not _ORIGIN.fullmatch(origin):
            fix = "Scheme and host as browsers send them, such as https://shop.example."
            yield Flaw(f"allowed_origins.{place}", f"“{origin}” is no origin.", fix)


def _retention_class(held: RetentionClass) -> Iterator[Flaw]:
    if not LEAST_DAYS <= held.days <= MOST_DAYS:
        yield Flaw("days", f"{held.days} is no period.", f"{LEAST_DAYS} to {MOST_DAYS} days.")


def _mapping(mapping: mappings.Mapping) -> Iterator[Flaw]:
    yield from _name(mapping.name)
    for problem in mapping.problems:
        yield Flaw(f"rules.{problem.rule - 1}", problem.message, problem.fix)


def _tracking_plan(plan: TrackingPlan) -> Iterator[Flaw]:
    yield from _name(plan.name)
    for problem in plan_problems.problems(plan):
        yield Flaw(f"events.{problem.event}{problem.pointer.replace('/', '.')}", problem.message, problem.fix)


def _destination(destination: Destination) -> Iterator[Flaw]:
    yield from _name(destination.name)
    yield from destination_rules.flaws(destination)


def _identity_rules(rules: IdentityRules) -> Iterator[Flaw]:
    import phonenumbers  # costs 30 ms and 8 MB: only those who meet such rules pay

    if rules.id != DEFAULT_ID:
        yield Flaw("", "A stage has one set of identity rules.", f"Its id is `{DEFAULT_ID}`.")
    for namespace, limit in rules.limits.items():
        if limit.most < 1 or not 0 <= limit.within_days <= MOST_DAYS:
            fix = f"`most` from 1 on, `within_days` up to {MOST_DAYS}; 0 is ever."
            yield Flaw(f"limits.{namespace}", "This is no limit.", fix)
    named = {"limits": [*rules.limits], "priority": rules.priority, "never_merge": rules.never_merge}
    for field, namespaces in named.items():
        for place, namespace in enumerate(namespaces):
            if namespace not in ORDER and not is_external_type(namespace):
                where = f"{field}.{namespace if field == 'limits' else place}"
                yield Flaw(
                    where, f"“{namespace}” is no namespace.", f"{', '.join(ORDER)}, or the type of an external id."
                )
    if len(set(rules.priority)) < len(rules.priority):
        yield Flaw("priority", "A namespace is there twice.", "Name each once.")
    if rules.phone_region not in phonenumbers.SUPPORTED_REGIONS:
        yield Flaw("phone_region", f"“{rules.phone_region}” is no region.", "Two capital letters, such as KR.")
    if not 1 <= rules.most_identifiers <= MOST_IDENTIFIERS:
        fix = f"1 to {MOST_IDENTIFIERS}: a profile is one item."
        yield Flaw("most_identifiers", f"{rules.most_identifiers} is no number of identifiers.", fix)
    for place, value in enumerate(rules.blocked):
        if not value.strip() or len(value) > MAX_LENGTH:
            yield Flaw(f"blocked.{place}", "This is no value.", f"1 to {MAX_LENGTH} characters.")


def _computed_attribute(declared: computed.ComputedAttribute) -> Iterator[Flaw]:
    function, path = declared.function, declared.property
    if not path and function in computed.NUMERIC | computed.OF_VALUES:
        yield Flaw("property", f"It says not of what to take the {function}.", "Name a path, such as properties.total.")
    for field, at in {"property": path, **{f"where.{at}": at for at in declared.where}}.items():
        if at and not is_path(at):
            yield Flaw(field, f"“{at}” is no path.", PATH_FIX)
    if path == "amount" and function in computed.NUMERIC and not declared.currency:
        yield Flaw("currency", "Amounts of different currencies don't add up.", "Name one, such as KRW.")
    if declared.currency and not is_currency(declared.currency):
        yield Flaw("currency", f"“{declared.currency}” is no currency.", CURRENCY_FIX)
    if not 0 <= declared.window_days <= computed.MOST_DAYS:
        yield Flaw("window_days", "This is no window.", f"1 to {computed.MOST_DAYS} days; 0 is ever.")
    elif computed.most_bytes(declared) > computed.MOST_BYTES:
        yield Flaw("window_days", f"A {function} over so many days may outgrow a profile.", "Take fewer days, or 0.")
    if len(declared.where) > computed.MOST_WHERE:
        yield Flaw("where", "These are too many conditions.", f"{computed.MOST_WHERE} at most.")
    if len(declared.event) > LONGEST_NAME:
        yield Flaw("event", "It is too long.", f"{LONGEST_NAME} characters at most.")


def _purpose(purpose: Purpose) -> Iterator[Flaw]:
    for language, name in purpose.name.items():
        if not is_name(name):
            yield Flaw(f"name.{language}", "It is empty or too long.", f"1 to {LONGEST_NAME} characters.")
    if not purpose.name:
        yield Flaw("name", "It has no name.", "Name it in a language, such as `en: Advertising`.")
    for field in ("valid_months", "reconfirm_months"):
        if not 0 <= getattr(purpose, field) <= MOST_MONTHS:
            yield Flaw(field, "This is no period.", f"1 to {MOST_MONTHS} months; 0 is for ever.")
    for place, signal in enumerate(purpose.signals):
        if not can_be_said(signal):
            fix = f"A category, rudder:<id>, gpc, tcf:1 to tcf:{PURPOSES}, or google: with {', '.join(GOOGLE_KEYS)}."
            yield Flaw(f"signals.{place}", f"No client says “{signal}”.", fix)


def _policy_pack(pack: PolicyPack) -> Iterator[Flaw]:
    yield from _name(pack.name)
    for kind, period in pack.deadlines.items():
        if kind not in get_args(RequestKind) or period.number < 1:
            fix = f"One of {', '.join(get_args(RequestKind))}, with a number from 1 on."
            yield Flaw(f"deadlines.{kind}", "This is no deadline.", fix)
    if quiet := pack.quiet_hours:
        for field, clock in {"start": quiet.start, "end": quiet.end}.items():
            if not _CLOCK.fullmatch(clock):
                yield Flaw(f"quiet_hours.{field}", f"“{clock}” is no time of day.", "Hours and minutes, such as 21:00.")
        if not is_zone(quiet.zone):
            yield Flaw("quiet_hours.zone", f"“{quiet.zone}” is no time zone.", ZONE_FIX)
    for place, country in enumerate(pack.countries):
        if country not in CODES:
            fix = "Two capital letters of ISO 3166, such as KR; the United Kingdom is GB."
            yield Flaw(f"countries.{place}", f"“{country}” is no country.", fix)


def _retention_duty(duty: RetentionDuty) -> Iterator[Flaw]:
    yield from _name(duty.name)
    if not duty.events:
        yield Flaw("events", "It keeps nothing.", "Name the events that the law asks for.")
    if not 1 <= duty.days <= LONGEST_DUTY_DAYS:
        yield Flaw("days", f"{duty.days} is no number of days.", f"1 to {LONGEST_DUTY_DAYS}.")
    if not duty.basis.strip():
        yield Flaw("basis", "Nothing may be kept without a law that asks for it.", "Name the law and its article.")


def _company(company: Company) -> Iterator[Flaw]:
    yield from _name(company.name)
    for field in ("address", "contact"):
        if not getattr(company, field).strip() or len(getattr(company, field)) > _LONGEST_ADDRESS:
            yield Flaw(field, "It is empty or too long.", f"1 to {_LONGEST_ADDRESS} characters.")


def _name(name: str) -> Iterator[Flaw]:
    if not is_name(name):
        yield Flaw("name", "It is empty or too long.", f"1 to {LONGEST_NAME} characters.")


CHECKS: Mapping[type[Configured], Callable[[Any], Iterator[Flaw]]] = {
    Source: _source,
    RetentionClass: _retention_class,
    mappings.Mapping: _mapping,
    TrackingPlan: _tracking_plan,
    Destination: _destination,
    IdentityRules: _identity_rules,
    computed.ComputedAttribute: _computed_attribute,
    Purpose: _purpose,
    PolicyPack: _policy_pack,
    RetentionDuty: _retention_duty,
    Company: _company,
    Segment: segment_flaws,
}
