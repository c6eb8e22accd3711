"""botocore's clients are made by one thread at a time: its session isn't safe in threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from shared.aws import clients


class Session:
    """Notes whether two of its clients were in the making together."""

    def __init__(self) -> None:
        self.both = Barrier(2)
        self.were_together = False

    def create_client(self, service: str, **_: Any) -> str:
        try:
            self.both.wait(0.2)
            self.were_together = True
        except BrokenBarrierError:
            return service
        return service


def test_of_two_threads_that_need_clients_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    monkeypatch.setattr(clients, "_session", lambda: session)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(clients._made, ("s3", "sts"))) == ["s3", "sts"]
    assert not session.were_together
