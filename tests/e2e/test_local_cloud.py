"""The local cloud comes up, is deployed to again, recovers and goes without a trace."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local import aws, cloud, processes
from local.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    places = Places(tmp_path)
    yield places
    cloud.down(places)


def names_of(places: Places) -> list[str]:
    """Command lines of this machine that speak of the folder."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _is_readable(path)]
    return [line.decode() for line in lines if str(places.root).encode() in line]


def _is_readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def test_the_local_cloud_lives_through_its_whole_life(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    first = cloud.up(places)
    with aws.speaking_to(first.aws_endpoint_url):
        catalogue = boto3.resource("dynamodb").Table(first.tables["catalogue"])
        catalogue.put_item(Item={"pk": "kept", "sk": "kept"})

    again = cloud.up(places)
    assert again == first
    assert catalogue.get_item(Key={"pk": "kept", "sk": "kept"}).get("Item")

    emulator = processes.find(places, cloud.EMULATOR)
    assert emulator is not None
    os.kill(emulator.pid, signal.SIGKILL)
    capsys.readouterr()
    after = cloud.up(places)
    # A killed process is seen for a moment still, as one that doesn't answer.
    assert "A half-started local cloud was found (the emulator " in capsys.readouterr().out
    assert after.write_key != first.write_key

    assert cloud.down(places) is True
    assert names_of(places) == []
    assert sorted(path.name for path in places.root.iterdir()) == ["cloud.lock", "logs"]
