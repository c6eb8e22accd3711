"""One patched emulator for the tests of the patches."""

from collections.abc import Iterator

import pytest

from local import cloud, processes
from local.places import Places
from tests.contract.emulator.support import Emulator


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    places = Places(tmp_path_factory.mktemp("emulator"))
    try:
        with pytest.MonkeyPatch.context() as elsewhere:
            elsewhere.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            elsewhere.setenv("AWS_PROFILE", "of-a-person")
            elsewhere.setenv("PYTHONPATH", "/of/a/person")
            endpoint_url = cloud.start_emulator(places, iam=False)
        yield Emulator(endpoint_url)
    finally:
        processes.stop(places, cloud.EMULATOR)
