"""Configuration kept in a warm process: for a while, found or missing, and only so much of it."""

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


def test_a_miss_is_kept_too_so_that_a_wrong_key_costs_one_read() -> None:
    answers = iter([None, "found"])
    kept: Kept[str, str] = Kept(lambda _: next(answers))
    assert [kept.get("token"), kept.get("token")] == [None, None]


def test_guesses_push_each_other_out_and_never_fill_the_memory() -> None:
    loaded: list[int] = []
    kept: Kept[int, str] = Kept(loaded.append, most=3)
    for key in (1, 2, 3, 4, 3, 4, 1):
        kept.get(key)
    assert loaded == [1, 2, 3, 4, 1]


def test_a_value_that_is_gone_when_its_time_is_over_is_forgotten() -> None:
    answers = iter(["found", None, None])
    kept: Kept[str, str] = Kept(lambda _: next(answers), seconds=0)
    assert [kept.get("token"), kept.get("token"), kept.get("token")] == ["found", None, None]
