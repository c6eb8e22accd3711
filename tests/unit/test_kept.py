"""Configuration kept in a warm process: for a while, and never that something is missing."""

import pytest

from shared.stores.kept import Kept


def test_a_value_is_loaded_again_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now, loaded = [100.0], []
    monkeypatch.setattr("shared.stores.kept.time.monotonic", lambda: now[0])

    def load(key: str) -> str:
        loaded.append(key)
        return f"{key}{len(loaded)}"

    kept = Kept(load, seconds=60)
    assert [kept.get("a"), kept.get("a")] == ["a1", "a1"]
    now[0] += 59
    assert kept.get("a") == "a1"
    now[0] += 1
    assert kept.get("a") == "a2"


def test_a_miss_is_asked_for_again_and_leaves_nothing_behind() -> None:
    answers = iter([None, "found"])
    kept: Kept[str, str] = Kept(lambda _: next(answers))
    assert [kept.get("token"), kept.get("token"), kept.get("token")] == [None, "found", "found"]


def test_a_value_that_is_gone_when_its_time_is_over_is_forgotten() -> None:
    answers = iter(["found", None, None])
    kept: Kept[str, str] = Kept(lambda _: next(answers), seconds=0)
    assert [kept.get("token"), kept.get("token"), kept.get("token")] == ["found", None, None]
