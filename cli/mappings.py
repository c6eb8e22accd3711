"""The mapping under which a file's rows become events: given, the source's own, or proposed and confirmed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.table import Table

from cli.access import console
from cli.api import Api
from cli.deployment import DeploymentError
from shared.domain.mapping import Mapping as MappingRules
from shared.domain.mapping import apply
from shared.domain.mapping_problems import problems_of
from shared.domain.validation import Refusal
from shared.imports.proposing import Proposal

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """The mappings of one source, over the Catalogue API."""

    api: Api
    source: Mapping[str, Any]

    def stored(self) -> tuple[Rule, ...] | None:
        """Rules of the source's mapping; None where it has none."""
        mapping_id = self.source.get("mapping")
        return tuple(self.api.get(f"/v1/mappings/{mapping_id}")["rules"]) if mapping_id else None

    def store(self, rules: Sequence[Rule]) -> None:
        """Make these the rules of the source: of its own mapping, or of a new one of its name."""
        mapping_id = self.source.get("mapping") or self.source["id"]
        body: dict[str, Any] = {"name": f"Files of {self.source['name']}", "rules": [dict(rule) for rule in rules]}
        if self.source.get("mapping"):
            present = self.api.get(f"/v1/mappings/{mapping_id}")
            body |= {"name": present["name"], "version": present["version"]}
        self.api.put(f"/v1/mappings/{mapping_id}", body)
        if not self.source.get("mapping"):
            whole = {name: value for name, value in self.source.items() if name != "id"}
            self.api.put(f"/v1/sources/{self.source['id']}", {**whole, "mapping": mapping_id})


def of_file(path: Path) -> tuple[Rule, ...]:
    """The rules of a YAML file: a list, or under `rules` as configuration as code writes them."""
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DeploymentError(f"{path} can't be read as YAML: {error}") from error
    rules = content.get("rules") if isinstance(content, dict) else content
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise DeploymentError(f"{path} has no rules. Remedy: a list of them, each with an op, under rules")
    if flaw := next(problems_of(rules), None):
        raise DeploymentError(f"{path}: {flaw.text}")
    return tuple(rules)


def show(proposal: Proposal, example: Mapping[str, Any]) -> None:
    """What a person confirms: each column with what becomes of it."""
    casts = {rule["field"]: rule for rule in proposal.rules if rule["op"] == "cast"}
    table = Table("column", "becomes", "read as", "in the first row", title="Proposed mapping", title_justify="left")
    for column, field in proposal.fields.items():
        cast = casts.get(field, {})
        form = " ".join(str(cast[name]) for name in ("as", "format", "zone") if name in cast)
        table.add_row(column, field, form, str(example.get(column, ""))[:40])
    for rule in proposal.rules:
        if rule["op"] == "default":
            table.add_row("", rule["field"], "", f"{rule['value']} in every row")
    console.print(table)


def warn(rules: Sequence[Rule], sample: Sequence[Mapping[str, Any]]) -> None:
    """Say what of the first rows these rules would refuse, while they can still be changed."""
    mapping = MappingRules("proposed", "proposed", tuple(rules))
    ends = (apply(mapping, row) for row in sample)
    refused = Counter(f"{end.reason} ({end.field})" for end in ends if isinstance(end, Refusal))
    if refused:
        why = ", ".join(f"{reason} {number}" for reason, number in refused.most_common())
        console.print(
            f"Of the first {len(sample)} rows {refused.total()} would go to quarantine: {why}.", style="yellow"
        )
