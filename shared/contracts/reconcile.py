"""What reconcile_counts is asked for: by its schedule, or by hand for an hour."""

from typing import Any

from shared.contracts.lake import Hour
from shared.contracts.shape import Shape


class ReconcileCounts(Shape):
    """`hour` of receipt (`2026-11-21T09`, UTC); without one, the last hours and those of a day that are still open."""

    hour: Hour | None = None


def asked(event: dict[str, Any]) -> ReconcileCounts:
    """What an invocation asks for; EventBridge's own scheduled event asks for what is due."""
    return ReconcileCounts() if event.get("source") == "aws.events" else ReconcileCounts.model_validate(event)
