"""Logs and metrics of every function. Logs carry ids and names, never values of a person."""

from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from shared.aws.failures import DiscreetFormatter

if TYPE_CHECKING:
    from aws_lambda_powertools import Metrics


@cache
def logger() -> Logger:
    """The function's structured logger; service and level come from POWERTOOLS_* settings."""
    return Logger(
        logger_formatter=DiscreetFormatter(utc=True, serialize_stacktrace=False), log_uncaught_exceptions=False
    )


@cache
def metrics() -> "Metrics":
    """The function's metrics, written as embedded metric format when a handler ends."""
    from aws_lambda_powertools import Metrics

    return Metrics()


def count(name: str, value: int = 1) -> None:
    """Count `name` (CamelCase) in the function's metrics; nothing is written for zero."""
    if value:
        metrics().add_metric(name=name, unit="Count", value=value)


def duration(name: str, milliseconds: float) -> None:
    """Record a duration in milliseconds."""
    metrics().add_metric(name=name, unit="Milliseconds", value=milliseconds)


def flush_metrics() -> None:
    """Write what a handler has counted; nothing where it has counted nothing."""
    if metrics().metric_set:
        metrics().flush_metrics()
