"""Gap: a warm invocation that prints nothing takes 57 ms, of which 50 are spent waiting for a log line."""

from ministack.core.lambda_runtime import Worker

FIRST_LINE_SECONDS = 0.002
QUIET_SECONDS = 0.002
LONGEST_SECONDS = 0.250


def do_not_wait_for_a_log_line() -> None:
    """Gap: after each reply the worker waits 50 ms for a first line on stderr, with no setting to change it."""
    Worker._drain_stderr_bounded.__defaults__ = (FIRST_LINE_SECONDS, QUIET_SECONDS, LONGEST_SECONDS)
