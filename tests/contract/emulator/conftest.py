"""A patched emulator for the tests of the patches, and one that enforces IAM."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import cloud, processes
from local.places import Places
from tests.contract.emulator.support import Emulator


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with started(tmp_path_factory.mktemp("emulator"), iam=False) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def emulator_with_iam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with started(tmp_path_factory.mktemp("emulator-with-iam"), iam=True) as emulator:
        yield emulator


@contextmanager
def started(directory: Path, iam: bool) -> Iterator[Emulator]:
    """By someone whose environment points elsewhere."""
    places = Places(directory)
    try:
        with pytest.MonkeyPatch.context() as elsewhere:
            elsewhere.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            elsewhere.setenv("AWS_PROFILE", "of-a-person")
            elsewhere.setenv("PYTHONPATH", "/of/a/person")
            endpoint_url = cloud.start_emulator(places, iam)
        yield Emulator(endpoint_url)
    finally:
        processes.stop(places, cloud.EMULATOR)
