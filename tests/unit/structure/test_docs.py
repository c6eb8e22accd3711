"""The documentation names everything that exists, and nothing that doesn't."""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from shared.contracts.bus import DETAILS
from shared.stores.tables import TABLES
from tests.unit.structure.repository import ROOT, documentation, functions, module_name, pages, python_files, text, tree

_FENCED = re.compile(r"```.*?```", re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:\./)?[\w.@*/-]+")
_PLACES = ("shared", "functions", "infra", "cli", "local", "events", "tests", "docs", ".ci")
_TELLING = 60
_TARGET = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)
_MAKE = re.compile(r"\bmake ([a-z]+)\b(?=[ `\n]|[.,;:)]|$)")
_OWN_SETTING = re.compile(r"\bJOGAKBO_[A-Z_]+\b")


def make_targets() -> list[str]:
    return _TARGET.findall(text("Makefile"))


def settings_read(source: ast.Module) -> set[str]:
    """Environment variables: `os.environ["X"]`, `os.environ.get("X")`, and the same on a name `env`."""
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Subscript) and _is_environment(node.value):
            found.add(ast.literal_eval(node.slice))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_environment(node.func.value):
            found.add(ast.literal_eval(node.args[0]))
    return found


def _is_environment(node: ast.expr) -> bool:
    return ast.unparse(node) in ("os.environ", "environ", "env")


def function_settings() -> set[str]:
    return {
        name
        for path in python_files()
        if path.parts[0] in ("functions", "shared")
        for name in settings_read(tree(path))
    }


def anchors(page: Path) -> set[str]:
    """Headings as GitHub links to them."""
    found = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text(page)))
    return set(found)


def prose(page: Path) -> str:
    return _FENCED.sub("", text(page))


@pytest.mark.parametrize("function", functions())
def test_a_function_is_documented(function: str) -> None:
    assert f"| {function} |" in text("docs/architecture.md")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_documented(table: object) -> None:
    assert f"## `{getattr(table, 'name', '')}`" in text("docs/data-model.md")


@pytest.mark.parametrize("detail_type", DETAILS)
def test_a_fact_is_documented(detail_type: str) -> None:
    assert f"| `{detail_type}` |" in text("docs/data-model.md")


@pytest.mark.parametrize("setting", sorted(function_settings()))
def test_a_setting_of_a_function_is_documented(setting: str) -> None:
    assert f"`{setting}`" in text("docs/architecture.md")


def test_every_documented_setting_is_read() -> None:
    table = re.findall(r"^\| (`[A-Z_`, ]+`) \|", text("docs/architecture.md"), re.MULTILINE)
    documented = {name for row in table for name in _CODE.findall(row)}
    assert {name for name in documented if not name.startswith("POWERTOOLS_")} == function_settings()
    assert set(_OWN_SETTING.findall(documentation())) == own_settings()


def own_settings() -> set[str]:
    return {name for path in python_files() for name in _OWN_SETTING.findall(text(path))}


@pytest.mark.parametrize("setting", sorted(own_settings()))
def test_a_setting_of_the_tools_is_documented(setting: str) -> None:
    assert re.search(rf"`{setting}\b", documentation())


def test_every_context_key_is_documented() -> None:
    context = json.loads(text("cdk.json"))["context"]
    keys = [key for key in context if not key.startswith("@") and key != "cli-telemetry"]
    assert [key for key in keys if f"`{key}`" not in text("docs/runbooks/deploy.md")] == []


@pytest.mark.parametrize("target", make_targets())
def test_a_make_target_is_documented(target: str) -> None:
    assert f"make {target}" in documentation()


def test_every_documented_make_target_exists() -> None:
    named = {target for page in pages() for target in _MAKE.findall("\n".join(code_of(page)))}
    assert named - set(make_targets()) == set()


def code_of(page: Path) -> list[str]:
    """Fenced and indented blocks, and what stands between backticks."""
    content = text(page)
    indented = [line for line in content.splitlines() if line.startswith("    ")]
    return [*_FENCED.findall(content), *indented, *_CODE.findall(prose(page))]


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_page_links_to_what_exists(page: Path) -> None:
    broken = [link for link in _LINK.findall(prose(page)) if not leads_somewhere(page, link)]
    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a link inside the repository leads to a file and, with a `#`, to one of its headings."""
    if re.match(r"[a-z]+:", link):
        return True
    name, _, heading = link.partition("#")
    target = (ROOT / page.parent / name).resolve() if name else ROOT / page
    if not target.exists():
        return False
    return not heading or heading in anchors(target.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_page_names_only_paths_that_exist(page: Path) -> None:
    named = [found for found in _CODE.findall(prose(page)) if _PATH.fullmatch(found) and found.split("/")[0] in _PLACES]
    missing = [name for name in named if "/" in name and not list(ROOT.glob(name.rstrip("/")))]
    assert missing == []


def test_a_broken_link_and_a_dead_heading_are_seen() -> None:
    page = Path("docs/architecture.md")
    assert leads_somewhere(page, "data-model.md#events-what-happened-insert-only")
    assert not leads_somewhere(page, "data-model.md#nowhere")
    assert not leads_somewhere(page, "nowhere.md")


@pytest.mark.parametrize("path", python_files(), ids=str)
def test_a_module_says_why_it_exists_and_stays_small(path: Path) -> None:
    source = tree(path)
    assert not source.body or ast.get_docstring(source), f"{module_name(path)} has no docstring"
    assert len(text(path).splitlines()) <= 300
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 60
    ]
    assert long == []


@pytest.mark.parametrize("function", functions())
def test_what_breaks_a_handler_off_is_told_without_naming_anybody(function: str) -> None:
    handler = text(f"functions/{function}/handler.py")
    assert "@discreet\ndef handler" in handler or "serve(app, event, context" in handler


def test_both_readmes_have_the_same_commands() -> None:
    def shown(page: str) -> list[str]:
        return [line.split("  #")[0].rstrip() for line in text(page).splitlines() if line.startswith("    ")]

    assert shown("README.ko.md") == shown("README.md")


_REFUSED = re.compile(r'\b(?:Problem\(\s*\d{3},|Refusal\()\s*"(\w+)"')


def test_every_refusal_of_the_collect_api_is_documented_and_no_other() -> None:
    rooms = ("functions/collect_events/", "functions/store_events/", "shared/contracts/collect.py", "shared/domain/")
    sources = [path for path in python_files() if str(path).startswith(rooms)]
    codes = {code for path in sources for code in _REFUSED.findall(text(str(path)))}
    rows = [line for line in text("docs/collect.md").splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert {"malformed_json", "message_id_reused"} <= codes
    assert codes - named == set()
    assert {name for name in named if "_" in name} - codes == set()


@pytest.mark.parametrize("page", [page for page in pages() if page.name != "bench.md"], ids=str)
def test_a_page_says_nothing_twice(page: Path) -> None:
    """Both sides of a merge, each with its own end, are easily kept. What a run of the bench made is nobody's merge."""
    lines = [line for line in prose(page).splitlines() if not line.startswith("    ")]
    beginnings = Counter(line[:_TELLING] for line in lines if len(line) > _TELLING)
    assert [beginning for beginning, times in beginnings.items() if times > 1] == []
