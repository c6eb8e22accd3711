"""A local cloud of the tests' own, deployed by the real cdk CLI; with JOGAKBO_REUSE=1 the one of `make up`.

One at a time: pytest ends the first cloud before it starts the second."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.api import Api
from local.cloud import down, running, up
from local.outputs import Outputs
from local.places import Places
from shared.domain.configuration import document_of
from tests.segments import BOUGHT_ONCE, COOLING

HERE = Path(__file__).parent
OF_A_PERSON = ("JOGAKBO_PORT", "JOGAKBO_COLLECT_PORT", "JOGAKBO_API_PORT")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", params=["open", "iam"])
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """The deployed stack, twice: as the emulator is, and with each function held to what its role allows."""
    if os.environ.get("JOGAKBO_REUSE") == "1":
        places = Places.of_environment()
        yield running(places) or up(places)
        return
    with own_cloud(tmp_path_factory.mktemp(f"cloud-{request.param}"), iam=request.param == "iam") as outputs:
        yield outputs


@contextmanager
def own_cloud(directory: Path, iam: bool) -> Iterator[Outputs]:
    """Its logs stay in `directory/logs`, which pytest keeps for three runs."""
    places = Places(directory)
    try:
        with pytest.MonkeyPatch.context() as environment:
            for name in OF_A_PERSON:
                environment.delenv(name, raising=False)
            outputs = up(places, iam=iam)
        for segment in (BOUGHT_ONCE, COOLING):
            Api(outputs.api_url, outputs.api_token).put(f"/v1/segments/{segment.id}", document_of(segment))
        yield outputs
    finally:
        down(places)
