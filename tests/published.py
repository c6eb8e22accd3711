"""Files that are generated from the code. `python -m tests.published` writes them; a test compares them."""

import json
from pathlib import Path
from typing import Any

from functions.manage_catalogue import api as catalogue_api
from functions.manage_people import api as people_api
from functions.manage_privacy import api as privacy_api
from functions.manage_privacy import opendsr_api
from functions.read_profiles import api as read_api
from functions.review_quarantine import api as quarantine_api
from shared.api.openapi import PROBLEMS, openapi
from shared.contracts import collect_openapi
from shared.contracts.bus import DETAILS
from shared.contracts.segment_schema import segment_schema
from tests import partner_kit

BUS = Path("events/bus")
SEGMENT = Path("docs/schemas/segment.json")


def published() -> dict[Path, str]:
    """The text of each generated file."""
    apis = {
        "read": read_api,
        "catalogue": catalogue_api,
        "quarantine": quarantine_api,
        "people": people_api,
        "privacy": privacy_api,
        "opendsr": opendsr_api,
    }
    described = {
        Path(f"docs/openapi/{name}.json"): openapi(
            api.app, api.TITLE, api.DESCRIPTION, getattr(api, "ERRORS", PROBLEMS), getattr(api, "bodies", dict)()
        )
        for name, api in apis.items()
    }
    described[Path("docs/openapi/collect.json")] = collect_openapi.openapi()
    described[SEGMENT] = _text(segment_schema())
    return described | partner_kit.files() | {BUS / f"{slug(t)}.schema.json": _schema(t) for t in DETAILS}


def slug(detail_type: str) -> str:
    """`Segment Entered` lies in `segment_entered.…`."""
    return detail_type.lower().replace(" ", "_")


def _schema(detail_type: str) -> str:
    model = next(model for name, model in DETAILS.items() if name == detail_type)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(mode="serialization"),
        "title": detail_type,
    }
    return _text(schema)


def _text(schema: Any) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, text in published().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path)
