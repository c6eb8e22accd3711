"""docs/configuration.md names every kind and field of the catalogue, and its examples are items."""

import re

import pytest
import yaml

from shared.domain.catalogue import KINDS
from shared.domain.configuration import FORMS, path_of, read
from tests.unit.structure.repository import text

PAGE = text("docs/configuration.md")
EXAMPLES = dict(re.findall(r"```yaml (\w+)\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_documented_with_every_field_and_an_example(kind: str) -> None:
    assert f"  {path_of(kind)}/" in PAGE
    section = PAGE[PAGE.index(f"```yaml {kind}") :].split("\n## ")[0]
    assert [field for field in FORMS[KINDS[kind]].model_fields if f"| `{field}` |" not in section] == []
    item = read(kind, "default" if kind == "identity_rule_set" else "example", yaml.safe_load(EXAMPLES[kind]))
    assert isinstance(item, KINDS[kind]), item
