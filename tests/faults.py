"""Faults to inject between the product and AWS: a client that fails as AWS does, for so many calls."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, reasons: tuple[str, ...] = ()) -> ClientError:
    """An error as botocore raises it; `reasons` are those of a cancelled transaction."""
    response: Any = {"Error": {"Code": code, "Message": code}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


class Failing:
    """Stands before a client: the first `times` calls of `operation` run `before`, then raise `error`, if any."""

    def __init__(
        self,
        client: Any,
        operation: str,
        error: Exception | None = None,
        times: int = 1_000_000,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self._client, self._operation, self._error, self._before = client, operation, error, before
        self.left, self.calls = times, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._operation:
            return real

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.left > 0:
                self.left -= 1
                self._before()
                if self._error:
                    raise self._error
            return real(*args, **kwargs)

        return call
