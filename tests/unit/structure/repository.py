"""The repository as the structure tests see it: our Python files, and the pages of the documentation."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CODE = ("shared", "functions", "infra", "cli", "local")


def python_files() -> list[Path]:
    """Everything we wrote beside the tests, relative to the root."""
    found = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in [*found, ROOT / "app.py"])


def pages() -> list[Path]:
    """Markdown at the root, in docs/ and in events/, relative to the root."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "events").rglob("*.md")]
    return sorted(path.relative_to(ROOT) for path in found)


def text(path: Path | str) -> str:
    return (ROOT / path).read_text()


def documentation() -> str:
    """All pages as one text."""
    return "\n".join(map(text, pages()))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def module_name(path: Path) -> str:
    """`shared/domain/events.py` is `shared.domain.events`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/__init__.py"))
