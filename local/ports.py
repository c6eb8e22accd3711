"""Ports of the local cloud: those the environment sets, else free ones."""

import os
import socket


class PortError(Exception):
    """A setting that names no port."""


def port(setting: str) -> int:
    text = os.environ.get(setting) or str(_free())
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65_536:
        raise PortError(f"{setting} is {text!r}. Remedy: a port from 1 to 65535, or unset it for a free one")
    return int(text)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def is_taken(number: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) == 0
