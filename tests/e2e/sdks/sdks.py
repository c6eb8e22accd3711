"""The SDKs as data: how each is run, which calls it knows, and which answers it waits out as it is told."""

import os
import sys
from dataclasses import dataclass, field

from tests.e2e.sdks import installing
from tests.e2e.sdks.installing import HERE

SIX = ("identify", "track", "page", "screen", "group", "alias")


@dataclass(frozen=True, slots=True)
class Sdk:
    """`library` is what its events say of themselves; `obeys` the statuses whose Retry-After it waits for."""

    name: str
    runner: str
    argument: str
    library: tuple[str, str]
    obeys: frozenset[int] = field(default=frozenset())
    calls: tuple[str, ...] = SIX
    requirements: str | None = None
    sends_again: bool = True
    """False for beacons: the browser sends them once and nobody reads the answer."""

    @property
    def in_browser(self) -> bool:
        return self.runner == "browser_sdk.mjs"

    def command(self) -> list[str]:
        interpreter = sys.executable if self.runner.endswith(".py") else "node"
        browser = [installing.chromium() or "none"] if self.in_browser else []
        return [interpreter, str(HERE / self.runner), self.argument, *browser]

    def environment(self) -> dict[str, str]:
        folder = {"PYTHONPATH": str(installing.python_sdk(self.requirements))} if self.requirements else {}
        return {**os.environ, **folder}


PYTHON, NODE, BROWSER = "python_sdk.py", "node_sdk.mjs", "browser_sdk.mjs"
BOTH = frozenset({429, 503})
NO_SCREEN = tuple(call for call in SIX if call != "screen")

SDKS = (
    Sdk("segment-python", PYTHON, "segment.analytics.client", ("analytics-python", "2.4.0"), BOTH),
    Sdk(
        "segment-python-2.3.4",
        PYTHON,
        "segment.analytics.client",
        ("analytics-python", "2.3.4"),
        requirements="segment-analytics-python-2.3.4.txt",
    ),
    Sdk(
        "rudder-python",
        PYTHON,
        "rudderstack.analytics.client",
        ("analytics-python", "2.1.9"),
        requirements="rudder-sdk-python-2.1.9.txt",
    ),
    Sdk("segment-node", NODE, "segment", ("@segment/analytics-node", "3.1.0"), frozenset({429})),
    Sdk("rudder-node", NODE, "rudder", ("analytics-node", "3.0.13"), BOTH),
    Sdk("segment-browser", BROWSER, "segment", ("analytics.js", "next-1.84.3"), frozenset({429})),
    Sdk("segment-browser-batching", BROWSER, "segment-batching", ("analytics.js", "next-1.84.3"), frozenset({429})),
    Sdk("rudder-browser", BROWSER, "rudder", ("RudderLabs JavaScript SDK", "3.34.1"), calls=NO_SCREEN),
    Sdk(
        "rudder-browser-beacon",
        BROWSER,
        "rudder-beacon",
        ("RudderLabs JavaScript SDK", "3.34.1"),
        calls=NO_SCREEN,
        sends_again=False,
    ),
)
