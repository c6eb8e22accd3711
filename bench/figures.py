"""One run of the hot path as figures: each function's counts by the events that it had, and what they come to."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.memory.counts import Counts, Written
from bench.prices import PerEvent, assumed


@dataclass(frozen=True, slots=True)
class Figures:
    """By event. `by` is by (function, measure); `units` by what was written."""

    by: Mapping[tuple[str, str], float]
    units: Mapping[Written, float]
    items: Mapping[Written, float]
    sizes: Mapping[Written, float]

    def of(self, measure: str) -> float:
        return sum(number for (_, name), number in self.by.items() if name == measure)

    def write_units(self, *tables: str) -> float:
        """Of these tables, or of all."""
        named = {f"write units {table}" for table in tables}
        return sum(n for (_, name), n in self.by.items() if name in named or (not tables and _writes(name)))

    def read_units(self) -> float:
        return sum(number for (_, name), number in self.by.items() if name.startswith("read units"))

    def log_bytes(self) -> float:
        """With the lines that Lambda itself writes of each invocation."""
        return self.of("log bytes") + self.of("invocations") * assumed("log_bytes_of_lambda_an_invocation")

    def gb_seconds(self) -> float:
        """Below a whole vCPU a function takes the longer for its CPU, so that costs the same; waiting is billed."""
        client = self.of("dynamodb requests") * assumed("ms_cpu_of_a_client_a_request") / 1000
        cpu = (self.of("cpu seconds") + client) * assumed("megabytes_of_a_whole_vcpu")
        waiting = self.of("megabytes x requests in a row") * assumed("ms_waiting_a_request") / 1000
        return (cpu + waiting) / 1024

    def per_event(self) -> PerEvent:
        taken = 2 * self.by.get(("deliver", "invocations"), 0.0)  # messages are received and deleted by batch
        return PerEvent(
            requests=self.by["collect_events", "invocations"],
            invocations=self.of("invocations"),
            gb_seconds=self.gb_seconds(),
            write_units=self.write_units(),
            read_units=self.read_units(),
            billed_kb=self.of("kinesis KB"),
            s3_puts=self.of("s3 puts"),
            entries=self.of("eventbridge entries"),
            entry_bytes=self.of("eventbridge bytes"),
            sqs_requests=self.of("sqs requests") + taken,
            kms_requests=self.of("kms requests"),
            log_bytes=self.log_bytes(),
        )


def figures(counts: Counts, collected: int) -> Figures:
    """ValueError where what was written doesn't add up to the capacity that DynamoDB says it took."""

    def by_event(function: str, number: float) -> float:
        return number * counts.per_event(function, collected)

    found = Figures(
        by={key: by_event(key[0], number) for key, number in counts.by.items()},
        units={one: by_event(one.function, number) for one, number in counts.units.items()},
        items={one: by_event(one.function, number) for one, number in counts.items.items()},
        sizes={one: counts.bytes[one] / number for one, number in counts.items.items()},
    )
    told, seen = found.write_units(), sum(found.units.values()) + found.of("refused write units")
    if abs(told - seen) > 1e-6:
        raise ValueError(f"{told} write units were consumed, {seen} accounted for")
    return found


def _writes(measure: str) -> bool:
    return measure.startswith("write units")
