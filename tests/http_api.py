"""An HTTP API in process for clients that call `httpx.request`: the command's tests reach the real handlers by it."""

import logging
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import httpx
import pytest

from tests.gateway import Gateway, Handler


def _wsgi(gateway: Gateway) -> Any:
    """With the path as WSGI has it: httpx brings it decoded."""
    return lambda environ, start: gateway(
        {**environ, "PATH_INFO": environ["PATH_INFO"].encode().decode("latin-1")}, start
    )


def answer_by(monkeypatch: pytest.MonkeyPatch, handler: Handler) -> None:
    """Whatever is asked of `httpx.request` goes to the handler as API Gateway would bring it."""

    def request(method: str, url: str, timeout: float, **options: Any) -> httpx.Response:
        logging.disable()  # what a function logs is no output of the command
        try:
            with (
                httpx.Client(transport=httpx.WSGITransport(app=_wsgi(Gateway(handler)))) as client,
                redirect_stdout(StringIO()),
            ):
                return client.request(method, url, **options)
        finally:
            logging.disable(logging.NOTSET)

    monkeypatch.setattr(httpx, "request", request)
