"""The settings of each function are those that docs/architecture.md promises."""

import re
from collections.abc import Iterator

from infra.assets import FUNCTIONS, ROOT
from shared.stores.tables import TABLES
from tests.infra.conftest import Template

_PROMISED = re.compile(r"^\| (?P<settings>`[A-Z_`, ]+) \| [^|]+ \| (?P<functions>[^|]+) \|$", re.MULTILINE)
_TABLES = {table.setting for table in TABLES}


def _promises() -> Iterator[tuple[str, set[str]]]:
    """Setting and the functions that have it, from the table in the document; table names are tested with the roles."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    for row in _PROMISED.finditer(text):
        has = row["functions"].strip()
        named = set(FUNCTIONS) if has == "all" else set(has.split(", "))
        for setting in re.findall(r"[A-Z_]+", row["settings"]):
            if setting not in _TABLES:
                yield setting, named


def test_each_function_has_the_settings_that_the_document_promises(local: Template) -> None:
    found: dict[str, set[str]] = {}
    for name, properties in local.named("Lambda::Function", "FunctionName").items():
        for setting in set(properties["Environment"]["Variables"]) - _TABLES:
            found.setdefault(setting, set()).add(name.removeprefix("jogakbo-local-"))
    assert found == dict(_promises())
