"""SDKs send while the first tests look: some together, because most of their time is waiting to try again."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from local.outputs import Outputs
from tests.e2e.sdks import installing
from tests.e2e.sdks.sdks import SDKS
from tests.e2e.sdks.sending import Sent, own_source, send

AT_ONCE = 3


@pytest.fixture(scope="session")
def installed(request: pytest.FixtureRequest) -> None:
    """Set-up of what is missing, told as it happens: it takes a minute on a fresh machine."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            installing.install_chromium()
        except RuntimeError as error:
            print(f"\n{error}\n{installing.REMEDY}")
        installing.node_sdks()
        for requirements in filter(None, (sdk.requirements for sdk in SDKS)):
            installing.python_sdk(requirements)


@pytest.fixture(scope="module")
def sending(installed: None, cloud: Outputs) -> Iterator[dict[str, Future[Sent]]]:
    sdks = [sdk for sdk in SDKS if installing.chromium() or not sdk.in_browser]
    clouds = [own_source(cloud, sdk) for sdk in sdks]
    pool = ThreadPoolExecutor(AT_ONCE)
    yield {sdk.name: pool.submit(send, sdk, own) for sdk, own in zip(sdks, clouds, strict=True)}
    pool.shutdown(cancel_futures=True)


@pytest.fixture
def sent(request: pytest.FixtureRequest, sending: dict[str, Future[Sent]]) -> Sent:
    """What the SDK of this name did. Without a browser its tests are skipped, and fail where CI runs them."""
    if request.param in sending:
        return sending[request.param].result()
    if os.environ.get("CI") == "true":
        pytest.fail(installing.REMEDY)
    pytest.skip(installing.REMEDY)
