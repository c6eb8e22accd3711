"""What others are told of a person, as facts with their values."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.consent_deadlines import told_standings, told_state
from shared.domain.purposes import Purposes
from shared.domain.segments import memberships
from shared.domain.state import ProfileState
from shared.domain.traits import MOST_TRAITS


def values_of(state: ProfileState, before: Mapping[str, str], purposes: Purposes, now: datetime) -> dict[str, str]:
    """{fact: value}; `before` are those that were told. Values of traits appear as hashes only; what is gone is said
    too, and of people with very many traits forgotten by the next write.
    """
    stands = told_standings(state, purposes, now)
    told = [fact for fact in before if fact.startswith(("trait:", "consent:"))]
    facts = {"created": "yes", **{fact: "unknown" if fact.startswith("consent:") else "" for fact in told}}
    facts |= {f"trait:{name}": _digest(trait.value) for name, trait in state.traits.items()}
    facts |= {f"consent:{p}": told_state(standing, now) for p, standing in stands.items()}
    now_in = memberships(state)
    were_in = {key.split(":", 1)[1] for key in before if key.startswith("segment:")}
    facts |= {f"segment:{key}": "in" if key in now_in else "out" for key in now_in | were_in}
    if len(facts) <= MOST_TRAITS:
        return facts
    return {f: value for f, value in facts.items() if value or before.get(f) != ""}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
