"""Time as a run says it is: a second of traffic passes in a second of its own, however long it takes to carry out."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from unittest.mock import patch


@dataclass
class Clock:
    """`at` is in seconds since the epoch, UTC."""

    at: float


@contextmanager
def simulated(clock: Clock) -> Iterator[None]:
    """`datetime.now`, `time.time` and `time.monotonic` of whatever of ours is imported by now tell `clock`'s time. A
    module that would take a datetime for one of its own class stays as it is.
    """

    class Simulated(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock.at, tz)

    ours = [module for name, module in sys.modules.items() if name.startswith(("functions.", "shared."))]
    asking = [module for module in ours if getattr(module, "datetime", None) is datetime]
    for module in asking:
        vars(module)["datetime"] = Simulated
    try:
        with patch.object(time, "time", lambda: clock.at), patch.object(time, "monotonic", lambda: clock.at):
            yield
    finally:
        for module in asking:
            vars(module)["datetime"] = datetime
