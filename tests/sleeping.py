"""What one module does instead of sleeping: time.sleep itself belongs to every thread, the emulator's among them."""

import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest


def instead_of_sleep(monkeypatch: pytest.MonkeyPatch, module: ModuleType, do: Callable[[float], object]) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(**{**vars(time), "sleep": do}))
