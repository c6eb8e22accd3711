"""A profile as a row of the snapshot: what it says of a person, without the value of any identifier."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.domain.computing import Declarations, values
from shared.domain.consent_deadlines import told_standings
from shared.domain.profiles import Profile
from shared.domain.purposes import Purposes
from shared.domain.tallies import Tally
from shared.domain.times import to_text


def profile_row(profile: Profile, declared: Declarations, purposes: Purposes, at: datetime) -> dict[str, Any]:
    """Plain JSON in PROFILE_COLUMNS; computed attributes and consent as they are at an instant."""
    state = profile.state
    stands = told_standings(state, purposes, at) if state.consent else {}
    computed = {one: found.value for one, found in values(state.computed, declared, at).items()}
    return {
        "profile_id": profile.id,
        "snapshot_at": to_text(at),
        "created_at": profile.created_at or None,
        "updated_at": profile.updated_at or None,
        "first_seen": state.first_seen or None,
        "last_seen": state.last_seen or None,
        "namespaces": sorted({one.namespace for one in profile.identifiers.values()}),
        "segments": profile.segments,
        "events": state.event_count,
        "bytes": profile.size,
        "tallies": _json({name: _tally(tally) for name, tally in state.events.items()}),
        "traits": _json({name: trait.value for name, trait in state.traits.items()}),
        "consent": _json({p: {"state": one.state, "expires_at": one.expires_at} for p, one in stands.items()}),
        "computed": _json({one: value for one, value in computed.items() if value is not None}),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    worth = {"sums": {currency: str(total) for currency, total in tally.sums.items()}} if tally.sums else {}
    return {"total": tally.total, "first": tally.first, "last": tally.last, **worth}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_number)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
