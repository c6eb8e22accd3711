"""The catalogue as a folder of YAML: a folder per kind, a file per item, its id for a name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shared.domain.flaws import Flaw

SUFFIX = ".yaml"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and where: a file, and a line of it where one is known."""

    path: Path
    message: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class ItemFile:
    """`lines` has the line of each field by its dotted path."""

    path: Path
    kind: str
    id: str
    document: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, dotted: str) -> int:
        """Of a field, or of the nearest one around it that the file has."""
        while dotted and dotted not in self.lines:
            dotted = dotted.rpartition(".")[0]
        return self.lines.get(dotted, 1)


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: `no` is text, so is 2026-11-21, and a field stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key in (one for one, _ in node.value if isinstance(one, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"`{key.value}` stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_PLAIN = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
)
_Loader.yaml_implicit_resolvers = {}
for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})$"), _first)


def read_folder(folder: Path, kinds: Mapping[str, str]) -> tuple[list[ItemFile], list[Trouble]]:
    """Every file below `folder`, whose folders are named by the values of `kinds`, and what can't be read."""
    if not folder.is_dir():
        return [], [Trouble(folder, "is no folder. Remedy: `jogakbo export` makes one.")]
    by_folder = {path: kind for kind, path in kinds.items()}
    files: list[ItemFile] = []
    troubles: list[Trouble] = []
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if inner.name not in by_folder:
            troubles.append(Trouble(inner, f"names no kind. Known: {', '.join(by_folder)}."))
            continue
        for path in sorted(inner.iterdir()):
            if path.suffix not in (SUFFIX, ".yml"):
                continue
            found = read_file(path, by_folder[inner.name])
            if isinstance(found, Trouble):
                troubles.append(found)
            else:
                files.append(found)
    return files, troubles


def read_file(path: Path, kind: str) -> ItemFile | Trouble:
    if path.suffix != SUFFIX:
        return Trouble(path, f"isn't read. Remedy: name it {path.stem}{SUFFIX}.")
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        document = loader.construct_document(node) if node else {}
        lines = dict(_lines("", node)) if node else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return Trouble(path, f"{error.problem or error.context}.", line)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        return Trouble(path, f"can't be read: {error}.")
    if not isinstance(document, dict):
        return Trouble(path, "is no list of `field: value`.", 1)
    return ItemFile(path, kind, path.stem, document, lines)


def _lines(dotted: str, node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Lines count from 1."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{dotted}.{key.value}" if dotted else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from _lines(inner, value)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield f"{dotted}.{place}", value.start_mark.line + 1
            yield from _lines(f"{dotted}.{place}", value)


class _Dumper(yaml.SafeDumper):
    """Lists are set in, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # PyYAML folds these line breaks into spaces unless they are escaped.
    style = '"' if any(c in text for c in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def to_yaml(document: Mapping[str, Any]) -> str:
    """The same document gives the same text."""
    text: str = yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def write_item(path: Path, document: Mapping[str, Any]) -> bool:
    """Write the file where its text differs; whether it did."""
    text = to_yaml(document).encode()
    if path.is_file() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return True


def trouble_of(file: ItemFile, flaw: Flaw) -> Trouble:
    field = f"`{flaw.field}`: " if flaw.field else ""
    return Trouble(file.path, f"{field}{flaw.message} {flaw.fix}", file.line_of(flaw.field))
