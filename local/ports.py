"""Ports of the local cloud: those the environment sets, else free ones."""

import os
import socket


def port(setting: str) -> int:
    return int(os.environ.get(setting) or _free())


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def is_taken(number: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) == 0
