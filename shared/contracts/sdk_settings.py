"""What SDKs ask before they send: the settings of Segment's clients and the source config of RudderStack's."""

import re
from typing import Any

from shared.domain.sources import Source

SEGMENT_PATH = re.compile(r"/v1/projects/([^/]+)/settings")
RUDDER_PATH = "/sourceConfig"


def segment_settings(write_key: str, scheme: str, host: str) -> dict[str, Any]:
    """Sends analytics-next, Swift and Kotlin back to this very host; `sampleRate` 0 silences their own metrics."""
    segment = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": scheme}
    return {"integrations": {"Segment.io": segment}, "metrics": {"sampleRate": 0}}


def rudder_source_config(write_key: str, source: Source) -> dict[str, Any]:
    """No destination runs in the browser: all of them are reached from here, behind consent."""
    quiet = {"enabled": False}
    return {
        "source": {
            "id": source.id,
            "name": source.name,
            "writeKey": write_key,
            "enabled": True,
            "config": {"statsCollection": {"errors": quiet, "metrics": quiet}},
            "destinations": [],
        }
    }
