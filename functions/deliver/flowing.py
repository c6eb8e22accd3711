"""What was delivered, counted by destination, source and field: one write a batch for each of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.aws.observability import count, logger
from shared.domain.data_flows import Flow, counted
from shared.stores.contention import ContentionError
from shared.stores.flow_counts import FlowCounts


def count_flows(
    counts: FlowCounts,
    went: Mapping[tuple[str, str], Mapping[Flow, int]],
    purposes: Mapping[str, Sequence[str]],
) -> None:
    """`went` by what was delivered and where to. Where DynamoDB is busy they stay uncounted, and that is counted: the
    audit log has each of them.
    """
    each = ((to, flow, often) for (_, to), flows in went.items() for flow, often in flows.items())
    for (destination_id, source_id), fields in counted(each).items():
        try:
            counts.add(destination_id, source_id, fields, purposes.get(destination_id, ()), datetime.now(UTC))
        except ContentionError:
            logger().warning("Flows went uncounted", extra={"destination_id": destination_id})
            count("FlowsUncounted", sum(fields.values()))
