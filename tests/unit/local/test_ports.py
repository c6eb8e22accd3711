"""A port that the environment sets is used, and what is none is told in one line."""

import pytest

from local.ports import PortError, port


def test_a_set_port_is_used_and_without_one_a_free_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOGAKBO_PORT", "4600")
    assert port("JOGAKBO_PORT") == 4600
    monkeypatch.setenv("JOGAKBO_PORT", "")
    assert 0 < port("JOGAKBO_PORT") < 65_536


@pytest.mark.parametrize("text", ["abc", "0", "-1", "65536", "4600.5", "４６００"])
def test_what_is_no_port_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JOGAKBO_PORT", text)
    with pytest.raises(PortError, match="Remedy"):
        port("JOGAKBO_PORT")
