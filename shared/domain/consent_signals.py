"""What an event says of consent, in whichever way its client says it: one decision by each signal."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.domain.consent import EVERY_CATEGORY, ConsentState, is_category
from shared.domain.purposes import Purposes, guardian_signal
from shared.domain.tcf import PURPOSES, Unusable, consented
from shared.domain.times import from_text, to_text

MOST_SIGNALS = 100
MOST_NAME = 100
MOST_EVIDENCE = 2_000

GPC = "gpc"
GUARDIAN = "guardian"
"""As the method of a decision: somebody's guardian decided for them."""

GOOGLE_KEYS = (
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
)
_GOOGLE: Mapping[Any, ConsentState] = {"granted": "granted", "denied": "refused"}
_STATES: Mapping[str, ConsentState] = {"granted": "granted", "refused": "refused", "withdrawn": "withdrawn"}
_RUDDER = "rudder:"
_INVALID = "consent:decision_invalid"
_RESERVED_SIGNAL = "consent:reserved_signal"
_RESERVED = (GPC, EVERY_CATEGORY)
_TEXTS = {"wording": MOST_NAME, "language": 35, "method": MOST_NAME, "evidence": MOST_EVIDENCE, "jurisdiction": 35}


class Said(NamedTuple):
    """A decision by one signal. `method`: how it was said, for what isn't explicit by the name of the standard.

    `expires` is empty for never; `wording` is the version of the text that was shown, in `language`; `evidence` where
    the proof lies, `jurisdiction` whose law it was given under.
    """

    state: ConsentState
    method: str
    is_explicit: bool = False
    expires: str = ""
    wording: str = ""
    language: str = ""
    evidence: str = ""
    jurisdiction: str = ""


class Heard(NamedTuple):
    """By signal; and notes on what decides nothing, as `tcf:cut_short`."""

    decisions: Mapping[str, Said]
    notes: tuple[str, ...] = ()


_NOTHING = Heard({})
_One = tuple[str, Said] | str
"""A signal and what it says, or a note."""


def can_be_said(signal: str) -> bool:
    """Whether any client can say it; one with a typing error decides nothing, and its refusals go unheard."""
    standard, colon, name = signal.partition(":")
    if not colon:
        return bool(signal) and signal != EVERY_CATEGORY and len(signal) <= MOST_NAME
    if standard == "tcf":
        return name in map(str, range(1, PURPOSES + 1))
    return bool(name) and (standard == "rudder" or (standard == "google" and name in GOOGLE_KEYS))


def heard(body: Mapping[str, Any]) -> Heard:
    """All that an event says of consent. Never raises; of two decisions by one signal the refusal is taken."""
    context = body.get("context")
    if not isinstance(context, Mapping) or context.keys().isdisjoint(("consent", "consentManagement", GPC)):
        return _NOTHING
    decisions: dict[str, Said] = {}
    notes: dict[str, None] = {}
    for one in _all(context):
        if isinstance(one, str):
            notes[one] = None
        elif len(one[0]) > MOST_NAME or not one[0]:
            notes["consent:signal_name"] = None
        else:
            signal, said = one
            kept = decisions.get(signal)
            decisions[signal] = said if kept is None else max(kept, said, key=_strictness)
    if len(decisions) > MOST_SIGNALS:
        notes["consent:too_many_signals"] = None
        strictest = sorted(decisions.items(), key=lambda entry: (entry[1].state == "granted", entry[0]))
        decisions = dict(strictest[:MOST_SIGNALS])
    return Heard(decisions, tuple(notes))


def not_understood(body: Mapping[str, Any], purposes: Purposes) -> Iterator[str]:
    """Notes for who answers for the source: what decides nothing, and names that no purpose lists, once there is one.

    Signals of the standards are a fixed list each: who doesn't ask for one leaves it alone.
    """
    decisions, notes = heard(body)
    yield from notes
    if purposes.by_id:
        for signal in decisions.keys() - purposes.by_signal.keys() - {EVERY_CATEGORY}:
            if is_category(signal) or signal.startswith(_RUDDER):
                yield f"unknown_purpose:{signal}"


def _strictness(said: Said) -> tuple[bool, bool]:
    return said.state != "granted", said.is_explicit


def _all(context: Mapping[str, Any]) -> Iterator[_One]:
    consent = _map(context, "consent")
    yield from _categories(consent.get("categoryPreferences"))
    yield from _consent_management(_map(context, "consentManagement"))
    yield from _google(_map(consent, "google"))
    yield from _tcf(_map(consent, "tcf"))
    yield from _explicit(consent.get("decisions"))
    if context.get(GPC) is True:
        yield GPC, Said("refused", GPC)


def _categories(preferences: object) -> Iterator[_One]:
    """Segment's; anything but true is a refusal, and no category at all refuses every one."""
    if not isinstance(preferences, Mapping):
        return
    if not preferences:
        yield EVERY_CATEGORY, Said("refused", "segment")
    for category, value in preferences.items():
        name = str(category)
        if ":" in name or name in _RESERVED:
            yield _RESERVED_SIGNAL
        else:
            yield name, Said("granted" if value is True else "refused", "segment")


def _consent_management(said: Mapping[str, Any]) -> Iterator[_One]:
    """RudderStack's; ids are case-sensitive."""
    lists: tuple[tuple[str, ConsentState], ...] = (("allowedConsentIds", "granted"), ("deniedConsentIds", "refused"))
    for field, state in lists:
        ids = said.get(field)
        for one in ids if isinstance(ids, list) else ():
            if isinstance(one, str) and one:
                yield f"{_RUDDER}{one}", Said(state, "rudder")


def _google(said: Mapping[str, Any]) -> Iterator[_One]:
    """Consent Mode: flat, or as `default` and `update`. A default that grants is nobody's decision."""
    default, update = _map(said, "default"), _map(said, "update")
    for key in GOOGLE_KEYS:
        state = _GOOGLE.get(_text(update.get(key, said.get(key))))
        if state or _text(default.get(key)) == "denied":
            yield f"google:{key}", Said(state or "refused", "google_consent_mode")


def _tcf(said: Mapping[str, Any]) -> Iterator[_One]:
    text = said.get("tcString")
    if text in (None, "") or said.get("gdprApplies") in (False, 0):
        return
    purposes = consented(text) if isinstance(text, str) else Unusable("malformed")
    if isinstance(purposes, Unusable):
        yield f"tcf:{purposes.reason}"
        return
    for purpose in range(1, PURPOSES + 1):
        yield f"tcf:{purpose}", Said("granted" if purpose in purposes else "refused", "iab_tcf")


def _explicit(decisions: object) -> Iterator[_One]:
    """Ours: one by one, with what proves them. The signal is the purpose's own id; a guardian's is one of its own."""
    if isinstance(decisions, Mapping):  # by purpose, as a file's mapping makes them; an empty column decides nothing
        named = [{**one, "purpose": purpose} for purpose, one in decisions.items() if isinstance(one, Mapping)]
        decisions = [one for one in named if one.get("state") is not None]
    for one in decisions if isinstance(decisions, list) else ():
        if isinstance(one, Mapping):
            yield from _decision(one)
        else:
            yield _INVALID


def _decision(one: Mapping[str, Any]) -> Iterator[_One]:
    """What is wrong beside a refusal doesn't undo it."""
    purpose, state = one.get("purpose"), _state_of(one.get("state"))
    if not isinstance(purpose, str) or state is None:
        yield _INVALID
        return
    if ":" in purpose or purpose in _RESERVED:
        yield _RESERVED_SIGNAL
        return
    said = {name: _text(one.get(name)) or "" for name in _TEXTS}
    texts = {name: text for name, text in said.items() if text and len(text) <= _TEXTS[name]}
    if any(name not in texts for name, text in said.items() if text):
        yield "consent:text_too_long"
    expires = _moment(one["expires"]) if one.get("expires") and state == "granted" else ""
    if expires is None:
        yield _INVALID
    else:
        signal = guardian_signal(purpose) if texts.get("method") == GUARDIAN else purpose
        yield signal, Said(state, **{"method": "explicit", **texts}, is_explicit=True, expires=expires)


def _state_of(said: object) -> ConsentState | None:
    if isinstance(said, bool):
        return "granted" if said else "refused"
    return _STATES.get(said) if isinstance(said, str) else None


def _moment(value: object) -> str | None:
    try:
        return to_text(from_text(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _map(outer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = outer.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
