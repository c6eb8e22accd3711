"""Files of the catalogue for all inputs: what is written is read, and what a plan says leads from one to the other."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.config_files import read_folder, to_yaml, write_item
from cli.config_plan import ABSENT, Key, Present, plan

KINDS = {"mapping": "mappings", "source": "sources"}
ORDER = ("mapping", "source")

texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "no",
        "yes",
        "on",
        "null",
        "~",
        "",
        "1e3",
        "1.",
        "12:30",
        "0777",
        "1_000",
        "2026-11-21",
        "=",
        "<<",
        "-",
        " x",
        "true",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
documents = st.dictionaries(texts, values, max_size=4)
keys = st.tuples(st.sampled_from(ORDER), st.sampled_from("abcd"))


@given(documents)
def test_what_is_written_as_yaml_is_read_as_it_was(document: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sources" / "web.yaml"
        assert write_item(path, document)
        ((item,), troubles) = read_folder(Path(folder), KINDS)
        assert troubles == []
        assert (item.kind, item.id, item.document) == ("source", "web", document)
        assert not write_item(path, dict(item.document))


@given(documents)
def test_every_field_of_a_file_has_its_line(document: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        write_item(Path(folder) / "sources" / "web.yaml", document)
        ((item,), _) = read_folder(Path(folder), KINDS)
        lines = to_yaml(document).splitlines()
        for name in document:
            assert 1 <= item.lines[name] <= max(len(lines), 1)


@given(st.dictionaries(keys, documents), st.dictionaries(keys, documents), st.booleans())
def test_a_plan_carried_out_leaves_nothing_to_do(wanted: dict[Key, Any], there: dict[Key, Any], delete: bool) -> None:
    present = {key: Present(document, 1) for key, document in there.items()}
    for step in plan(wanted, present, ORDER, delete):
        if step.action == "delete":
            del present[step.kind, step.id]
        else:
            assert step.differences or not step.after
            present[step.kind, step.id] = Present(step.after, step.version + 1)
    assert plan(wanted, present, ORDER, delete) == []
    assert {key: found.document for key, found in present.items()} == ({} if delete else there) | wanted


@given(documents, documents)
def test_differences_are_where_two_documents_differ(before: dict[str, Any], after: dict[str, Any]) -> None:
    steps = plan({("source", "a"): after}, {("source", "a"): Present(before, 1)}, ORDER, delete=False)
    assert bool(steps) == (before != after)
    for step in steps:
        assert step.differences
        assert all(d.before is ABSENT or d.after is ABSENT or d.before != d.after for d in step.differences)


@given(st.dictionaries(keys, documents))
def test_steps_come_in_an_order_in_which_they_can_be_taken(wanted: dict[Key, Any]) -> None:
    made = [step.kind for step in plan(wanted, {}, ORDER, delete=True)]
    assert made == sorted(made)
    gone = [step.kind for step in plan({}, {key: Present({}, 1) for key in wanted}, ORDER, delete=True)]
    assert gone == sorted(made, reverse=True)
