"""A bill is its counts at the prices of the file, and a resource without a price is an error."""

import json
from dataclasses import replace
from datetime import date

import pytest

from bench.memory.counts import Counts
from bench.memory.services import kilobytes
from bench.memory.stack import Deployed
from bench.memory.standing import Standing
from bench.prices import PerEvent, bill, idle, price, prices

ONE = PerEvent(0.1, 0.11, 0.0001, 1.3, 0.5, 0.3, 0.001, 0.02, 10, 0.02, 0, 100)
STILL = Standing(70, 2)


def test_the_price_file_is_dated_and_tags_each_price_and_names_the_source_of_what_is_confirmed() -> None:
    assert date.fromisoformat(prices()["dated"])
    text = json.dumps(prices())
    assert "null" not in text
    for group in ("per_million", "per_gb", "per_month", "assumed"):
        for amount, tag, *source in prices()[group].values():
            assert amount > 0
            assert tag in ("K", "M") or (tag == "C" and source)


def test_a_million_events_cost_their_units() -> None:
    found = bill(ONE)
    assert found["DynamoDB writes"] == pytest.approx(1.3 * 0.625)
    assert found["HTTP API"] == pytest.approx(0.1)
    assert found["Kinesis"] == pytest.approx(0.3 * 1e6 / 1024**2 * 0.12)
    assert found["Lambda"] == pytest.approx(0.11 * 0.2 + 100 * price("lambda_gb_second"))
    assert bill(replace(ONE, write_units=2.6))["DynamoDB writes"] == pytest.approx(2 * found["DynamoDB writes"])


def test_what_is_billed_in_steps_is_rounded_up() -> None:
    assert [kilobytes(size) for size in (0, 1, 1_024, 1_025)] == [1, 1, 1, 2]
    assert kilobytes(65 * 1_024, 64) == 2


def test_an_idle_month_has_a_line_for_whatever_costs_something() -> None:
    stream = {"RetentionPeriodHours": 168, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    kinds = {
        "Key": {"Type": "AWS::KMS::Key"},
        "Other": {"Type": "AWS::KMS::Key"},
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": stream},
    }
    found = idle(Deployed(kinds), STILL)
    assert found["2 x KMS::Key"] == 2.0
    assert found["DynamoDB, by schedule"] == pytest.approx((70 * 0.125 + 2 * 0.625) * 60 * 730 / 1e6)
    assert found["Kinesis stream, on-demand"] == pytest.approx(29.2)
    shard = {"RetentionPeriodHours": 24, "ShardCount": 1}
    kinds["Stream"] = {"Type": "AWS::Kinesis::Stream", "Properties": shard}
    assert idle(Deployed(kinds), STILL)["Kinesis stream, provisioned"] == pytest.approx(10.95)


def test_a_resource_without_a_price_is_an_error() -> None:
    with pytest.raises(ValueError, match="EC2::NatGateway"):
        idle(Deployed({"Gateway": {"Type": "AWS::EC2::NatGateway"}}), STILL)


def test_requests_in_a_row_are_those_of_the_busiest_thread_of_each_pool() -> None:
    counts = Counts()
    counts.waits.update({"MainThread": 3, "ThreadPoolExecutor-1_0": 2, "ThreadPoolExecutor-1_1": 5})
    counts.waits["ThreadPoolExecutor-2_0"] = 1
    assert counts.in_a_row() == 3 + 5 + 1
