"""An HTTP API in process for clients that call `httpx.request`: the command's tests reach the real handlers by it."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.gateway import Gateway, Handler


def answer_by(monkeypatch: pytest.MonkeyPatch, handlers: Mapping[str, Handler], otherwise: Handler) -> None:
    """Requests of `httpx.request` go to the handler of the longest prefix of their path."""

    def request(method: str, url: str, **options: Any) -> httpx.Response:
        path = httpx.URL(url).path
        prefix = max((prefix for prefix in handlers if path.startswith(prefix)), key=len, default="")
        transport = httpx.WSGITransport(app=Gateway(handlers.get(prefix, otherwise)))  # type: ignore[arg-type]
        with httpx.Client(transport=transport) as client:
            return client.request(method, url, **options)

    monkeypatch.setattr(httpx, "request", request)
